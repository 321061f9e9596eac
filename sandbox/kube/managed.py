"""Who set which field: metadata.managedFields, and server-side apply with its conflicts.

Reduced against the real thing: one version per kind, no stripping of defaults, and a map's own
presence is not owned, only its keys. Lists with merge keys are owned item by item, others whole.
"""

from __future__ import annotations

import copy
import datetime
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.kube import schema
from sandbox.kube.reading import is_list, is_object, part
from sandbox.kube.status import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj

Path: TypeAlias = tuple[str, ...]
"""Steps as FieldsV1 spells them: "f:spec", or 'k:{"name":"backend"}' for a list's entry."""

_UNOWNED = {"apiVersion", "kind"}
_SERVER_META = {
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
}
_ITEM = object()


@dataclass(slots=True)
class _Entry:
    manager: str
    operation: str
    subresource: str
    version: str
    time: str
    paths: set[Path] = field(default_factory=set[Path])

    def json(self) -> Obj:
        entry: Obj = {"manager": self.manager, "operation": self.operation, "apiVersion": self.version}
        entry |= {"time": self.time, "fieldsType": "FieldsV1", "fieldsV1": _nest(self.paths)}
        return entry | ({"subresource": self.subresource} if self.subresource else {})


def later(now: datetime.datetime, seconds: int) -> str:
    """Return a time some seconds from now, as Kubernetes writes it."""
    return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def update(resource: Resource, old: Obj, new: Obj, *, manager: str, now: str, subresource: str) -> None:
    """Record in `new` that a manager changed what differs from `old`; others lose those fields."""
    before, after = _flat(resource.model, old), _flat(resource.model, new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    lost = changed | {path for path in before if path not in after}
    entries = _read(new["metadata"].get("managedFields") or old.get("metadata", {}).get("managedFields"))
    for entry in entries:
        entry.paths -= lost
    if changed:
        mine = _entry(entries, manager, "Update", subresource, resource.api_version)
        mine.paths |= changed
        mine.time = now
    _write(new, entries)


def apply(resource: Resource, old: Obj | None, config: Obj, *, manager: str, now: str, force: bool) -> Obj:
    """Return the object with what the configuration says; 409 naming fields that others set differently.

    What this manager applied before, no longer says and nobody else owns, is removed.
    """
    live: Obj = copy.deepcopy(old) if old else {"metadata": {}}
    wanted, has = _flat(resource.model, config), _flat(resource.model, live)
    entries = _read(live["metadata"].get("managedFields"))
    mine = _entry(entries, manager, "Apply", "", resource.api_version)
    disputed = {path for path, value in wanted.items() if path in has and has[path] != value}
    clashes = [(entry, path) for entry in entries if entry is not mine for path in entry.paths & disputed]
    if clashes and not force:
        raise _conflict(clashes)
    for entry, path in clashes:
        entry.paths.discard(path)
    new = _merge(resource.model, live, config)
    others = {path for entry in entries if entry is not mine for path in entry.paths}
    for path in sorted(mine.paths - wanted.keys() - others, key=len, reverse=True):
        if not any(other[: len(path)] == path for other in others | wanted.keys()):
            _remove(new, path)
    if mine.paths != wanted.keys() or disputed or not mine.time:
        mine.time = now
    mine.paths = set(wanted)
    _write(new, entries)
    return new


def _entry(entries: list[_Entry], manager: str, operation: str, subresource: str, version: str) -> _Entry:
    for entry in entries:
        if (entry.manager, entry.operation, entry.subresource) == (manager, operation, subresource):
            return entry
    made = _Entry(manager, operation, subresource, version, "")
    entries.append(made)
    return made


def _conflict(clashes: list[tuple[_Entry, Path]]) -> ApiError:
    rows = sorted((_who(entry), _spell(path)) for entry, path in clashes)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": path} for who, path in rows
    ]
    if len(rows) == 1:
        text = f"conflict with {rows[0][0]}: {rows[0][1]}"
    else:
        lines: list[str] = []
        for who in sorted({who for who, _ in rows}):
            lines += [f"conflicts with {who}:", *(f"- {path}" for w, path in rows if w == who)]
        text = "\n".join(lines)
    plural = "" if len(rows) == 1 else "s"
    return ApiError(409, "Conflict", f"Apply failed with {len(rows)} conflict{plural}: {text}", {"causes": causes})


def _who(entry: _Entry) -> str:
    part = f' with subresource "{entry.subresource}"' if entry.subresource else ""
    return f'"{entry.manager}"{part} using {entry.version}'


def _spell(path: Path) -> str:
    """Write a path as error messages do: .spec.containers[name="backend"].image."""
    words: list[str] = []
    for step in path:
        if step.startswith("f:"):
            words.append("." + step[2:])
        else:
            keys: Obj = json.loads(step[2:])
            words.append("[" + ",".join(f"{k}={json.dumps(v)}" for k, v in keys.items()) + "]")
    return "".join(words)


def _flat(model: str, obj: Obj) -> dict[Path, Any]:
    """Return every ownable field of an object with its value; a keyed list's entries are fields, too."""
    flat: dict[Path, Any] = {}
    for name, value in obj.items():
        if name == "metadata":
            kept = {k: v for k, v in value.items() if k not in _SERVER_META}
            flat |= dict(_leaves("V1ObjectMeta", kept, ("f:metadata",)))
        elif name not in _UNOWNED:
            flat |= dict(_leaves(model, {name: value}, ()))
    return flat


def _leaves(model: str, part: Obj, at: Path) -> Iterator[tuple[Path, Any]]:
    known, name_of = schema.fields(model), schema.short(model)
    for name, value in part.items():
        here = (*at, f"f:{name}")
        field_ = known.get(name)
        if field_ is None or value is None or value in ({}, []):
            yield here, value
        elif field_.shape == "map" and is_object(value):
            for key, entry in value.items():
                yield (*here, f"f:{key}"), entry
        elif field_.shape == "struct" and is_object(value) and schema.short(field_.of) not in schema.ATOMIC:
            yield from _leaves(field_.of, value, here)
        elif (keys := _keys(name_of, name)) and is_list(value):
            for entry in value:
                item = (*here, _step(keys, entry))
                yield item, _ITEM
                yield from _leaves(field_.of, entry, item)
        else:
            yield here, value


def _keys(struct: str, name: str) -> tuple[str, ...]:
    key = schema.MERGE_KEYS.get((struct, name))
    return schema.APPLY_KEYS.get((struct, name)) or ((key,) if key else ())


def _step(keys: tuple[str, ...], entry: Obj) -> str:
    picked = {key: entry.get(key, "TCP" if key == "protocol" else None) for key in sorted(keys)}
    return "k:" + json.dumps(picked, separators=(",", ":"))


def _merge(model: str, live: Obj, config: Obj) -> Obj:
    known, struct = schema.fields(model), schema.short(model)
    for name, value in config.items():
        field_, held = known.get(name), live.get(name)
        if field_ is None:
            live[name] = value
        elif field_.shape == "map" and is_object(held):
            live[name] = {**held, **value}
        elif field_.shape == "struct" and is_object(held) and schema.short(field_.of) not in schema.ATOMIC:
            live[name] = _merge(field_.of, held, value)
        elif (keys := _keys(struct, name)) and is_list(held):
            live[name] = _merge_list(field_.of, keys, held, value)
        else:
            live[name] = value
    return live


def _merge_list(model: str, keys: tuple[str, ...], held: list[Obj], wanted: list[Obj]) -> list[Obj]:
    by_step = {_step(keys, entry): entry for entry in held}
    for entry in wanted:
        step = _step(keys, entry)
        by_step[step] = _merge(model, by_step[step], entry) if step in by_step else entry
    return list(by_step.values())


def _remove(obj: Any, path: Path) -> None:
    for step in path[:-1]:
        obj = _child(obj, step)
        if obj is None:
            return
    last = path[-1]
    if last.startswith("f:") and is_object(obj):
        _ = obj.pop(last[2:], None)
    elif is_list(obj) and (entry := _child(obj, last)) is not None:
        obj.remove(entry)


def _child(obj: Any, step: str) -> Any:
    if step.startswith("f:"):
        return obj.get(step[2:]) if is_object(obj) else None
    keys: Obj = json.loads(step[2:])
    rows: list[Obj] = obj if is_list(obj) else []
    return next((row for row in rows if _step(tuple(keys), row) == step), None)


def _nest(paths: Iterable[Path]) -> Obj:
    """Return paths as FieldsV1: nested objects, "." where an entry is owned as such."""
    root: Obj = {}
    for path in sorted(paths):
        node = root
        for step in path:
            node = node.setdefault(step, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return root


def _unnest(node: Obj, at: Path = ()) -> Iterator[Path]:
    for step, inner in node.items():
        if step == ".":
            yield at
        elif not inner:
            yield (*at, step)
        else:
            yield from _unnest(inner, (*at, step))


def _read(raw: list[Obj] | None) -> list[_Entry]:
    rows = [row for row in raw or [] if row]
    return [
        _Entry(
            row.get("manager", ""),
            row.get("operation", "Update"),
            row.get("subresource", ""),
            row.get("apiVersion", ""),
            row.get("time", ""),
            set(_unnest(part(row, "fieldsV1"))),
        )
        for row in rows
    ]


def _write(obj: Obj, entries: list[_Entry]) -> None:
    rows = [entry.json() for entry in entries if entry.paths]
    if rows:
        obj["metadata"]["managedFields"] = rows
    else:
        _ = obj["metadata"].pop("managedFields", None)

"""Kubernetes objects as people compare them: without bookkeeping, by path, and without what a log must not hold."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

from harness.target import FLAGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from harness.act.kube import Obj

SHOWN = frozenset(flag.env for flag in FLAGS)
"""Settings whose values may be shown; of any other env entry or ConfigMap key only the name is."""

NOWHERE = "(none)"
_HIDDEN = "(not shown)"
_REVISION = "deployment.kubernetes.io/revision"
_KEPT_BY_THE_SERVER = (
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
)
_SECRETIVE = frozenset({"command", "args", "httpHeaders", "volumes"})
_MAPS = frozenset({"data", "binaryData", "stringData"})
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LONGEST = 80  # characters of a value in a line


def bookless(obj: Obj) -> Obj:
    """Return a copy without what the server and its controllers keep: versions, status, the Deployment's revision."""
    kept = copy.deepcopy({key: value for key, value in obj.items() if key != "status"})
    metadata: Obj = kept.get("metadata") or {}
    for key in _KEPT_BY_THE_SERVER:
        _ = metadata.pop(key, None)
    annotations: Obj = metadata.get("annotations") or {}
    _ = annotations.pop(_REVISION, None)
    for key in ("annotations", "labels"):
        if not metadata.get(key):
            _ = metadata.pop(key, None)  # an emptied map is as good as none
    return kept


def scaled_by_controller(obj: Obj) -> bool:
    """Tell whether an autoscaler owns the number of replicas, which then is no change of ours or anybody's."""
    entries: list[Obj] = obj.get("metadata", {}).get("managedFields") or []
    return any("f:replicas" in _fields(entry) for entry in entries if _by_autoscaler(entry))


def _by_autoscaler(entry: Obj) -> bool:
    return entry.get("subresource") == "scale" and entry.get("manager") == "kube-controller-manager"


def _fields(entry: Obj) -> Obj:
    fields: Obj = entry.get("fieldsV1") or {}
    return fields.get("f:spec", {})


def same(wanted: Obj, current: Obj) -> bool:
    """Tell whether two states of an object differ in nothing but bookkeeping and an autoscaler's replicas."""
    one, other = bookless(wanted), bookless(current)
    if scaled_by_controller(current):
        for side in (one, other):
            _ = side.get("spec", {}).pop("replicas", None)
    return one == other


def based_on(found: Obj, current: Obj) -> Obj:
    """Return what was found in the form that replaces the current object: with the bookkeeping of now."""
    whole = bookless(found)
    metadata, now = whole["metadata"], current["metadata"]
    metadata |= {key: now[key] for key in ("resourceVersion", "uid") if key in now}
    annotations: Obj = now.get("annotations") or {}
    revision = annotations.get(_REVISION)
    if revision is not None:
        metadata["annotations"] = metadata.get("annotations", {}) | {_REVISION: revision}
    if scaled_by_controller(current) and "replicas" in current.get("spec", {}):
        whole["spec"]["replicas"] = current["spec"]["replicas"]
    return whole


def last_writer(obj: Obj) -> str:
    """Return the manager that wrote the object's own fields last, as its managedFields say; "" where they don't."""
    entries: list[Obj] = obj.get("metadata", {}).get("managedFields") or []
    written = [entry for entry in entries if entry.get("subresource") != "status" and entry.get("time")]
    return str(max(written, key=lambda entry: str(entry["time"])).get("manager", "")) if written else ""


def writers_since(before: Obj, current: Obj) -> str:
    """Return the managers that wrote an object between two states of it, status left out; "" where none is noted."""

    def writings(obj: Obj) -> dict[tuple[str, ...], str]:
        entries: list[Obj] = obj.get("metadata", {}).get("managedFields") or []
        own = [entry for entry in entries if entry.get("subresource") != "status"]
        keys = ("manager", "operation", "subresource", "time")
        return {tuple(str(entry.get(key)) for key in keys): str(entry.get("manager", "")) for entry in own}

    known = writings(before)
    return ", ".join(dict.fromkeys(manager for key, manager in writings(current).items() if key not in known))


def changes(before: Obj, after: Obj, shown: Collection[str] = SHOWN) -> dict[str, tuple[object, object]]:
    """Return (before, after) of each field that differs, by path, bookkeeping left out; NOWHERE for no such field.

    Values of env entries and ConfigMap keys that are not in `shown`, of commands and of pasted configuration are
    replaced.
    """
    old, new = (dict(_leaves(bookless(obj), shown)) for obj in (before, after))
    differing = [path for path in old | new if old.get(path) != new.get(path)]
    return {path: (_side(old.get(path)), _side(new.get(path))) for path in differing}


def diff(before: Obj, after: Obj, shown: Collection[str] = SHOWN) -> list[str]:
    """Return a line per field that differs: "metadata.annotations.canary-weight: '10' -> '0'"."""
    return [f"{path}: {_text(old)} -> {_text(new)}" for path, (old, new) in changes(before, after, shown).items()]


def printable(obj: Obj, shown: Collection[str] = SHOWN) -> dict[str, object]:
    """Return an object's fields by path as a log may hold them."""
    return {path: _side(leaf) for path, leaf in _leaves(bookless(obj), shown)}


def _side(leaf: tuple[object, bool] | None) -> object:
    if leaf is None:
        return NOWHERE
    return _HIDDEN if leaf[1] else leaf[0]


def _text(value: object) -> str:
    if value in (NOWHERE, _HIDDEN):
        return str(value)
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _leaves(
    value: Any, shown: Collection[str], path: str = "", *, hidden: bool = False
) -> Iterator[tuple[str, tuple[object, bool]]]:
    """Walk to every plain value; each comes with whether it must not be shown."""
    if isinstance(value, dict) and value:
        owner = cast("Obj", value)
        for key, inner in owner.items():
            below = f"{path}.{key}" if path else key
            yield from _leaves(inner, shown, below, hidden=hidden or _secretive(path, key, owner, shown))
    elif isinstance(value, list) and value:
        for mark, inner in _marked(cast("list[Any]", value)):
            yield from _leaves(inner, shown, f"{path}[{mark}]", hidden=hidden)
    else:
        yield path, (value, hidden)


def _marked(items: list[Any]) -> list[tuple[str, Any]]:
    """Mark list items by their names where they have them, as containers and env entries do; else by place."""
    names = [str(cast("Obj", item).get("name", "")) if isinstance(item, dict) else "" for item in items]
    named = all(names) and len(set(names)) == len(names)
    return list(zip(names if named else map(str, range(len(items))), items, strict=True))


def _secretive(path: str, key: str, owner: Mapping[str, Any], shown: Collection[str]) -> bool:
    """Tell whether the value under a key may carry a secret."""
    if path in _MAPS:
        return key not in shown
    if path.endswith("annotations"):
        return key == _APPLIED or key.endswith("-snippet")
    if key == "value" and ".env[" in path:
        return owner.get("name") not in shown
    return key in _SECRETIVE

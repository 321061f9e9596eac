"""The patch formats: JSON patch (RFC 6902), JSON merge patch (RFC 7396) and Kubernetes' strategic merge."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sandbox.kube import schema
from sandbox.kube.reading import is_list, is_object
from sandbox.kube.status import ApiError, bad_request, invalid_patch

if TYPE_CHECKING:
    from sandbox.kube.store import Obj

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

_REJECTED = "the server rejected our request due to an error in our request"
_ORDER = "$setElementOrder/"
_DROP = "$deleteFromPrimitiveList/"


def rejected() -> ApiError:
    """422: a JSON patch whose test fails or whose path does not exist."""
    return ApiError(422, "Invalid", _REJECTED, {})


def json_patch(obj: Obj, operations: object) -> Obj:
    """Apply RFC 6902 operations to a copy."""
    if not is_list(operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    new: Any = copy.deepcopy(obj)
    for operation in operations:
        if not is_object(operation) or not all(isinstance(operation.get(k, ""), str) for k in ("path", "from")):
            raise rejected()
        new = _operate(new, operation)
    return new


def _operate(doc: Any, operation: Any) -> Any:
    op, path = operation.get("op"), operation.get("path", "")
    if op == "test":
        if _find(doc, path, missing=None) != operation.get("value"):
            raise rejected()
    elif op == "remove":
        doc, _ = _remove(doc, path)
    elif op == "add":
        doc = _add(doc, path, operation.get("value"))
    elif op == "replace":
        doc, _ = _remove(doc, path) if path else (doc, None)
        doc = _add(doc, path, operation.get("value"))
    elif op == "move":
        doc, value = _remove(doc, operation.get("from", ""))
        doc = _add(doc, path, value)
    elif op == "copy":
        doc = _add(doc, path, copy.deepcopy(_find(doc, operation.get("from", ""))))
    else:
        raise rejected()
    return doc


def _steps(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise rejected()
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _index(steps: list[Any], step: str, *, end: int) -> int:
    if step == "-" and end == len(steps):
        return end
    if not step.isdigit() or int(step) > end or (end < len(steps) and int(step) >= len(steps)):
        raise rejected()
    return int(step)


_ABSENT: Any = object()


def _find(doc: Any, path: str, missing: Any = _ABSENT) -> Any:
    for step in _steps(path):
        if is_object(doc) and step in doc:
            doc = doc[step]
        elif is_list(doc) and step.isdigit() and int(step) < len(doc):
            doc = doc[int(step)]
        elif missing is not _ABSENT:
            return missing
        else:
            raise rejected()
    return doc


def _add(doc: Any, path: str, value: Any) -> Any:
    if not path:
        return value
    parent, _, last = path.rpartition("/")
    holder = _find(doc, parent)
    last = last.replace("~1", "/").replace("~0", "~")
    if is_object(holder):
        holder[last] = value
    elif is_list(holder):
        holder.insert(_index(holder, last, end=len(holder)), value)
    else:
        raise rejected()
    return doc


def _remove(doc: Any, path: str) -> tuple[Any, Any]:
    if not path:
        raise rejected()
    parent, _, last = path.rpartition("/")
    holder, value = _find(doc, parent), _find(doc, path)
    if is_object(holder):
        del holder[last.replace("~1", "/").replace("~0", "~")]
    else:
        del holder[int(last)]
    return doc, value


def merge_patch(obj: Any, patch: Any) -> Any:
    """Apply RFC 7396: objects merge, null removes, everything else replaces."""
    if not is_object(patch):
        return patch
    new: Obj = dict(obj) if is_object(obj) else {}
    for name, value in patch.items():
        if value is None:
            _ = new.pop(name, None)
        else:
            new[name] = merge_patch(new.get(name), value)
    return new


def strategic_patch(model: str, obj: Obj, patch: object) -> Obj:
    """Apply a strategic merge patch to a copy of an object of the given model."""
    if not is_object(patch):
        raise bad_request("error decoding patch: the patch is not an object")
    typed: Obj = patch
    _check_strings(model, typed, typed)
    return _merge_struct(model, copy.deepcopy(obj), typed)


def _check_strings(model: str, part: Obj, whole: Obj) -> None:
    """Refuse what does not convert to the field's type, in the words of the API's converter."""
    known = schema.fields(model)
    for name, value in part.items():
        field = known.get(name)
        if field is None or value is None:
            continue
        if field.shape == "map" and field.of == "str" and is_object(value):
            for entry in value.values():
                if schema.go_type(entry) not in {"string", "null"} and name not in schema.QUANTITIES:
                    raise invalid_patch(go_value(whole), f"cannot convert {_go_kind(entry)} to string")
        elif schema.is_model(field.of):
            for entry in value if is_list(value) else [value]:
                if is_object(entry):
                    _check_strings(field.of, entry, whole)
        elif field.shape == "scalar" and field.of == "str" and schema.go_type(value) != "string":
            raise invalid_patch(go_value(whole), f"cannot convert {_go_kind(value)} to string")


def _go_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "int64" if isinstance(value, int) else "float64"
    return "[]interface {}" if is_list(value) else "map[string]interface {}"


def go_value(value: object) -> str:
    """Write a value as Go's %v does: maps by sorted key, lists in brackets, no quotes."""
    if is_object(value):
        return "map[" + " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value)) + "]"
    if is_list(value):
        return "[" + " ".join(go_value(entry) for entry in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)


def _merge_struct(model: str, old: Obj, patch: Obj) -> Obj:
    if patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    known = schema.fields(model)
    if "$retainKeys" in patch:
        old = {name: value for name, value in old.items() if name in patch["$retainKeys"]}
    for name, value in patch.items():
        if name.startswith(_DROP):
            target = name.removeprefix(_DROP)
            old[target] = [entry for entry in old.get(target, []) if entry not in value]
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            _ = old.pop(name, None)
        else:
            old[name] = _merge_value(model, known.get(name), name, old.get(name), value)
    for name, value in patch.items():
        target = name.removeprefix(_ORDER)
        if name.startswith(_ORDER) and is_list(old.get(target)):
            old[target] = _reorder(old[target], value, schema.MERGE_KEYS.get((schema.short(model), target)))
    return old


def _merge_value(model: str, field: schema.Field | None, name: str, old: Any, value: Any) -> Any:
    if field is not None and is_object(value):
        if field.shape == "struct":
            return _merge_struct(field.of, old if is_object(old) else {}, value)
        if field.shape == "map":
            replaces = value.get("$patch") == "replace"
            return _plain(value) if replaces else merge_patch(old, value)
    if field is not None and field.shape == "list" and is_list(value):
        where = (schema.short(model), name)
        if where in schema.MERGE_KEYS:
            return _merge_list(field.of, schema.MERGE_KEYS[where], old or [], value)
        if where in schema.PRIMITIVE_MERGE:
            return [*(old or []), *(entry for entry in value if entry not in (old or []))]
        return [_plain(entry) for entry in value if entry != {"$patch": "replace"}]
    return value


def _plain(entry: Any) -> Any:
    if is_object(entry):
        return {name: _plain(value) for name, value in entry.items() if not name.startswith("$")}
    return entry


def _merge_list(model: str, key: str, old: list[Any], patch: list[Any]) -> list[Any]:
    if not all(is_object(entry) for entry in patch):
        raise bad_request(f"expected a list of objects with merge key {key}, got {go_value(patch)}")
    if any(entry.get("$patch") == "replace" and key not in entry for entry in patch):
        return [_plain(entry) for entry in patch if entry.get("$patch") != "replace"]
    new = list(old)
    added: list[Any] = []
    for entry in patch:
        if key not in entry:
            raise bad_request(f"map: {go_value(entry)} does not contain declared merge key: {key}")
        index = next((i for i, held in enumerate(new) if held.get(key) == entry[key]), None)
        if entry.get("$patch") == "delete":
            if index is not None:
                del new[index]
        elif index is not None:
            new[index] = _merge_struct(model, new[index], entry)
        else:
            added.append(_merge_struct(model, {}, entry))
    return [*added, *new]  # as the API does: what is new stands in front


def _reorder(held: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """Put entries into the order the patch names; unnamed ones keep their place relative to their neighbours."""
    wanted = [entry.get(key) if key and is_object(entry) else entry for entry in order]

    def identity(entry: Any) -> Any:
        return entry.get(key) if key and is_object(entry) else entry

    named = sorted((entry for entry in held if identity(entry) in wanted), key=lambda e: wanted.index(identity(e)))
    result: list[Any] = []
    for entry in held:
        if identity(entry) in wanted:
            result.append(named.pop(0))
        else:
            result.append(entry)
    return result

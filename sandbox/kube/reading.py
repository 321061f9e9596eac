"""Reading into objects whose parts may be missing or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from sandbox.kube.store import Obj


def part(obj: Obj, *path: str) -> Obj:
    """Return the object inside an object, or an empty one: to read, not to change."""
    for name in path:
        obj = obj.get(name) or {}
    return obj


def rows(obj: Obj, *path: str) -> list[Obj]:
    """Return the list of objects inside an object, or an empty one: to read, not to change."""
    *above, name = path
    return part(obj, *above).get(name) or []


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is an array."""
    return isinstance(value, list)

"""Walk through decoded JSON and YAML whose shape is not known: what is not there is empty."""

from __future__ import annotations

from typing import Any, cast


def table(value: object) -> dict[str, Any]:
    """Return an object as a mapping with text keys, an empty one for anything else."""
    if not isinstance(value, dict):
        return {}
    return {str(key): inner for key, inner in cast("dict[object, Any]", value).items()}


def rows(value: object) -> list[Any]:
    """Return an array, an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def at(value: object, *path: str) -> dict[str, Any]:
    """Return the object at a path of keys, an empty one where there is none."""
    for key in path:
        value = table(value).get(key)
    return table(value)


def containers(workload: object) -> list[dict[str, Any]]:
    """Return the containers of a Deployment's pods."""
    return [table(one) for one in rows(at(workload, "spec", "template", "spec").get("containers"))]


def name(item: object) -> str:
    """Return an object's name."""
    return str(at(item, "metadata").get("name") or "")

"""Take out of Kubernetes objects what a report must never hold; names stay, so that they can be compared."""

from __future__ import annotations

from typing import cast

_CONTAINER_KEEPS = frozenset({"name", "image", "imagePullPolicy", "ports", "resources", "envFrom"})
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration",)
_SNIPPET = "-snippet"  # server configuration pasted into an annotation: may carry credentials


def scrubbed(item: dict[str, object]) -> dict[str, object]:
    """Return an object without env values, commands, volumes, applied copies and managed fields."""
    return {key: _metadata(value) if key == "metadata" else _inside(key, value) for key, value in item.items()}


def _inside(key: str, value: object) -> object:
    """Walk down: pod specs stand at different depths in pods, deployments and replica sets."""
    if isinstance(value, dict):
        found = cast("dict[str, object]", value)
        if key == "data":
            return dict.fromkeys(found, "")
        return {
            name: _metadata(inner) if name == "metadata" else _inside(name, inner)
            for name, inner in found.items()
            if name != "volumes"
        }
    if isinstance(value, list):
        items = cast("list[object]", value)
        if key in _CONTAINERS:
            return [_container(item) for item in items]
        return [_inside("", item) for item in items]
    return value


def _container(value: object) -> object:
    """Keep of a container what identifies it; of its environment the names alone."""
    if not isinstance(value, dict):
        return None
    found = cast("dict[str, object]", value)
    kept = {key: inner for key, inner in found.items() if key in _CONTAINER_KEEPS}
    if isinstance(env := found.get("env"), list):
        entries = cast("list[object]", env)
        kept["env"] = [
            {"name": cast("dict[str, object]", entry).get("name")} for entry in entries if isinstance(entry, dict)
        ]
    return kept


def _metadata(value: object) -> object:
    if not isinstance(value, dict):
        return value
    found = {key: inner for key, inner in cast("dict[str, object]", value).items() if key != "managedFields"}
    if isinstance(notes := found.get("annotations"), dict):
        found["annotations"] = {
            key: inner
            for key, inner in cast("dict[str, object]", notes).items()
            if key not in _ANNOTATIONS and not key.endswith(_SNIPPET)
        }
    return found

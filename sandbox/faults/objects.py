"""Faults in the clusters' objects: what their manifests look like while they are on. Pure."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sandbox import images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.kube.store import Obj

PREFIX = "nginx.ingress.kubernetes.io/"
Key = tuple[str, str]  # kind, name


def with_faults(manifests: Iterable[Obj], active: frozenset[str], cluster: str = "production") -> dict[Key, Obj]:
    """Return a cluster's objects by kind and name as the active faults make them."""
    objects = {(obj["kind"], obj["metadata"]["name"]): copy.deepcopy(obj) for obj in manifests}
    changes = _CHANGES[cluster]
    for name in sorted(active & set(changes)):
        changes[name](objects)
    return objects


def _canary(objects: dict[Key, Obj]) -> dict[str, str]:
    annotations: dict[str, str] = objects["Ingress", "onesource-canary"]["metadata"]["annotations"]
    return annotations


def _weight(value: str) -> Callable[[dict[Key, Obj]], None]:
    def change(objects: dict[Key, Obj]) -> None:
        _canary(objects)[PREFIX + "canary-weight"] = value

    return change


def _without(annotation: str) -> Callable[[dict[Key, Obj]], None]:
    def change(objects: dict[Key, Obj]) -> None:
        _ = _canary(objects).pop(PREFIX + annotation, None)

    return change


def _primary_annotated(objects: dict[Key, Obj]) -> None:
    del objects["Ingress", "onesource-canary"]
    annotations = objects["Ingress", "onesource-ingress"]["metadata"]["annotations"]
    annotations.update({PREFIX + "canary": "true", PREFIX + "canary-weight": "10"})


def _no_affinity(objects: dict[Key, Obj]) -> None:
    annotations = objects["Ingress", "onesource-ingress"]["metadata"]["annotations"]
    for name in ("affinity", "session-cookie-name"):
        _ = annotations.pop(PREFIX + name, None)


def _class_missing(objects: dict[Key, Obj]) -> None:
    del objects["Ingress", "onesource-canary"]["spec"]["ingressClassName"]


def _runs(deployment: str, image: str) -> Callable[[dict[Key, Obj]], None]:
    def change(objects: dict[Key, Obj]) -> None:
        containers: list[dict[str, Any]] = objects["Deployment", deployment]["spec"]["template"]["spec"]["containers"]
        containers[0]["image"] = image

    return change


def _flag_differs(objects: dict[Key, Obj]) -> None:
    objects["ConfigMap", "onesource-config"]["data"]["FEATURE_SUGGESTED_ACTIONS"] = "0"


def _drill_left_awake(objects: dict[Key, Obj]) -> None:
    objects["Deployment", "onesource-canary"]["spec"]["replicas"] = 1
    _canary(objects)[PREFIX + "canary-weight"] = "60"


_PRODUCTION: dict[str, Callable[[dict[Key, Obj]], None]] = {
    "primary-annotated": _primary_annotated,
    "weight-5": _weight("5"),
    "weight-35": _weight("35"),
    "class-missing": _class_missing,
    "no-affinity": _no_affinity,
    "weight-number-refused": _without("canary-weight"),
    "cookie-rule-missing": _without("canary-by-cookie"),
    "canary-old-build": _runs("onesource-canary", images.STABLE),
    "stable-new-build": _runs("onesource", images.CANDIDATE),
}
_STAGING: dict[str, Callable[[dict[Key, Obj]], None]] = {
    "flag-differs": _flag_differs,
    "drill-left-awake": _drill_left_awake,
}
_CHANGES = {"production": _PRODUCTION, "staging": _STAGING}

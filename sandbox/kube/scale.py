"""The scale subresource: a Deployment or ReplicaSet as autoscaling/v1 Scale."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sandbox.kube import selectors
from sandbox.kube.reading import is_object, part
from sandbox.kube.status import bad_request

if TYPE_CHECKING:
    from sandbox.kube.store import Obj


def show(obj: Obj) -> Obj:
    """Return the Scale of a workload."""
    meta = obj["metadata"]
    count = part(obj, "spec").get("replicas", 1)
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in names if name in meta},
        "spec": {"replicas": count} if count else {},  # zero is left out, as in the API
        "status": {
            "replicas": part(obj, "status").get("replicas", 0),
            "selector": selectors.spell(part(obj, "spec").get("selector")),
        },
    }


def apply(obj: Obj, wanted: Any) -> Obj:
    """Return a copy of the workload with the replica count that a Scale asks for."""
    scale: Obj = wanted if is_object(wanted) else {}
    count = part(scale, "spec").get("replicas", 0)
    if not isinstance(count, int) or isinstance(count, bool):
        raise bad_request("json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32")
    new = copy.deepcopy(obj)
    new["spec"]["replicas"] = count
    asked = part(scale, "metadata").get("resourceVersion")
    new["metadata"]["resourceVersion"] = asked or new["metadata"]["resourceVersion"]
    return new

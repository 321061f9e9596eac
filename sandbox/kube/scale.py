"""The scale subresource: a Deployment or ReplicaSet as autoscaling/v1 Scale."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sandbox.kube import selectors
from sandbox.kube.status import bad_request

if TYPE_CHECKING:
    from sandbox.kube.store import Obj


def show(obj: Obj) -> Obj:
    """Return the Scale of a workload."""
    meta = obj["metadata"]
    count = (obj.get("spec") or {}).get("replicas", 1)
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in names if name in meta},
        "spec": {"replicas": count} if count else {},  # zero is left out, as in the API
        "status": {
            "replicas": (obj.get("status") or {}).get("replicas", 0),
            "selector": selectors.spell((obj.get("spec") or {}).get("selector")),
        },
    }


def apply(obj: Obj, wanted: Any) -> Obj:
    """Return a copy of the workload with the replica count that a Scale asks for."""
    count = ((wanted if isinstance(wanted, dict) else {}).get("spec") or {}).get("replicas", 0)
    if not isinstance(count, int) or isinstance(count, bool):
        raise bad_request("json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32")
    new = copy.deepcopy(obj)
    new["spec"]["replicas"] = count
    asked = (wanted.get("metadata") or {}).get("resourceVersion")
    new["metadata"]["resourceVersion"] = asked or new["metadata"]["resourceVersion"]
    return new

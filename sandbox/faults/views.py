"""Faults in what a client sees of the cluster: a data plane that lags or lies, a context that leads astray.

The API server passes each object through a lens before it answers. The ingress controller keeps doing
its real work on what it is shown, so the traffic that follows is real.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from sandbox.faults.objects import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.kube.store import Obj
    from sandbox.switches import Switches

DATA_PLANE = "traefik"  # the user name of the ingress controller
OTHER_CLUSTER = "00000000-0000-4000-8000-0000000000ff"  # a uid that no cluster of ours has
_SPLITS = {"split-0": "0", "split-5": "5", "split-50": "50", "canary-starved": "1"}


def lens(switches: Switches, wrong_cluster: str) -> Callable[[str, Obj], Obj | None]:
    """Return the lens of one cluster; `wrong_cluster` names the fault that gives it another uid."""

    def see(user: str, obj: Obj) -> Obj | None:
        active = switches.active()
        if not active:
            return obj
        if user == DATA_PLANE:
            return _data_plane(obj, active)
        if wrong_cluster in active and obj.get("kind") == "Namespace" and obj["metadata"]["name"] == "kube-system":
            obj = copy.deepcopy(obj)
            obj["metadata"]["uid"] = OTHER_CLUSTER
        return obj

    return see


def _data_plane(obj: Obj, active: frozenset[str]) -> Obj:
    annotations: dict[str, str] = obj["metadata"].get("annotations") or {}
    if obj.get("kind") != "Ingress" or PREFIX + "canary" not in annotations:
        return obj
    seen = copy.deepcopy(obj)
    for name, weight in _SPLITS.items():
        if name in active:
            seen["metadata"]["annotations"][PREFIX + "canary-weight"] = weight
    if "header-ignored" in active:
        _ = seen["metadata"]["annotations"].pop(PREFIX + "canary-by-header", None)
    return seen

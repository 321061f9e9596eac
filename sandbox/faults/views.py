"""Faults in what a client sees of the cluster: a data plane that lags or lies, a context that leads astray.

The API server passes each object through a lens before it answers. The ingress controller keeps doing
its real work on what it is shown, so the traffic that follows is real.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from sandbox.faults import ageing
from sandbox.faults.objects import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.kube.store import Obj
    from sandbox.switches import Switches

DATA_PLANE = "traefik"  # the user name of the ingress controller
OTHER_CLUSTER = "00000000-0000-4000-8000-0000000000ff"  # a uid that no cluster of ours has
_SPLITS = {"split-0": "0", "split-5": "5", "split-50": "50", "canary-starved": "1"}
_WEIGHT = PREFIX + "canary-weight"


class Lens:
    """What each user sees of one cluster's objects, and what of deleted ones."""

    def __init__(
        self, switches: Switches, *, wrong_cluster: str, namespace: str, weight: Callable[[int, frozenset[str]], int]
    ) -> None:
        """Read the switches; `wrong_cluster` names the fault that gives the cluster another uid.

        `weight` says which weight the data plane works with where an Ingress asks for so much.
        """
        self._switches = switches
        self._wrong_cluster = wrong_cluster
        self._namespace = namespace
        self._weight = weight

    def __call__(self, user: str, obj: Obj) -> Obj | None:
        """Return what a user sees of an object."""
        active = self._switches.active()
        if not active:
            return obj
        if user == DATA_PLANE:
            return self._data_plane(obj, active)
        of_identity = obj.get("kind") == "Namespace" and obj["metadata"]["name"] == "kube-system"
        if self._wrong_cluster in active and of_identity:
            obj = copy.deepcopy(obj)
            obj["metadata"]["uid"] = OTHER_CLUSTER
        if ageing.FAULT in active and self._namespace == "staging":
            obj = ageing.aged(obj)
        return obj

    def gone(self, user: str, obj: Obj) -> Obj | None:
        """Return what a user goes on seeing of a deleted object: the data plane may keep a canary's pins."""
        keeps = self._namespace == "staging" and self._switches.on("pinned-users-stay")
        if user != DATA_PLANE or not keeps or not _is_canary(obj):
            return None
        obj["metadata"]["annotations"][_WEIGHT] = "0"
        return obj

    def _data_plane(self, obj: Obj, active: frozenset[str]) -> Obj:
        if not _is_canary(obj):
            return obj
        seen = copy.deepcopy(obj)
        annotations: dict[str, str] = seen["metadata"]["annotations"]
        for name, weight in _SPLITS.items():
            if name in active:
                annotations[_WEIGHT] = weight
        asked = annotations.get(_WEIGHT, "")
        if asked.isdigit():
            annotations[_WEIGHT] = str(self._weight(int(asked), active))
        if "header-ignored" in active:
            _ = annotations.pop(PREFIX + "canary-by-header", None)
        return seen


def _is_canary(obj: Obj) -> bool:
    return obj.get("kind") == "Ingress" and PREFIX + "canary" in (obj["metadata"].get("annotations") or {})

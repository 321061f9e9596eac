"""The arithmetic of a rollout: how many pods each ReplicaSet may have. Pure.

After k8s.io/kubernetes/pkg/controller/deployment: ResolveFenceposts, NewRSNewReplicas, GetReplicaSetProportion.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sandbox.cluster.objects import annotations_of, scaled
from sandbox.kube.reading import part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.kube.store import Obj

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


def wanted(obj: Obj) -> int:
    """Return spec.replicas; the API's default is 1."""
    return int(obj["spec"].get("replicas", 1))


def rolling(deployment: Obj) -> bool:
    """Tell whether the strategy is RollingUpdate, which is the default."""
    return part(deployment, "spec", "strategy").get("type", "RollingUpdate") == "RollingUpdate"


def _limits(deployment: Obj) -> tuple[int, int]:
    rules = part(deployment, "spec", "strategy", "rollingUpdate")
    total = wanted(deployment)
    surge = scaled(rules.get("maxSurge", "25%"), total, up=True)
    unavailable = scaled(rules.get("maxUnavailable", "25%"), total, up=False)
    if surge == 0 and unavailable == 0:  # nothing could ever move
        unavailable = 1
    return surge, unavailable


def max_surge(deployment: Obj) -> int:
    """Return how many pods there may be above spec.replicas."""
    return _limits(deployment)[0] if rolling(deployment) else 0


def max_unavailable(deployment: Obj) -> int:
    """Return how many pods of spec.replicas may be unavailable."""
    total = wanted(deployment)
    if not rolling(deployment) or total == 0:
        return 0
    return min(_limits(deployment)[1], total)


def asked(sets: Sequence[Obj]) -> int:
    """Return the pods that these ReplicaSets should have."""
    return sum(wanted(one) for one in sets)


def reported(sets: Sequence[Obj], field: str) -> int:
    """Return the sum of a status counter."""
    return sum(int(part(one, "status").get(field, 0)) for one in sets)


def new_size(deployment: Obj, everything: Sequence[Obj], new: Obj) -> int:
    """Return how many pods the new ReplicaSet may have now (`everything` includes it)."""
    if not rolling(deployment):
        return wanted(deployment)
    room = wanted(deployment) + max_surge(deployment) - asked(everything)
    if room <= 0:
        return wanted(new)
    return wanted(new) + min(room, wanted(deployment) - wanted(new))


def _fraction(one: Obj, deployment: Obj) -> int:
    if wanted(deployment) == 0:
        return -wanted(one)
    before = int(annotations_of(one).get(MAXIMUM, 0))
    before = before or int(part(deployment, "status").get("replicas", 0))
    if before == 0:
        return 0
    size = wanted(one) * (wanted(deployment) + max_surge(deployment)) / before
    return math.floor(size + 0.5) - wanted(one)  # half away from zero; sizes are never negative


def proportional(deployment: Obj, sets: Sequence[Obj]) -> dict[str, int]:
    """Return the new size by name when a Deployment is scaled in the middle of a rollout.

    `sets` are the active ReplicaSets, the newest creation last among equals; the largest takes what is left over.
    """
    total = wanted(deployment)
    to_add = (total + max_surge(deployment) if total > 0 else 0) - asked(sets)
    newest_first = sorted(sets, key=lambda one: one["metadata"]["creationTimestamp"], reverse=to_add > 0)
    ordered = sorted(newest_first, key=wanted, reverse=True)
    sizes: dict[str, int] = {}
    added = 0
    for one in ordered:
        left = to_add - added
        share = _fraction(one, deployment) if wanted(one) and left else 0
        share = min(share, left) if to_add > 0 else max(share, left)
        sizes[one["metadata"]["name"]] = wanted(one) + share
        added += share
    if ordered and to_add != added:
        first = ordered[0]["metadata"]["name"]
        sizes[first] = max(sizes[first] + to_add - added, 0)
    return sizes

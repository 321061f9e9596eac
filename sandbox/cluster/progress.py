"""A Deployment's status: counters and the Available and Progressing conditions. Pure but for `now`.

After k8s.io/kubernetes/pkg/controller/deployment: calculateStatus, syncRolloutStatus, DeploymentTimedOut.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from sandbox.cluster.objects import condition_of, parse_time
from sandbox.cluster.rollout import asked, max_unavailable, reported, wanted
from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.kube.store import Obj

NO_DEADLINE = 2**31 - 1


def deadline_s(deployment: Obj) -> int | None:
    """Return progressDeadlineSeconds, or None when progress is not to be judged."""
    seconds = int(deployment["spec"].get("progressDeadlineSeconds", 600))
    return None if seconds == NO_DEADLINE else seconds


def condition(kind: str, status: str, reason: str, message: str, now: str) -> Obj:
    """Return a new Deployment condition."""
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def set_condition(status: Obj, new: Obj) -> None:
    """Put a condition last, unless status and reason are those it has; same status keeps its transition time."""
    current = condition_of(status, new["type"])
    if current and current["status"] == new["status"] and current["reason"] == new["reason"]:
        return
    if current and current["status"] == new["status"]:
        new["lastTransitionTime"] = current["lastTransitionTime"]
    drop_condition(status, new["type"])
    status["conditions"].append(new)


def drop_condition(status: Obj, kind: str) -> None:
    """Remove a condition by type."""
    status["conditions"] = [held for held in rows(status, "conditions") if held["type"] != kind]


def counted(deployment: Obj, new: Obj | None, sets: Sequence[Obj], now: str) -> Obj:
    """Return the status that follows from the ReplicaSets; counters that are zero are absent, as in the API."""
    available = reported(sets, "availableReplicas")
    counters = {
        "observedGeneration": int(deployment["metadata"].get("generation", 1)),
        "replicas": reported(sets, "replicas"),
        "updatedReplicas": reported([new], "replicas") if new else 0,
        "readyReplicas": reported(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(asked(sets) - available, 0),
    }
    status: Obj = {name: count for name, count in counters.items() if count}
    status["terminatingReplicas"] = reported(sets, "terminatingReplicas")
    old = part(deployment, "status")
    if old.get("collisionCount"):
        status["collisionCount"] = old["collisionCount"]
    status["conditions"] = list(rows(old, "conditions"))
    if available >= wanted(deployment) - max_unavailable(deployment):
        enough = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        enough = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    set_condition(status, condition("Available", *enough, now))
    return status


def complete(deployment: Obj, status: Obj) -> bool:
    """Tell whether exactly the wanted pods of the newest template are there and available."""
    total = wanted(deployment)
    return all(
        status.get(field, 0) == total for field in ("updatedReplicas", "replicas", "availableReplicas")
    ) and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)


def _moved(old: Obj, new: Obj) -> bool:
    def outdated(status: Obj) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    return outdated(new) < outdated(old) or any(
        new.get(field, 0) > old.get(field, 0) for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )


def _timed_out(deployment: Obj, status: Obj, now: datetime.datetime) -> bool:
    current = condition_of(status, "Progressing")
    seconds = deadline_s(deployment)
    if current is None or seconds is None or current["reason"] == "NewReplicaSetAvailable":
        return False
    since = parse_time(current["lastUpdateTime"])
    overdue = since is not None and since + datetime.timedelta(seconds=seconds) < now
    return current["reason"] == "ProgressDeadlineExceeded" or overdue


def judge(deployment: Obj, new: Obj | None, status: Obj, now: datetime.datetime) -> None:
    """Set the Progressing condition of `status`, the Deployment's next one."""
    if deadline_s(deployment) is None:
        drop_condition(status, "Progressing")
        return
    old = part(deployment, "status")
    current = condition_of(old, "Progressing")
    resync = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if resync and current and current["reason"] == "NewReplicaSetAvailable":
        return
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    who = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if complete(deployment, status):
        says = f"{who} has successfully progressed."
        set_condition(status, condition("Progressing", "True", "NewReplicaSetAvailable", says, stamp))
    elif _moved(old, status):
        fresh = condition("Progressing", "True", "ReplicaSetUpdated", f"{who} is progressing.", stamp)
        if current:  # progress renews lastUpdateTime even when the reason stays
            if current["status"] == "True":
                fresh["lastTransitionTime"] = current["lastTransitionTime"]
            drop_condition(status, "Progressing")
        set_condition(status, fresh)
    elif _timed_out(deployment, status, now):
        says = f"{who} has timed out progressing."
        set_condition(status, condition("Progressing", "False", "ProgressDeadlineExceeded", says, stamp))


def look_again_s(deployment: Obj, status: Obj, now: datetime.datetime) -> float | None:
    """Return in how many seconds the progress deadline must be checked, or None."""
    current = condition_of(status, "Progressing")
    seconds = deadline_s(deployment)
    if current is None or seconds is None or complete(deployment, status):
        return None
    if current["reason"] in {"ProgressDeadlineExceeded", "NewReplicaSetAvailable"}:
        return None
    since = parse_time(current["lastUpdateTime"]) or now
    # times have whole seconds, so a second more makes sure that the deadline is past
    return max((since - now).total_seconds() + seconds, 0.0) + 1.0

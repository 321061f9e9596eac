"""When a rollout was complete, as a snapshot of the cluster tells it.

The Deployment's own word comes first: its condition Progressing has the reason NewReplicaSetAvailable from the moment
on in which every pod ran the newest template, and lastUpdateTime keeps that moment also when a pod is replaced later.
A Deployment without a progress deadline has no such condition: then it is the creation of its newest ReplicaSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from harness.observe.deployed import REVISION
from harness.observe.snapshot import ClusterSnapshot, Meta, decode

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPLETE: Final = "NewReplicaSetAvailable"


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    """Kubernetes writes camelCase."""


class _Condition(_Camel, frozen=True):
    type: str = ""
    reason: str = ""
    last_update_time: str = ""


class _Status(_Camel, frozen=True):
    conditions: tuple[_Condition, ...] | None = None


class _Deployment(_Camel, frozen=True):
    metadata: Meta = Meta()
    status: _Status | None = None


class _ReplicaSet(_Camel, frozen=True):
    metadata: Meta = Meta()


def rolled_out(snapshot: ClusterSnapshot, deployments: Iterable[str]) -> tuple[str | None, str]:
    """Return when the last of these Deployments was rolled out (RFC 3339), and "" or why nobody knows."""
    if trouble := "; ".join(snapshot.trouble("deployments", "replicasets")):
        return None, trouble
    there = {one.metadata.name: one for one in decode(snapshot.part("deployments"), _Deployment)[0]}
    sets, _ = decode(snapshot.part("replicasets"), _ReplicaSet)
    times: list[str] = []
    for name in deployments:
        if name not in there:
            return None, f"there is no deployment/{name}"
        at, trouble = _of(there[name], sets)
        if at is None:
            return None, f"deployment/{name}: {trouble}"
        times.append(at)
    return (max(times), "") if times else (None, "the profile names no Deployment")


def _of(deployment: _Deployment, sets: tuple[_ReplicaSet, ...]) -> tuple[str | None, str]:
    conditions = (deployment.status.conditions if deployment.status else None) or ()
    progress = next((one for one in conditions if one.type == "Progressing"), None)
    if progress is not None:
        done = progress.reason == COMPLETE and bool(progress.last_update_time)
        return (progress.last_update_time, "") if done else (None, f"its rollout is not complete ({progress.reason})")
    own = [
        one for one in sets if deployment.metadata.uid in {owner.uid for owner in one.metadata.owner_references or ()}
    ]
    newest = max(own, key=_revision, default=None)
    at = newest.metadata.creation_timestamp if newest else ""
    return (at, "") if at else (None, "it says nothing of its progress and has no ReplicaSet")


def _revision(one: _ReplicaSet) -> int:
    given = (one.metadata.annotations or {}).get(REVISION)
    return int(given) if isinstance(given, str) and given.isdecimal() else 0

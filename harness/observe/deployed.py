"""A rollout as a snapshot of the cluster tells it: what Deployments want and have, and what their pods run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from harness.judge.deployed import Deployed, Rollout, RunningPod
from harness.observe.snapshot import ClusterSnapshot, decode, pods_of, pods_trouble

if TYPE_CHECKING:
    from harness.target import Environment

REVISION: Final = "deployment.kubernetes.io/revision"
_KINDS = ("deployments", "replicasets", "pods")


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    """Kubernetes writes camelCase."""


class _Owner(_Camel, frozen=True):
    uid: str = ""
    name: str = ""


class _Meta(_Camel, frozen=True):
    name: str = ""
    uid: str = ""
    generation: int | None = None
    deletion_timestamp: str | None = None
    annotations: dict[str, object] | None = None
    owner_references: tuple[_Owner, ...] | None = None


class _Spec(_Camel, frozen=True):
    replicas: int | None = None
    paused: bool | None = None


class _Status(_Camel, frozen=True):
    """A count that is zero is left out by the API."""

    observed_generation: int | None = None
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0


class _Scaled(_Camel, frozen=True):
    """A Deployment or a ReplicaSet."""

    metadata: _Meta = _Meta()
    spec: _Spec = _Spec()
    status: _Status | None = None


class _Reason(_Camel, frozen=True):
    reason: str = ""


class _State(_Camel, frozen=True):
    waiting: _Reason | None = None


class _Container(_Camel, frozen=True):
    restart_count: int = 0
    state: _State | None = None


class _PodStatus(_Camel, frozen=True):
    container_statuses: tuple[_Container, ...] | None = None
    init_container_statuses: tuple[_Container, ...] | None = None


class _Pod(_Camel, frozen=True):
    metadata: _Meta = _Meta()
    status: _PodStatus = _PodStatus()


def under_test(environment: Environment) -> tuple[str, ...]:
    """Return the Deployments that run the build under test: what users get before there is any canary.

    A staging's own canary sleeps until a drill wakes it, and carries another build.
    """
    stable = environment.deployments.get("stable")
    return (stable,) if stable else tuple(dict.fromkeys(environment.deployments.values()))


def asleep(environment: Environment) -> tuple[str, ...]:
    """Return the profile's other Deployments, which have no pod that users could meet while a build is under test."""
    return tuple(
        name for name in dict.fromkeys(environment.deployments.values()) if name not in under_test(environment)
    )


def read(when: str, snapshot: ClusterSnapshot, deployments: tuple[str, ...], beside: tuple[str, ...] = ()) -> Deployed:
    """Return what one snapshot says of these Deployments, and of pods beside them; `when` names it in sentences."""
    trouble = pods_trouble(snapshot) or _odd(snapshot) or ("" if deployments else "the profile names no Deployment")
    if trouble:
        return Deployed(when, trouble=trouble)
    found, _ = decode(snapshot.part("deployments"), _Scaled)
    there = {one.metadata.name: one for one in found}
    lacking = [name for name in deployments if name not in there]
    if lacking:
        return Deployed(when, trouble=f"there is no deployment/{' and no deployment/'.join(lacking)}")
    sets, _ = decode(snapshot.part("replicasets"), _Scaled)
    pods, _ = decode(snapshot.part("pods"), _Pod)
    by_name = {pod.metadata.name: pod for pod in pods}

    def running(names: tuple[str, ...]) -> tuple[RunningPod, ...]:
        found = (one for name in names for one in pods_of(snapshot, name))
        return tuple(_pod(by_name[one.name], one.digest, ready=one.ready) for one in found)

    old: dict[str, int] = {}
    for name in deployments:
        old |= _old(there[name], sets)
    rollouts = tuple(_rollout(there[name]) for name in deployments)
    return Deployed(when, rollouts, running(deployments), old, beside=running(beside))


def _odd(snapshot: ClusterSnapshot) -> str:
    """Return what has not the shape that is read here."""
    kinds = {"deployments": _Scaled, "replicasets": _Scaled, "pods": _Pod}
    return "; ".join(f"{name}: {bad}" for name in _KINDS for bad in decode(snapshot.part(name), kinds[name])[1])


def _rollout(one: _Scaled) -> Rollout:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas  # the API's own default
    status = one.status
    if status is None:
        return Rollout(one.metadata.name, one.metadata.generation, wanted=wanted, paused=bool(one.spec.paused))
    return Rollout(
        one.metadata.name,
        one.metadata.generation,
        status.observed_generation,
        wanted,
        status.updated_replicas,
        status.ready_replicas,
        status.available_replicas,
        status.replicas,
        bool(one.spec.paused),
    )


def _pod(one: _Pod, digest: str, *, ready: bool) -> RunningPod:
    statuses = (*(one.status.init_container_statuses or ()), *(one.status.container_statuses or ()))
    waiting = next((s.state.waiting.reason for s in statuses if s.state and s.state.waiting), "")
    owner = next((owner.name for owner in one.metadata.owner_references or ()), "")
    return RunningPod(
        one.metadata.name,
        owner,
        digest,
        ready,
        sum(status.restart_count for status in statuses),
        waiting,
        one.metadata.deletion_timestamp is not None,
    )


def _old(deployment: _Scaled, sets: tuple[_Scaled, ...]) -> dict[str, int]:
    """Return how many pods a Deployment's ReplicaSets before the newest still have."""
    own = [
        one
        for one in sets
        if any(owner.uid == deployment.metadata.uid for owner in one.metadata.owner_references or ())
    ]
    newest = max(own, key=_revision, default=None)
    return {one.metadata.name: one.status.replicas if one.status is not None else 0 for one in own if one is not newest}


def _revision(one: _Scaled) -> int:
    given = (one.metadata.annotations or {}).get(REVISION)
    return int(given) if isinstance(given, str) and given.isdecimal() else 0

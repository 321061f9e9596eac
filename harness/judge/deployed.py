"""Is the build under test rolled out completely, and does it stay up? Read twice: before a watch and after it.

Nothing is estimated. A restart between the readings shows in the pods' own counts, which the cluster keeps; of a pod
that came and went in between, only what was counted of it meanwhile is known.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.answers import short
from harness.judge.flags import some
from harness.judge.identity import digest_of
from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Fact, Verdict

BAD_STATES: Final = frozenset(
    {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "CreateContainerError"}
)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A Deployment by its own word: generations, and how many pods it wants and has; None where it does not say."""

    name: str
    generation: int | None = None
    observed: int | None = None
    wanted: int | None = None
    updated: int | None = None
    ready: int | None = None
    available: int | None = None
    total: int | None = None  # pods of all its ReplicaSets that are not on their way out
    paused: bool = False


@dataclass(frozen=True, slots=True)
class RunningPod:
    """A pod of such a Deployment: what its main container runs, how often its containers restarted, why one waits.

    `replica_set` made it; `leaving`: it is being deleted, and only its restarts count.
    """

    name: str
    replica_set: str = ""
    digest: str = ""
    ready: bool = False
    restarts: int = 0
    waiting: str = ""
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Deployed:
    """One reading. `old` are pods by ReplicaSet that is not the newest; `trouble` is why it can't be told.

    `beside` are pods of other Deployments that users may meet, such as a drill's canary that nobody put to sleep.
    """

    when: str
    rollouts: tuple[Rollout, ...] = ()
    pods: tuple[RunningPod, ...] = ()
    old: Mapping[str, int] = field(default_factory=dict[str, int])
    trouble: str = ""
    beside: tuple[RunningPod, ...] = ()


def rolled_out(
    readings: Sequence[Deployed], digest: str, *, restarts: int, counted: Mapping[str, int] | None = None
) -> Verdict:
    """Decide whether every reading shows the build completely rolled out, and no container restarted.

    `digest` is the build's, `restarts` how many are allowed in all, `counted` restarts by pod that were seen between
    the readings. VIOLATED: a reading in which a Deployment has not what it wants, an old ReplicaSet has pods, a pod
    runs another digest or waits after a crash, or a pod beside it is of another build or of none that can be told; or
    too many restarts. UNKNOWN: a reading or a digest is missing.
    """
    found = _restarts(readings, counted or {})
    wanted = digest_of(digest)
    facts = _facts(readings, wanted, found)
    wrong = [f"{one.when}: {what}" for one in readings if not one.trouble for what in _wrong(one, wanted)]
    if sum(found.values()) > restarts:
        said = ", ".join(f"pod {pod} {count}" for pod, count in found.items() if count)
        wrong.append(f"{sum(found.values())} restarts, wanted at most {restarts}: {said}")
    if wrong:
        return violated(f"not rolled out and steady: {some(wrong)}", **facts)
    missing = [f"{one.when}: {one.trouble}" for one in readings if one.trouble]
    missing += [] if readings else ["the cluster was not read"]
    missing += [] if wanted else ["the profile names no digest of the build under test"]
    missing += [f"{one.when}: {what}" for one in readings if not one.trouble for what in _missing(one)]
    if missing:
        return unknown(Reason.NO_DATA, f"can't be told: {some(missing)}", **facts)
    pods = sum(not pod.leaving for pod in readings[-1].pods)
    return met(f"all {pods} pods run {short(wanted)}, before and after, with {sum(found.values())} restarts", **facts)


def _wrong(one: Deployed, wanted: str) -> Iterator[str]:
    for rollout in one.rollouts:
        yield from _incomplete(rollout)
    yield from (f"old ReplicaSet {name} still has {count} pods" for name, count in one.old.items() if count)
    for pod in one.pods:
        if pod.leaving:
            continue
        found = digest_of(pod.digest)
        if found and wanted and found != wanted:
            yield f"pod {pod.name} runs {short(found)}, wanted {short(wanted)}"
        if pod.waiting in BAD_STATES:
            yield f"pod {pod.name} is in {pod.waiting}"
    for pod in one.beside:
        found = digest_of(pod.digest)
        if not pod.leaving and found != wanted:
            yield f"pod {pod.name} runs beside it with {short(found) if found else 'no digest that can be told'}"


def _incomplete(one: Rollout) -> Iterator[str]:
    """Say what a Deployment lacks; what it does not say is missing, not wrong."""
    if one.paused:
        yield f"deployment/{one.name} is paused"
    if one.observed is not None and one.generation is not None and one.observed < one.generation:
        yield f"deployment/{one.name}: generation {one.generation} not acted upon yet, only {one.observed}"
    if one.wanted == 0:
        yield f"deployment/{one.name} wants no pods"
    for what in ("updated", "ready", "available", "total"):
        count: int | None = getattr(one, what)
        if one.wanted is not None and count is not None and count != one.wanted:
            yield f"deployment/{one.name}: {count} {what}, wanted {one.wanted}"


def _missing(one: Deployed) -> Iterator[str]:
    if not one.rollouts:
        yield "no Deployment was read"
    for rollout in one.rollouts:
        untold = [
            what
            for what in ("generation", "observed", "wanted", "updated", "ready", "available")
            if getattr(rollout, what) is None
        ]
        if untold:
            yield f"deployment/{rollout.name} does not say {', '.join(untold)}"
    if not any(not pod.leaving for pod in one.pods):
        yield "no pod was read"
    yield from (
        f"pod {pod.name} reports no digest" for pod in one.pods if not pod.leaving and not digest_of(pod.digest)
    )


def _restarts(readings: Sequence[Deployed], counted: Mapping[str, int]) -> dict[str, int]:
    """Return restarts by pod: the highest count that the cluster told, or what was counted meanwhile."""
    found: dict[str, int] = {}
    for one in readings:
        for pod in one.pods:
            found[pod.name] = max(found.get(pod.name, 0), pod.restarts)
    for name, count in counted.items():
        found[name] = max(found.get(name, 0), count)
    return found


def _facts(readings: Sequence[Deployed], wanted: str, restarts: Mapping[str, int]) -> dict[str, Fact]:
    return {
        "digest": wanted or None,
        "restarts": dict(restarts),
        "readings": [
            {
                "when": one.when,
                "trouble": one.trouble,
                "deployments": [_rollout(rollout) for rollout in one.rollouts],
                "old": dict(one.old),
                "pods": [
                    {"name": pod.name, "digest": pod.digest, "ready": pod.ready, "waiting": pod.waiting}
                    for pod in one.pods
                ],
                "beside": [{"name": pod.name, "digest": pod.digest} for pod in one.beside],
            }
            for one in readings
        ],
    }


def _rollout(one: Rollout) -> Fact:
    return {
        "name": one.name,
        "generation": one.generation,
        "observed": one.observed,
        "wanted": one.wanted,
        "updated": one.updated,
        "ready": one.ready,
        "available": one.available,
        "total": one.total,
        "paused": one.paused,
    }

"""What is tried once beside a watch: whether conversations remember, and whether they are their owners' own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.evidence import names
from harness.observe import context, isolation
from harness.observe.snapshot import pods_by_arm, pods_trouble
from harness.runbook import lines

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from harness.clock import Clock
    from harness.judge.isolation import Isolation
    from harness.judge.memory import Recollections
    from harness.observe.snapshot import ClusterSnapshot
    from harness.target import Environment, Target

SEEDS: Final = 2**31  # each run tells other facts, or yesterday's answers would do; the evidence says which


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it, or why nothing did: `error` is "" where it could be tried, whatever was answered."""

    found: Recollections | Isolation | dict[str, object]
    error: str = ""


async def tried(
    what: str, target: Target, environment: Environment, looking: Awaitable[ClusterSnapshot], clock: Clock
) -> Tried:
    """Try "memory" or "isolation" in an environment; what breaks here must not end the watch, so it is handed back."""
    seed = secrets.randbelow(SEEDS)
    try:
        if what == names.ISOLATION:
            return Tried(await isolation.probe(target, environment, clock, seed=seed))
        turns = lines()["TS-CTX-01"].limits.count("turns")
        seen = await context.probe(target, environment, clock, seed=seed, turns=turns)
        return Tried(replace(seen, pods=ready(environment, await looking)))
    except Exception as trouble:  # noqa: BLE001  see above
        return Tried({}, f"{type(trouble).__name__}: {' '.join(str(trouble).split())}"[:200])


def ready(environment: Environment, snapshot: ClusterSnapshot) -> int | None:
    """Return how many ready pods the product has on all arms; None where they could not be read."""
    if snapshot.error or pods_trouble(snapshot):
        return None
    return sum(pod.ready for pods in pods_by_arm(snapshot, environment.deployments).values() for pod in pods)

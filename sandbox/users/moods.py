"""How people behave while a fault is on: pure. A user knows its arm as anyone does, by the version answers name."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import images
from sandbox.users.plans import NEGATIVE

CANARY = images.commit_of(images.CANDIDATE.partition(":")[2])


@dataclass(frozen=True, slots=True)
class Mood:
    """`leaves` is the share of sessions that end after the first answer, `negative` of those rated badly."""

    leaves: float = 0.0
    clicks: bool = True
    negative: float = NEGATIVE


USUAL = Mood()


def mood(active: frozenset[str], version: str | None) -> Mood:
    """Return the mood of someone whose last answer named this version."""
    if not active:
        return USUAL
    canary = version == CANARY
    leaves = 0.10 if "completion-down" in active else 0.08 if canary and "canary-abandon" in active else 0.0
    return Mood(
        leaves=leaves,
        clicks="engagement-down" not in active,
        negative=0.05 if canary and "canary-feedback" in active else NEGATIVE,
    )

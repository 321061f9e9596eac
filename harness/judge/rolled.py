"""What a full rollout shows: each step with its instants, what was kept before it, what ran at its end.

Plain data, written whole into the run's folder (`artifacts/drills/rollout.json`) and judged from there by
harness.judge.rollout. All instants are seconds since the users' stream began.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from harness.judge.answers import Answers
from harness.judge.drill import ASKED_BY_ANYONE, Seen
from harness.judge.identity import same_commit

StepName: TypeAlias = Literal["snapshot", "half", "all", "promote", "unroute", "verify", "back"]
Ended: TypeAlias = Literal["", "crossed", "blind", "unseen", "foreign", "stopped", "failed"]
"""Why a step ended early: a limit crossed, nothing measured, not seen, changed by hand, told to stop, an error."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One step: announced at `from_s`, the change accepted at `changed_s`, seen by users at `seen_s`, left at `to_s`.

    None is what did not happen. `watch_s` is for how long it was to be watched from `seen_s` on; `ended` is "" for a
    step that came to its end, else why not, and `why` says it.
    """

    step: StepName
    from_s: float
    to_s: float
    changed_s: float | None = None
    seen_s: float | None = None
    watch_s: float = 0.0
    ended: Ended = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One document of before the rollout: whose, which file of the run, its hash; `trouble` why it is not usable.

    `asked` is false where the question never got to whom it was for, so that nothing is known about them.
    """

    source: str
    file: str = ""
    sha256: str = ""
    trouble: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class RanPod:
    """A pod of stable's Deployment after its rollout: its image's digest and the commit that it names itself."""

    name: str
    digest: str
    ready: bool
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A rollout that took itself back: at which step, why, and what users had until then.

    `at_s`: it was seen; `off_s`: the API had accepted that users leave the candidate, None if it never did. `failures`
    counts requests that failed since the rollout began; each is another user's.
    """

    step: StepName
    said: str
    at_s: float
    off_s: float | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """One rollout, whole. `trouble` says why it could not be done as planned, "" if it could.

    `refused`: it was not allowed to begin. `foreign` names what somebody else changed meanwhile. `ended` is how it
    came out, at `until_s`; what is seen after that comes from putting back what was found, and `restored` says whether
    that is done (None where nothing was to be put back).
    """

    name: str
    environment: str
    began: str
    run: str = ""
    rehearsal: bool = False
    candidate: str = ""  # its commit
    stable: str = ""
    digest: str = ""  # the candidate's
    found_percent: float | None = None
    steps: tuple[Taken, ...] = ()
    kept: tuple[Kept, ...] = ()
    pods: tuple[RanPod, ...] = ()
    route_gone: bool | None = None
    crossing: Crossing | None = None
    seen: tuple[Seen, ...] = ()
    until_s: float = 0.0
    per_s: float = 0.0
    ended: Literal["", "finished", "taken back", "stopped"] = ""
    restored: bool | None = None
    refused: bool = False
    trouble: str = ""
    foreign: str = ""
    guarded: Mapping[str, float | int] = field(default_factory=dict[str, "float | int"])

    def step(self, name: StepName) -> Taken | None:
        """Return how a step went the last time it was taken, None if it never was."""
        return next((taken for taken in reversed(self.steps) if taken.step == name), None)

    def is_candidate(self, row: Seen) -> bool:
        """Tell whether the candidate answered."""
        return bool(row.commit and self.candidate) and same_commit(row.commit, self.candidate)

    def asked(self, from_s: float, to_s: float) -> tuple[Seen, ...]:
        """Return the requests of people who pin nothing that were sent in a stretch of time."""
        return tuple(row for row in self.seen if row.kind in ASKED_BY_ANYONE and from_s <= row.sent_s < to_s)


def counted(rows: tuple[Seen, ...], *, candidate: str, stable: str) -> Answers:
    """Count by arm what requests were answered, as the judges of a split take it."""
    arms = {"canary": 0, "stable": 0}
    unnamed = 0
    foreign: dict[str, int] = {}
    failed: dict[str, int] = {}
    for row in rows:
        if row.commit and candidate and same_commit(row.commit, candidate):
            arms["canary"] += 1
        elif row.commit and stable and same_commit(row.commit, stable):
            arms["stable"] += 1
        elif row.commit:
            foreign[row.commit] = foreign.get(row.commit, 0) + 1
        elif row.error:
            failed[row.error] = failed.get(row.error, 0) + 1
        else:
            unnamed += 1
    return Answers(arms["canary"], arms["stable"], foreign, unnamed, failed, planned=len(rows))

"""When did the last user leave the old state, and was the stream that says so dense enough to be believed?"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.judge.drill import ASKED_BY_ANYONE
from harness.verdict import Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.judge.drill import Drill, Kind, Seen, State
    from harness.verdict import Fact

NEED_SHOWN = 10  # answers of each kind that show a state before it is believed
LEAST_PER_S = 20.0  # asks a second: an answer every 50 ms is what a change is timed to
SPARSE = 0.95  # of the asks that must have been due; the rest is rounding at the ends
HOLE_S = 1.0  # the longest silence of the stream
LATE_S, MOST_LATE = 0.5, 0.05  # how late asks may leave, and how many of them
RATE_LIMITED = ("HTTP 429", "rate-limited")  # refused for our own rate: the generator's fault


@dataclass(frozen=True, slots=True)
class Reached:
    """How users left one state for another, in seconds of the drill.

    `last_old_s` is the end of the last answer that contradicts the new state, None if there was none; `shown_at` when,
    and to which kind of request, an answer after it showed the new state; `told` how many good answers there were.
    """

    last_old_s: float | None = None
    old: int = 0
    shown_at: tuple[tuple[float, Kind], ...] = ()
    told: Mapping[Kind, int] = field(default_factory=dict["Kind", int])
    kinds: tuple[Kind, ...] = ()

    @property
    def shown(self) -> dict[Kind, int]:
        """How many answers of each kind showed the new state."""
        return {kind: sum(one == kind for _, one in self.shown_at) for kind in self.kinds}

    @property
    def first_s(self) -> float | None:
        """When the new state was first shown to every kind; None where one never was."""
        first = {kind: at for at, kind in reversed(self.shown_at)}
        return max(first.values()) if self.kinds and all(kind in first for kind in self.kinds) else None

    def held_from(self, settle_s: float) -> float | None:
        """Return from when the new state was shown for `settle_s` without a pause; None where it was not.

        A pause is a second without such an answer; each kind must have got enough of them.
        """
        run: list[tuple[float, Kind]] = []
        for at, kind in self.shown_at:
            if run and at - run[-1][0] > HOLE_S:
                run = []
            run.append((at, kind))
            if at - run[0][0] >= settle_s and self._enough(run):
                return run[0][0]
        return None

    def _enough(self, run: Sequence[tuple[float, Kind]]) -> bool:
        return bool(self.kinds) and all(sum(one == kind for _, one in run) >= NEED_SHOWN for kind in self.kinds)


def reached(seen: Iterable[Seen], state: State, from_s: float, until_s: float = float("inf")) -> Reached:
    """Return how users who pin nothing came to `state` between two instants (by the ends of their answers)."""
    rows = sorted(asked(seen, from_s, until_s), key=lambda one: one.done_s)
    good = [one for one in rows if not one.error]
    old = [one for one in good if state.contradicted_by(one)]
    last = old[-1].done_s if old else None
    new = [one for one in good if (last is None or one.done_s > last) and state.shown_by(one)]
    kinds: tuple[Kind, ...] = tuple(kind for kind in ASKED_BY_ANYONE if any(one.kind == kind for one in rows))
    told: dict[Kind, int] = {kind: sum(one.kind == kind for one in good) for kind in kinds}
    return Reached(last, len(old), tuple((one.done_s, one.kind) for one in new), told, kinds)


def asked(seen: Iterable[Seen], from_s: float, until_s: float = float("inf")) -> list[Seen]:
    """Return the requests of users who pin nothing that ended between two instants."""
    return [one for one in seen if one.kind in ASKED_BY_ANYONE and from_s < one.done_s <= until_s]


def doubt(drill: Drill, from_s: float, until_s: float) -> tuple[Reason, str] | None:
    """Return why the stream between two instants can't carry a claim, None if it can.

    GAP: fewer than 20 asks a second were due, or none for more than a second. GENERATOR_INVALID: asks that were due
    left late, or were refused for their rate.
    """
    span = until_s - from_s
    rows = [one for one in drill.seen if from_s <= one.due_s <= until_s]
    if not rows or span <= 0:
        return Reason.NO_DATA, "no user's request was seen while it was done"
    if drill.per_s < LEAST_PER_S or len(rows) + 1 < SPARSE * LEAST_PER_S * span:
        said = f"{len(rows):,} requests in {span:.1f} s ({len(rows) / span:.1f} a second; {drill.per_s:g} were planned)"
        return Reason.GAP, f"{said}, wanted at least {LEAST_PER_S:g} a second"
    hole = _longest(one.due_s for one in rows), _longest(one.sent_s for one in rows)
    edge = max(rows[0].due_s - from_s, until_s - max(one.due_s for one in rows))
    if max(hole[0], edge) > HOLE_S:
        said = f"the users' stream was silent for {max(hole[0], edge):.1f} s"
        return Reason.GAP, f"{said}, at most {HOLE_S:g} s are allowed"
    late = sum(one.sent_s - one.due_s > LATE_S for one in rows)
    if hole[1] > HOLE_S or late > MOST_LATE * len(rows):
        said = f"{late:,} of {len(rows):,} requests left more than {LATE_S:g} s late, the longest pause {hole[1]:.1f} s"
        return Reason.GENERATOR_INVALID, f"{said}: this machine was too busy to time anything"
    limited = sum(one.error in RATE_LIMITED for one in rows)
    if limited:
        said = f"{limited:,} of {len(rows):,} requests were refused for their rate"
        return Reason.GENERATOR_INVALID, f"{said}; ask with more users' tokens, or have the limit raised"
    return None


def undone(drill: Drill) -> Verdict | None:
    """Return the verdict on a drill that was not done, or in which somebody else had a hand; None for one that was."""
    if drill.foreign:
        said = f"somebody else changed the target during the drill: {drill.foreign}"
        return unknown(Reason.INTERRUPTED, said, **facts(drill))
    if drill.trouble:
        return unknown(Reason(drill.notes.get("reason", Reason.ERROR)), drill.trouble, **facts(drill))
    return None


def facts(drill: Drill) -> dict[str, Fact]:
    """Return what every verdict about a drill should show of it."""
    command = drill.command
    said: dict[str, Fact] = {"drill": drill.name, "environment": drill.environment, "began": drill.began}
    said |= {
        "requests": len(drill.seen),
        "asked_per_s": drill.per_s,
        "arms": {k: list(v) for k, v in drill.arms.items()},
    }
    said |= {"restored": drill.restored, "foreign": drill.foreign, "notes": dict(drill.notes)}
    if command is not None:
        said |= {"command": list(command.words), "exit_status": command.exit_status, "said": command.said}
        said |= {"returned_after_s": round(command.returned_s - command.typed_s, 3)}
    return said


def ended_s(drill: Drill) -> float:
    """Return when the state that was drilled for ended: at the way back, or with the stream."""
    return drill.back.typed_s if drill.back is not None else drill.until_s


def _longest(instants: Iterable[float]) -> float:
    ordered: Sequence[float] = sorted(instants)
    return max((after - before for before, after in pairwise(ordered)), default=0.0)

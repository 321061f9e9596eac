"""How a watch went: which slices of it say something about the target, and whether it came to its end.

Counts are taken from usable slices only. What a verdict over the rest is worth is decided here, for all lines alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.judge.soak import Slice, State, duration
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.verdict import Fact

MOST_SPOILED = 0.25  # of the slices; with more spoiled by our own traffic, the rest is a choice and no sample
LEAST_WATCHED = 0.5  # of the planned time; what was seen in less of it says nothing about the whole
_ROUNDING = 1e-3  # seconds


@dataclass(frozen=True, slots=True)
class Hole:
    """Nothing, or not all, is known between two instants (seconds); `ours`: the collector itself was away."""

    start: float
    end: float
    why: str
    ours: bool = False

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Course:
    """A watch of `wanted_s` seconds in slices (harness.judge.soak.Slice, in order).

    `ended`: it came to its planned end; else `trouble` says why not. `holes` are those of the collector.
    """

    slices: tuple[Slice, ...] = ()
    wanted_s: float = 0.0
    largest_gap_s: float = 0.0
    ended: bool = False
    trouble: str = ""
    holes: tuple[Hole, ...] = ()

    @property
    def spoiled(self) -> tuple[Slice, ...]:
        """The slices that our own traffic spoiled."""
        return tuple(s for s in self.slices if s.state is State.GENERATOR_INVALID)

    @property
    def usable(self) -> tuple[Slice, ...]:
        """The slices whose counts count."""
        return tuple(s for s in self.slices if s.state is State.COMPLETE)

    def watched_s(self, *, generated: bool = True) -> float:
        """Return the seconds in usable slices, those that overlap once; spoiled ones count unless `generated`."""
        good = self.usable if generated else (*self.usable, *self.spoiled)
        return sum(end - start for start, end in _joined((one.start, one.end) for one in good))

    def facts(self) -> dict[str, Fact]:
        """Return what a verdict should show of it."""
        return {
            "slices": len(self.slices),
            "slices_usable": len(self.usable),
            "slices_spoiled_by_our_traffic": len(self.spoiled),
            "watched_s": round(sum(s.end - s.start for s in self.slices), 3),
            "usable_s": round(self.watched_s(), 3),
            "wanted_s": self.wanted_s,
            "holes_of_the_collector_s": round(sum(hole.length for hole in self.holes), 3),
        }


def trusted(verdict: Verdict, course: Course, *, generated: bool = False, holes: Sequence[Hole] = ()) -> Verdict:
    """Return a verdict as far as the watch behind it carries it; the reasons come before the figures.

    `generated`: its counts come from our own traffic. `holes` are those of its source. VIOLATED stands: usable slices
    alone refute it. Else UNKNOWN: nothing was watched (NO_DATA), our traffic spoiled more than a quarter of the slices
    (GENERATOR_INVALID), the watch did not end (INTERRUPTED), usable slices cover less than half of the planned time
    (GAP), the source was silent for longer than the largest gap at once, or for more than half of the time (NO_DATA).
    """
    given = Verdict(verdict.outcome, verdict.because, verdict.reason, dict(verdict.facts) | course.facts())
    if given.outcome is Outcome.VIOLATED:
        return given
    doubt = _doubt(course, generated=generated, holes=holes)
    if doubt is None:
        return given
    reason, said = doubt
    return unknown(reason, f"{said}; {given.because}", **given.facts)


def _doubt(course: Course, *, generated: bool, holes: Sequence[Hole]) -> tuple[Reason, str] | None:
    if not course.slices:
        return (Reason.NO_DATA, f"nothing was watched ({course.trouble or 'no slice came to its end'})")
    spoiled = course.spoiled
    if generated and len(spoiled) > MOST_SPOILED * len(course.slices):
        said = f"our own traffic spoiled {len(spoiled)} of {len(course.slices)} slices: {spoiled[0].because}"
        return (Reason.GENERATOR_INVALID, said)
    if not course.ended:
        return (Reason.INTERRUPTED, f"the watch did not come to its end: {course.trouble or 'it goes on'}")
    planned = course.wanted_s or sum(one.end - one.start for one in course.slices)
    seen = course.watched_s(generated=generated)
    if seen < LEAST_WATCHED * planned - _ROUNDING:
        why = next((one.because for one in course.slices if one not in course.usable and one.because), "")
        said = f"only {duration(seen)} of {duration(planned)} were watched whole"
        return (Reason.GAP, f"{said}: {why or 'slices are missing'}")
    return _silence(course, holes, planned)


def _silence(course: Course, holes: Sequence[Hole], planned: float) -> tuple[Reason, str] | None:
    """Return the doubt that a source's own holes leave, as far as they lie in the watch; those that touch are one."""
    from_s, to_s = min(one.start for one in course.slices), max(one.end for one in course.slices)
    inside = [hole for hole in holes if not hole.ours and hole.start < to_s and hole.end > from_s]
    silent = [(max(start, from_s), min(end, to_s)) for start, end in _joined((one.start, one.end) for one in inside)]
    lengths = [end - start for start, end in silent]
    if not lengths:
        return None
    longest, most = max(lengths), (1 - LEAST_WATCHED) * planned
    if longest <= course.largest_gap_s and sum(lengths) <= most + _ROUNDING:
        return None
    lost = longest if longest > course.largest_gap_s else sum(lengths)
    why = max(inside, key=lambda hole: hole.length).why
    return (Reason.NO_DATA, f"nothing was learnt for {duration(lost)} of {duration(planned)}: {why}")


def _joined(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches of time in order, those that overlap or touch as one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1] + _ROUNDING:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def incomplete(one: Slice, because: str) -> Slice:
    """Return a slice as one that was not watched whole."""
    return replace(one, state=State.INCOMPLETE, because=because)

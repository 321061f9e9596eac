"""The soak clock: how long has everything held without interruption? 48 hours means 48 hours in one piece.

A slice counts when it was watched completely and is not VIOLATED. A violated slice, a change of what is being
watched (digest, flags, weight), or a hole longer than the allowed one restarts the clock. Slices that the generator
spoiled or that were not complete are holes: nothing was learnt in them. MET is claimed once, over the whole window.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judge.family import equal_share
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.verdict import Fact


class State(enum.StrEnum):
    """What a slice is worth."""

    COMPLETE = "COMPLETE"
    VIOLATED = "VIOLATED"
    INCOMPLETE = "INCOMPLETE"  # watched in part, or a source failed
    GENERATOR_INVALID = "GENERATOR_INVALID"  # the load was late or refused for its rate


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: [start, end) in seconds, its state, what was watched, and why it is not COMPLETE.

    `watched` names digest, flags and weight in any fixed writing; a slice with another one is another soak.
    """

    start: float
    end: float
    state: State
    watched: str = ""
    because: str = ""

    def __post_init__(self) -> None:
        """Refuse a slice that ends before it begins."""
        if not self.start < self.end:
            raise ValueError(f"slice: wanted an end after {self.start}, got {self.end}")


@dataclass(frozen=True, slots=True)
class Reset:
    """A restart of the clock: when, and why."""

    at: float
    reason: Reason | None  # None: a violated slice
    because: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the clock stands: clean since `since` (None: nothing clean yet), seconds, holes and restarts."""

    since: float | None
    clean_s: float
    largest_gap_s: float  # over everything watched, also before a restart
    largest_hole_s: float  # in the present stretch; within the allowed
    slices: int  # complete ones in the present stretch
    resets: tuple[Reset, ...]

    def to_go(self, wanted_s: float) -> float:
        """Return the seconds still to go."""
        return max(0.0, wanted_s - self.clean_s)


def slice_alpha(alpha: float, most_s: float, slice_s: float) -> float:
    """Return one slice's alpha, so that all slices of the longest planned watching (`most_s`) share `alpha`."""
    if most_s <= 0 or slice_s <= 0:
        raise ValueError(f"soak: wanted lengths above 0, got {most_s} s in slices of {slice_s} s")
    return equal_share(alpha, math.ceil(most_s / slice_s - 1e-9))


def clock(slices: Iterable[Slice], largest_gap_s: float) -> Clock:
    """Run the clock over slices, in any order; holes up to `largest_gap_s` are bridged but not counted as watched.

    A bridged hole passes on the clock, as it does on the wall; slices that overlap count once.
    """
    ordered = sorted(slices, key=lambda s: (s.start, s.end))
    since: float | None = None
    covered, hole, largest, count = 0.0, 0.0, 0.0, 0
    trouble: Slice | None = None  # the last slice that taught nothing, for the reason of a hole
    resets: list[Reset] = []
    watched: str | None = None
    known = ordered[0].start if ordered else 0.0  # until here something was learnt, good or bad
    for at in ordered:
        changed = bool(at.watched) and watched is not None and at.watched != watched
        watched = at.watched or watched  # a slice in which nobody looked is a hole, not a change
        if changed:
            resets.append(Reset(at.start, Reason.INTERRUPTED, f"what is watched changed to {at.watched or 'unnamed'}"))
            since = None
        if at.state in {State.INCOMPLETE, State.GENERATOR_INVALID}:
            trouble = at
            continue
        gap = at.start - known
        largest = max(largest, gap)
        if gap > largest_gap_s and not (changed and since is None):
            resets.append(_gap(known, at.start, trouble))
            since = None
        trouble = None
        known = max(known, at.end)
        if at.state is State.VIOLATED:
            resets.append(Reset(at.end, None, at.because or "a violated slice"))
            since = None
            continue
        if since is None:
            since, covered, hole, count = at.start, at.start, 0.0, 0
        hole = max(hole, at.start - covered)
        covered = max(covered, at.end)
        count += 1
    end = max((s.end for s in ordered), default=0.0)
    if ordered and end - known > 0:  # it ends in a hole
        largest = max(largest, end - known)
        if end - known > largest_gap_s:
            resets.append(_gap(known, end, trouble))
            since = None
    clean = covered - since if since is not None else 0.0
    return Clock(
        since, clean, largest, hole if since is not None else 0.0, count if since is not None else 0, (*resets,)
    )


def held(
    slices: Sequence[Slice],
    wanted_s: float,
    *,
    largest_gap_s: float,
    whole: Mapping[str, Verdict],
    stopped: bool = True,
) -> Verdict:
    """Decide whether everything held for `wanted_s` continuous seconds, up to the last slice.

    `whole` are the lines' verdicts over the whole window: MET needs all of them MET, and at least one. VIOLATED:
    one of them is, or the last restart was a violated slice and not enough clean time has passed since. UNKNOWN:
    GAP, INTERRUPTED (watched something else, or ended too soon), GENERATOR_INVALID, or NO_DATA. `stopped` is false
    while the soak still runs.
    """
    if wanted_s <= 0:
        raise ValueError(f"soak: wanted a length above 0, got {wanted_s}")
    now = clock(slices, largest_gap_s)
    facts = _facts(now, wanted_s, largest_gap_s, whole)
    broken = [name for name, verdict in whole.items() if verdict.outcome is Outcome.VIOLATED]
    if broken:
        return violated(f"violated over the whole window: {', '.join(broken)}", **facts)
    if not slices:
        return unknown(Reason.NO_DATA, "not one slice was watched", **facts)
    said = f"clean for {duration(now.clean_s)} of {duration(wanted_s)}, largest gap {duration(now.largest_gap_s)}"
    if now.clean_s < wanted_s - 1e-6:
        return _too_short(now, said, facts, stopped=stopped)
    if not whole:
        return unknown(Reason.NO_DATA, f"{said}; no line was judged over the whole window", **facts)
    for name, verdict in whole.items():
        if verdict.reason is not None:
            return unknown(verdict.reason, f"{said}; {name} over the whole window: {verdict.because}", **facts)
    return met(said, **facts)


def _too_short(now: Clock, said: str, facts: dict[str, Fact], *, stopped: bool) -> Verdict:
    if not now.resets:
        why = "it ended too soon" if stopped else "still being watched"
        return unknown(Reason.INTERRUPTED, f"{said}; {why}", **facts)
    last = now.resets[-1]
    violation = next((reset for reset in reversed(now.resets) if reset.reason is None), None)
    if violation is not None:  # a gap after it does not excuse it
        return violated(f"{said}; restarted at {violation.at:.0f} s: {violation.because}", **facts)
    return unknown(last.reason or Reason.GAP, f"{said}; restarted at {last.at:.0f} s: {last.because}", **facts)


def _gap(start: float, end: float, trouble: Slice | None) -> Reset:
    """Name a hole: the generator's when it spoiled a slice in it, else a plain gap."""
    spoiled = trouble is not None and trouble.state is State.GENERATOR_INVALID
    why = f": {trouble.because}" if trouble is not None and trouble.because else ""
    return Reset(
        end,
        Reason.GENERATOR_INVALID if spoiled else Reason.GAP,
        f"nothing usable for {duration(end - start)} from {start:.0f} to {end:.0f} s{why}",
    )


def _facts(now: Clock, wanted_s: float, largest_gap_s: float, whole: Mapping[str, Verdict]) -> dict[str, Fact]:
    return {
        "estimate": now.clean_s,
        "low": now.clean_s,
        "high": now.clean_s,
        "limit_low": wanted_s,
        "n": now.slices,
        "since": now.since,
        "to_go_s": now.to_go(wanted_s),
        "largest_gap_s": now.largest_gap_s,
        "largest_gap_allowed_s": largest_gap_s,
        "largest_hole_in_stretch_s": now.largest_hole_s,
        "resets": [{"at": r.at, "reason": r.reason or "VIOLATED", "because": r.because} for r in now.resets],
        "whole": {name: verdict.outcome.name for name, verdict in whole.items()},
        "unit": "slice",
        "method": "soak clock over slices; restarts at violations, changes and gaps",
    }


def duration(seconds: float) -> str:
    """Write a length of time as people read it: 48 h 00 min, 5 min 03 s, 12.5 s."""
    if seconds >= 3600:
        minutes = math.floor(seconds / 60)
        return f"{minutes // 60} h {minutes % 60:02d} min"
    if seconds >= 60:
        return f"{math.floor(seconds / 60)} min {math.floor(seconds % 60):02d} s"
    return f"{seconds:.3g} s"

"""Since when a line does not hold: from its own facts where they carry a time, else from the window watched."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import msgspec

from harness.report.showing import facts as reading
from harness.report.showing.figures import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.model import Decision, Judged
    from harness.verdict import Fact

Point = tuple[float, float, float]
"""Seconds since the beginning of the series, bad ones, all."""

LATEST = 32_503_680_000.0  # the year 3000, in seconds of UTC


class Reset(msgspec.Struct, frozen=True):
    """A restart of the soak clock, as its facts tell it; `at` is in seconds of UTC."""

    at: float
    reason: str


class Broken(msgspec.Struct, frozen=True):
    """A violated line as the line about escalation lists it."""

    line: str
    since: datetime.datetime
    due: str = ""
    due_owner: str = ""


def of(line: Judged, made: Decision) -> str:
    """Return since when a violated line does not hold, as precisely as anything tells, with what it is taken from."""
    return _slice(line.facts) or _rise(line.facts) or _seen(line, made) or window(made)


def window(made: Decision) -> str:
    """Say what time was watched."""
    if made.started is None:
        return "not told: the run has no beginning"
    until = instant(made.finished) if made.finished else "its end, which nobody wrote down"
    return f"within the window watched, {instant(made.started)} to {until}"


def instant(when: datetime.datetime) -> str:
    """Return a time to the second, as people read it; what no calendar in UTC holds is unknown."""
    try:
        return f"{when.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return "an unknown time"


def onset(points: Sequence[Point], limit: float, shown_after: float | None = None) -> tuple[float, float] | None:
    """Return when a share began to be above its limit and by when that was shown; None if it is not above it.

    The beginning is where the running excess over the limit (Page 1954) last left 0. `shown_after` is the number of
    samples at which it was shown, None for all of them.
    """
    excess, seen, begun = 0.0, 0.0, 0.0
    for at, (start, hits, of_all) in enumerate(points):
        if excess <= 0:
            excess, begun = 0.0, start
        excess += hits - limit * of_all
        seen += of_all
        if shown_after is not None and seen >= shown_after:
            end = points[at + 1][0] if at + 1 < len(points) else start
            return (begun, end) if excess > 0 else None
    return (begun, points[-1][0]) if excess > 0 else None


def broken(made: Decision) -> Mapping[str, Broken]:
    """Return what the line about escalation lists as violated, by line."""
    found = [one for line in made.lines for one in reading.read(line.facts.get("violated"), list[Broken]) or []]
    return {one.line: one for one in found}


def _slice(facts: Mapping[str, Fact]) -> str:
    resets = reading.read(facts.get("resets"), list[Reset]) or []
    first = next((reset for reset in resets if reset.reason == "VIOLATED"), None)
    at = None if first is None else _moment(first.at)
    return "" if at is None else f"{instant(at)}, when the first slice ended in which it did not hold"


def _rise(facts: Mapping[str, Fact]) -> str:
    points = reading.read(facts.get("series"), list[Point]) or []
    limit, zero = number(facts.get("limit_high")), number(facts.get("series_from"))
    if not points or limit is None or zero is None:
        return ""
    found = onset(points, limit, number(facts.get("crossed_after")))
    begun, shown = (_moment(zero + at) for at in found) if found else (_moment(zero + points[0][0]), None)
    if begun is None:
        return ""
    if shown is None:
        return f"{instant(begun)} at the earliest, when its watch began"
    return f"{instant(begun)}: above its limit from then on, shown by {instant(shown)}"


def _seen(line: Judged, made: Decision) -> str:
    found = broken(made).get(line.id)
    return "" if found is None else f"{instant(found.since)}, when it was first said; {window(made)}"


def _moment(seconds: float) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC) if 0 <= seconds < LATEST else None

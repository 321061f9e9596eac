"""What a picture of a verdict is drawn from, as facts of a few kB: a share over time, the quantiles of two arms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from harness.judge.limit import MET_ALPHA
from harness.judge.quantile import Counted, interval, merged
from harness.judge.soak import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.judge.course import Course, Hole
    from harness.judge.difference import Pair
    from harness.judge.limit import Tally
    from harness.verdict import Fact

SERIES, FROM, MARKS, ARMS = "series", "series_from", "series_marks", "arms"
FACTS: Final = frozenset({SERIES, FROM, MARKS, ARMS})
MOST_POINTS: Final = 200
MOST_MARKS: Final = 40
QUANTILES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999)
SPOILED, HOLE = "spoiled", "hole"


def over_time(
    windows: Sequence[Tally], starts: Sequence[float], course: Course, holes: Sequence[Hole] = ()
) -> Mapping[str, Fact]:
    """Return `series`: [seconds since `series_from`, hits, of] of at most MOST_POINTS joined windows; with marks.

    `series_marks` are [from, to, "spoiled" or "hole"], what of the time says nothing. Nothing without times.
    """
    if not starts or len(starts) != len(windows):
        return {}
    zero = min(starts[0], *(one.start for one in course.slices)) if course.slices else starts[0]
    each = math.ceil(len(windows) / MOST_POINTS)
    points: list[Fact] = []
    for first in range(0, len(windows), each):
        cut = windows[first : first + each]
        hits, of = sum(w.hits for w in cut), sum(w.of for w in cut)
        points.append([_short(starts[first] - zero), hits, of])
    return {SERIES: points, FROM: zero, MARKS: _marks(course, holes, zero)}


def both_arms(pairs: Sequence[Pair]) -> Mapping[str, Fact]:
    """Return `arms`: for judged and reference rows of [quantile, low, value, high], seconds; None is unbounded.

    Each bound is wrong with a probability of at most MET_ALPHA.
    """
    if not pairs:
        return {}
    judged, reference = merged([p.judged for p in pairs]), merged([p.reference for p in pairs])
    if not judged.n or not reference.n:
        return {}
    return {ARMS: {"judged": _rows(judged), "reference": _rows(reference), "alpha": MET_ALPHA}}


def _rows(values: Counted) -> list[Fact]:
    rows: list[Fact] = []
    for share in QUANTILES:
        low, high = interval(values, share, MET_ALPHA)
        least, most = values.quantile(share)
        rows.append([share, _known(low), _known((least + most) / 2), _known(high)])
    return rows


def _known(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _short(seconds: float) -> float | int:
    rounded = round(seconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _marks(course: Course, holes: Iterable[Hole], zero: float) -> list[Fact]:
    """Return the stretches that say nothing, those that touch joined; the longest ones where there are too many."""
    bad = {State.GENERATOR_INVALID: SPOILED, State.INCOMPLETE: HOLE}
    found = [(one.start, one.end, bad[one.state]) for one in course.slices if one.state in bad]
    found += [(hole.start, hole.end, HOLE) for hole in (*holes, *course.holes)]
    joined: list[tuple[float, float, str]] = []
    for start, end, kind in sorted(found, key=lambda mark: (mark[2], mark[0])):
        if joined and joined[-1][2] == kind and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end), kind)
        else:
            joined.append((start, end, kind))
    longest = sorted(joined, key=lambda mark: mark[0] - mark[1])[:MOST_MARKS]
    return [[_short(start - zero), _short(end - zero), kind] for start, end, kind in sorted(longest)]

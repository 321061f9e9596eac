"""The pictures that the facts of a verdict carry: a share over time, and both arms of a comparison."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from harness.report.showing.charts.both_arms import Margin, Row, both_arms
from harness.report.showing.charts.over_time import Mark, Point, over_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.verdict import Fact

OVER_TIME, BOTH_ARMS = "over time", "both arms"
MOST: Final = 2000  # points; more are no series of ours
_HUGE: Final = 1e15  # seconds and counts are below it


def of(title: str, facts: Mapping[str, Fact]) -> dict[str, str]:
    """Return SVG texts by name; facts without the figures for one, or with other things in their place, give none."""
    found = {OVER_TIME: _series(title, facts), BOTH_ARMS: _arms(title, facts)}
    return {name: text for name, text in found.items() if text}


def _series(title: str, facts: Mapping[str, Fact]) -> str:
    points, limit = _rows(facts.get("series"), 3), _number(facts.get("limit_high"))
    if points is None or not points or limit is None or not 0 <= limit <= 1:
        return ""
    made: list[Point] = []
    for row in points:
        at, hits, of = (_number(value) for value in row)
        if at is None or hits is None or of is None or not 0 <= hits <= of or hits % 1 or of % 1:
            return ""
        made.append(Point(at, int(hits), int(of)))
    if any(b.start <= a.start for a, b in itertools.pairwise(made)):
        return ""
    marks: list[Mark] = []
    for row in _rows(facts.get("series_marks", ()), 3) or []:
        start, end = _number(row[0]), _number(row[1])
        if start is not None and end is not None and start < end:
            marks.append(Mark(start, end, str(row[2])))
    above = _number(facts.get("value_limit"))
    bad = "failures" if above is None else f"above {above:g} {facts.get('value_unit', 's')}"
    counted = (bad, f"{facts.get('unit', 'request')}s")
    return over_time(title, made, limit, marks=marks, began_s=_number(facts.get("series_from")), counted=counted)


def _arms(title: str, facts: Mapping[str, Fact]) -> str:
    arms = facts.get("arms")
    if not isinstance(arms, dict):
        return ""
    given = cast("dict[str, Any]", arms)
    judged, reference = _quantiles(given.get("judged")), _quantiles(given.get("reference"))
    if not judged or not reference:
        return ""
    quantile, most = _number(facts.get("quantile")), _number(facts.get("limit_high"))
    margin = None
    if quantile is not None and most is not None and 0 < quantile < 1:
        margin = Margin(quantile, most, facts.get("relative") is True)
    return both_arms(title, judged, reference, margin, alpha=_number(given.get("alpha")) or 0.05)


def _quantiles(given: object) -> list[Row]:
    rows: list[Row] = []
    for share, low, value, high in _rows(given, 4) or []:
        at, middle = _number(share), _number(value)
        if at is None or middle is None or not 0 < at < 1 or middle < 0:
            return []
        rows.append(Row(at, _number(low), middle, _number(high)))
    return sorted(rows, key=lambda row: row.quantile)


def _rows(given: object, width: int) -> list[list[Any]] | None:
    """Return a list of rows of that width, None if it is not one."""
    try:
        rows = msgspec.convert(given, list[list[Any]])
    except msgspec.ValidationError:
        return None
    return rows if len(rows) <= MOST and all(len(row) == width for row in rows) else None


def _number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _HUGE else None

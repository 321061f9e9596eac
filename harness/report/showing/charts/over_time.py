"""A share over time: what each moment showed, the interval of all until then, the limit, and what says nothing."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.exact import high_bound, low_bound
from harness.judge.limit import MET_ALPHA
from harness.judge.soak import duration
from harness.report.showing.charts import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADROOM: Final = 2.2  # of the limit, at least
OUTLIER: Final = 6.0  # times the limit: single moments above are drawn at the edge


@dataclass(frozen=True, slots=True)
class Point:
    """Bad ones of all in a moment that began `start` seconds after the beginning."""

    start: float
    hits: int
    of: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch (seconds) that says nothing: "spoiled" by our own traffic, or a "hole"."""

    start: float
    end: float
    kind: str


def over_time(
    title: str,
    points: Sequence[Point],
    limit: float,
    *,
    marks: Sequence[Mark] = (),
    began_s: float | None = None,
    counted: tuple[str, str] = ("failures", "requests"),
) -> str:
    """Return the SVG of shares (0..1) over seconds against `limit`; "" without a point that counts anything.

    `counted` names the bad ones and all of them; `began_s` is the beginning in seconds of UTC.
    """
    seen = [point for point in points if point.of > 0]
    if not seen:
        return ""
    bounds = _cumulative(seen)
    end = max(_end(points), *(mark.end for mark in marks)) if marks else _end(points)
    start = min(points[0].start, *(mark.start for mark in marks)) if marks else points[0].start
    x = svg.Scale(start, end, svg.LEFT, svg.RIGHT)
    y = svg.Scale(0.0, _top(seen, bounds, limit), svg.BOTTOM, svg.TOP)
    parts = [_grid(x, y), *(_hatched(mark, x) for mark in marks if mark.kind in {"spoiled", "hole"})]
    step = [(x.at(point.start), bound) for point, bound in zip(_closed(seen, end), [*bounds, bounds[-1]], strict=True)]
    lows = [(at, y.at(low)) for at, (low, _, _) in step]
    highs = [(at, y.at(high)) for at, (_, _, high) in step]
    parts += [
        '<g clip-path="url(#inside)">',
        svg.path([*lows, *reversed(highs)], "a band", closed=True),
        *(_dot(point, x, y) for point in seen),
        svg.path([(at, y.at(value)) for at, (_, value, _) in step], "a line"),
        "</g>",
        svg.straight(svg.LEFT, y.at(limit), svg.RIGHT, y.at(limit), "limit dashed"),
        svg.label(svg.RIGHT, 44, f"limit, at most {_percent(limit)}", anchor="end", kind="limittext"),
        _legend(marks),
    ]
    low, value, high = bounds[-1]
    hits, of = sum(p.hits for p in seen), sum(p.of for p in seen)
    total = f"{hits:,} {counted[0]} in {of:,} {counted[1]}"
    said = f"{total}: {_percent(value)}, between {_percent(low)} and {_percent(high)}; the limit is {_percent(limit)}"
    began = "" if began_s is None else f"; from {_instant(began_s + start)}"
    return svg.frame(title, f"{total}{began}", f"{said}. {_lost(marks)}", "".join(parts))


def _closed(seen: Sequence[Point], end: float) -> list[Point]:
    return [*seen, Point(end, 0, 0)]


def _end(points: Sequence[Point]) -> float:
    """Return when the last moment ends: as long after its beginning as the one before it."""
    last = points[-1].start
    return last + (last - points[-2].start if len(points) > 1 else 1.0)


def _cumulative(seen: Sequence[Point]) -> list[tuple[float, float, float]]:
    """Return low, estimate, high of all up to each moment: exact one-sided bounds, each wrong with MET_ALPHA."""
    hits = of = 0
    found: list[tuple[float, float, float]] = []
    for point in seen:
        hits, of = hits + point.hits, of + point.of
        found.append((low_bound(hits, of, MET_ALPHA), hits / of, high_bound(hits, of, MET_ALPHA)))
    return found


def _top(seen: Sequence[Point], bounds: Sequence[tuple[float, float, float]], limit: float) -> float:
    single = min(max(point.hits / point.of for point in seen), OUTLIER * limit)
    late = bounds[len(bounds) // 4 :]
    wanted = max(HEADROOM * limit, 1.1 * single, 1.15 * bounds[-1][2], 1.1 * max(bound[1] for bound in late))
    return min(1.0, wanted) if wanted > 0 else 1.0


def _grid(x: svg.Scale, y: svg.Scale) -> str:
    shares, times = svg.ticks(y.low, y.high), _times(x.low, x.high)
    return svg.grid_y(y, shares, [_percent(share) for share in shares]) + svg.grid_x(
        x, times, [_since(at - x.low, x.high - x.low) for at in times]
    )


def _times(start: float, end: float) -> list[float]:
    """Return round times since the start: no clock counts in tens of hours."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
    step = next((step for step in steps if (end - start) / step <= 8), 86400 * math.ceil((end - start) / 8 / 86400))
    return [start + n * step for n in range(math.floor((end - start) / step + 1e-9) + 1)]


def _since(seconds: float, whole: float) -> str:
    if whole >= 7200:
        return f"{seconds / 3600:g} h"
    if whole >= 240:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s"


def _dot(point: Point, x: svg.Scale, y: svg.Scale) -> str:
    share = point.hits / point.of
    at = x.at(point.start)
    if share > y.high:  # beyond the picture, and said so
        top = svg.TOP
        return f'<path class="a dot" d="M{at - 4:g} {top + 8:g}L{at + 4:g} {top + 8:g}L{at:g} {top + 1:g}Z"/>'
    return f'<circle class="a dot" cx="{at:g}" cy="{y.at(share):g}" r="2.2"/>'


def _hatched(mark: Mark, x: svg.Scale) -> str:
    start, end = x.at(mark.start), x.at(mark.end)
    width = max(1.5, end - start)
    return (
        f'<rect class="box" x="{start:g}" y="{svg.TOP:g}" width="{width:g}" height="{svg.BOTTOM - svg.TOP:g}" '
        f'style="fill:url(#{mark.kind})"/>'
    )


def _legend(marks: Sequence[Mark]) -> str:
    y = svg.BOTTOM + 48
    kinds = {mark.kind for mark in marks}
    parts = [
        f'<circle class="a dot" cx="{svg.LEFT + 6:g}" cy="{y - 4:g}" r="2.2"/>'
        + svg.label(svg.LEFT + 16, y, "moments"),
        svg.straight(svg.LEFT + 90, y - 4, svg.LEFT + 112, y - 4, "a line")
        + svg.label(svg.LEFT + 118, y, "all until then"),
        f'<rect class="a band" x="{svg.LEFT + 216:g}" y="{y - 12:g}" width="22" height="14"/>'
        + svg.label(svg.LEFT + 244, y, f"its exact interval ({1 - 2 * MET_ALPHA:.0%})"),
    ]
    at = svg.LEFT + 400
    for kind, said in (("spoiled", "spoiled by our traffic"), ("hole", "not watched")):
        if kind in kinds:
            parts.append(
                f'<rect class="box" x="{at:g}" y="{y - 12:g}" width="22" height="14" style="fill:url(#{kind})"/>'
                + svg.label(at + 28, y, said)
            )
            at += 170
    return svg.legend(parts)


def _lost(marks: Sequence[Mark]) -> str:
    if not marks:
        return "Nothing of the time is missing."
    said = {"spoiled": "spoiled by our own traffic", "hole": "not watched"}
    sums = {kind: sum(mark.end - mark.start for mark in marks if mark.kind == kind) for kind in said}
    return "; ".join(f"{duration(lost)} {said[kind]}" for kind, lost in sums.items() if lost > 0) + "."


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _instant(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

"""A line's figure as a drawing: the estimate and its interval against what is allowed, with the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.showing.figures import number, words, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.verdict import Fact

WIDTH, LEFT, RIGHT = 320.0, 10.0, 310.0
MARGIN = 0.15  # of the span, on both sides


@dataclass(frozen=True, slots=True)
class Plot:
    """Places on an axis from LEFT to RIGHT (user units of the SVG), and the text alternative."""

    band_from: float
    band_to: float
    low: float
    high: float
    estimate: float
    ticks: tuple[tuple[float, str], ...]  # where an edge of the allowed band is, and its figure
    said: str


def of(facts: Mapping[str, Fact]) -> Plot | None:
    """Return the drawing of facts with estimate, low, high and at least one limit; else None."""
    low, high, estimate = (number(facts.get(key)) for key in ("low", "high", "estimate"))
    edges = [number(facts.get(key)) for key in ("limit_low", "limit_high")]
    known = [edge for edge in edges if edge is not None]
    if low is None or high is None or estimate is None or not known or not low <= estimate <= high:
        return None
    start, end = min(low, *known), max(high, *known)
    pad = (end - start) * MARGIN or abs(end) * MARGIN or 1.0
    start, end = start - pad, end + pad
    figure = written(facts)

    def place(value: float) -> float:
        return round(LEFT + (value - start) / (end - start) * (RIGHT - LEFT), 1)

    return Plot(
        band_from=LEFT if edges[0] is None else place(edges[0]),
        band_to=RIGHT if edges[1] is None else place(edges[1]),
        low=place(low),
        high=place(high),
        estimate=place(estimate),
        ticks=tuple((place(edge), figure(edge)) for edge in known),
        said=words(facts),
    )

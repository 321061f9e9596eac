"""Two arms' quantiles beside each other, the tail as wide as the rest, with the margin that one may be worse by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.showing.charts import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN: Final = (0.05, 0.5, 0.9, 0.95, 0.99, 0.999)
_MIDDLE: Final = 167.0  # where the second entry of the legend begins


@dataclass(frozen=True, slots=True)
class Row:
    """A quantile (0..1) with its bounds, in seconds; None is unbounded."""

    quantile: float
    low: float | None
    value: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Margin:
    """By how much (seconds, or a share if `relative`) the judged arm's `quantile` may exceed the reference's."""

    quantile: float
    most: float
    relative: bool = False


def both_arms(
    title: str,
    judged: Sequence[Row],
    reference: Sequence[Row],
    margin: Margin | None = None,
    *,
    names: tuple[str, str] = ("judged", "reference"),
    alpha: float = 0.05,
) -> str:
    """Return the SVG of both arms on an axis of log survival (P90, P99, P99.9 evenly apart); "" without both."""
    if not judged or not reference:
        return ""
    shares = [row.quantile for row in (*judged, *reference)]
    x = svg.Scale(1 / (1 - min(shares)), 1 / (1 - max(shares)), svg.LEFT + 8, svg.RIGHT - 8, log=True)
    values = [row.value for row in (*judged, *reference)]
    known = [bound for row in (*judged, *reference) for bound in (row.low, row.high) if bound is not None]
    mark = _mark(reference, margin)
    tops = [*values, *(bound for bound in known if bound <= 2 * max(values)), *([mark[1]] if mark else [])]
    y = svg.Scale(0.0, 1.08 * max(tops) or 1.0, svg.BOTTOM, svg.TOP)
    parts = [_grid(x, y), '<g clip-path="url(#inside)">']
    for rows, kind in ((reference, "b"), (judged, "a")):
        band = [(_x(x, row), y.at(row.low if row.low is not None else 0.0)) for row in rows]
        band += [(_x(x, row), y.at(row.high if row.high is not None else y.high)) for row in reversed(rows)]
        dashed = " dashed" if kind == "b" else ""
        parts.append(svg.path(band, f"{kind} band", closed=True))
        parts.append(svg.path([(_x(x, row), y.at(row.value)) for row in rows], f"{kind} line{dashed}"))
        parts += [f'<circle class="{kind} dot" cx="{_x(x, row):g}" cy="{y.at(row.value):g}" r="3"/>' for row in rows]
    parts.append("</g>")
    if mark is not None and margin is not None:
        parts.append(_margin(mark, margin, x, y))
    parts.append(_legend(names))
    said = "; ".join(_said(name, rows) for name, rows in zip(names, (judged, reference), strict=True))
    if margin is not None:
        said += f". {names[0]}'s {_name(margin.quantile)} may be at most {_amount(margin)} above {names[1]}'s"
    said += f". Each bound is wrong with a probability of at most {alpha:g}; a band to the edge is unbounded."
    subtitle = f"seconds at each quantile, with bounds ({1 - alpha:.0%} each)"
    return svg.frame(title, subtitle, said, "".join(parts))


def _x(scale: svg.Scale, row: Row) -> float:
    return scale.at(1 / (1 - row.quantile))


def _mark(reference: Sequence[Row], margin: Margin | None) -> tuple[float, float] | None:
    """Return the reference's value at the compared quantile, and the most that is allowed there."""
    found = next((row for row in reference if margin is not None and abs(row.quantile - margin.quantile) < 1e-9), None)
    if margin is None or found is None:
        return None
    return found.value, found.value * (1 + margin.most) if margin.relative else found.value + margin.most


def _margin(mark: tuple[float, float], margin: Margin, x: svg.Scale, y: svg.Scale) -> str:
    at, (low, most) = x.at(1 / (1 - margin.quantile)), mark
    near_end = at > (svg.LEFT + svg.RIGHT) / 2
    place, anchor = (at - 16, "end") if near_end else (at + 16, "start")
    return (
        svg.straight(at, y.at(low), at, y.at(most), "limit")
        + svg.straight(at - 12, y.at(most), at + 12, y.at(most), "limit")
        + svg.label(
            place,
            y.at(most) - 5,
            f"at most {_amount(margin)} at {_name(margin.quantile)}",
            anchor=anchor,
            kind="limittext",
        )
    )


def _grid(x: svg.Scale, y: svg.Scale) -> str:
    seconds = svg.ticks(y.low, y.high)
    shown = [share for share in SHOWN if x.low - 1e-9 <= 1 / (1 - share) <= x.high * (1 + 1e-9)]
    return svg.grid_y(y, seconds, [f"{value:g} s" for value in seconds]) + svg.grid_x(
        x, [1 / (1 - share) for share in shown], [_name(share) for share in shown]
    )


def _legend(names: tuple[str, str]) -> str:
    y = svg.BOTTOM + 48
    parts: list[str] = []
    for at, kind, name in ((svg.LEFT, "a line", names[0]), (svg.LEFT + _MIDDLE, "b line dashed", names[1])):
        parts.append(svg.straight(at, y - 4, at + 26, y - 4, kind) + svg.label(at + 34, y, name[:40]))
    return svg.legend(parts)


def _said(name: str, rows: Sequence[Row]) -> str:
    shown = [f"{_name(row.quantile)} {row.value:.4g} s" for row in rows if row.quantile in SHOWN]
    return f"{name}: {', '.join(shown)}"


def _name(share: float) -> str:
    return f"P{share * 100:.4g}"


def _amount(margin: Margin) -> str:
    return f"{margin.most * 100:.3g}%" if margin.relative else f"{margin.most:.3g} s"

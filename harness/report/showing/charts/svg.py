"""The frame that all pictures share: size, colours for light and dark, axes, and every text escaped."""

from __future__ import annotations

import math
import unicodedata
import zlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 760.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 736.0, 62.0, 272.0
MOST_TITLE: Final = 94  # characters; the whole of it is the picture's title
STYLE: Final = """
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}.dim{fill:#59636e}
.back{fill:#fff}.axis{stroke:#59636e;stroke-width:1;fill:none}.grid{stroke:#d1d9e0;stroke-width:1}
.a{stroke:#0550ae;fill:#0550ae}.b{stroke:#8250df;fill:#8250df}
.line{fill:none;stroke-width:2}.dashed{stroke-dasharray:7 4}
.band{stroke:none;fill-opacity:.18}.dot{stroke:none;fill-opacity:.75}.limit{stroke:#bc4c00;stroke-width:2;fill:none}
.limittext{fill:#953800}.hatch{stroke:#59636e;stroke-width:1.5}.box{stroke:none}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.back{fill:#0d1117}.axis{stroke:#9198a1}
.grid{stroke:#2f353d}.a{stroke:#58a6ff;fill:#58a6ff}.b{stroke:#d2a8ff;fill:#d2a8ff}.line,.limit{fill:none}
.band{fill-opacity:.26;stroke:none}.dot{stroke:none}.limit{stroke:#f0883e}.limittext{fill:#ffa657}.hatch{stroke:#9198a1}}
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """Places values from `low` to `high` between two coordinates; `wrap` bends them first (identity, log)."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the coordinate, beyond the ends at most by nothing."""
        low, high, given = (self._bent(v) for v in (self.low, self.high, value))
        share = (given - low) / (high - low) if high > low else 0.5
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)

    def _bent(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value


def words(said: str) -> str:
    """Escape a text for XML, without the characters that XML can't carry."""
    kept = "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " for c in said)
    return escape(" ".join(kept.split()), quote=True)


def label(x: float, y: float, said: str, *, anchor: str = "start", kind: str = "") -> str:
    """Return a text at a place."""
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{marked}>{words(said)}</text>'


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """Return a line through points; nothing without any."""
    if not points:
        return ""
    steps = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}{"Z" if closed else ""}"/>'


def straight(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Return round values from low to high, about so many."""
    if not high > low:
        return (low,)
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return tuple(round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1))


def frame(title: str, subtitle: str, said: str, body: str) -> str:
    """Return the whole document; `said` is the picture in words, for those who don't see it."""
    mark = f"c{zlib.crc32((title + said + body).encode()):08x}"  # several pictures may stand on one page
    drawn = body.replace("url(#", f"url(#{mark}-")
    patterns = "".join(
        f'<pattern id="{mark}-{name}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({turn})"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>'
        for name, turn in (("spoiled", 45), ("hole", -45))
    )
    inside = (
        f'<clipPath id="{mark}-inside"><rect x="{LEFT:g}" y="{TOP:g}" width="{RIGHT - LEFT:g}" '
        f'height="{BOTTOM - TOP:g}"/></clipPath>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" role="img" aria-labelledby="{mark}-t {mark}-d">'
        f'<title id="{mark}-t">{words(title)}</title>'
        f'<desc id="{mark}-d">{words(said)}</desc><style>{STYLE}</style><defs>{patterns}{inside}</defs>'
        f'<rect class="back" width="{WIDTH:g}" height="{HEIGHT:g}"/>{label(16, 24, _cut(title), kind="title")}'
        f"{label(16, 44, subtitle, kind='dim sub')}{drawn}</svg>\n"
    )


def _cut(said: str) -> str:
    return said if len(said) <= MOST_TITLE else f"{said[: MOST_TITLE - 3].rstrip()}..."


def grid_y(scale: Scale, values: Sequence[float], named: Sequence[str]) -> str:
    """Return horizontal lines with their values on the left."""
    return "".join(
        straight(LEFT, scale.at(value), RIGHT, scale.at(value), "grid")
        + label(LEFT - 8, scale.at(value) + 4, name, anchor="end", kind="dim")
        for value, name in zip(values, named, strict=True)
    )


def grid_x(scale: Scale, values: Sequence[float], named: Sequence[str]) -> str:
    """Return short marks at the bottom with their values below."""
    return "".join(
        straight(scale.at(value), BOTTOM, scale.at(value), BOTTOM + 5, "axis")
        + label(scale.at(value), BOTTOM + 18, name, anchor="middle", kind="dim")
        for value, name in zip(values, named, strict=True)
    ) + straight(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")


def legend(parts: Sequence[str]) -> str:
    """Return what the picture's signs mean as one group, which a page may replace by words where there is no room."""
    return f'<g class="legend">{"".join(parts)}</g>'

"""What is painted on a page: texts, edges, icons and surfaces with their colours, and the contrast they come to.

Colours are as computed by the browser; where layers do not tell what is seen, pixels do (`Seen`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from harness.judge.page import wcag
from harness.judge.page.finding import Spot  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.wcag import Rgb, Rgba  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Sequence

Layer: TypeAlias = tuple[float, float, float, float, float]
"""What an element paints below its content: red, green, blue, alpha; and the opacity of all of it."""

TextKind: TypeAlias = Literal["text", "icon", "typed", "placeholder"]

TEXT: Final = 4.5  # WCAG 1.4.3
LARGE: Final = 3.0  # WCAG 1.4.3, large text
CONTROL: Final = 3.0  # WCAG 1.4.11
LARGE_PX: Final = 24.0  # 18 pt
LARGE_BOLD_PX: Final = 18.66  # 14 pt
BOLD: Final = 700
CLEAR: Final[Rgba] = (0.0, 0.0, 0.0, 0.0)
_PAPER: Final[Rgba] = (255.0, 255.0, 255.0, 1.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pixels of a text say: the worst ratio of a place in it, and of how many pixels it was taken."""

    ratio: float
    pixels: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text as one element shows it. `layers` are those below it, from the innermost outwards.

    `doubts` say why colour and layers are not what is seen; then `seen` is, where pixels could be read. `kind`
    "typed" is what stands or would stand in a field, "icon" a letter of a private font. `count` texts are like it.
    """

    spot: Spot
    kind: TextKind
    text: str
    colour: Rgba
    layers: tuple[Layer, ...]
    size_px: float = 16.0
    weight: float = 400.0
    state: str = ""
    part: str = ""
    doubts: tuple[str, ...] = ()
    exempt: bool = False
    count: int = 1
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Rim:
    """Where an element ends: lines around it, its own ground, and the layers it lies on."""

    lines: tuple[Rgba, ...]
    ground: Rgba
    outside: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """How a field is told from what is around it: its own rim or one close around it. No rim: nothing tells it."""

    spot: Spot
    kind: Literal["field", "check"]
    rims: tuple[Rim, ...]
    state: str = ""
    part: str = ""
    doubts: tuple[str, ...] = ()
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Icon:
    """A small drawing by its flat colours, or by its pixels (`seen`) where it has others."""

    spot: Spot
    colours: tuple[Rgba, ...]
    layers: tuple[Layer, ...]
    state: str = ""
    part: str = ""
    exempt: bool = False
    seen: float | None = None


@dataclass(frozen=True, slots=True)
class Surface:
    """An element that paints a ground of its own; of a gradient or picture, the luminance is that `seen`."""

    spot: Spot
    layers: tuple[Layer, ...]
    part: str = ""
    control: bool = False
    picture: bool = False
    count: int = 1
    seen: float | None = None

    @property
    def luminance(self) -> float | None:
        """Return how light it is (0 black, 1 white); None where nobody could tell."""
        return self.seen if self.picture else wcag.lightness(composed(CLEAR, self.layers))


def composed(colour: Rgba, layers: Sequence[Layer]) -> Rgb:
    """Return what is seen of a colour over its layers, each with the opacity of all that it holds."""
    seen = colour
    for red, green, blue, alpha, opacity in layers:
        both = wcag.over(seen, (red, green, blue, alpha))
        seen = (both[0], both[1], both[2], both[3] * opacity)
    red, green, blue, _ = wcag.over(seen, _PAPER)
    return (red, green, blue)


def text_ratio(text: Text) -> float:
    """Return a text's contrast with its ground, by its computed colours."""
    return wcag.contrast(composed(text.colour, text.layers), composed(CLEAR, text.layers))


def text_limit(text: Text, normal: float = TEXT, large: float = LARGE) -> float:
    """Return the ratio that a text needs; letters that are icons need what graphics need."""
    big = text.size_px >= LARGE_PX or (text.size_px >= LARGE_BOLD_PX and text.weight >= BOLD)
    return large if big or text.kind == "icon" else normal


def pale(text: Text, normal: float = TEXT, large: float = LARGE) -> bool:
    """Tell whether a text has too little contrast, by its pixels where its colours are doubtful."""
    if text.exempt or (text.doubts and text.seen is None):
        return False
    ratio = text_ratio(text) if text.seen is None else text.seen.ratio
    return ratio < text_limit(text, normal, large)


def edge_ratio(edge: Edge) -> float:
    """Return the best contrast by which a field is told: of a line with either side, or of its ground with outside."""
    found = [1.0]
    for rim in edge.rims:
        outside = composed(CLEAR, rim.outside)
        inside = composed(rim.ground, rim.outside)
        found.append(wcag.contrast(inside, outside))
        for line in rim.lines:
            drawn = composed(wcag.over(line, rim.ground), rim.outside)
            found += [wcag.contrast(drawn, outside), wcag.contrast(drawn, inside)]
    return max(found)


def icon_ratio(icon: Icon) -> float | None:
    """Return the best contrast of an icon's colours with its ground; None where nobody could tell."""
    if icon.seen is not None:
        return icon.seen
    ground = composed(CLEAR, icon.layers)
    return max((wcag.contrast(composed(colour, icon.layers), ground) for colour in icon.colours), default=None)


def cut(ratio: float) -> str:
    """Return a ratio as it is told: cut, not rounded, so that 4.499 does not read as 4.50."""
    return f"{math.floor(ratio * 100 + 1e-9) / 100:.2f}:1"


def hexed(colour: Rgb) -> str:
    """Return a colour as CSS writes it."""
    return "#" + "".join(f"{round(channel):02x}" for channel in colour)

"""Does an order of stops follow what is seen? Compared within columns, so that it holds for left and right alike.

A stop is out of order when it stands above one that came before it, and both share some of the page's width. Side by
side (a column of links and the text beside it) each order is one that people can follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.page.finding import Box

ROW: Final = 0.5  # of the lower one's height: less is the same row, or the next
SHARED_PX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stop is, in CSS px. Only places of one `layer` (what scrolls or sticks together) can be compared."""

    box: Box
    layer: int = -1


@dataclass(frozen=True, slots=True)
class Jump:
    """The stop at index `at` stands `px` above the stop at index `behind`, which came before it."""

    at: int
    behind: int
    px: float


def jumps(places: Sequence[Place]) -> tuple[Jump, ...]:
    """Return where the order goes back up the page; of several stops in a row that do, the first."""
    found: list[Jump] = []
    out = False
    for at, place in enumerate(places):
        px, behind = max(((_above(place, before), i) for i, before in enumerate(places[:at])), default=(0.0, -1))
        if px > 0 and not out:
            found.append(Jump(at, behind, px))
        out = px > 0
    return tuple(found)


def _above(place: Place, before: Place) -> float:
    """Return by how many px a place ends above another; 0 where they can't be compared or share a row."""
    x, y, width, height = place.box
    other_x, other_y, other_width, other_height = before.box
    shared = min(x + width, other_x + other_width) - max(x, other_x)
    if place.layer != before.layer or shared <= SHARED_PX:
        return 0.0
    px = other_y - (y + height)
    return px if px > ROW * min(height, other_height) else 0.0

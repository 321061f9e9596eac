"""Is everything that can be pressed large enough, or far enough from the rest (WCAG 2.5.8)?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.finding import Around, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.page.finding import Box, Excused
    from harness.verdict import Verdict

CRITERION: Final = "WCAG 2.5.8 Target Size (Minimum) (AA)"
ROUNDING_PX: Final = 0.25


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be pressed; its size is its spot's box.

    `inline`: it stands in a sentence; `native`: the browser alone says how large it is. `layer` is what it moves with
    when the page scrolls; `parent` the number of the target that it lies in, -1 for none.
    """

    spot: Spot
    inline: bool = False
    native: bool = False
    layer: str = ""
    parent: int = -1

    @property
    def box(self) -> Box:
        """Return x, y, width and height in CSS px."""
        return self.spot.box or (0.0, 0.0, 0.0, 0.0)

    @property
    def middle(self) -> tuple[float, float]:
        """Return the middle of its box."""
        x, y, width, height = self.box
        return x + width / 2, y + height / 2


@dataclass(frozen=True, slots=True)
class TargetPage:
    """All targets of the page in one state, in the order of the document."""

    state: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class TargetsSeen:
    """The page in several states."""

    pages: tuple[TargetPage, ...]
    around: Around


def judge(seen: TargetsSeen, excused: Excused, least_px: float = 24) -> Verdict:
    """Decide whether every target is `least_px` wide and high, or has the room that excuses it.

    The exception for spacing: a circle of `least_px` around the middle of a small target meets no other target, and
    not the circle of another small one. Targets in a sentence and those that the browser sizes are exempt. VIOLATED:
    a target is small and crowded.
    """
    found = [one for page in seen.pages for one in _small(page, least_px)]
    checked = sum(len(page.targets) for page in seen.pages)
    return finding.decide(found, seen.around, excused, checked=checked, of="targets")


def _small(page: TargetPage, least: float) -> Iterator[Finding]:
    for number, target in enumerate(page.targets):
        if target.inline or target.native or not _is_small(target, least):
            continue
        others = [(at, other) for at, other in enumerate(page.targets) if at != number]
        near = next((other for at, other in others if _crowds(number, target, at, other, least)), None)
        if near is None:
            continue
        _, _, width, height = target.box
        yield Finding(
            "small-target",
            f"{target.spot.said} is {width:.0f} x {height:.0f} px, with {near.spot.said} too near to excuse it",
            target.spot,
            wanted=f"{least:.0f} x {least:.0f} px, or a circle of {least:.0f} px that meets no other target",
            got=f"{width:.0f} x {height:.0f} px",
            state=page.state,
            criterion=CRITERION,
            fix="give it more height, width or distance",
        )


def _is_small(target: Target, least: float) -> bool:
    return min(target.box[2:]) < least - ROUNDING_PX


def _crowds(number: int, target: Target, at: int, other: Target, least: float) -> bool:
    """Tell whether another target takes the room that a small one needs."""
    if other.layer != target.layer or target.parent == at or other.parent == number:
        return False
    if _is_small(other, least) and math.dist(target.middle, other.middle) < least - ROUNDING_PX:
        return True
    return _distance(target.middle, other.box) < least / 2 - ROUNDING_PX


def _distance(point: tuple[float, float], box: Box) -> float:
    """Return how far a point is from a box, 0 within it."""
    x, y, width, height = box
    return math.hypot(max(x - point[0], 0.0, point[0] - x - width), max(y - point[1], 0.0, point[1] - y - height))

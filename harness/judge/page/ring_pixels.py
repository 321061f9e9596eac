"""Which pixels of a page show focus, and whether they are enough of them and differ enough.

Four shots are compared: with focus, without, and both again. A pixel counts if it is the same in both shots with focus
and in both without, and differs between the two: a clock or a carousel does not. Contrast is WCAG's ratio of the pixel
with focus to the same pixel without (2.2, 2.4.13 Focus Appearance); boxes and areas are in CSS px, one a pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from harness.judge.page import wcag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from harness.judge.page.finding import Box

Pixels: TypeAlias = "NDArray[np.uint8]"
"""A shot: rows of pixels of red, green and blue."""

Mask: TypeAlias = "NDArray[np.bool_]"

CONTRAST: Final = 3.0  # WCAG 1.4.11 and 2.4.13
NEAR_PX: Final = 60.0  # a ring further away than this points at something else
_SAME: Final = 2  # a channel may differ by so much between two shots of the same thing
_RESTLESS_PX: Final = 4  # around a pixel that changes by itself: digits of a clock agree by chance here and there
_LEAST_PX: Final = 6.0  # for controls of a few px


@dataclass(frozen=True, slots=True)
class Shots:
    """The same place with focus and without, twice."""

    focused: Pixels
    left: Pixels
    focused_again: Pixels
    left_again: Pixels


@dataclass(frozen=True, slots=True)
class Change:
    """What focus changes: so many pixels, so many of them `strong` (3:1 or more).

    `reached` is the contrast that the needed area has or exceeds, 1 where less than that area changes at all; `best`
    is that of the single best pixel.
    """

    changed: int = 0
    strong: int = 0
    reached: float = 1.0
    best: float = 1.0


def needed(width: float, height: float) -> float:
    """Return how many px must change for a control of this size: half its outline, or a bold line along one side."""
    short, long = sorted((max(width, 0.0), max(height, 0.0)))
    return max(_LEAST_PX, min(short + long, 3.2 * short, 0.6 * long))


def same(one: Pixels, other: Pixels) -> bool:
    """Tell whether two shots show the same everywhere."""
    return one.shape == other.shape and not _apart(one, other).any()


def change(shots: Shots, area: float, where: Mask | None = None) -> Change:
    """Return what focus changes, in a part of the shots or in all of them; `area` is what is needed."""
    counts = shown(shots)
    if where is not None:
        if where.shape != counts.shape:
            return Change()
        counts &= where
    changed = int(np.count_nonzero(counts))
    if changed == 0:
        return Change()
    ratios = np.sort(wcag.ratio(wcag.luminance(shots.focused[counts]), wcag.luminance(shots.left[counts])))[::-1]
    last = math.ceil(area) - 1
    return Change(
        changed,
        int(np.count_nonzero(ratios >= CONTRAST)),
        float(ratios[last]) if last < changed else 1.0,
        float(ratios[0]),
    )


def shown(shots: Shots) -> Mask:
    """Return which pixels differ with focus and without, and by nothing else; none where its size changed."""
    sizes = {shot.shape for shot in (shots.focused, shots.left, shots.focused_again, shots.left_again)}
    if len(sizes) != 1:
        return np.zeros(shots.focused.shape[:2], dtype=np.bool_)
    return _apart(shots.focused, shots.left) & ~_grown(_moving(shots), _RESTLESS_PX)


def restless(shots: Shots) -> bool:
    """Tell whether anything on the shots moves by itself: some of it agrees by chance, and looks like focus."""
    return (
        shots.focused.shape == shots.focused_again.shape
        and shots.left.shape == shots.left_again.shape
        and bool(_moving(shots).any())
    )


def near(shape: tuple[int, ...], boxes: Iterable[Box], margin: float = NEAR_PX) -> Mask:
    """Return which pixels of a shot lie in one of the boxes or no further than `margin` px from it."""
    mask = np.zeros(shape[:2], dtype=np.bool_)
    for x, y, width, height in boxes:
        left, top = max(0, math.floor(x - margin)), max(0, math.floor(y - margin))
        right, bottom = max(0, math.ceil(x + width + margin)), max(0, math.ceil(y + height + margin))
        mask[top:bottom, left:right] = True
    return mask


def _apart(one: Pixels, other: Pixels) -> Mask:
    return np.abs(one.astype(np.int16) - other.astype(np.int16)).max(axis=-1) > _SAME


def _moving(shots: Shots) -> Mask:
    return _apart(shots.focused, shots.focused_again) | _apart(shots.left, shots.left_again)


def _grown(mask: Mask, by: int) -> Mask:
    """Return a mask with all that is within so many px of it, across and down."""
    if not mask.any():
        return mask
    grown = mask.copy()
    for _ in range(by):
        wider = grown.copy()
        wider[:, 1:] |= grown[:, :-1]
        wider[:, :-1] |= grown[:, 1:]
        grown = wider.copy()
        grown[1:, :] |= wider[:-1, :]
        grown[:-1, :] |= wider[1:, :]
    return grown

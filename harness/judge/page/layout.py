"""Can the main controls be seen and used at every width: in the window, under nothing, on nothing else?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.finding import Around, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.page.finding import Box, Excused
    from harness.verdict import Verdict

ROUNDING_PX: Final = 1.0
POINTS: Final = 5  # of each control are looked at: its middle and its corners
DESIGNED_SHARE: Final = 1 / 3  # of a field may be taken by a button that lies within it on purpose
NO_BOX: Final = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Control:
    """A main control; `spot` None: it can't be seen. `left` and `right` are its sides in CSS px of the window.

    `covered` has what lies over its points (a selector each, "" for the edge of the window), once it was scrolled to.
    `refused` is why a click would not have reached it, "" if it would, or was not tried since it is covered.
    """

    key: str
    spot: Spot | None
    left: float = 0.0
    right: float = 0.0
    covered: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The main controls in one window, `width` px wide."""

    state: str
    width: float
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class LayoutSeen:
    """The landing page and a conversation in windows of several widths."""

    layouts: tuple[Layout, ...]
    around: Around


def judge(seen: LayoutSeen, excused: Excused, widths_px: tuple[int, ...] = ()) -> Verdict:
    """Decide whether every main control is there, in the window, uncovered and clickable in each layout.

    `widths_px` must all have been looked at. VIOLATED: a control is gone, outside, covered, refuses a click, or lies
    on another one.
    """
    found = [one for layout in seen.layouts for one in _of(layout)]
    whole = set(widths_px) <= {round(layout.width) for layout in seen.layouts}
    checked = sum(len(layout.controls) for layout in seen.layouts) if whole else 0
    return finding.decide(found, seen.around, excused, checked=checked, of="controls in windows")


def _of(layout: Layout) -> Iterator[Finding]:
    for control in layout.controls:
        yield from _one(control, layout)
    spots = [one.spot for one in layout.controls if one.spot is not None]
    for one, other in combinations(spots, 2):
        shared = min(_shared(one.box or NO_BOX, other.box or NO_BOX))
        if shared > ROUNDING_PX and not _designed(one.box or NO_BOX, other.box or NO_BOX):
            yield Finding(
                "overlap",
                f"{one.said} and {other.said} lie {shared:.0f} px on each other",
                one,
                wanted="each in a place of its own",
                got=f"{shared:.0f} px shared",
                state=layout.state,
                fix="leave their places to the layout",
            )


def _one(control: Control, layout: Layout) -> Iterator[Finding]:
    spot = control.spot
    if spot is None:
        yield Finding(
            "gone",
            f"the control {control.key!r} is not to be seen",
            wanted="on the page",
            got="not there, or hidden",
            state=layout.state,
            fix="keep it at every width",
        )
        return
    outside = max(-control.left, control.right - layout.width)
    if outside > ROUNDING_PX:
        side = "left" if -control.left == outside else "right"
        yield Finding(
            "outside",
            f"{spot.said} reaches {outside:.0f} px past the {side} side of the window",
            spot,
            wanted=f"within 0 and {layout.width:.0f} px",
            got=f"{control.left:.0f} to {control.right:.0f} px",
            state=layout.state,
            fix="let it shrink or wrap with the window",
        )
    elif control.covered:
        by = next((one for one in control.covered if one), "the edge of the window")
        yield Finding(
            "covered",
            f"{by} covers {spot.said} at {len(control.covered)} of {POINTS} points",
            spot,
            wanted="nothing over it",
            got=by,
            state=layout.state,
            fix="move what lies over it, or leave room for it",
        )
    elif control.refused:
        yield Finding(
            "not-clickable",
            f"{spot.said} can't be clicked: {control.refused}",
            spot,
            wanted="a click that arrives",
            got=control.refused,
            state=layout.state,
            fix="let it be still, enabled and on top",
        )


def _shared(one: Box, other: Box) -> tuple[float, float]:
    """Return how deep two boxes lie in each other, across and down."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across, down


def _designed(one: Box, other: Box) -> bool:
    """Tell whether the smaller lies within the larger and leaves most of it free: a button in a field."""
    small, large = sorted((one, other), key=lambda box: box[2] * box[3])
    across, down = _shared(small, large)
    within = across >= small[2] - ROUNDING_PX and down >= small[3] - ROUNDING_PX
    return within and small[2] * small[3] <= large[2] * large[3] * DESIGNED_SHARE

"""Does a page still fit when there is less room or larger text? What is lost, cut, covered or pushed out of sight.

What is so at the size of a desktop too is not for want of room, and is left to other checks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.judge.page.finding import NOWHERE, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDING_PX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A text or control of which the box `by` cuts `px` off along one axis; `meant`: it says so with an ellipsis."""

    spot: Spot
    by: str
    px: float
    axis: str  # "x" or "y"
    meant: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """Something that reaches `px` past the side of `of`, a box that scrolls sideways; "" is the page."""

    spot: Spot
    px: float
    of: str = ""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two things of which neither is inside the other; they share `px` both ways."""

    spot: Spot
    other: Spot
    px: float


@dataclass(frozen=True, slots=True)
class Crammed:
    """A text whose lines follow each other after `pitch_px`, with letters of `font_px`."""

    spot: Spot
    pitch_px: float
    font_px: float


@dataclass(frozen=True, slots=True)
class Laid:
    """A page as it is laid out: `width` of the window, `wide` as its content is, both in CSS px."""

    width: float = 0.0
    wide: float = 0.0
    texts: int = 0
    controls: tuple[Spot, ...] = ()
    cut: tuple[Cut, ...] = ()
    past: tuple[Past, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    crammed: tuple[Crammed, ...] = ()

    @property
    def things(self) -> int:
        """Return how many texts and controls there are."""
        return self.texts + len(self.controls)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The same page twice: `seen` with less room or larger text, `usual` as a desktop shows it."""

    state: str
    seen: Laid
    usual: Laid


def findings(fitted: Fitted, criterion: str) -> tuple[Finding, ...]:
    """Return what the lack of room does to a page; `criterion` is what each of them fails."""
    found = (*_sideways(fitted), *_cut(fitted), *_overlaps(fitted), *_crammed(fitted), *_lost(fitted))
    return tuple(replace(one, state=fitted.state, criterion=criterion) for one in found)


def _sideways(fitted: Fitted) -> Iterator[Finding]:
    seen = fitted.seen
    outer = [one for one in seen.past if not one.of]
    if seen.wide > seen.width + ROUNDING_PX:
        widest = max(outer, key=lambda one: one.px, default=None)
        because = f", because of {widest.spot.said}" if widest else ""
        yield Finding(
            "sideways",
            f"the page is {seen.wide:.0f} px wide in a window of {seen.width:.0f} px{because}",
            widest.spot if widest else NOWHERE,
            wanted=f"at most {seen.width:.0f} px",
            got=f"{seen.wide:.0f} px",
            fix="let it wrap or shrink; only tables, code and pictures may scroll sideways, in a box of their own",
        )
    else:
        yield from (_past(one, "the page") for one in outer)
    usual = {one.of for one in fitted.usual.past}
    inner = {one.of: one for one in sorted(seen.past, key=lambda one: one.px) if one.of and one.of not in usual}
    yield from (_past(one, f"{of}, which scrolls sideways") for of, one in inner.items())


def _past(one: Past, of: str) -> Finding:
    return Finding(
        "sticks-out",
        f"{one.spot.said} reaches {one.px:.0f} px past the side of {of}",
        one.spot,
        wanted="within it",
        got=f"{one.px:.0f} px outside",
        fix="let it wrap or shrink with the window",
    )


def _cut(fitted: Fitted) -> Iterator[Finding]:
    usual = {(one.spot.where, one.axis) for one in fitted.usual.cut}
    for one in fitted.seen.cut:
        if (one.spot.where, one.axis) in usual:
            continue
        side = "side" if one.axis == "x" else "height"
        yield Finding(
            "cut",
            f"{one.by} cuts {one.px:.0f} px off the {side} of {one.spot.said}",
            one.spot,
            wanted="nothing cut off",
            got=f"{one.px:.0f} px",
            fix="let the box grow with its text instead of hiding what is too much",
            certain=not one.meant,  # a shortened text may be there in full elsewhere
        )


def _overlaps(fitted: Fitted) -> Iterator[Finding]:
    usual = {(one.spot.where, one.other.where) for one in fitted.usual.overlaps}
    for one in fitted.seen.overlaps:
        if (one.spot.where, one.other.where) in usual:
            continue
        yield Finding(
            "overlap",
            f"{one.spot.said} and {one.other.said} lie {one.px:.0f} px on each other",
            one.spot,
            wanted="each in a place of its own",
            got=f"{one.px:.0f} px shared",
            fix="leave their places to the layout instead of fixed positions and heights",
        )


def _crammed(fitted: Fitted) -> Iterator[Finding]:
    usual = {one.spot.where for one in fitted.usual.crammed}
    for one in fitted.seen.crammed:
        if one.spot.where in usual:
            continue
        yield Finding(
            "crammed",
            f"the lines of {one.spot.said} are {one.pitch_px:.0f} px apart, its letters {one.font_px:.0f} px high",
            one.spot,
            wanted=f"{one.font_px:.0f} px or more",
            got=f"{one.pitch_px:.0f} px",
            fix="give the height of a line without a unit, so that it grows with its letters",
        )


def _lost(fitted: Fitted) -> Iterator[Finding]:
    here = {one.where for one in fitted.seen.controls}
    usual = {one.where for one in fitted.usual.controls}
    instead = [one for one in fitted.seen.controls if one.where not in usual]
    for one in fitted.usual.controls:
        if one.where in here:
            continue
        may = f"; {instead[0].said} is there instead" if instead else ""
        yield Finding(
            "lost",
            f"{one.said} is gone{may}",
            replace(one, picture="", box=None),  # it has no place in a picture without it
            wanted="every control of the desktop",
            got="not on the page",
            fix="keep it, or put it into a menu that opens with a button",
            certain=not instead,  # the other may lead to it
        )

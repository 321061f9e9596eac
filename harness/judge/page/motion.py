"""Does the page keep still for people whose system asks for reduced motion (WCAG 2.3.3, 2.2.2)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.finding import Around, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.page.finding import Excused
    from harness.verdict import Verdict

INTERACTION: Final = "WCAG 2.3.3 Animation from Interactions (AAA)"
STOP: Final = "WCAG 2.2.2 Pause, Stop, Hide (A)"
FIX: Final = "leave it out within @media (prefers-reduced-motion: reduce)"
MOVING: Final = (
    *("transform", "translate", "scale", "rotate", "perspective", "offset", "left", "right", "top", "bottom"),
    *("inset", "margin", "backgroundPosition", "objectPosition", "textIndent", "strokeDashoffset"),
)  # beginnings of the names, as keyframes write them
STEADY_SHARE: Final = 0.25  # of the frames; what jumps once is a late arrival, no motion
STEADY_PX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Motion:
    """One animation or transition that ran: the properties it changed, and for how long (0 and `endless`: for ever)."""

    spot: Spot
    kind: str
    name: str
    properties: tuple[str, ...]
    ms: float
    endless: bool = False
    pseudo: str = ""

    @property
    def moving(self) -> tuple[str, ...]:
        """Return those of its properties that move, scale or turn something."""
        return tuple(one for one in self.properties if one.startswith(MOVING))


@dataclass(frozen=True, slots=True)
class Drift:
    """An element whose box changed in `moved` of `frames` while nothing happened, by `px` at most."""

    spot: Spot
    moved: int
    frames: int
    px: float


@dataclass(frozen=True, slots=True)
class Glide:
    """A box that scrolls smoothly: by its style, or because a script asked for it with `by`."""

    spot: Spot
    by: str = ""


@dataclass(frozen=True, slots=True)
class MotionSeen:
    """A page opened, asked and pointed at by somebody who wants less motion.

    `reduced`: the page could know; `watched` counts the elements whose boxes were followed.
    """

    reduced: bool
    watched: int
    motions: tuple[Motion, ...]
    drifts: tuple[Drift, ...]
    glides: tuple[Glide, ...]
    around: Around


def judge(seen: MotionSeen, excused: Excused, longest_ms: float = 100) -> Verdict:
    """Decide whether nothing moves that nobody wants to see move.

    VIOLATED: an animation longer than `longest_ms` moves, scales or turns something, scripts move it, or the page
    scrolls smoothly. Changes of colour and opacity are no motion. UNKNOWN: the page was not told of the wish.
    """
    found = (*_animations(seen, longest_ms), *_drifts(seen), *_glides(seen))
    checked = seen.watched if seen.reduced else 0
    return finding.decide(found, seen.around, excused, checked=checked, of="elements")


def _animations(seen: MotionSeen, longest_ms: float) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for one in seen.motions:
        if not one.moving or (not one.endless and one.ms <= longest_ms) or (one.spot.where, one.name) in told:
            continue
        told.add((one.spot.where, one.name))  # each run of it is the same defect
        lasts = "without end" if one.endless else f"for {one.ms:.0f} ms"
        yield Finding(
            "animated",
            f"{one.spot.said}{one.pseudo} changes its {', '.join(one.moving)} {lasts} ({one.kind} {one.name!r})",
            one.spot,
            wanted=f"no motion, or {longest_ms:.0f} ms at most",
            got=lasts,
            state="reduced motion",
            criterion=STOP if one.endless else INTERACTION,
            fix=FIX,
        )


def _drifts(seen: MotionSeen) -> Iterator[Finding]:
    animated = {one.spot.where for one in seen.motions if one.endless and one.moving}
    told: set[str] = set()
    for one in seen.drifts:
        where = one.spot.where
        if one.moved < one.frames * STEADY_SHARE or one.px <= STEADY_PX or where in animated or where in told:
            continue
        told.add(where)
        yield Finding(
            "drifts",
            f"{one.spot.said} moved in {one.moved} of {one.frames} frames, by {one.px:.0f} px, with nobody touching it",
            one.spot,
            wanted="at rest",
            got=f"{one.px:.0f} px",
            state="reduced motion",
            criterion=STOP,
            fix="let the script ask matchMedia('(prefers-reduced-motion: reduce)') before it moves anything",
        )


def _glides(seen: MotionSeen) -> Iterator[Finding]:
    for one in dict.fromkeys((glide.spot.where, glide.by) for glide in seen.glides):
        spot = next(glide.spot for glide in seen.glides if (glide.spot.where, glide.by) == one)
        how = f"because a script calls {one[1]} with behavior: 'smooth'" if one[1] else "by its style"
        yield Finding(
            "glides",
            f"{spot.where} scrolls smoothly, {how}",
            spot,
            wanted="scrolls at once",
            got="scroll-behavior: smooth",
            state="reduced motion",
            criterion=INTERACTION,
            fix=FIX if not one[1] else "ask for behavior: 'auto' where reduced motion is preferred",
        )

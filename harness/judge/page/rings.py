"""Does the page show where the Tab key is, at each stop, to people who see little contrast too?

A stop is right if enough px near it differ with focus and without by 3:1 or more. Nothing at all is against WCAG 2.4.7
Focus Visible, too little against 1.4.11 Non-text Contrast; a stop that lies behind a bar is against 2.4.11. A text
field may show its caret alone: that is allowed by 2.4.7, and told as a fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.judge.page import finding
from harness.judge.page.finding import Around, Finding, Spot
from harness.judge.page.ring_pixels import CONTRAST, Change

if TYPE_CHECKING:
    from harness.judge.page.finding import Excused
    from harness.verdict import Fact, Verdict

Shows: TypeAlias = Literal["ok", "weak", "none", "remote", "caret-only", "unseen", "unsure"]
"""What a stop shows of having focus.

`remote`: something changes, but only far away. `unseen`: the stop itself can't be seen, so nothing can be told of its
ring (that it takes focus is the keyboard's line). `unsure`: it could not be measured.
"""

ADVICE = "give it an outline of 2 px or more on :focus-visible, of 3:1 against what lies around it"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the Tab key as measured.

    `needed` is the area that must change, in px; `ring` what changes near it, `elsewhere` how many px change by 3:1 or
    more beyond that. `caret`: it is typed into, and shows a caret. `covered` is the selector of what hides all of it,
    `trouble` why it could not be measured.
    """

    spot: Spot
    state: str
    needed: float
    ring: Change = field(default_factory=Change)
    elsewhere: int = 0
    caret: bool = False
    covered: str = ""
    unseen: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RingsSeen:
    """All stops in all states of the page; `states` are those that were walked."""

    stops: tuple[Stop, ...] = ()
    states: tuple[str, ...] = ()
    around: Around = field(default_factory=Around)


def shows(stop: Stop, contrast: float = CONTRAST) -> Shows:
    """Return what a stop shows of having focus."""
    if stop.trouble:
        return "unsure"
    if stop.ring.reached >= contrast:
        return "ok"
    if stop.unseen:
        return "unseen"
    if stop.ring.changed:
        return "weak"
    if stop.caret:
        return "caret-only"
    return "remote" if stop.elsewhere else "none"


def judge(record: RingsSeen, excused: Excused, contrast: float = CONTRAST) -> Verdict:
    """Decide whether every stop shows that it has focus by this contrast.

    VIOLATED: a stop shows nothing or too little, lies behind a bar, or a state of the page has no stop. UNKNOWN: only
    something far away changes, or a stop could not be measured (NEEDS_SIGNOFF); no page was walked (NO_DATA).
    """
    findings = [found for stop in record.stops if (found := _finding(stop, contrast)) is not None]
    walked = {stop.state for stop in record.stops}
    findings += [_no_stop(state) for state in record.states if state not in walked]
    verdict = finding.decide(
        findings,
        record.around,
        excused,
        checked=len(record.stops),
        of="stops of the Tab key",
        right=_right(record, contrast),
    )
    stops: list[Fact] = [_fact(stop, contrast) for stop in record.stops]
    return replace(verdict, facts={**verdict.facts, "stops": stops})


def _finding(stop: Stop, contrast: float) -> Finding | None:
    """Return what is wrong with a stop; None where nothing is, or where another line says so."""
    shown = shows(stop, contrast)
    if stop.covered and shown not in {"unsure", "unseen"}:
        return _covered(stop, certain=shown != "ok")
    match shown:
        case "none":
            return _none(stop, contrast)
        case "weak":
            return _weak(stop, contrast)
        case "remote":
            return _remote(stop, contrast)
        case "unsure":
            return _unsure(stop)
        case "ok" | "caret-only" | "unseen":
            return None


def _wanted(stop: Stop, contrast: float) -> str:
    return f"{contrast:g}:1 on {stop.needed:.0f} px within 60 px of it"


def _none(stop: Stop, contrast: float) -> Finding:
    return Finding(
        "ring-none",
        f"{stop.spot.said} shows nothing when the Tab key reaches it",
        stop.spot,
        wanted=_wanted(stop, contrast),
        got="no pixel changes",
        state=stop.state,
        criterion="WCAG 2.4.7 Focus Visible (AA)",
        fix=ADVICE,
    )


def _weak(stop: Stop, contrast: float) -> Finding:
    """Where a caret shows the place, the ring is no longer all there is: then a person looks."""
    ring = stop.ring
    also = ", beside its caret" if stop.caret else ""
    return Finding(
        "ring-weak",
        f"{stop.spot.said} hardly shows that it has focus{also}: {ring.strong} px change by {CONTRAST:g}:1 or more "
        f"where {stop.needed:.0f} are needed, the best of {ring.changed} by {ring.best:.2f}:1",
        stop.spot,
        wanted=_wanted(stop, contrast),
        got=f"{ring.reached:.2f}:1 on so many",
        state=stop.state,
        criterion="WCAG 1.4.11 Non-text Contrast (AA), 2.4.13 Focus Appearance (AAA)",
        fix=ADVICE,
        certain=not stop.caret,
    )


def _remote(stop: Stop, contrast: float) -> Finding:
    return Finding(
        "ring-elsewhere",
        f"{stop.spot.said} shows nothing within 60 px when the Tab key reaches it; {stop.elsewhere} px further away "
        f"change by {CONTRAST:g}:1 or more",
        stop.spot,
        wanted=_wanted(stop, contrast),
        got="a change elsewhere",
        state=stop.state,
        criterion="WCAG 2.4.7 Focus Visible (AA)",
        fix=ADVICE,
        certain=False,
    )


def _covered(stop: Stop, *, certain: bool) -> Finding:
    """A ring that can be seen all the same is odd: what lies over it may be transparent."""
    return Finding(
        "focus-covered",
        f"{stop.spot.said} has focus and all of it lies behind {stop.covered}",
        stop.spot,
        wanted="a part of it to be seen",
        got=f"{stop.covered} at each of 15 points",
        state=stop.state,
        criterion="WCAG 2.4.11 Focus Not Obscured (Minimum) (AA)",
        fix="give the scrolling element a scroll-padding as high as the bar",
        certain=certain,
    )


def _unsure(stop: Stop) -> Finding:
    return Finding(
        "ring-unsure",
        f"whether {stop.spot.said} shows its focus could not be measured: {stop.trouble}",
        stop.spot,
        wanted="the same page with focus and without",
        got=stop.trouble,
        state=stop.state,
        criterion="WCAG 2.4.7 Focus Visible (AA)",
        fix="press Tab until it has focus, and look",
        certain=False,
    )


def _no_stop(state: str) -> Finding:
    return Finding(
        "no-stop",
        "the Tab key reaches nothing on the page",
        wanted="a stop at each control",
        got="none",
        state=state,
        criterion="WCAG 2.1.1 Keyboard (A)",
        fix="make the controls buttons, links and fields",
    )


def _right(record: RingsSeen, contrast: float) -> str:
    """Return how good the worst good ring is, and what was left out."""
    kinds = [shows(stop, contrast) for stop in record.stops]
    rings = [stop.ring.reached for stop, kind in zip(record.stops, kinds, strict=True) if kind == "ok"]
    words = [
        *([f"the weakest ring has {min(rings):.2f}:1"] if rings else []),
        *([f"{kinds.count('caret-only')} show a caret alone"] if "caret-only" in kinds else []),
        *([f"{kinds.count('unseen')} can't be seen themselves"] if "unseen" in kinds else []),
    ]
    return ", ".join(words)


def _fact(stop: Stop, contrast: float) -> Fact:
    return {
        "state": stop.state,
        "where": stop.spot.where,
        "shows": shows(stop, contrast),
        "reached": round(stop.ring.reached, 2),
        "best": round(stop.ring.best, 2),
        "changed_px": stop.ring.changed,
        "needed_px": round(stop.needed, 1),
        "covered": stop.covered,
    }

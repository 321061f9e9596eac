"""Can everything be reached and left with the keyboard alone, in the order in which it is seen, there and back?

Each state of the page is walked with Tab from before its first control to behind its last, and back with Shift and Tab.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.judge.page import reading_order
from harness.judge.page.finding import NOWHERE, Around, Finding, decide
from harness.judge.page.keyboard_walk import Walk  # noqa: TC001  msgspec reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.judge.page.finding import Excused, Spot
    from harness.judge.page.keyboard_walk import Visit
    from harness.verdict import Verdict

KEYBOARD: Final = "WCAG 2.1.1 Keyboard (A)"
NO_TRAP: Final = "WCAG 2.1.2 No Keyboard Trap (A)"
ORDER: Final = "WCAG 2.4.3 Focus Order (A)"
POPUPS: Final = "WCAG 2.1.1 Keyboard (A), ARIA Authoring Practices"
_HIDDEN: Final = {  # what the walk says: words for people, and the criterion
    "aria-hidden": ("is hidden from screen readers (aria-hidden)", "WCAG 4.1.2 Name, Role, Value (A)"),
    "not drawn": ("is not drawn", "WCAG 2.4.7 Focus Visible (AA)"),
    "outside": ("lies outside of the window", "WCAG 2.4.7 Focus Visible (AA)"),
    "covered": ("is covered by something else", "WCAG 2.4.11 Focus Not Obscured (Minimum) (AA)"),
}
_LEAST_PX: Final = 4.0  # what is smaller is shown only when it has focus: its place says nothing of the order
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Keyboard:
    """All walks of the page."""

    walks: tuple[Walk, ...]
    around: Around


def judge(record: Keyboard, excused: Excused) -> Verdict:
    """Decide whether the keyboard alone is enough.

    VIOLATED: a control that is not reached or only with a mouse, a place that is not left, a stop that nobody sees or
    that comes out of order, a popup that opens or closes only otherwise.
    """
    found = [replace(one, state=walk.state) for walk in record.walks for one in _of(walk)]
    checked = sum(len(walk.controls) for walk in record.walks)
    presses = sum(len(walk.forward) + len(walk.backward) for walk in record.walks)
    right = f"{presses} stops in {len(record.walks)} walks there and back"
    return decide(_merged(found), record.around, excused, checked=checked, of="controls", right=right)


def _merged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return each defect of an element once, with all states in which it was seen."""
    found: dict[tuple[str, str], Finding] = {}
    for one in findings:
        first = found.setdefault((one.rule, one.spot.where), one)
        if one.state not in first.state:
            found[one.rule, one.spot.where] = replace(first, state=f"{first.state}; {one.state}")
    return tuple(found.values())


def _of(walk: Walk) -> Iterator[Finding]:
    yield from _positive(walk)
    yield from _mouse_only(walk)
    yield from _hidden(walk)
    yield from _openers(walk)
    if walk.left:
        yield from _unreached(walk)
        yield from _order(walk)
        yield from _back(walk)
    else:
        yield _trapped(walk)


def _positive(walk: Walk) -> Iterator[Finding]:
    for one in walk.controls:
        if one.tabindex > 0:
            yield Finding(
                "positive-tabindex",
                f"{one.spot.said} has tabindex {one.tabindex}, so it comes before all that has none",
                one.spot,
                wanted="tabindex 0, or none",
                got=str(one.tabindex),
                criterion=ORDER,
                fix="take the tabindex away, and put the element where it belongs in the document",
            )


def _mouse_only(walk: Walk) -> Iterator[Finding]:
    for spot in walk.suspects:
        yield Finding(
            "mouse-only",
            f"only a mouse can use {spot.said}: it can be clicked and is no stop of the keyboard",
            spot,
            wanted="a button or a link",
            got=spot.role,
            criterion=KEYBOARD,
            fix="make it a button, or a link if it leads somewhere",
        )


def _hidden(walk: Walk) -> Iterator[Finding]:
    for visit in (*walk.forward, *walk.backward):
        if visit.hidden:
            why, criterion = _HIDDEN.get(visit.hidden, (f"is {visit.hidden}", ""))
            yield Finding(
                "focus-hidden",
                f"Tab goes to {visit.spot.said}, which {why}",
                walk.spot(visit),
                wanted="a stop that is seen",
                got=visit.hidden,
                criterion=criterion,
                fix="show it when it has focus, or take it out of the order of stops (hidden, inert)",
            )


def _openers(walk: Walk) -> Iterator[Finding]:
    for one in walk.opened:
        spot = walk.controls[one.control].spot
        if not one.opened:
            fix = "open it on click, which Enter makes on a button"
            yield Finding(
                "opener-dead",
                f"Enter on {spot.said} opens nothing",
                spot,
                "it opens",
                "nothing opened",
                criterion=POPUPS,
                fix=fix,
            )
        elif one.kept:
            says = f"what {spot.said} opens keeps focus: neither Escape nor Tab leaves it"
            got = "focus stays inside"
            yield Finding(
                "keyboard-trap", says, spot, "Escape leaves it", got, criterion=NO_TRAP, fix="close it on Escape"
            )
        elif not one.closed:
            says = f"Escape does not close what {spot.said} opens"
            yield Finding(
                "popup-stays", says, spot, "closed by Escape", "still open", criterion=POPUPS, fix="close it on Escape"
            )
        elif not one.back:
            says = f"when what {spot.said} opens is closed, focus does not come back to it"
            fix = "focus the control when it is closed"
            yield Finding("focus-not-back", says, spot, "focus on it", "focus elsewhere", criterion=ORDER, fix=fix)


def _trapped(walk: Walk) -> Finding:
    """Return why the walk never came to the page's end."""
    if not walk.forward:
        return Finding(
            "nothing-reached",
            "Tab from the page's beginning reaches nothing",
            wanted="the first control",
            got="no stop",
            criterion=KEYBOARD,
            fix="give the page controls that take focus",
        )
    last = walk.forward[-1]
    before = [i for i, visit in enumerate(walk.forward[:-1]) if visit.at == last.at]
    ring = walk.forward[before[-1] + 1 :] if before else (last,)
    missed = len(walk.unreached())
    also = f"; {missed} of {len(walk.controls)} controls are out of reach" if missed else ""
    if last.at < 0:
        return Finding(
            "focus-lost",
            f"Tab leads to nothing and stays there{also}",
            wanted="the next control",
            got="no element has focus",
            criterion=ORDER,
            fix="leave focus where it is when a control gets or loses it",
        )
    names = ", ".join(walk.spot(visit).said for visit in ring[:_NAMED])
    more = f" and {len(ring) - _NAMED} more" if len(ring) > _NAMED else ""
    says = f"Tab goes round {names}{more} and never leaves them" if len(ring) > 1 else f"Tab never leaves {names}"
    return Finding(
        "keyboard-trap",
        says + also,
        walk.spot(last),
        wanted="Tab to go on to the page's end",
        got=f"the same stop again, after {len(walk.forward)} presses",
        criterion=NO_TRAP,
        fix="do not prevent what Tab does by default",
    )


def _unreached(walk: Walk) -> Iterator[Finding]:
    entered = {walk.controls[visit.at].group for visit in walk.forward if 0 <= visit.at < len(walk.controls)}
    told: set[int] = set()
    for i in walk.unreached():
        one = walk.controls[i]
        if one.group >= 0 and one.group in told:
            continue
        told.add(one.group)
        stopped = one.group >= 0 and one.group in entered
        yield Finding(
            "arrows-dead" if stopped else "never-reached",
            f"the arrow keys don't reach {one.spot.said} from the stop of its group"
            if stopped
            else f"Tab never reaches {one.spot.said}",
            one.spot,
            wanted="a stop of the keyboard",
            got="none",
            criterion=KEYBOARD,
            fix="move focus within the group with the arrow keys" if stopped else "take tabindex -1 away",
        )


def _order(walk: Walk) -> Iterator[Finding]:
    first: dict[int, Visit] = {}
    for visit in _steps(walk.forward):
        if visit.at in first:
            says = f"Tab comes to {walk.spot(visit).said} twice on its way"
            fix = "leave the order to the document"
            yield Finding("stop-repeats", says, walk.spot(visit), "each stop once", "twice", criterion=ORDER, fix=fix)
        _ = first.setdefault(visit.at, visit)
    controls = [walk.controls[at] for at in first if 0 <= at < len(walk.controls)]
    controls = [one for one in controls if one.tabindex <= 0 and min(one.place[2:]) >= _LEAST_PX]
    for jump in reading_order.jumps([reading_order.Place(one.place, one.layer) for one in controls]):
        at, behind = controls[jump.at], controls[jump.behind]
        yield Finding(
            "order-jumps",
            f"Tab comes to {at.spot.said} after {behind.spot.said}, which stands {jump.px:.0f} px below it",
            at.spot,
            wanted="stops in the order in which they are seen",
            got=f"{jump.px:.0f} px back up",
            criterion=ORDER,
            fix="put the elements into the document as they are seen, and not in order by CSS",
        )


def _back(walk: Walk) -> Iterator[Finding]:
    if not walk.returned:
        spot = walk.spot(walk.backward[-1]) if walk.backward else NOWHERE
        says = f"Shift and Tab never leave {spot.said} on the way back"
        wanted, got = "the page's beginning", "the same stop"
        fix = "do not prevent what Shift and Tab do"
        yield Finding("no-way-back", says, spot, wanted, got, criterion=NO_TRAP, fix=fix)
        return
    there, back = _stops(walk, walk.forward), _stops(walk, walk.backward[::-1])
    if [key for key, _ in there] == [key for key, _ in back]:
        return
    paired = zip(there, back, strict=False)
    was, now = next(((a[1], b[1]) for a, b in paired if a[0] != b[0]), (there[-1][1], back[-1][1]))
    yield Finding(
        "back-differs",
        f"Shift and Tab go another way: {now.said} stands where Tab came to {was.said} "
        f"({len(there)} stops there, {len(back)} back)",
        was,
        wanted="the same stops, the other way round",
        got=now.said,
        criterion=ORDER,
        fix="leave the order to the document in both directions",
    )


def _steps(visits: Sequence[Visit]) -> list[Visit]:
    """Return visits with the stops within one element as one."""
    return [visit for i, visit in enumerate(visits) if not (visit.inner and i and visits[i - 1].at == visit.at)]


def _stops(walk: Walk, visits: Sequence[Visit]) -> list[tuple[tuple[str, int], Spot]]:
    """Return the stops in order, a group as one: it may be entered at another member from behind."""
    found: list[tuple[tuple[str, int], Spot]] = []
    for visit in _steps(visits):
        group = walk.controls[visit.at].group if 0 <= visit.at < len(walk.controls) else -1
        key = ("group", group) if group >= 0 else ("stop", visit.at)
        if not found or found[-1][0] != key:
            found.append((key, walk.spot(visit)))
    return found

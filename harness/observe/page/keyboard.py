"""Walk the page with the keyboard: Tab from before its first control to behind its last, and back.

Keys are pressed as people press them; what has focus is read after each. Focus starts before the page, not where the
page puts it: a walk from the composer would miss all that stands before it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.judge.page.keyboard import Keyboard
from harness.judge.page.keyboard_walk import Control, Opened, Visit, Walk
from harness.observe.page import landing
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.page.finding import Picture, Spot
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

ROWS: Final = "Drink | Price\nTea | 2.50\nCoffee | 3.20"
STATE: Final = State(scripts=("controls.js", "keyboard.js"))
TIMES: Final = 3  # a stop may come back; more often, and the walk goes in a circle
MOST_OPENERS: Final = 6
MOST_ARROWS: Final = 40
ARROWS: Final = ("ArrowRight", "ArrowDown")


def see(browser: Browser) -> Keyboard:
    """Walk the page as it opens, and with an answer that has a table, a rating and suggested questions."""
    with browser.tab("AX-02", STATE) as tab:
        landing.complete(tab)
        begun = _walk(tab, "landing")
        _ = tab.ask(tab.ui.prompts.table.format(rows=ROWS))
        answered = _walk(tab, "conversation")
        return Keyboard((begun, answered), tab.around())


def _walk(tab: Tab, state: str, *, modal: bool = True) -> Walk:
    """Walk one state; a dialog that keeps focus in is left with Escape, once."""
    found = tab.run("() => window.__keys.begin()")
    spots = _spots(tab, state, [*(one["spot"] for one in found["controls"]), *found["suspects"]])
    controls = tuple(_control(one, spot) for one, spot in zip(found["controls"], spots, strict=False))
    tab.run("() => window.__keys.start()")
    forward, left = _pressed(tab, "Tab", 4 * len(controls) + 10, "last")
    if not left and modal and tab.run("() => window.__keys.modal()"):
        tab.page.keyboard.press("Escape")
        tab.settle()
        if not tab.run("() => window.__keys.modal()"):
            return _walk(tab, state, modal=False)
    backward, returned = _pressed(tab, "Shift+Tab", len(forward) + 10, "first") if left else ((), False)
    walk = Walk(f"{state}, {tab.state}", controls, tuple(spots[len(controls) :]), forward, left, backward, returned)
    if left:
        walk = replace(walk, arrowed=_arrowed(tab, walk), opened=_opened(tab, controls))
    tab.run("() => window.__keys.end()")
    return walk


def _spots(tab: Tab, state: str, given: Sequence[Mapping[str, Any]]) -> list[Spot]:
    """Return where things are, each in the picture that shows it: of the page's top, or of its end."""
    top = tab.picture(f"{state}-top")
    boxes = tab.run("() => window.__keys.down()")
    end = tab.picture(f"{state}-end") if boxes else None
    spots: list[Spot] = []
    for i, one in enumerate(given):
        below = {**one, "box": boxes[i]} if boxes else one
        if end is not None and not _shown(one, top) and _shown(below, end):
            spots.append(spot_of(below, end))
        else:
            spots.append(spot_of(one, top) if _shown(one, top) else spot_of(one))
    return spots


def _shown(given: Mapping[str, Any], picture: Picture) -> bool:
    _, y, _, height = given["box"]
    return y >= 0 and y + height <= picture.height


def _control(given: Mapping[str, Any], spot: Spot) -> Control:
    x, y, width, height = given["spot"]["box"]
    place = (x, y, width, height)
    return Control(spot, place, given["tabindex"], given["group"], given["layer"], given["opener"])


def _pressed(tab: Tab, key: str, most: int, goal: str) -> tuple[tuple[Visit, ...], bool]:
    """Press a key until the end that is the goal has focus; tell whether it came to that."""
    visits: list[Visit] = []
    times: Counter[int] = Counter()
    for _ in range(most):
        tab.page.keyboard.press(key)
        told = tab.run("() => window.__keys.stop()")
        if told["end"] == goal:
            return tuple(visits), True
        visit = _visit(told)
        visits.append(visit)
        times[visit.at] += 0 if visit.inner else 1
        if times[visit.at] > TIMES:
            break
    return tuple(visits), False


def _visit(told: Mapping[str, Any]) -> Visit:
    if told["at"] < 0:
        return Visit(-1)
    return Visit(told["at"], spot_of(told["spot"]), told["hidden"], told["inner"])


def _arrowed(tab: Tab, walk: Walk) -> tuple[int, ...]:
    """Return which controls that Tab passed over the arrow keys reach, from the stop of their group."""
    missed = {walk.controls[i].group for i in walk.unreached()} - {-1}
    reached: set[int] = set()
    for group in sorted(missed):
        members = [i for i, one in enumerate(walk.controls) if one.group == group]
        entered = [visit.at for visit in walk.forward if visit.at in members]
        for key in ARROWS if entered else ():
            tab.run("(at) => window.__keys.enter(at)", entered[0])
            for _ in members[:MOST_ARROWS]:
                tab.page.keyboard.press(key)
                reached.add(tab.run("() => window.__keys.active()"))
    return tuple(sorted(reached - {-1}))


def _opened(tab: Tab, controls: Sequence[Control]) -> tuple[Opened, ...]:
    openers = [i for i, one in enumerate(controls) if one.opener]
    return tuple(_used(tab, i, controls[i].opener) for i in openers[:MOST_OPENERS])


def _used(tab: Tab, at: int, opener: str) -> Opened:
    """Open with Enter; close a popup with Escape, and a part of the page as it was opened."""
    tab.run("(at) => window.__keys.enter(at)", at)
    told = _after(tab, "Enter", at)
    if not told["open"]:
        return Opened(at, opened=False)
    if opener == "disclosure":
        _ = _after(tab, "Enter", at)
        return Opened(at, opened=True)
    told = _after(tab, "Escape", at)
    if not told["open"]:
        return Opened(at, opened=True, back=told["on"])
    kept = told["inside"] and all(_after(tab, "Tab", at)["inside"] for _ in range(TIMES * 2))
    return Opened(at, opened=True, closed=False, kept=kept)


def _after(tab: Tab, key: str, at: int) -> Mapping[str, Any]:
    tab.page.keyboard.press(key)
    tab.settle()
    told: Mapping[str, Any] = tab.run("(at) => window.__keys.opened(at)", at)
    return told

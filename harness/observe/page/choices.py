"""Reading what a page offers to choose from, and pressing one of it as people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.choice import DOUBLE, ENTER, Choice, Pressed
from harness.observe.page import scripts
from harness.observe.page.holding import holding
from harness.observe.page.tab import CLICK_WITHIN_MS, spot_of

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Locator

    from harness.judge.page.finding import Picture
    from harness.observe.page.tab import Tab

CONTROLS = "button, a[href], [role=button], [role=link]"


def within(place: Locator) -> Locator:
    """Return the controls of a place, in the order of the page; it may be several places or none."""
    return place.locator(CONTROLS)


def read(controls: Locator, picture: Picture | None = None, answer: ElementHandle | None = None) -> tuple[Choice, ...]:
    """Return those controls that can be seen now; `answer` is the newest one, where they come with answers."""
    found: list[dict[str, Any]] = controls.evaluate_all(scripts.text("choices.js"), answer)
    return tuple(
        Choice(one["text"], spot_of(one, picture), one["place"], usable=one["usable"], newest=one["newest"])
        for one in found
        if one["visible"]
    )


def press(tab: Tab, controls: Locator, choice: Choice, how: str) -> Pressed:
    """Press one of the controls and wait for the answer; read them again while it is under way.

    What it asks is kept from the server until they were read, so that an answer that comes at once hides nothing.
    """
    seen: list[Choice] = []
    held: list[int] = []
    with holding(tab) as let_go:

        def act() -> str:
            trouble = _do(controls.nth(choice.place), how)
            tab.settle()
            seen.extend(read(controls))
            held.append(let_go())
            return trouble or how

        asked = tab.asked_by(choice.text, act)
    return Pressed(how, choice, asked, sum(held), tuple(seen))


def _do(control: Locator, how: str) -> str:
    """Press it; return why it could not be done, "" if it could."""
    try:
        if how == DOUBLE:
            control.dblclick(timeout=CLICK_WITHIN_MS)
        elif how == ENTER:
            control.press("Enter", timeout=CLICK_WITHIN_MS)
        else:
            control.click(timeout=CLICK_WITHIN_MS)
    except PlaywrightError as trouble:
        return f"{how} failed: {str(trouble).splitlines()[0]}"
    return ""

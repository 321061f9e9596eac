"""The landing page's examples over several loads: what the service gave, what is shown, and what pressing one asks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.examples import ExamplesSeen, Given, Load
from harness.judge.page.finding import joined
from harness.observe.page import choices, wire
from harness.observe.page.browser import State
from harness.observe.page.tab import CLICK_WITHIN_MS, QUIET_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.page.finding import Around
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

LOADS = 8
TYPED = "plan"  # a word of somebody who asks something else
PICTURED = 3  # of the loads, the last ones, in which something is done
_CHANGED = "([place, before]) => place.innerText !== before"


def see(browser: Browser, *, flag: bool | None = None, loads: int = LOADS) -> ExamplesSeen:
    """Load the page anew so many times, each in a context of its own; `flag` says whether examples are dynamic.

    In the last load one is clicked, in the one before one is chosen by the Enter key, in the one before that
    somebody types into the composer.
    """
    seen: list[Load] = []
    arounds: list[Around] = []
    for number in range(1, loads + 1):
        with browser.tab(f"BB-07-{number}", State(film=False)) as tab:
            left = loads - number
            load = _load(tab, pictured=left < PICTURED or number == 1)
            if load.shown and left < PICTURED:
                load = (_clicked, _entered, _typed)[left](tab, load)
            seen.append(load)
            arounds.append(tab.around())
    return ExamplesSeen(flag, browser.target.ui.examples_path, tuple(seen), joined(*arounds))


def _load(tab: Tab, *, pictured: bool) -> Load:
    """Return what a fresh load shows once the service has answered, and what it answered."""
    controls = choices.within(tab.find(tab.ui.examples))
    with suppress(PlaywrightError):  # none at all is a finding
        controls.first.wait_for(state="visible", timeout=CLICK_WITHIN_MS)
    given = _given(tab)
    tab.settle()
    picture = tab.picture("landing") if pictured else None
    return Load(given, choices.read(controls, picture))


def _given(tab: Tab) -> Given | None:
    """Return the service's answer to this load, None where the page asked for none."""
    path = tab.ui.examples_path
    asked = [request for request in tab.page.requests() if urlsplit(request.url).path == path]
    if not asked:
        return None
    texts = _texts(wire.document(asked[-1]))
    try:
        response = asked[-1].response()
    except PlaywrightError:
        return Given(0, texts)
    return Given(response.status if response else 0, texts)


def _texts(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return the first list of texts in a document."""
    for value in document.values():
        if isinstance(value, list):
            return tuple(str(text) for text in cast("list[object]", value))
    return ()


def _clicked(tab: Tab, load: Load) -> Load:
    return _pressed(tab, load, CLICK)


def _entered(tab: Tab, load: Load) -> Load:
    return _pressed(tab, load, ENTER)


def _pressed(tab: Tab, load: Load, how: str) -> Load:
    """Press the last one: an example that asks its neighbour's text shows."""
    controls = choices.within(tab.find(tab.ui.examples))
    pressed = choices.press(tab, controls, load.shown[-1], how)
    _ = tab.picture(f"after-{how}")
    return replace(load, pressed=pressed)


def _typed(tab: Tab, load: Load) -> Load:
    """Type, and wait for a change that must not come."""
    place = tab.find(tab.ui.examples).first
    element, before = place.element_handle(), place.inner_text()
    tab.find(tab.ui.composer).press_sequentially(TYPED)
    with suppress(PlaywrightError):
        _ = tab.page.wait_for_function(_CHANGED, arg=[element, before], timeout=QUIET_MS)
    tab.settle()
    picture = tab.picture("typed")
    return replace(load, typed=choices.read(choices.within(tab.find(tab.ui.examples)), picture))

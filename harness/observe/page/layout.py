"""Looking at the main controls at several widths: the landing page and a conversation, on desktops and phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page import finding
from harness.judge.page.layout import Control, Layout, LayoutSeen
from harness.observe.page import fitting
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Locator

    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab
    from harness.ui import Find

SCRIPTS: Final = (fitting.SCRIPT, "layout.js")
SIZES: Final = ((320, 568), (375, 812), (768, 1024), (1280, 800), (1920, 1080))
PHONE_BELOW_PX: Final = 600
TRIAL_MS: Final = 1_000.0
TYPED: Final = "Is there room for this?"  # some pages let nobody send an empty question


def see(browser: Browser, sizes: Sequence[tuple[int, int]] = SIZES) -> LayoutSeen:
    """Look at each size, narrow ones on a phone; LookError if a main control is nowhere to be found."""
    layouts: list[Layout] = []
    around = finding.Around()
    for name, phone in (("BY-05", False), ("BY-05-phone", True)):
        mine = [size for size in sizes if (size[0] < PHONE_BELOW_PX) is phone]
        if not mine:
            continue
        width, height = mine[-1]
        with browser.tab(name, State(width=width, height=height, phone=phone, scripts=SCRIPTS)) as tab:
            _all_there(tab)
            layouts += _at_each(tab, "landing", mine)
            _ = tab.ask(tab.ui.prompts.text)
            layouts += _at_each(tab, "answer", mine)
            around = finding.joined(around, tab.around())
    return LayoutSeen(tuple(layouts), around)


def _wanted(tab: Tab) -> dict[str, Find]:
    """Return the main controls by the profile's key."""
    ui = tab.ui
    found = {"ui.composer": ui.composer, "ui.send": ui.send, "ui.new": ui.new}
    return found if ui.theme.kind == "system" else found | {"ui.theme": ui.theme.find}


def _all_there(tab: Tab) -> None:
    for key, find in _wanted(tab).items():
        if tab.find(find).count() == 0:
            raise tab.trouble(find.said, "nothing of that role and name", key)


def _at_each(tab: Tab, what: str, sizes: Sequence[tuple[int, int]]) -> list[Layout]:
    tab.find(tab.ui.composer).fill(TYPED)
    found: list[Layout] = []
    for width, height in sizes:
        fitting.resize(tab, width, height)
        found.append(_layout(tab, what, width))
    return found


def _layout(tab: Tab, what: str, width: int) -> Layout:
    state = f"{width} px, {what}"
    locators = {key: tab.find(find) for key, find in _wanted(tab).items()}
    handles = {key: locator.element_handles() for key, locator in locators.items()}
    picture = tab.picture(f"{width}-{what}", state)
    given = tab.run("(given) => window.__layout.look(given)", handles)
    controls: list[Control] = []
    for one in given["controls"]:
        spot = None if one["spot"] is None else spot_of(one["spot"], picture)
        covered = tuple(str(by) for by in one["covered"])
        inside = one["left"] >= 0 and one["right"] <= given["width"]
        tried = spot is not None and inside and not covered
        refused = _refused(locators[one["key"]].nth(one["index"])) if tried else ""
        controls.append(Control(one["key"], spot, one["left"], one["right"], covered, refused))
    return Layout(state, given["width"], tuple(controls))


def _refused(control: Locator) -> str:
    """Return why a click would not reach a control, "" if it would; nothing is clicked."""
    try:
        control.click(trial=True, timeout=TRIAL_MS)
    except PlaywrightError as trouble:
        lines = [line.strip(" -") for line in str(trouble).splitlines() if line.strip(" -")]
        why = (line for line in lines if "intercepts" in line or "not " in line or "outside" in line)
        return next(why, lines[0] if lines else type(trouble).__name__)[:200]
    return ""

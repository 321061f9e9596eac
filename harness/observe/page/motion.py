"""Looking for motion where less of it was asked for: opened, left alone, asked, pointed at and focused."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.motion import Drift, Glide, Motion, MotionSeen
from harness.observe.page import fitting
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from harness.judge.page.finding import Picture
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

FRAMES: Final = 20  # a third of a second
POINT_MS: Final = 1_000.0
PRESSED: Final = "button, a"


def see(browser: Browser) -> MotionSeen:
    """Look at the landing page and a conversation."""
    with browser.tab("AX-09", State(reduced_motion=True, scripts=("motion.js",))) as tab:
        ui = tab.ui
        still = [_still(tab)]
        controls = [tab.find(find) for find in (ui.send, ui.new, ui.theme.find)]
        _point(tab, *controls, tab.find(ui.examples).locator(PRESSED))
        landing = tab.picture("landing", "reduced motion, landing")
        before = _told(tab)
        _ = tab.ask(fitting.table_question(tab))
        still.append(_still(tab))
        _point(tab, tab.find(ui.copy, tab.answer()), tab.find(ui.suggestions).locator(PRESSED))
        answer = tab.picture("answer", "reduced motion, answer")
        after = _told(tab)
        return MotionSeen(
            reduced=bool(after["reduced"]),
            watched=sum(one["watched"] for one in still),
            motions=(
                *_motions(before["notes"], landing),
                *_motions(after["notes"][len(before["notes"]) :], answer),
            ),
            drifts=(*_drifts(still[0], landing), *_drifts(still[1], answer)),
            glides=(*_glides(before, landing), *_glides(after, answer)),
            around=tab.around(),
        )


def _still(tab: Tab) -> Any:
    """Follow every box while nobody does anything."""
    return tab.run("(frames) => window.__motion.drifts(frames)", FRAMES)


def _told(tab: Tab) -> Any:
    return tab.run("() => window.__motion.told()")


def _point(tab: Tab, *places: Locator) -> None:
    """Move the pointer over the first of each and give it focus; what can't be reached is other looks' matter."""
    for place in places:
        if place.count() == 0:
            continue
        with suppress(PlaywrightError):
            place.first.hover(timeout=POINT_MS)
            tab.run("() => window.__look.painted()")
            place.first.focus(timeout=POINT_MS)
            tab.run("() => window.__look.painted()")
    tab.settle()


def _motions(notes: Any, picture: Picture) -> tuple[Motion, ...]:
    return tuple(
        Motion(
            spot_of(one["spot"], picture),
            one["kind"],
            one["name"],
            tuple(one["properties"]),
            one["ms"],
            one["endless"],
            one["pseudo"],
        )
        for one in notes
    )


def _drifts(still: Any, picture: Picture) -> tuple[Drift, ...]:
    return tuple(
        Drift(spot_of(one["spot"], picture), one["moved"], still["frames"], one["px"]) for one in still["moving"]
    )


def _glides(told: Any, picture: Picture) -> tuple[Glide, ...]:
    asked = (Glide(spot_of(one["spot"], picture), one["by"]) for one in told["glides"])
    styled = (Glide(spot_of(one, picture)) for one in told["smooth"])
    return (*asked, *styled)

"""Looking at everything that can be pressed, on a desktop and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.targets import Target, TargetPage, TargetsSeen
from harness.observe.page import fitting
from harness.observe.page.browser import DESKTOP, PHONE, State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

SCRIPTS: Final = (fitting.SCRIPT, "targets.js")


def see(browser: Browser) -> TargetsSeen:
    """Look at the landing page and a conversation with a table."""
    pages: list[TargetPage] = []
    around = finding.Around()
    for name, size in (("AX-08", DESKTOP), ("AX-08-phone", PHONE)):
        state = State(width=size.width, height=size.height, phone=size.phone, scripts=SCRIPTS)
        with browser.tab(name, state) as tab:
            pages.append(_page(tab, "landing", size.width))
            _ = tab.ask(fitting.table_question(tab))
            pages.append(_page(tab, "answer", size.width))
            around = finding.joined(around, tab.around())
    return TargetsSeen(tuple(pages), around)


def _page(tab: Tab, what: str, width: int) -> TargetPage:
    state = f"{width} px, {what}"
    given = tab.run("() => window.__targets.look()")
    picture = tab.picture(what, state, full=True)
    return TargetPage(
        state,
        tuple(
            Target(spot_of(one["spot"], picture), one["inline"], one["native"], one["layer"], one["parent"])
            for one in given
        ),
    )

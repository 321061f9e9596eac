"""Looking at the page at 200%: all of it enlarged, as browsers do it, and its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.page import finding
from harness.judge.page.zoom import ZoomSeen
from harness.observe.page import fitting
from harness.observe.page.browser import DESKTOP, State

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser


def see(browser: Browser) -> ZoomSeen:
    """Look at the landing page and at answers with a table and code, enlarged either way.

    Zoom leaves half the CSS px of a window, each drawn with twice as many; so that is how the window is opened.
    """
    scripts = (fitting.SCRIPT,)
    half = State(width=DESKTOP.width // 2, height=DESKTOP.height // 2, scale=2.0, scripts=scripts)
    with browser.tab("AX-07-zoom", half) as tab:
        landing = fitting.fitted(tab, "landing", "zoomed to 200%, landing", fitting.roomy(tab))
        _ = fitting.ask_table(tab)
        _ = fitting.ask_code(tab)
        answers = fitting.fitted(tab, "answers", "zoomed to 200%, answers", fitting.roomy(tab))
        pages, zoomed = (landing, answers), tab.around()
    with browser.tab("AX-07-text", State(scripts=scripts)) as tab:
        fitting.enlarge(tab)
        landing = fitting.fitted(tab, "landing", "text at 200%, landing", fitting.plain_text(tab))
        _ = fitting.ask_table(tab)
        _ = fitting.ask_code(tab)
        answers = fitting.fitted(tab, "answers", "text at 200%, answers", fitting.plain_text(tab))
        return ZoomSeen(pages, (landing, answers), finding.joined(zoomed, tab.around()))

"""Looking at the page in a window as narrow as a desktop's zoomed to 400%."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.page.reflow import ReflowSeen
from harness.observe.page import fitting
from harness.observe.page.browser import State

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser

HEIGHT_PX: Final = 256  # of 1024, at 400%


def see(browser: Browser, width_px: int = 320) -> ReflowSeen:
    """Look at the landing page, an answer with a table and one with code; LookError if there is no such answer."""
    state = State(width=width_px, height=HEIGHT_PX, scripts=(fitting.SCRIPT,))
    with browser.tab("AX-06", state) as tab:
        landing = fitting.fitted(tab, "landing", f"{width_px} px, landing", fitting.roomy(tab))
        _ = fitting.ask_table(tab)
        _ = fitting.ask_code(tab)
        answers = fitting.fitted(tab, "answers", f"{width_px} px, answers", fitting.roomy(tab))
        return ReflowSeen((landing, answers), tab.around())

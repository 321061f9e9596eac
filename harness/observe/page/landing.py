"""The page before anything was asked, once all of it is there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as PlaywrightError

if TYPE_CHECKING:
    from harness.observe.page.tab import Tab

WITHIN_MS: Final = 2_000.0
CHOICES: Final = "button, a, [role=button], [role=link]"


def complete(tab: Tab) -> None:
    """Wait for the example questions, which come after the page; a page without any is looked at as it is."""
    with suppress(PlaywrightError):
        tab.find(tab.ui.examples).locator(CHOICES).first.wait_for(state="visible", timeout=WITHIN_MS)
    tab.settle()

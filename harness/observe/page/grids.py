"""Asking for tables, and finding what belongs to the newest one: what the looks at tables, copies and exports share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page import grid
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from harness.judge.page.grid import Grid
    from harness.observe.page.tab import Tab
    from harness.ui import Find

LONG_TEXT: Final = (
    "A sentence that is longer than any column is wide, so that a page has to break it into several lines, and of "
    "which nobody may cut off even the very last word, kumquat"
)
ROWS: Final = "\n".join(
    [
        "Item | +Note | Amount",
        "Ünïcode, 漢字, 😀, שלום | plain | 12",
        'Rice, brown | a "quoted" word | 3.5',
        "=1+2 | +3 apples | -5",
        "@cmd | | 1,234",
        f"{LONG_TEXT} | it's here | 0",
        "the last one | -x | 7",
    ]
)
"""What spreadsheets and their formats stumble over; without HTML, which only the look at tables has."""

_NEAREST: Final = """(buttons, table) => {
  const steps = (button) => {
    let count = 0;
    for (let at = button; at && !at.contains(table); at = at.parentElement ?? at.getRootNode().host) count += 1;
    return count;
  };
  const far = buttons.map(steps);
  return far.indexOf(Math.min(...far));
}"""


def asked(tab: Tab, question: str) -> tuple[Grid, ...]:
    """Ask for a table and return those that the answer's document holds, which is what must be on the screen.

    LookError where nothing was answered, or without a table.
    """
    found = tab.ask(question)
    if not found.document:
        got = f"status {found.sent[-1].status}" if found.sent else "no question left the page"
        raise tab.trouble(f"an answer to {question[:60]!r}", got, "ui.send or ui.answered")
    held = tuple(grid.of_block(block) for block in found.blocks("table"))
    if not held:
        raise tab.trouble(f"an answer with a table to {question[:60]!r}", "an answer without one", "ui.prompts")
    return held


def tables(tab: Tab) -> Locator:
    """Return the tables of the newest answer."""
    return tab.find(tab.ui.table, tab.answer())


def button(tab: Tab, what: Find) -> Locator | None:
    """Return the newest answer's button that is nearest to its last table; None where people find none.

    One that shows only under the pointer is found too.
    """
    found, there = tab.find(what, tab.answer()), tables(tab)
    if not found.count():
        with suppress(PlaywrightError):  # what lies over it hides its button from people too
            (there.last if there.count() else tab.answer()).hover(timeout=CLICK_WITHIN_MS)
        tab.settle()
    count = found.count()
    if not count:
        return None
    if count == 1 or not there.count():
        return found.first
    nearest: int = found.evaluate_all(_NEAREST, there.last.element_handle())
    return found.nth(nearest)

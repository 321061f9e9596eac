"""Bringing a page to where each of its components can be seen once, and naming them.

A tab that is brought there must be opened with the scripts of `colours.SCRIPTS`: names are kept by colours.js.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from harness.observe.page.landing import complete
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Locator, Route

    from harness.judge.page.asked import Asked
    from harness.observe.page.tab import Tab

TALLEST_PX: Final = 4_000
REFUSED: Final = 500
_OURS: Final = f"the server responded with a status of {REFUSED}"
_NAME: Final = """(elements, name) => {
  for (const one of elements) window.__colours.name(one, name);
  return elements.length;
}"""


def landing(tab: Tab) -> tuple[str, ...]:
    """Wait for what is there before anything was asked, and name it; returns the names of what is."""
    complete(tab)
    ui = tab.ui
    return _named(
        tab,
        (
            ("the examples", tab.find(ui.examples)),
            ("the composer", tab.find(ui.composer)),
            ("the send button", tab.find(ui.send)),
            ("the button for a new conversation", tab.find(ui.new)),
            ("the theme's control", tab.find(ui.theme.find)),
            ("the status line", tab.page.get_by_role("status")),
            *((name, tab.page.locator(css)) for name, css in ui.components.items()),
        ),
    )


def conversation(tab: Tab) -> tuple[str, ...]:
    """Name what is there once answers are; returns the names of what is."""
    ui, answers = tab.ui, tab.answers()
    return _named(
        tab,
        (
            ("the question in the transcript", answers.locator("xpath=preceding-sibling::*[1]")),
            ("the answer", answers),
            ("the list", answers.locator("ul, ol")),
            ("the picture", answers.locator("img")),
            ("the note", answers.get_by_role("note")),
            ("the code", answers.locator("pre")),
            ("the table", tab.find(ui.table, answers)),
            ("the copy button", tab.find(ui.copy, answers)),
            ("the export button", tab.find(ui.export, answers)),
            ("the rating", answers.locator("[aria-pressed]")),
            ("the suggestions", tab.find(ui.suggestions, answers)),
            *((name, tab.page.locator(css)) for name, css in ui.components.items()),
        ),
    )


def rich(tab: Tab) -> Asked:
    """Ask for an answer with all kinds of blocks that an answer can have."""
    return tab.ask(tab.ui.prompts.rich)


def refused(tab: Tab) -> None:
    """Ask once and let the server fail, so that the page shows its error; LookError where nothing was asked.

    The browser's own words about that failure are ours, and no error of the page.
    """
    path, before = tab.target.api.ask, len(tab.errors)

    def is_ask(url: str) -> bool:
        return urlsplit(url).path == path

    def refuse(route: Route) -> None:
        route.fulfill(status=REFUSED, content_type="application/json", body="{}")

    _ = tab.page.route(is_ask, refuse)
    try:
        with tab.page.expect_response(lambda response: is_ask(response.url)):
            _send(tab, tab.ui.prompts.text)
    except PlaywrightError as trouble:
        raise tab.trouble("a question that leaves the page", trouble, "ui.send") from trouble
    finally:
        tab.page.unroute(is_ask)
    tab.settle()
    tab.errors[before:] = [error for error in tab.errors[before:] if _OURS not in error]


def anew(tab: Tab) -> bool:
    """Go back to the landing page as people do; returns whether there is a button for it."""
    try:
        tab.find(tab.ui.new).first.click(timeout=CLICK_WITHIN_MS)
    except PlaywrightError:
        return False
    tab.settle()
    return True


def reload(tab: Tab) -> None:
    """Load the page again, in the same context."""
    try:
        _ = tab.page.reload(wait_until="load")
        tab.find(tab.ui.composer).wait_for(state="visible")
    except PlaywrightError as trouble:
        raise tab.trouble("the page with its composer after a reload", trouble, "ui.composer") from trouble
    tab.settle()


def whole(tab: Tab) -> None:
    """Make the viewport as tall as the page, so that all of it is seen, measured and pictured at once."""
    width, height, wanted = tab.run("() => [innerWidth, innerHeight, document.documentElement.scrollHeight]")
    if wanted > height:
        tab.page.set_viewport_size({"width": width, "height": min(wanted, TALLEST_PX)})
    _ = tab.run("() => window.scrollTo(0, 0)")
    tab.settle()


def _send(tab: Tab, question: str) -> None:
    tab.find(tab.ui.composer).fill(question)
    try:
        tab.find(tab.ui.send).click(timeout=CLICK_WITHIN_MS)
    except PlaywrightError:
        tab.find(tab.ui.composer).press("Enter")


def _named(tab: Tab, wanted: Iterable[tuple[str, Locator]]) -> tuple[str, ...]:
    tab.settle()
    return tuple(name for name, found in wanted if found.evaluate_all(_NAME, name) > 0)

"""The copy button: pressed by mouse and by keyboard, for a long table and for one with hostile rows behind it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.copying import Copied, CopyingSeen
from harness.observe.page import grids
from harness.observe.page.browser import State
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator

    from harness.judge.page.finding import Picture, Spot
    from harness.judge.page.grid import Grid
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

SPACE: Final = "Space"
LISTENING: Final = State(scripts=("copying.js",))
ALLOWED: Final = ("clipboard-read", "clipboard-write")


def see(browser: Browser) -> CopyingSeen:
    """Ask for two tables in one conversation and copy each from its own answer; LookError where no table comes.

    Where the clipboard may not be read (plain HTTP other than on this machine), what the page wrote or a copy event
    carried is taken.
    """
    copies: list[Copied] = []
    missing: list[tuple[str, Spot]] = []
    with browser.tab("BB-02", LISTENING) as tab:
        at = urlsplit(tab.url)
        with suppress(PlaywrightError):  # a browser without these permissions: the copy event is left
            tab.page.context.grant_permissions(list(ALLOWED), origin=f"{at.scheme}://{at.netloc}")
        prompts = tab.ui.prompts
        tables: list[Grid] = []
        for what, question, hows in (
            ("long table", prompts.long, (CLICK,)),
            ("hostile rows", prompts.table.format(rows=grids.ROWS), (CLICK, ENTER, SPACE)),
        ):
            tables += grids.asked(tab, question)
            button = grids.button(tab, tab.ui.copy)
            if button is None:
                missing.append((what, tab.spot(tab.answer(), tab.picture(f"{what}-no-button".replace(" ", "-")))))
            else:
                copies += [_copied(tab, button, what, how, tuple(tables)) for how in hows]
        return CopyingSeen(tuple(copies), tuple(missing), tab.around())


def _copied(tab: Tab, button: Locator, what: str, how: str, tables: tuple[Grid, ...]) -> Copied:
    """Press the button in one way and return all that it did; `tables` are those so far, its own the last."""
    tab.page.bring_to_front()  # only the page in front may read the clipboard
    handle = button.element_handle()
    tab.run("([mark, button]) => window.__copying.begin(mark, button)", [f"nothing yet: {what}, {how}", handle])
    failed = _press(button, how)
    there: Mapping[str, str] = {} if failed else _new(tab)
    tab.settle()
    told: Mapping[str, Any] = tab.run("() => window.__copying.end()")
    picture = tab.picture(f"{what}-{how}".replace(" ", "-"))
    return Copied(
        what,
        how,
        tables[-1],
        tables[:-1],
        text=there.get("text", ""),
        source=there.get("source", ""),
        failed=failed,
        said=tuple(told["said"]),
        before=told["before"],
        after=told["after"],
        focus="" if failed else told["focus"],
        labels=tuple(tab.answer().get_by_role("button").all_inner_texts()),
        spot=_spot(tab, button, picture),
    )


def _press(button: Locator, how: str) -> str:
    """Press it; return why it could not be done, "" if it could."""
    try:
        if how == CLICK:
            button.click(timeout=CLICK_WITHIN_MS)
        else:
            button.press(how, timeout=CLICK_WITHIN_MS)
    except PlaywrightError as trouble:
        return f"{how} failed: {str(trouble).splitlines()[0]}"
    return ""


def _new(tab: Tab) -> Mapping[str, str]:
    """Wait for what is on the clipboard instead of the mark; {} where that stays."""
    found: Mapping[str, str] | None = tab.run("(ms) => window.__copying.fresh(ms)", CLICK_WITHIN_MS)
    return found or {}


def _spot(tab: Tab, button: Locator, picture: Picture) -> Spot:
    """Return where the button is, or its answer where it was drawn anew under another name."""
    return tab.spot(button if button.count() else tab.answer(), picture)

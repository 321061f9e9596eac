"""The export button: pressed for a long table and for one with hostile rows; the files are read as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.exporting import Export, ExportingSeen
from harness.observe.page import grids
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from playwright.sync_api import Download, Locator

    from harness.judge.page.finding import Spot
    from harness.judge.page.grid import Grid
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

DOWNLOAD_WITHIN_MS: Final = 4_000.0  # a server may make the file


def see(browser: Browser) -> ExportingSeen:
    """Ask for two tables in one conversation and export each from its own answer; LookError where no table comes.

    The long one is exported by keyboard, and by mouse where no file comes of that.
    """
    exports: list[Export] = []
    missing: list[tuple[str, Spot]] = []
    with browser.tab("BB-03") as tab:
        prompts = tab.ui.prompts
        tables: list[Grid] = []
        for what, question, how in (
            ("long table", prompts.long, ENTER),
            ("hostile rows", prompts.table.format(rows=grids.ROWS), CLICK),
        ):
            tables += grids.asked(tab, question)
            button = grids.button(tab, tab.ui.export)
            if button is None:
                missing.append((what, tab.spot(tab.answer(), tab.picture(f"{what}-no-button".replace(" ", "-")))))
            else:
                exports.append(_exported(tab, button, what, how, tuple(tables)))
                if exports[-1].failed and how != CLICK:
                    exports.append(_exported(tab, button, what, CLICK, tuple(tables)))
        return ExportingSeen(tuple(exports), tuple(missing), tab.around())


def _exported(tab: Tab, button: Locator, what: str, how: str, tables: tuple[Grid, ...]) -> Export:
    """Press the button in one way and return the file that came; `tables` are those so far, its own the last."""
    button.scroll_into_view_if_needed()
    spot = tab.spot(button, tab.picture(f"{what}-{how}".replace(" ", "-")))
    try:
        with tab.page.expect_download(timeout=DOWNLOAD_WITHIN_MS) as coming:
            if how == CLICK:
                button.click(timeout=CLICK_WITHIN_MS)
            else:
                button.press(how, timeout=CLICK_WITHIN_MS)
        name, body = _read(coming.value)
    except (PlaywrightError, OSError) as trouble:
        return Export(what, how, tables[-1], tables[:-1], failed=f"{how}: {str(trouble).splitlines()[0]}", spot=spot)
    finally:
        tab.settle()
    text, broken = _text(body)
    return Export(what, how, tables[-1], tables[:-1], name, text, broken, spot=spot)


def _read(download: Download) -> tuple[str, bytes]:
    """Wait for the end of a download and return its name and its bytes."""
    return download.suggested_filename, download.path().read_bytes()


def _text(body: bytes) -> tuple[str, str]:
    """Return a file's text without its byte order mark, and where it is not UTF-8, "" if it is."""
    try:
        return body.decode("utf-8-sig"), ""
    except UnicodeDecodeError as trouble:
        byte = f"byte {trouble.start} is 0x{body[trouble.start]:02x}"
        return body.decode("utf-8", "replace"), byte

"""Tables on the page: hostile rows, a wide table and a small one are asked for, and read as they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.judge.page.cells import Cell, Table
from harness.judge.page.tables import Shown, TablesSeen
from harness.observe.page import grids, scripts
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.page.finding import Picture
    from harness.judge.page.wcag import Rgb
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

HOSTILE: Final = "\n".join(
    [
        "Kind | <em>Text</em> | Amount",
        "Tags that load | <img src=x onerror=window.ranFromCell=true> | 12",
        "Tags that mark | <b>x</b> &amp; <u>y</u> | 3.5",
        "Alphabets | Ünïcode 漢字 😀 שלום | 1,234",
        "Nothing | | 0",
        'Marks, and "quotes" | it\'s =1+2, @cmd | -5',
        f"Much | {grids.LONG_TEXT} | 7",
    ]
)
"""HTML that must stay text, many alphabets, an empty cell, marks, a long text, and a column of numbers alone."""

SMALL: Final = "City | Trips\nOslo | 1"

_RAN: Final = "() => window.ranFromCell === true"
_TO_TOP: Final = "(table) => table.scrollIntoView({ block: 'start', behavior: 'instant' })"


def see(browser: Browser) -> TablesSeen:
    """Ask for three tables in one conversation and read each answer; LookError where one comes without a table."""
    with browser.tab("BB-01") as tab:
        prompts = tab.ui.prompts
        answers = (
            _shown(tab, "hostile rows", prompts.table.format(rows=HOSTILE)),
            _shown(tab, "wide table", prompts.wide),
            _shown(tab, "small table", prompts.table.format(rows=SMALL)),
        )
        return TablesSeen(answers, bool(tab.run(_RAN)), tab.around())


def _shown(tab: Tab, what: str, question: str) -> Shown:
    wanted = grids.asked(tab, question)
    tables = grids.tables(tab)
    if tables.count():
        tables.first.evaluate(_TO_TOP)
        tab.settle()
    picture = tab.picture(what.replace(" ", "-"))
    answer = tab.answer()
    told: Mapping[str, Any] = tables.evaluate_all(scripts.text("tables.js"), answer.element_handle())
    drawn = tuple(_table(one, picture) for one in told["tables"])
    return Shown(what, wanted, drawn, told["text"], float(told["sideways"]), tab.spot(answer, picture))


def _table(told: Mapping[str, Any], picture: Picture) -> Table:
    rows = tuple(tuple(_cell(cell, picture) for cell in row) for row in told["rows"])
    return Table(rows, spot_of(told["spot"], picture), told["name"], float(told["over"]))


def _cell(told: Mapping[str, Any], picture: Picture) -> Cell:
    return Cell(
        told["text"],
        spot_of(told["spot"], picture),
        header=told["header"],
        seen=told["seen"],
        align=told["align"],
        clipped=told["clipped"],
        elements=tuple(told["elements"]),
        ink=_rgb(told["ink"]),
        ground=_rgb(told["ground"]),
    )


def _rgb(told: Sequence[float] | None) -> Rgb | None:
    if told is None:
        return None
    red, green, blue = told
    return (red, green, blue)

"""Looking at a table answer while the window becomes narrow and wide again, and on a phone."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.cards import CardsSeen
from harness.judge.page.rows import Drawn, Row, Smallest, View
from harness.observe.page import fitting
from harness.observe.page.browser import DESKTOP, PHONE, State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from harness.judge.page.asked import Asked
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

SCRIPTS: Final = (fitting.SCRIPT, "cards.js")
CELLS: Final = ("cell", "gridcell", "rowheader")
ITEMS: Final = ("listitem", "article", "definition")
ROLE: Final = re.compile(r"^\s*- ['\"]?([a-z]+)\b", re.MULTILINE)  # of a line of an aria snapshot


def see(browser: Browser, below_px: int = 768, phone_px: int = 375) -> CardsSeen:
    """Ask for a table on a desktop, make its window narrow and wide again; ask for it on a phone.

    LookError: the answer's document holds no table.
    """
    narrower = (below_px + 1, below_px, below_px - 1)
    with browser.tab("BB-04", State(scripts=SCRIPTS)) as tab:
        headers, rows = _table(fitting.ask_table(tab))
        views = [_view(tab, rows, DESKTOP.width, f"{DESKTOP.width} px")]
        for width, height in (*((width, DESKTOP.height) for width in narrower), (phone_px, PHONE.height)):
            fitting.resize(tab, width, height)
            views.append(_view(tab, rows, width, f"{width} px"))
        fitting.resize(tab, DESKTOP.width, DESKTOP.height)
        views.append(_view(tab, rows, DESKTOP.width, f"{DESKTOP.width} px again"))
        desktop, wide = Drawn(headers, rows, tuple(views)), tab.around()
    with browser.tab("BB-04-phone", State(width=phone_px, height=PHONE.height, phone=True, scripts=SCRIPTS)) as tab:
        headers, rows = _table(fitting.ask_table(tab))
        phone = Drawn(headers, rows, (_view(tab, rows, phone_px, f"phone, {phone_px} px"),))
        return CardsSeen(desktop, phone, finding.joined(wide, tab.around()))


def _table(asked: Asked) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return headers and rows of an answer's table as its document has them."""
    block = asked.blocks("table")[0]
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in block.get("rows") or ())
    return tuple(str(name) for name in block.get("headers") or ()), rows


def _view(tab: Tab, rows: tuple[tuple[str, ...], ...], window: int, state: str) -> View:
    answer = tab.answer()
    given = answer.evaluate("(answer, rows) => window.__cards.view(answer, rows)", [list(row) for row in rows])
    roles = Counter(ROLE.findall(answer.aria_snapshot()))
    picture = tab.picture(state.replace(" px", "").replace(", ", "-").replace(" ", "-"), state, full=True)
    least = given["smallest"]
    return View(
        state,
        window,
        given["width"],
        given["wide"],
        tuple(given["header"]),
        tuple(
            Row(spot_of(row["spot"], picture), tuple(row["pieces"]), row["lines"], row["tabular"], row["semantics"])
            for row in given["rows"]
        ),
        sum(roles[role] for role in CELLS),
        sum(roles[role] for role in ITEMS),
        None if least is None else Smallest(spot_of(least["spot"], picture), least["px"]),
        tuple(spot_of(one, picture) for one in given["targets"]),
    )

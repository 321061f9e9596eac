"""Do tables become cards on a narrow screen: every row, every value with its name, once, and within the screen?

What the answer's document holds must be in the cards. A value that the table lacks on a desktop already is left to
the check of tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding
from harness.judge.page.finding import NOWHERE, Around, Finding
from harness.judge.page.rows import Drawn, View, has, is_card, showing, unnamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.page.finding import Excused
    from harness.verdict import Verdict

TEXT_PX: Final = 12.0
TARGET_PX: Final = 24.0
ROUNDING_PX: Final = 1.0
SEMANTICS: Final = "WCAG 1.3.1 Info and Relationships (A)"
REFLOW: Final = "WCAG 1.4.10 Reflow (AA)"


@dataclass(frozen=True, slots=True)
class CardsSeen:
    """The answer of a desktop whose window was made narrow and wide again, and the one of a phone."""

    desktop: Drawn
    phone: Drawn
    around: Around


def judge(seen: CardsSeen, excused: Excused, below_px: int = 768, phone_px: int = 375) -> Verdict:
    """Decide whether rows are cards below `below_px`, and rows of a table from there on.

    VIOLATED: a row or value is missing, unnamed or there twice, the page scrolls sideways, letters or buttons are too
    small, roles are lost, or the table does not come back. UNKNOWN: a width around the border or the phone's was not
    looked at.
    """
    first = seen.desktop.views[0] if seen.desktop.views else None
    if first is None or not seen.desktop.rows:
        return finding.decide((), seen.around, excused, checked=0, of="rows")
    absent = {row for row in seen.desktop.rows if not showing(first, row)}
    found: list[Finding] = []
    if len(absent) == len(set(seen.desktop.rows)):
        found.append(_no_table(first))
    for drawn in (seen.desktop, seen.phone):
        for view in drawn.views:
            rows = tuple(row for row in drawn.rows if row not in absent)
            found += (replace(one, state=view.state) for one in _of(view, replace(drawn, rows=rows), first, below_px))
    windows = {view.window for view in seen.desktop.views}
    wanted = {below_px - 1, below_px, below_px + 1, phone_px}
    whole = wanted <= windows and any(view.window == phone_px for view in seen.phone.views)
    checked = sum(len(drawn.rows) * len(drawn.views) for drawn in (seen.desktop, seen.phone)) if whole else 0
    return finding.decide(found, seen.around, excused, checked=checked, of="rows")


def _of(view: View, drawn: Drawn, first: View, below_px: int) -> Iterator[Finding]:
    if view.width > view.window + ROUNDING_PX:
        yield Finding(
            "not-for-phones",
            f"a screen of {view.window} px gets a page laid out for {view.width:.0f} px",
            wanted=f"{view.window} px",
            got=f"{view.width:.0f} px",
            fix='add <meta name="viewport" content="width=device-width, initial-scale=1">',
        )
        return
    yield from _rows(view, drawn, first)
    if view.window >= below_px:
        yield from _table(view, drawn, first)
        return
    yield from _cards(view, drawn)
    yield from _read(view, drawn, first)
    yield from _sized(view)


def _rows(view: View, drawn: Drawn, first: View) -> Iterator[Finding]:
    """Every row with all its values, as often as on a desktop."""
    for row in drawn.rows:
        shown = showing(view, row)
        if len(shown) > max(1, len(showing(first, row))):
            yield Finding(
                "shown-twice",
                f"the row {row[0]!r} is on the screen {len(shown)} times",
                shown[-1].spot,
                wanted="once",
                got=f"{len(shown)} times",
                fix="hide the table where its cards are shown, or show only one of them at all",
            )
        if shown:
            continue
        part = next((one for one in view.rows if row[0] and has(one, row[0])), None)
        if part is None:
            yield Finding(
                "row-missing",
                f"the row {row[0]!r} is not on the screen",
                wanted="every row",
                got="no row of it",
                fix="show all rows",
            )
            continue
        missing = [value for value in row if value and not has(part, value)]
        yield Finding(
            "value-missing",
            f"the row {row[0]!r} shows no {', '.join(repr(value) for value in missing) or 'row of its own'}",
            part.spot,
            wanted="every value",
            got="; ".join(part.pieces),
            fix="show every column; a narrow screen is no reason to drop one",
        )


def _table(view: View, drawn: Drawn, first: View) -> Iterator[Finding]:
    """A table with its header, from the border on."""
    shown = [one for row in drawn.rows for one in showing(view, row)]
    cards = [one for one in shown if not (one.tabular and one.lines == 1)]
    if cards:
        yield Finding(
            "no-table",
            f"{len(cards)} of {len(drawn.rows)} rows are cards although the window is {view.window} px wide",
            cards[0].spot,
            wanted="rows of a table",
            got="cards",
            fix="let the cards' media query end just below this width",
        )
    gone = [name for name in first.header if name not in view.header]
    if gone and not cards:
        yield Finding(
            "header-gone",
            f"the table shows no header {', '.join(repr(name) for name in gone)}, which it had at {first.window} px",
            wanted=", ".join(first.header),
            got=", ".join(view.header) or "no header",
            fix="bring the header back when the window is wide again",
        )


def _cards(view: View, drawn: Drawn) -> Iterator[Finding]:
    """Cards that name each value, below the border."""
    pairs = [(row, one) for row in drawn.rows for one in showing(view, row)[:1]]
    rows = [one for row, one in pairs if not is_card(one, view, drawn.headers, row)]
    if rows:
        yield Finding(
            "no-cards",
            f"{len(rows)} of {len(drawn.rows)} rows are still those of a table",
            rows[0].spot,
            wanted="a card for each row",
            got="a table",
            fix="lay each row out as a block with its header before each value",
        )
        return
    for row, one in pairs:
        nameless = unnamed(one, drawn.headers, row)
        if nameless:
            yield Finding(
                "unnamed-value",
                f"the card {row[0]!r} does not name {len(nameless)} of its {len(row)} values: "
                f"no {', '.join(repr(name) for name in nameless)}",
                one.spot,
                wanted="each value with its header",
                got="; ".join(one.pieces),
                criterion=SEMANTICS,
                fix="write the column's header before each value",
            )


def _read(view: View, drawn: Drawn, first: View) -> Iterator[Finding]:
    """What is left of the table for a screen reader."""
    lost = [one for one in view.rows if one.semantics == "lost"]
    implicit = [one for one in view.rows if one.semantics == "implicit"]
    if lost:
        yield Finding(
            "roles-lost",
            f"{len(lost)} cards are neither rows nor items of a list to a screen reader",
            lost[0].spot,
            wanted="rows with cells, or items of a list",
            got="no role",
            criterion=SEMANTICS,
            fix="use a table, a list or a description list, or say so with roles",
        )
    if implicit:
        yield Finding(
            "roles-implicit",
            f"{len(implicit)} rows are not laid out as a table any more, and some browsers then drop their roles",
            implicit[0].spot,
            wanted="role=table, row and cell on what is laid out otherwise",
            got="roles of the elements alone",
            criterion=SEMANTICS,
            fix="write the roles out, or listen to it with a screen reader and sign",
            certain=False,
        )
    cells = min(len(drawn.rows) * len(drawn.headers), first.cells)
    if view.cells < cells and view.items < len(drawn.rows):
        yield Finding(
            "cells-hidden",
            f"a screen reader finds {view.cells} cells and {view.items} items of lists for the table's {cells} cells",
            wanted=f"{cells} cells or {len(drawn.rows)} items",
            got=f"{view.cells} cells, {view.items} items",
            criterion=SEMANTICS,
            fix="hide nothing of the cards from screen readers",
        )


def _sized(view: View) -> Iterator[Finding]:
    """Nothing too wide, and nothing too small."""
    if view.wide > view.width + ROUNDING_PX:
        yield Finding(
            "sideways",
            f"the page is {view.wide:.0f} px wide on a screen of {view.width:.0f} px",
            wanted=f"at most {view.width:.0f} px",
            got=f"{view.wide:.0f} px",
            criterion=REFLOW,
            fix="let the cards shrink and their values wrap",
        )
    least = view.smallest
    if least is not None and least.px < TEXT_PX:
        yield Finding(
            "small-text",
            f"the letters of {least.spot.said} are {least.px:.1f} px high",
            least.spot,
            wanted=f"{TEXT_PX:.0f} px or more",
            got=f"{least.px:.1f} px",
            fix="keep the size that the text has on a desktop",
        )
    small = [one for one in view.targets if one.box and min(one.box[2:]) < TARGET_PX]
    for one in small[:1]:
        _, _, width, height = one.box or (0, 0, 0, 0)
        yield Finding(
            "small-button",
            f"{len(small)} of {len(view.targets)} buttons are too small for a finger: {one.said} is "
            f"{width:.0f} x {height:.0f} px",
            one,
            wanted=f"{TARGET_PX:.0f} x {TARGET_PX:.0f} px or more",
            got=f"{width:.0f} x {height:.0f} px",
            criterion="WCAG 2.5.8 Target Size (Minimum) (AA)",
            fix="keep the size that the buttons have on a desktop",
        )


def _no_table(first: View) -> Finding:
    return Finding(
        "table-missing",
        "the answer holds a table, and no row of it is on the page",
        first.rows[0].spot if first.rows else NOWHERE,
        wanted="the table's rows",
        got=f"{len(first.rows)} other rows",
        state=first.state,
        fix="draw every table block of an answer",
    )

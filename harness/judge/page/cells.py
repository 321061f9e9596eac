"""One table as it is drawn, and what is wrong with that whatever it says: header, name, alignment, what is cut off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import grid
from harness.judge.page.choice import short
from harness.judge.page.finding import NOWHERE, Finding, Spot
from harness.judge.page.wcag import Rgb, contrast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.judge.page.grid import Grid

LEAST_CONTRAST: Final = 1.5  # below it a text has the colour of its ground; what AA wants is AX-05
STICKS_OUT_PX: Final = 1.0
STRUCTURE: Final = "WCAG 1.3.1 Info and Relationships (A)"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is drawn.

    `header` tells whether it is one for a screen reader, `seen` whether people can see its text. `align` is left, right
    or center; `elements` are the names of all elements in it. `ink` and `ground` are the colours of a header's text and
    of what it stands on, None where a picture is behind it.
    """

    text: str
    spot: Spot = NOWHERE
    header: bool = False
    seen: bool = True
    align: str = "left"
    clipped: bool = False
    elements: tuple[str, ...] = ()
    ink: Rgb | None = None
    ground: Rgb | None = None

    @property
    def readable(self) -> bool:
        """Whether there is text to be seen, as far as its colours are known."""
        if not self.seen:
            return False
        return self.ink is None or self.ground is None or contrast(self.ink, self.ground) >= LEAST_CONTRAST


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows, its accessible name, and by how many px it leaves a box around it that does not scroll."""

    rows: tuple[tuple[Cell, ...], ...]
    spot: Spot = NOWHERE
    name: str = ""
    over_px: float = 0.0


def headed(wanted: Grid, table: Table) -> bool:
    """Tell whether the first row is a header, by its cells or by what it says."""
    first = table.rows[0]
    texts = [grid.key(cell.text) for cell in first]
    return any(cell.header for cell in first) or texts == [grid.key(text) for text in wanted.headers]


def blank(cell: Cell, wanted: str) -> bool:
    """Tell whether a cell is empty that should not be."""
    return not cell.text.strip() and bool(wanted.strip())


def _hidden(cell: Cell, wanted: str) -> bool:
    return bool(cell.text.strip()) and bool(wanted.strip()) and not cell.readable


def heads(wanted: Grid, table: Table) -> Iterator[Finding]:
    """Give what is wrong with the header row: none, no header for a reader, without text, not to be seen."""
    first = table.rows[0]
    if not headed(wanted, table):
        yield Finding(
            "no-header",
            f"the table has no header row: it begins with {short(first[0].text) if first else 'nothing'}",
            table.spot,
            wanted=" | ".join(wanted.headers),
            got="a row of cells",
            criterion=STRUCTURE,
            fix="put a header cell above each column",
        )
        return
    plain = [(number, cell) for number, cell in enumerate(first, 1) if not cell.header]
    if plain:
        number, cell = plain[0]
        yield Finding(
            "no-header",
            f"{len(plain)} of {len(first)} columns have no header cell, first column {number}, {short(cell.text)}",
            cell.spot,
            wanted="a header cell above each column",
            got=cell.spot.role or "an ordinary cell",
            criterion=STRUCTURE,
            fix="make it a th with scope=col",
        )
    yield from _unread(wanted, first)


def _unread(wanted: Grid, first: Sequence[Cell]) -> Iterator[Finding]:
    pairs = list(enumerate(zip(first, wanted.headers, strict=False), 1))
    if empty := [(number, cell, text) for number, (cell, text) in pairs if blank(cell, text)]:
        number, cell, text = empty[0]
        yield Finding(
            "empty-header",
            f"the header of column {number} is empty, wanted {short(text)}{_more(empty)}",
            cell.spot,
            wanted=text,
            got="no text",
            fix="write the answer's header",
        )
    if hidden := [(number, cell, text) for number, (cell, text) in pairs if _hidden(cell, text)]:
        number, cell, text = hidden[0]
        yield Finding(
            "header-hidden",
            f"the header of column {number}, {short(text)}, can't be seen{_more(hidden)}",
            cell.spot,
            wanted="headers that people see",
            got=f"text {cell.ink} on {cell.ground}" if cell.seen else "nothing to be seen",
            fix="show the header row",
        )


def _more(found: Sequence[object]) -> str:
    return f"; and {len(found) - 1} more" if len(found) > 1 else ""


def drawn(wanted: Grid, table: Table) -> Iterator[Finding]:
    """Give what is wrong with how it is laid out: cut off, clipped, ragged, without a name."""
    if table.over_px > STICKS_OUT_PX:
        yield Finding(
            "cut-off",
            f"the table goes {table.over_px:.0f} px beyond what it stands in, which does not scroll",
            table.spot,
            wanted="inside its frame, or a frame that scrolls",
            got=f"{table.over_px:.0f} px outside",
            fix="put it into a frame with overflow-x: auto",
        )
    if clipped := [cell for row in table.rows for cell in row if cell.clipped]:
        yield Finding(
            "cell-clipped",
            f"the text of {len(clipped)} cells is cut off, first {short(clipped[0].text)}",
            clipped[0].spot,
            wanted="the whole text",
            got="a part of it",
            fix="let the text break into lines",
        )
    yield from _ragged(wanted, table)
    if not table.name:
        yield Finding(
            "no-name",
            "the table has no caption and no other name, so that nobody can tell it from the next by ear",
            table.spot,
            wanted=wanted.caption or "a caption",
            got="none",
            criterion=STRUCTURE,
            fix="give it a caption",
        )


def _ragged(wanted: Grid, table: Table) -> Iterator[Finding]:
    """Give columns of numbers alone whose cells are not aligned alike."""
    body = table.rows[1:] if headed(wanted, table) else table.rows
    for at, header in enumerate(wanted.headers):
        if not all(len(row) > at and grid.number(row[at]) for row in wanted.rows):
            continue
        cells = [row[at] for row in body if len(row) > at]
        aligned = Counter(cell.align for cell in cells)
        if len(aligned) > 1:
            most = aligned.most_common(1)[0][0]
            odd = next(cell for cell in cells if cell.align != most)
            sides = ", ".join(f"{count} {side}" for side, count in sorted(aligned.items()))
            yield Finding(
                "numbers-ragged",
                f"the numbers of column {at + 1}, {short(header)}, are not aligned alike: {sides}",
                odd.spot,
                wanted=f"all {most}",
                got=f"{short(odd.text)} {odd.align}",
                fix="align a column of numbers by the column, not by the cell",
            )

"""Tables of answers on the page: is each a real table, with the answer's headers and cells, whole and readable?

The answer's document is the oracle: what its table blocks hold is what must be seen, whatever a model chose to write.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from harness.judge.page import grid
from harness.judge.page.cells import STICKS_OUT_PX, STRUCTURE, Cell, Table, blank, drawn, headed, heads
from harness.judge.page.choice import short
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Verdict

_NOTHING: Final = re.compile(r"\bundefined\b|\bnull\b|\bNaN\b|\[object \w+\]")
_OBJECT: Final = re.compile(r"\[object \w+\]")
_TAG: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
_PIPES: Final = re.compile(r"\|\s*:?-{3,}:?\s*\||^[ \t]*\|.*\|.*\|[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: the tables that its document holds, those on the page, and its text outside of them and of code.

    `what` was asked for; `sideways_px` is by how much the page is wider than the window.
    """

    what: str
    wanted: tuple[grid.Grid, ...]
    tables: tuple[Table, ...] = ()
    text: str = ""
    sideways_px: float = 0.0
    spot: Spot = NOWHERE


@dataclass(frozen=True, slots=True)
class TablesSeen:
    """All answers of one look. `ran`: HTML in a cell was run as a script."""

    answers: tuple[Shown, ...] = ()
    ran: bool = False
    around: Around = field(default_factory=Around)


def judge(record: TablesSeen, excused: Excused) -> Verdict:
    """Decide BB-01 from all tables that were asked for."""
    tables = [table for answer in record.answers for table in answer.tables]
    cells = sum(len(row) for table in tables for row in table.rows)
    found = [*_ran(record), *(one for answer in record.answers for one in _answer(answer))]
    return decide(found, record.around, excused, checked=cells, of=f"cells of {len(tables)} tables")


def _ran(record: TablesSeen) -> Iterator[Finding]:
    if record.ran:
        yield Finding(
            "html-ran",
            "a script in a cell of an answer's table was run",
            record.answers[0].spot if record.answers else NOWHERE,
            wanted="HTML in a cell is text",
            got="its onerror handler ran",
            fix="set cells as text, never as HTML",
        )


def _answer(answer: Shown) -> Iterator[Finding]:
    for number, (wanted, table) in enumerate(_matched(answer), 1):
        if table is None or not any(table.rows):
            yield Finding(
                "no-table",
                f"the answer holds {_size(wanted)}, and table {number} of {len(answer.wanted)} is not on the page",
                answer.spot if table is None else table.spot,
                wanted=_size(wanted),
                got="none" if table is None else "a table without rows",
                state=answer.what,
                criterion=STRUCTURE,
                fix="draw a table block as a table element",
            )
            continue
        found = (*heads(wanted, table), *_texts(wanted, table), *drawn(wanted, table))
        yield from (replace(one, state=answer.what) for one in found)
    yield from (replace(one, state=answer.what) for one in _around(answer))


def _size(wanted: grid.Grid) -> str:
    return f"a table of {len(wanted.rows)} rows and {len(wanted.headers)} columns"


def _matched(answer: Shown) -> Iterator[tuple[grid.Grid, Table | None]]:
    """Give each wanted table with that on the page which shares most texts with it."""
    left = list(answer.tables)
    for wanted in answer.wanted:
        texts = Counter(grid.key(text) for line in wanted.lines for text in line)
        shared = [(texts & _keys(table)).total() for table in left]
        yield wanted, left.pop(shared.index(max(shared))) if left else None


def _keys(table: Table) -> Counter[str]:
    return Counter(grid.key(cell.text) for row in table.rows for cell in row)


def _texts(wanted: grid.Grid, table: Table) -> Iterator[Finding]:
    """Give how its texts differ from the answer's; what has a name of its own is told by it alone."""
    lines = [list(row) for row in table.rows]
    if not headed(wanted, table):
        lines.insert(0, [Cell(text) for text in wanted.headers])  # that it is missing is told by `heads`
    printed: list[tuple[Cell, str]] = []
    become: list[tuple[Cell, str]] = []
    for at, (line, need) in enumerate(zip(lines, wanted.lines, strict=False)):
        for i, (cell, text) in enumerate(zip(line, need, strict=False)):
            nothing = _NOTHING.search(cell.text)
            if nothing and nothing[0] not in text:
                printed.append((cell, text))
            elif {tag.lower() for tag in _TAG.findall(text)} & set(cell.elements):
                become.append((cell, text))
            elif at > 0 or not blank(cell, text):  # an empty header is told by `heads`
                continue
            line[i] = replace(cell, text=text)
    yield from _instead("nothing-shown", "shows a value that is not there:", "show nothing for it", printed)
    yield from _instead("html-run", "became elements of the page, and shows", "set cells as text", become)
    got = grid.of_lines([tuple(cell.text for cell in line) for line in lines])
    for one in grid.differences(wanted, got):
        there = one.row < len(lines) and one.column < len(lines[one.row])
        spot = lines[one.row][one.column].spot if there else table.spot
        yield Finding(one.rule, one.says, spot, wanted=one.wanted, got=one.got, fix=one.fix)


def _instead(rule: str, says: str, fix: str, cells: Sequence[tuple[Cell, str]]) -> Iterator[Finding]:
    if cells:
        cell, text = cells[0]
        more = f"; and {len(cells) - 1} more cells" if len(cells) > 1 else ""
        sentence = f"the cell of {short(text)} {says} {short(cell.text)}{more}"
        yield Finding(rule, sentence, cell.spot, wanted=text, got=cell.text, fix=fix)


def _around(answer: Shown) -> Iterator[Finding]:
    """Give what is wrong around the tables: Markdown left as text, an object printed, a page that scrolls sideways."""
    for rule, pattern, says, fix in (
        ("markdown-left", _PIPES, "a table's Markdown is shown as text", "draw each table once, as a table"),
        ("nothing-shown", _OBJECT, "the answer prints an object", "print what is in it"),
    ):
        if left := pattern.search(answer.text):
            got = short(left[0])
            yield Finding(rule, f"{says}: {got}", answer.spot, wanted="none of it", got=got, fix=fix)
    if answer.sideways_px > STICKS_OUT_PX:
        yield Finding(
            "page-sideways",
            f"the page is {answer.sideways_px:.0f} px wider than its window, so that all of it scrolls sideways",
            answer.spot,
            wanted="a table that scrolls in its own frame",
            got=f"{answer.sideways_px:.0f} px more",
            fix="put the table into a frame with overflow-x: auto",
        )

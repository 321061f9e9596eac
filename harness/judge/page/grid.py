"""A table as texts, and how two of them differ: what an answer holds against what was shown, copied or exported.

Texts are compared without what no reader sees: blanks count once, and inline marks (`**`, backquotes, links), which a
page may have rendered, count as nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.judge.page.choice import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row: TypeAlias = tuple[str, ...]

TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs: https://owasp.org/www-community/attacks/CSV_Injection."""

_NUMBER: Final = re.compile(
    r"[+\-\u2212]?\s?[€$£¥]?\s?\d[\d.,'\u2019\u00a0\u202f ]*(?:[eE][+-]?\d+)?\s?[%€$£¥]?",
)
_MARKS: Final = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*\s][^*]*)\*|`(?P<code>[^`]+)`|\[(?P<link>[^\]]+)\]\([^)\s]+\)"
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's texts, row by row; `caption` names it."""

    headers: Row = ()
    rows: tuple[Row, ...] = ()
    caption: str = ""

    @property
    def lines(self) -> tuple[Row, ...]:
        """Header and rows, in their order."""
        return (self.headers, *self.rows)


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a table is not what it should be; `row` 0 is the header, `column` the first that is wrong."""

    rule: str
    says: str
    wanted: str
    got: str
    fix: str
    row: int = 0
    column: int = 0


def of_block(block: Mapping[str, Any]) -> Grid:
    """Return the texts of an answer's table block."""
    headers: Sequence[Any] = block.get("headers") or ()
    rows: Sequence[Sequence[Any]] = block.get("rows") or ()
    caption = block.get("caption") or ""
    return Grid(_texts(headers), tuple(_texts(row) for row in rows), str(caption))


def of_lines(lines: Iterable[Sequence[str]]) -> Grid:
    """Return lines of cells as a table whose first line is the header."""
    found = [tuple(line) for line in lines]
    return Grid(found[0], tuple(found[1:])) if found else Grid()


def _texts(cells: Iterable[Any]) -> Row:
    return tuple(_text(cell) for cell in cells)


def _text(cell: Any) -> str:
    """Return a JSON value as a page writes it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def key(text: str) -> str:
    """Return a text as two of them are compared."""
    return " ".join(_MARKS.sub(lambda found: found[found.lastgroup or 0], text).split())


def number(text: str) -> bool:
    """Tell whether a text is a plain number: sign, digits, a currency or a per cent sign."""
    return bool(_NUMBER.fullmatch(text.strip()))


def alive(text: str) -> bool:
    """Tell whether a spreadsheet would run a cell as a formula."""
    return len(text) > 1 and text.startswith(TRIGGERS) and not number(text)


def undone(table: Grid) -> Grid:
    """Return a table without the apostrophes that keep spreadsheets from running its cells."""
    return Grid(_bare(table.headers), tuple(_bare(row) for row in table.rows), table.caption)


def _bare(row: Row) -> Row:
    return tuple(cell[1:] if cell.startswith("'") and cell[1:].startswith(TRIGGERS) else cell for cell in row)


def differences(wanted: Grid, got: Grid) -> tuple[Difference, ...]:
    """Return how a table differs from what is wanted: the first of each kind, () for not at all."""
    want, have = _keys(wanted.lines), _keys(got.lines)
    if want == have:
        return ()
    if have == want[1:]:
        says = f"there is no header row: it begins with {_line(got.headers)}"
        return (
            Difference("headers-missing", says, _line(wanted.headers), _line(got.headers), "write the headers too"),
        )
    if moved := _moved(want, have):
        says = f"the columns stand in another order: column {moved} is {short(got.headers[moved - 1])}"
        fix = "keep the answer's order of columns"
        return (Difference("columns-swapped", says, _line(wanted.headers), _line(got.headers), fix, 0, moved - 1),)
    return (*_headers(wanted, got), *_counts(got), *_rows(wanted, got))


def _keys(lines: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(tuple(key(cell) for cell in line) for line in lines)


def _line(row: Row) -> str:
    return " | ".join(row)[:200]


def _moved(want: Sequence[Row], have: Sequence[Row]) -> int:
    """Return the first column (from 1) that holds another one's texts, if all columns are there; else 0."""
    if len(want) != len(have) or not want or len({len(line) for line in (*want, *have)}) != 1:
        return 0
    wanted, got = list(zip(*want, strict=True)), list(zip(*have, strict=True))
    if sorted(wanted) != sorted(got):
        return 0
    return next((at for at, (one, other) in enumerate(zip(wanted, got, strict=True), 1) if one != other), 0)


def _headers(wanted: Grid, got: Grid) -> Iterator[Difference]:
    want, have = _keys([wanted.headers])[0], _keys([got.headers])[0]
    if want == have:
        return
    at = next((i for i, (one, other) in enumerate(zip(want, have, strict=False)) if one != other), None)
    at = min(len(want), len(have)) if at is None else at
    first = f"column {at + 1} is {_cell(got.headers, at)}, wanted {_cell(wanted.headers, at)}"
    if sorted(want) == sorted(have):
        rule, says = "headers-swapped", f"the headers stand in another order than their columns: {first}"
    else:
        rule, says = "headers-differ", f"the headers are not the answer's: {first}"
    yield Difference(rule, says, _line(wanted.headers), _line(got.headers), "take the answer's headers", 0, at)


def _counts(got: Grid) -> Iterator[Difference]:
    wide = len(got.headers)
    wrong = [(number_, row) for number_, row in enumerate(got.rows, 1) if len(row) != wide]
    if not wrong:
        return
    first, row = wrong[0]
    says = f"{len(wrong)} of {len(got.rows)} rows have not as many cells as the header: row {first} has {len(row)}"
    fix = "write a cell for each column, empty or not"
    yield Difference("cell-count", f"{says}, the header {wide}", str(wide), str(len(row)), fix, first)


def _rows(wanted: Grid, got: Grid) -> Iterator[Difference]:
    want, have = _keys(wanted.rows), _keys(got.rows)
    if want == have:
        return
    if moved := _moved(want, have):
        held = _cell(got.rows[0], moved - 1)
        says = f"the values stand in other columns than their headers: column {moved} holds {held}"
        fix = "keep each value in its column"
        yield Difference("columns-swapped", says, _line(wanted.rows[0]), _line(got.rows[0]), fix, 1, moved - 1)
        return
    lost, more = Counter(want) - Counter(have), Counter(have) - Counter(want)
    if not lost and not more:
        at = next(i for i, (one, other) in enumerate(zip(want, have, strict=True), 1) if one != other)
        says = f"the rows stand in another order: row {at} is {short(_line(got.rows[at - 1]))}"
        fix = "keep the answer's order of rows"
        yield Difference("rows-order", says, _line(wanted.rows[at - 1]), _line(got.rows[at - 1]), fix, at)
        return
    yield from _how_many(wanted, got, lost)
    if lost and more:
        yield from _cells(wanted, got)


def _how_many(wanted: Grid, got: Grid, lost: Counter[Row]) -> Iterator[Difference]:
    need, have = len(wanted.rows), len(got.rows)
    if have < need:
        first = next((row for row in _keys(wanted.rows) if row in lost), ())
        says = f"{need - have} of {need} rows are missing, first {short(_line(first))}"
        yield Difference("rows-missing", says, f"{need} rows", f"{have} rows", "take all rows, not those on the screen")
    elif have > need:
        says = f"there are {have - need} rows more than the answer's {need}"
        yield Difference("rows-extra", says, f"{need} rows", f"{have} rows", "write each row once", need + 1)


def _cells(wanted: Grid, got: Grid) -> Iterator[Difference]:
    """Give the first cell that is another, of rows in the same place and of the same length."""
    wrong = [
        (i, j)
        for i, (one, other) in enumerate(zip(wanted.rows, got.rows, strict=False))
        if len(one) == len(other)
        for j in range(len(one))
        if key(one[j]) != key(other[j])
    ]
    if not wrong:
        return
    i, j = wrong[0]
    need, have = wanted.rows[i][j], got.rows[i][j]
    more = f"; and {len(wrong) - 1} more cells" if len(wrong) > 1 else ""
    says = f"row {i + 1}, column {j + 1} is {short(have)}, wanted {short(need)}{more}"
    yield Difference("cell-differs", says, need[:200], have[:200], "keep each cell's text as it is", i + 1, j)


def _cell(row: Row, at: int) -> str:
    return short(row[at]) if at < len(row) else "not there"

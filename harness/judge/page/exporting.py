"""Exporting tables: is the file the whole table as RFC 4180 wants it, with a name, and with nothing in it that runs?

A spreadsheet runs what begins with = + - @, a tab or CR, quoted or not; an apostrophe before it keeps it text. Plain
numbers such as -5 are no formulas and stay as they are. The answer's document is the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.page import grid
from harness.judge.page.choice import CLICK, once, short
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot, decide
from harness.judge.page.rfc4180 import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Verdict

SUFFIX: Final = ".csv"
_FIXES: Final = {
    "line-end": "end each line with CR and LF",
    "text-after-quote": "double each quote inside a field",
    "quote-in-plain-field": "put quotes around a field that holds a quote, and double that",
    "quote-unclosed": "close each quoted field",
    "field-count": "put quotes around a field that holds a comma, and write a field for each column",
}


@dataclass(frozen=True, slots=True)
class Export:
    """One press of an export button, and the file that came.

    `wanted` is the table of its answer, `others` are those of earlier answers. `text` is the file without its byte
    order mark; `broken` says where it is not UTF-8, `failed` why no file came, "" for neither.
    """

    what: str
    how: str
    wanted: grid.Grid
    others: tuple[grid.Grid, ...] = ()
    name: str = ""
    text: str = ""
    broken: str = ""
    failed: str = ""
    spot: Spot = NOWHERE

    @property
    def state(self) -> str:
        """What was exported, and how."""
        return f"{self.what}, {self.how}"


@dataclass(frozen=True, slots=True)
class ExportingSeen:
    """All presses; `missing` are the answers with a table that have no export button: what was asked for, and where."""

    exports: tuple[Export, ...] = ()
    missing: tuple[tuple[str, Spot], ...] = ()
    around: Around = field(default_factory=Around)


def judge(record: ExportingSeen, excused: Excused) -> Verdict:
    """Decide BB-03 from all files that came, and from those that did not."""
    files = [one for one in record.exports if not one.failed]
    fields = sum(len(row) for one in files for row in parse(one.text).rows)
    found = once([*_missing(record), *_dead(record.exports), *(finding for one in files for finding in _file(one))])
    return decide(found, record.around, excused, checked=fields, of=f"fields of {len(files)} exports")


def _missing(record: ExportingSeen) -> Iterator[Finding]:
    for what, spot in record.missing:
        yield Finding(
            "no-export-button",
            "an answer with a table has no button that exports it",
            spot,
            wanted="a button that exports the table as CSV",
            got="none",
            state=what,
            fix="give each table an export button",
        )


def _dead(exports: Sequence[Export]) -> Iterator[Finding]:
    """Give presses that no file came of; dead by keyboard alone is a defect of its own."""
    by_mouse = any(one.how == CLICK and not one.failed for one in exports)
    for one in exports:
        if one.failed:
            keyboard = one.how != CLICK and by_mouse
            yield Finding(
                "dead-by-keyboard" if keyboard else "dead",
                f"pressing the export button gave no file ({one.failed})",
                one.spot,
                wanted="a file",
                got=one.failed,
                state=one.state,
                criterion="WCAG 2.1.1 Keyboard (A)" if keyboard else "",
                fix="make it a button, which has keyboard and pointer alike" if keyboard else "let it export its table",
            )


def _file(one: Export) -> Iterator[Finding]:
    yield from _named(one)
    if one.broken:
        says = f"the file is not UTF-8: {one.broken}"
        yield _wrong(one, "not-utf-8", says, wanted="UTF-8", got=one.broken, fix="write the file as UTF-8")
        return
    read = parse(one.text)
    for breach in read.breaches:
        says = f"the file breaks RFC 4180 in line {breach.line}, column {breach.column}: {breach.says}"
        yield _wrong(one, breach.rule, says, wanted="RFC 4180", got=breach.says, fix=_FIXES[breach.rule])
    if read.sound:
        yield from _content(one, grid.of_lines(read.rows))


def _named(one: Export) -> Iterator[Finding]:
    stem = one.name[: -len(SUFFIX)] if one.name.lower().endswith(SUFFIX) else None
    if stem is None:
        says = f"the file's name, {short(one.name)}, does not end in {SUFFIX}, so that no spreadsheet opens it"
        yield _wrong(one, "name-without-suffix", says, wanted=f"NAME{SUFFIX}", got=one.name, fix=f"add {SUFFIX}")
    elif not stem.strip(" ._-"):
        says = f"the file's name, {short(one.name)}, says nothing of what is in it"
        yield _wrong(one, "name-empty", says, wanted="a name that says it", got=one.name, fix="take the caption")
    if any(mark in one.name for mark in "/\\"):
        says = f"the file's name, {short(one.name)}, holds a path"
        yield _wrong(one, "name-with-path", says, wanted="no slashes", got=one.name, fix="leave slashes out")


def _content(one: Export, got: grid.Grid) -> Iterator[Finding]:
    """Give what differs from the answer's table, apostrophes taken off, and what those apostrophes should have been."""
    bare = grid.undone(got)
    found = grid.differences(grid.undone(one.wanted), bare)
    if found and any(not grid.differences(grid.undone(other), bare) for other in one.others):
        says = f"the file holds another answer's table: {short(' | '.join(got.headers))}"
        wanted = " | ".join(one.wanted.headers)
        yield _wrong(one, "other-answer", says, wanted=wanted, got=" | ".join(got.headers), fix="export its own table")
        return
    for difference in found:
        says = f"the file is not the table: {difference.says}"
        yield _wrong(one, difference.rule, says, wanted=difference.wanted, got=difference.got, fix=difference.fix)
    yield from _alive(one, got)
    if not found:
        yield from _changed(one, got)


def _alive(one: Export, got: grid.Grid) -> Iterator[Finding]:
    for rule, called, lines in (("formula-in-header", "header", [got.headers]), ("formula", "row", list(got.rows))):
        cells = [(row, cell) for row, line in enumerate(lines, 1) for cell in line if grid.alive(cell)]
        if cells:
            row, cell = cells[0]
            where = f"row {row}" if called == "row" else "the header"
            more = f"; and {len(cells) - 1} more" if len(cells) > 1 else ""
            says = f"a spreadsheet would run what {where} holds, {short(cell)}{more}"
            yield _wrong(one, rule, says, wanted=short(f"'{cell}"), got=short(cell), fix="put an apostrophe before it")


def _changed(one: Export, got: grid.Grid) -> Iterator[Finding]:
    """Give plain numbers that were made texts; the tables are known to be alike but for apostrophes."""
    pairs = [pair for lines in zip(one.wanted.rows, got.rows, strict=True) for pair in zip(*lines, strict=True)]
    changed = [(text, cell) for text, cell in pairs if grid.number(text) and cell.startswith("'")]
    if changed:
        text, cell = changed[0]
        more = f"; and {len(changed) - 1} more" if len(changed) > 1 else ""
        says = f"the number {short(text)} became the text {short(cell)}{more}"
        yield _wrong(one, "number-changed", says, wanted=text, got=cell, fix="leave plain numbers as they are")


def _wrong(one: Export, rule: str, says: str, *, wanted: str, got: str, fix: str) -> Finding:
    return Finding(rule, says, one.spot, wanted=wanted, got=got, state=one.state, fix=fix)

"""Tables on the page: each way of drawing one wrong is a finding, and none drawn is never a good one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.page.cells import Cell, Table
from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.grid import Grid
from harness.judge.page.tables import Shown, TablesSeen, judge
from harness.verdict import Outcome, Reason
from tests.unit.page.rules import findings, rules

EXCUSED = Excused("2026-01-01")
WANTED = Grid(("Kind", "Amount"), (("<b>x</b>", "12"), ("", "-5"), ("y", "7")), "What there is")


def drawn(wanted: Grid = WANTED) -> Table:
    """A table as it should be drawn."""
    head = tuple(
        Cell(text, Spot(f"th {i}", "columnheader", text), header=True, ink=(0, 0, 0), ground=(255, 255, 255))
        for i, text in enumerate(wanted.headers)
    )
    body = tuple(
        tuple(
            Cell(text, Spot(f"td {i} {j}", "cell", text), align="right" if j else "left") for j, text in enumerate(row)
        )
        for i, row in enumerate(wanted.rows)
    )
    return Table((head, *body), Spot("table", "table"), wanted.caption)


def changed(row: int, column: int, cell: Cell) -> Table:
    """A good table with another cell at one place."""
    table = drawn()
    line = table.rows[row]
    new = (*line[:column], cell, *line[column + 1 :])
    return replace(table, rows=(*table.rows[:row], new, *table.rows[row + 1 :]))


def head(column: int) -> Cell:
    return drawn().rows[0][column]


def cell(row: int, column: int) -> Cell:
    return drawn().rows[row][column]


def seen(*tables: Table, text: str = "", sideways_px: float = 0.0, ran: bool = False) -> TablesSeen:
    return TablesSeen((Shown("rows", (WANTED,), tables, text, sideways_px),), ran=ran)


def test_a_good_table_is_met() -> None:
    verdict = judge(seen(drawn()), EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert "8 cells of 1 tables" in verdict.because


@pytest.mark.parametrize(
    ("table", "rule", "where"),
    [
        (changed(0, 1, replace(head(1), header=False)), "no-header", "th 1"),
        (changed(0, 0, replace(head(0), text="")), "empty-header", "th 0"),
        (changed(0, 0, replace(head(0), seen=False)), "header-hidden", "th 0"),
        (changed(0, 0, replace(head(0), ink=(250, 250, 250))), "header-hidden", "th 0"),
        (changed(2, 0, replace(cell(2, 0), text="undefined")), "nothing-shown", "td 1 0"),
        (changed(3, 0, replace(cell(3, 0), text="[object Object]")), "nothing-shown", "td 2 0"),
        (changed(1, 0, replace(cell(1, 0), text="x", elements=("b",))), "html-run", "td 0 0"),
        (changed(3, 0, replace(cell(3, 0), text="z")), "cell-differs", "td 2 0"),
        (changed(2, 1, replace(cell(2, 1), align="left")), "numbers-ragged", "td 1 1"),
        (changed(1, 0, replace(cell(1, 0), clipped=True)), "cell-clipped", "td 0 0"),
        (replace(drawn(), over_px=40.0), "cut-off", "table"),
        (replace(drawn(), name=""), "no-name", "table"),
        (replace(drawn(), rows=drawn().rows[1:]), "no-header", "table"),
        (replace(drawn(), rows=drawn().rows[:-1]), "rows-missing", "th 0"),
        (replace(drawn(), rows=(*drawn().rows[:-1], drawn().rows[-1][:1])), "cell-count", "td 2 0"),
        (replace(drawn(), rows=()), "no-table", "table"),
    ],
)
def test_each_defect_is_one_finding_at_its_place(table: Table, rule: str, where: str) -> None:
    verdict = judge(seen(table), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED
    (one,) = findings(verdict)
    assert (one["rule"], one["spot"]["where"], one["state"]) == (rule, where, "rows")
    assert one["fix"]


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (seen(), "no-table"),
        (seen(drawn(), text="text\n| Kind | Amount |\nmore"), "markdown-left"),
        (seen(drawn(), text="| Kind | |---|---| | x |"), "markdown-left"),
        (seen(drawn(), text="It is [object Object]."), "nothing-shown"),
        (seen(drawn(), sideways_px=300), "page-sideways"),
        (seen(drawn(), ran=True), "html-ran"),
    ],
)
def test_what_is_wrong_around_a_table_is_found(record: TablesSeen, rule: str) -> None:
    verdict = judge(record, EXCUSED)
    assert (verdict.outcome, rules(verdict)) == (Outcome.VIOLATED, [rule])


def test_each_wanted_table_is_held_against_that_which_is_like_it() -> None:
    other = Grid(("City", "Trips"), (("Oslo", "1"),), "Trips")
    answer = Shown("both", (WANTED, other), (drawn(other), drawn()))
    assert judge(TablesSeen((answer,)), EXCUSED).outcome is Outcome.MET
    alone = replace(answer, tables=(drawn(other),))
    assert "no-table" in rules(judge(TablesSeen((alone,)), EXCUSED))


def test_a_header_over_a_picture_and_headers_of_rows_are_no_defects() -> None:
    over_picture = changed(0, 0, replace(head(0), ink=None, ground=None))
    of_a_row = changed(1, 0, replace(cell(1, 0), header=True))
    for table in (over_picture, of_a_row):
        assert judge(seen(table), EXCUSED).outcome is Outcome.MET


def test_what_was_not_seen_is_never_met() -> None:
    for record in (TablesSeen(), TablesSeen((Shown("rows", ()),))):
        verdict = judge(record, EXCUSED)
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)


def test_errors_of_the_page_count_however_good_its_tables_are() -> None:
    verdict = judge(replace(seen(drawn()), around=Around(errors=("boom",))), EXCUSED)
    assert rules(verdict) == ["script-error"]

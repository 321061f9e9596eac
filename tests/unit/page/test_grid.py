"""Tables as texts: each way of being another table has its name, and what no reader sees makes no difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge.page.grid import Grid, alive, differences, number, of_block, of_lines, undone

WANTED = Grid(("a", "b", "c"), (("1", "x", "y"), ("2", "v", "w"), ("3", "t", "")))
CELLS = st.text(max_size=5)
GRIDS = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4).map(of_lines)


def lines(*texts: str) -> Grid:
    return of_lines([text.split("|") for text in texts])


@pytest.mark.parametrize(
    ("got", "rule", "place"),
    [
        (lines("1|x|y", "2|v|w", "3|t|"), "headers-missing", (0, 0)),
        (lines("b|a|c", "x|1|y", "v|2|w", "t|3|"), "columns-swapped", (0, 0)),
        (lines("a|b|c", "1|y|x", "2|w|v", "3||t"), "columns-swapped", (1, 1)),
        (lines("a|c|b", "1|x|y", "2|v|w", "3|t|"), "headers-swapped", (0, 1)),
        (lines("a|b|d", "1|x|y", "2|v|w", "3|t|"), "headers-differ", (0, 2)),
        (lines("a|b|c", "1|x|y", "2|v|w", "3|t"), "cell-count", (3, 0)),
        (lines("a|b|c", "1|x|y", "2|v|w"), "rows-missing", (0, 0)),
        (lines("a|b|c", "1|x|y", "2|v|w", "3|t|", "3|t|"), "rows-extra", (4, 0)),
        (lines("a|b|c", "2|v|w", "1|x|y", "3|t|"), "rows-order", (1, 0)),
        (lines("a|b|c", "1|x|y", "2|v|z", "3|t|"), "cell-differs", (2, 2)),
    ],
)
def test_each_difference_has_its_name_and_place(got: Grid, rule: str, place: tuple[int, int]) -> None:
    (one,) = differences(WANTED, got)
    assert (one.rule, (one.row, one.column)) == (rule, place)
    assert one.says
    assert one.fix


def test_rows_that_are_missing_and_cells_that_differ_are_both_told() -> None:
    found = differences(WANTED, lines("a|b|c", "1|x|z", "2|v|w"))
    assert [one.rule for one in found] == ["rows-missing", "cell-differs"]
    assert differences(WANTED, Grid())[0].rule == "headers-differ"


def test_what_no_reader_sees_is_no_difference() -> None:
    wanted = Grid(("**a**", "b"), (("`x` and [y](https://z)", "1  2\n3"),))
    assert differences(wanted, Grid(("a", " b"), (("x and y", "1 2 3"),))) == ()


@given(GRIDS)
def test_a_table_is_itself(table: Grid) -> None:
    assert differences(table, table) == ()


@given(GRIDS, GRIDS)
def test_two_tables_differ_both_ways_or_not_at_all(one: Grid, other: Grid) -> None:
    assert bool(differences(one, other)) is bool(differences(other, one))


def test_a_block_is_read_as_a_page_writes_it() -> None:
    block = {"caption": "C", "headers": ["a", 1], "rows": [[None, 2.0], [True, 0.5]]}
    assert of_block(block) == Grid(("a", "1"), (("", "2"), ("true", "0.5")), "C")
    assert of_block({}) == Grid()
    assert of_lines([]) == Grid()


@pytest.mark.parametrize(
    ("text", "is_number", "is_alive"),
    [
        ("-5", True, False),
        ("+3", True, False),
        ("-1,234.50", True, False),
        ("12 %", True, False),
        ("-$5", True, False),
        ("1e-3", True, False),
        ("", False, False),
        ("-", False, False),
        ("plain", False, False),
        ("=1+2", False, True),
        ("+3 apples", False, True),
        ("-5-2", False, True),
        ("@cmd", False, True),
        ("\t=1", False, True),
        ("'=1+2", False, False),
    ],
)
def test_a_formula_is_no_number(text: str, is_number: bool, is_alive: bool) -> None:
    assert (number(text), alive(text)) == (is_number, is_alive)


def test_apostrophes_are_taken_off_where_they_defuse_alone() -> None:
    assert undone(Grid(("'=a", "'b"), (("'-x", "it's"),))) == Grid(("=a", "'b"), (("-x", "it's"),))

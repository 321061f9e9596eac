"""The strict reader of CSV: it names the first breach of each rule, with line and column, and reads on."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge.page.rfc4180 import Breach, parse

CELLS = st.text(st.sampled_from('ab,"\r\n\t =ü漢'), max_size=6)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", ()),
        ("a,b\r\n1,2\r\n", (("a", "b"), ("1", "2"))),
        ("a,b\r\n1,2", (("a", "b"), ("1", "2"))),
        ("a,\r\n,2\r\n", (("a", ""), ("", "2"))),
        ("a,", (("a", ""),)),
        ('"a,b","c ""d"" e","f\r\ng"\r\n', (("a,b", 'c "d" e', "f\r\ng"),)),
        ('"",""\r\n', (("", ""),)),
    ],
)
def test_what_the_rfc_allows_is_read_without_a_word(text: str, rows: tuple[tuple[str, ...], ...]) -> None:
    assert parse(text).rows == rows
    assert parse(text).breaches == ()


@pytest.mark.parametrize(
    ("text", "rule", "line", "column", "rows"),
    [
        ("a,b\n1,2\r\n", "line-end", 1, 4, (("a", "b"), ("1", "2"))),
        ("a,b\r1,2\r\n", "line-end", 1, 4, (("a", "b"), ("1", "2"))),
        ('a,b\r\n"x "y" z",2\r\n', "text-after-quote", 2, 5, (("a", "b"), ('x y" z"', "2"))),
        ('a,b\r\nx "y" z,2\r\n', "quote-in-plain-field", 2, 3, (("a", "b"), ('x "y" z', "2"))),
        ('a,b\r\n1,"2\r\n', "quote-unclosed", 2, 3, (("a", "b"), ("1", '"2'))),
        ("a,b\r\n1,2,3\r\n", "field-count", 2, 1, (("a", "b"), ("1", "2", "3"))),
        ("a,b\r\n\r\n1,2\r\n", "field-count", 2, 1, (("a", "b"), ("",), ("1", "2"))),
    ],
)
def test_a_breach_is_named_where_it_is(
    text: str, rule: str, line: int, column: int, rows: tuple[tuple[str, ...], ...]
) -> None:
    read = parse(text)
    (breach,) = read.breaches
    assert (breach.rule, breach.line, breach.column) == (rule, line, column)
    assert read.rows == rows
    assert read.sound is (rule == "line-end")


def test_of_each_rule_the_first_breach_is_told() -> None:
    (breach,) = parse("a\nb\nc\n").breaches
    assert breach == Breach("line-end", "a line ends in LF alone", 1, 2)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_it_reads_what_another_writer_writes(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    read = parse(out.getvalue())
    assert read.breaches == ()
    assert read.rows == tuple(tuple(row) for row in rows)

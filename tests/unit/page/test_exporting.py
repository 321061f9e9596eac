"""Exporting: the file is the whole table by the RFC, with a name, and with nothing in it that a spreadsheet runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.exporting import Export, ExportingSeen, judge
from harness.judge.page.finding import NOWHERE, Excused, Spot
from harness.judge.page.grid import Grid
from harness.verdict import Outcome, Reason
from tests.unit.page.rules import findings, rules

EXCUSED = Excused("2026-01-01")
WANTED = Grid(("Item", "+Note", "Amount"), (("a, b", 'a "q"', "12"), ("=1+2", "+3 apples", "-5"), ("@cmd", "", "7")))
OTHER = Grid(("City", "Trips"), (("Oslo", "1"),))
CSV = 'Item,\'+Note,Amount\r\n"a, b","a ""q""",12\r\n\'=1+2,\'+3 apples,-5\r\n\'@cmd,,7\r\n'
GOOD = Export("rows", CLICK, WANTED, (OTHER,), "rows.csv", CSV, spot=Spot("button", "button", "Export CSV"))


def seen(*exports: Export) -> ExportingSeen:
    return ExportingSeen(exports)


@pytest.mark.parametrize("text", [CSV, CSV.rstrip(), CSV.replace("12", '"12"')])
def test_a_good_file_is_met(text: str) -> None:
    verdict = judge(seen(replace(GOOD, text=text)), EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert "12 fields of 1 exports" in verdict.because


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (CSV.replace("\r\n", "\n"), "line-end"),
        (CSV.replace('"a, b"', "a, b"), "field-count"),
        (CSV.replace('""q""', '"q"'), "text-after-quote"),
        (CSV.replace('"a ""q"""', 'a "q"'), "quote-in-plain-field"),
        (CSV.replace("'=1", "=1"), "formula"),
        (CSV.replace("'=1+2", '"=1+2"'), "formula"),
        (CSV.replace("'+Note", "+Note"), "formula-in-header"),
        (CSV.replace("-5", "'-5"), "number-changed"),
        (CSV.partition("\r\n")[2], "headers-missing"),
        (CSV.replace("'@cmd,,7\r\n", ""), "rows-missing"),
        (CSV.replace("12", "13"), "cell-differs"),
        ("City,Trips\r\nOslo,1\r\n", "other-answer"),
        ('Item,Amount,\'+Note\r\n"a, b",12,"a ""q"""\r\n\'=1+2,-5,\'+3 apples\r\n\'@cmd,7,\r\n', "columns-swapped"),
    ],
)
def test_what_is_wrong_in_a_file_has_its_name(text: str, rule: str) -> None:
    verdict = judge(seen(replace(GOOD, text=text)), EXCUSED)
    assert (verdict.outcome, rules(verdict)) == (Outcome.VIOLATED, [rule])
    (one,) = findings(verdict)
    assert (one["spot"]["where"], one["state"]) == ("button", "rows, click")
    assert one["fix"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("rows", "name-without-suffix"),
        ("rows.txt", "name-without-suffix"),
        (".csv", "name-empty"),
        ("_.csv", "name-empty"),
        ("up/rows.csv", "name-with-path"),
    ],
)
def test_a_file_needs_a_name(name: str, rule: str) -> None:
    assert rules(judge(seen(replace(GOOD, name=name)), EXCUSED)) == [rule]


def test_a_breach_is_told_with_its_line_and_column() -> None:
    verdict = judge(seen(replace(GOOD, text=CSV.replace("\r\n", "\n"))), EXCUSED)
    assert "in line 1, column 19: a line ends in LF alone" in verdict.because


def test_a_file_that_is_not_utf_8_is_not_read_on() -> None:
    assert rules(judge(seen(replace(GOOD, broken="byte 3 is 0xdc", text="?")), EXCUSED)) == ["not-utf-8"]


def test_a_dead_button_is_another_defect_than_one_that_hears_no_keys() -> None:
    dead = replace(GOOD, text="", name="", failed="click: Timeout")
    by_key = replace(dead, how=ENTER)
    assert rules(judge(seen(dead, by_key), EXCUSED)) == ["dead"]
    (one,) = findings(judge(seen(GOOD, by_key), EXCUSED))
    assert (one["rule"], one["criterion"]) == ("dead-by-keyboard", "WCAG 2.1.1 Keyboard (A)")


def test_an_answer_without_a_button_is_a_finding() -> None:
    assert rules(judge(ExportingSeen((GOOD,), (("rows", NOWHERE),)), EXCUSED)) == ["no-export-button"]


def test_what_was_not_seen_is_never_met() -> None:
    assert judge(ExportingSeen(), EXCUSED).reason is Reason.NO_DATA

"""Copying: any form of the whole table is right, each other content has its name, and nobody is left without a word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.copying import Copied, CopyingSeen, judge
from harness.judge.page.finding import NOWHERE, Excused, Spot
from harness.judge.page.grid import Grid
from harness.verdict import Outcome, Reason
from tests.unit.page.rules import findings, rules

EXCUSED = Excused("2026-01-01")
WANTED = Grid(("Item", "Amount"), (("a, b", "12"), ("=1+2", "-5"), ('a "q"', "")))
OTHER = Grid(("City", "Trips"), (("Oslo", "1"),))
TSV = 'Item\tAmount\na, b\t12\n=1+2\t-5\na "q"\t'
GOOD = Copied(
    "rows",
    CLICK,
    WANTED,
    (OTHER,),
    TSV,
    "clipboard",
    said=("Table copied.",),
    before="Copy",
    after="Copy",
    labels=("Copy", "Export CSV"),
    spot=Spot("button", "button", "Copy"),
)


def seen(*copies: Copied) -> CopyingSeen:
    return CopyingSeen(copies)


@pytest.mark.parametrize(
    "text",
    [
        TSV,
        TSV.replace("\n", "\r\n") + "\r\n",
        TSV.replace("=1+2", "'=1+2"),
        'Item\tAmount\n"a, b"\t12\n=1+2\t-5\n"a ""q"""\t',
        '| Item | Amount |\n|---|---:|\n| a, b | 12 |\n| =1+2 | -5 |\n| a "q" | |',
        'Item,Amount\r\n"a, b",12\r\n=1+2,-5\r\n"a ""q""",\r\n',
    ],
)
def test_tabs_markdown_and_csv_are_all_right(text: str) -> None:
    verdict = judge(seen(replace(GOOD, text=text)), EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert "read from: clipboard" in verdict.because


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("City\tTrips\nOslo\t1", "other-answer"),
        ("Copy", "words-of-buttons"),
        (f"Copy\nExport CSV\n\nThe caption\n{TSV}", "words-of-buttons"),
        ("Item Amount\nx 12", "not-a-table"),
        ("", "not-a-table"),
        (TSV.partition("\n")[2], "headers-missing"),
        (TSV.rpartition("\n")[0], "rows-missing"),
        (TSV.replace("12", "13"), "cell-differs"),
        ('Amount\tItem\n12\ta, b\n-5\t=1+2\n\ta "q"', "columns-swapped"),
    ],
)
def test_what_else_was_copied_has_its_name(text: str, rule: str) -> None:
    verdict = judge(seen(replace(GOOD, text=text)), EXCUSED)
    assert (verdict.outcome, rules(verdict)) == (Outcome.VIOLATED, [rule])
    (one,) = findings(verdict)
    assert (one["spot"]["where"], one["state"]) == ("button", "rows, click")


def test_a_dead_button_is_another_defect_than_one_that_hears_no_keys() -> None:
    dead = replace(GOOD, text="", source="", said=())
    by_key = replace(dead, how=ENTER)
    assert rules(judge(seen(dead, by_key), EXCUSED)) == ["dead"]
    (one,) = findings(judge(seen(GOOD, by_key), EXCUSED))
    assert (one["rule"], one["criterion"]) == ("dead-by-keyboard", "WCAG 2.1.1 Keyboard (A)")
    failed = judge(seen(replace(dead, failed="click failed: covered")), EXCUSED)
    assert "covered" in failed.because


def test_copying_in_silence_is_found_and_a_name_that_changes_is_heard_by_a_person() -> None:
    silent = replace(GOOD, said=())
    assert rules(judge(seen(silent), EXCUSED)) == ["silent"]
    verdict = judge(seen(replace(silent, after="Copied")), EXCUSED)
    assert verdict.reason is Reason.NEEDS_SIGNOFF
    assert findings(verdict, "to_look_at")[0]["rule"] == "name-changed-only"


def test_focus_stays_on_the_button() -> None:
    assert rules(judge(seen(replace(GOOD, focus="nothing")), EXCUSED)) == ["focus-lost"]


def test_the_same_defect_in_several_ways_is_one_finding() -> None:
    wrong = replace(GOOD, text="Copy")
    (one,) = findings(judge(seen(wrong, replace(wrong, how=ENTER)), EXCUSED))
    assert one["state"] == "rows, click, rows, Enter"


def test_an_answer_without_a_button_is_a_finding() -> None:
    assert rules(judge(CopyingSeen((GOOD,), (("rows", NOWHERE),)), EXCUSED)) == ["no-copy-button"]


def test_what_was_not_seen_is_never_met() -> None:
    assert judge(CopyingSeen(), EXCUSED).reason is Reason.NO_DATA

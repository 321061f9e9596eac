"""The export button of the real page: the healthy file is met byte by byte, each defect is found by its own rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import exporting as judged
from harness.judge.page.finding import Excused
from harness.observe.page import exporting
from harness.verdict import Outcome
from sandbox.faults.browser.tables import FAULTS
from tests.unit.page.rules import rules

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "csv-lf": "line-end",
    "csv-comma-unquoted": "field-count",
    "csv-quotes-single": "text-after-quote",
    "csv-first-rows": "rows-missing",
    "csv-formula": "formula",
    "csv-header-formula": "formula-in-header",
    "csv-numbers-defused": "number-changed",
    "csv-columns-reversed": "columns-swapped",
    "csv-headers-sorted": "headers-swapped",
    "csv-no-headers": "headers-missing",
    "csv-cell-dropped": "field-count",
    "csv-first": "other-answer",
    "csv-latin1": "not-utf-8",
    "csv-no-suffix": "name-without-suffix",
    "csv-dead": "dead",
    "csv-mouse-only": "dead-by-keyboard",
}


def test_the_healthy_page_is_met_and_seen_alike_twice(browser: Browser) -> None:
    first, second = exporting.see(browser), exporting.see(browser)
    verdict = judged.judge(first, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert first.exports == second.exports
    long, rows = first.exports
    assert (long.how, long.text.count("\r\n")) == ("Enter", 61)
    assert (rows.how, rows.name) == ("click", "the-rows-you-gave.csv")
    assert "'=1+2,'+3 apples,-5\r\n" in rows.text
    assert all((browser.folder / picture.file).is_file() for picture in first.around.pictures)


def test_each_fault_has_its_rule() -> None:
    assert set(RULES) == {fault.name for fault in FAULTS if fault.primary == "BB-03"}


@pytest.mark.defects
@pytest.mark.parametrize(("name", "rule"), RULES.items(), ids=list(RULES))
def test_each_fault_is_found(browser: Browser, town: Town, name: str, rule: str) -> None:
    town.faults(name)
    verdict = judged.judge(exporting.see(browser), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert rule in rules(verdict), verdict

"""Tables on the real page: the healthy one is met, and each way of drawing them wrong is found by its own rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import tables as judged
from harness.judge.page.finding import Excused
from harness.observe.page import tables
from harness.verdict import Outcome
from sandbox.faults.browser.tables import FAULTS
from tests.unit.page.rules import rules

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "table-th-missing": "no-header",
    "table-headers-sorted": "headers-swapped",
    "table-header-blank": "empty-header",
    "table-header-hidden": "header-hidden",
    "table-header-pale": "header-hidden",
    "table-header-html": "html-run",
    "table-cell-dropped": "cell-count",
    "table-rows-capped": "rows-missing",
    "table-pipes-left": "markdown-left",
    "table-html-run": "html-run",
    "table-undefined": "nothing-shown",
    "table-caption-lost": "no-name",
    "table-numbers-ragged": "numbers-ragged",
    "table-cut-off": "cut-off",
    "table-sideways": "page-sideways",
    "table-cell-clipped": "cell-clipped",
}


def test_the_healthy_page_is_met_and_seen_alike_twice(browser: Browser) -> None:
    first, second = tables.see(browser), tables.see(browser)
    verdict = judged.judge(first, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert first.answers == second.answers
    assert [answer.what for answer in first.answers] == ["hostile rows", "wide table", "small table"]
    assert [len(answer.wanted[0].headers) for answer in first.answers] == [3, 12, 2]
    assert first.answers[0].tables[0].rows[1][1].text == "<img src=x onerror=window.ranFromCell=true>"
    assert all((browser.folder / picture.file).is_file() for picture in first.around.pictures)


def test_each_fault_has_its_rule() -> None:
    assert set(RULES) == {fault.name for fault in FAULTS if fault.primary == "BB-01"}


@pytest.mark.defects
@pytest.mark.parametrize(("name", "rule"), RULES.items(), ids=list(RULES))
def test_each_fault_is_found(browser: Browser, town: Town, name: str, rule: str) -> None:
    town.faults(name)
    verdict = judged.judge(tables.see(browser), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert rule in rules(verdict), verdict

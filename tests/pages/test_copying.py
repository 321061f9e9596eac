"""The copy button of the real page: the healthy one copies its own table in each way, and each defect is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import copying as judged
from harness.judge.page.finding import Excused
from harness.observe.page import copying
from harness.verdict import Outcome
from sandbox.faults.browser.tables import FAULTS
from tests.unit.page.rules import rules

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "copy-first": "other-answer",
    "copy-label": "words-of-buttons",
    "copy-words": "words-of-buttons",
    "copy-dead": "dead",
    "copy-mouse-only": "dead-by-keyboard",
    "copy-last-row-lost": "rows-missing",
    "copy-no-headers": "headers-missing",
    "copy-blanks": "not-a-table",
    "copy-silent": "silent",
    "copy-focus-lost": "focus-lost",
}


def test_the_healthy_page_is_met_and_seen_alike_twice(browser: Browser) -> None:
    first, second = copying.see(browser), copying.see(browser)
    verdict = judged.judge(first, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert first.copies == second.copies
    assert [copy.how for copy in first.copies] == ["click", "click", "Enter", "Space"]
    assert {copy.source for copy in first.copies} == {"clipboard"}
    assert first.copies[0].text.count("\n") == len(first.copies[0].wanted.rows) == 60
    assert all((browser.folder / picture.file).is_file() for picture in first.around.pictures)


def test_where_the_clipboard_is_closed_what_the_page_wrote_is_taken(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ALLOWED", ())
    record = copying.see(browser)
    verdict = judged.judge(record, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert {copy.source for copy in record.copies} <= {"copy event", "writeText"}


def test_each_fault_has_its_rule() -> None:
    assert set(RULES) == {fault.name for fault in FAULTS if fault.primary == "BB-02"}


@pytest.mark.defects
@pytest.mark.parametrize(("name", "rule"), RULES.items(), ids=list(RULES))
def test_each_fault_is_found(browser: Browser, town: Town, name: str, rule: str) -> None:
    town.faults(name)
    verdict = judged.judge(copying.see(browser), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert rules(verdict) == [rule], verdict

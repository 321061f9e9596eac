"""Memory through the real page: healthy it is MET, and each defect is found by its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.finding import Excused
from harness.judge.page.remembering import RECALL, judge
from harness.observe.page import remembering
from harness.verdict import Outcome
from sandbox.faults.browser.actions import REMEMBERING

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
RULES = {
    "page-no-session": {"no-session", "forgotten"},
    "page-session-misnamed": {"no-session", "forgotten"},
    "page-session-renewed": {"other-session", "forgotten"},
    "page-new-keeps-session": {"session-kept", "told-anew"},
}


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_a_healthy_page_is_met_whatever_is_told(browser: Browser, seed: int) -> None:
    record = remembering.see(browser, seed)
    verdict = judge(record, TODAY)
    assert verdict.outcome is Outcome.MET, verdict
    recalled = next(turn for turn in record.turns if turn.name == RECALL)
    assert record.value in recalled.text
    assert recalled.sent.session == record.turns[0].session != ""
    assert "after a reload it is not known" in verdict.because


@pytest.mark.defects
@pytest.mark.parametrize("fault", REMEMBERING, ids=lambda fault: fault.name)
def test_each_defect_is_found_by_its_rules(browser: Browser, town: Town, fault: Any) -> None:
    town.faults(fault.name)
    verdict = judge(remembering.see(browser), TODAY)
    assert verdict.outcome.name == fault.expected[0]
    found: Any = verdict.facts["findings"]
    assert {one["rule"] for one in found} == RULES[fault.name]

"""A window of 320 px, against the real page and each of its defects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.finding import Excused
from harness.judge.page.reflow import judge
from harness.observe.page import reflow
from harness.verdict import Outcome
from sandbox.faults.browser.fitting import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
RULES = {
    "fit-page-too-wide": "sideways",
    "fit-code-too-wide": "sideways",
    "fit-title-cut": "cut",
    "fit-answer-scrolls": "sticks-out",
    "fit-rating-on-text": "overlap",
    "fit-export-gone": "lost",
}
MINE = [fault for fault in FAULTS if fault.primary == "AX-06"]


def test_a_healthy_page_fits_into_320_px(browser: Browser) -> None:
    verdict = judge(reflow.see(browser), TODAY)
    assert verdict.outcome is Outcome.MET, verdict
    assert verdict.facts["checked"]
    assert verdict.facts["pictures"]


@pytest.mark.defects
@pytest.mark.parametrize("fault", MINE, ids=lambda fault: fault.name)
def test_each_defect_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(reflow.see(browser), TODAY)
    assert (verdict.outcome.name, verdict.reason or "") == fault.expected, verdict
    assert RULES[fault.name] in {one["rule"] for one in cast("Any", verdict.facts["findings"])}

"""The main controls at each width, against the real page and each of its defects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.finding import Excused
from harness.judge.page.layout import judge
from harness.observe.page import layout
from harness.verdict import Outcome
from sandbox.faults.browser.cards import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
WIDTHS = (320, 375, 768, 1280, 1920)
RULES = {
    "layout-badge-over-send": ("covered", "1280 px"),
    "layout-send-outside": ("outside", "375 px"),
    "layout-notice-over-composer": ("covered", "320 px"),
    "layout-theme-over-new": ("overlap", "768 px"),
    "layout-new-gone": ("gone", "320 px"),
    "layout-send-untouchable": ("covered", "1920 px"),
}
MINE = [fault for fault in FAULTS if fault.primary == "BY-05"]


def test_a_healthy_page_has_its_controls_in_reach_at_every_width(browser: Browser) -> None:
    verdict = judge(layout.see(browser), TODAY, WIDTHS)
    assert verdict.outcome is Outcome.MET, verdict
    assert verdict.facts["checked"] == 2 * len(WIDTHS) * 4


@pytest.mark.defects
@pytest.mark.parametrize("fault", MINE, ids=lambda fault: fault.name)
def test_each_defect_of_the_layout_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(layout.see(browser), TODAY, WIDTHS)
    assert (verdict.outcome.name, verdict.reason or "") == fault.expected, verdict
    found = cast("Any", verdict.facts["findings"])
    rule, state = RULES[fault.name]
    assert any(one["rule"] == rule and state in one["state"] for one in found)
    assert {one["state"].partition(",")[0] for one in found} == {state}

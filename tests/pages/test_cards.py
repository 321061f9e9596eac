"""Tables as cards, against the real page and each of its defects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.cards import judge
from harness.judge.page.finding import Excused
from harness.observe.page import cards
from harness.verdict import Outcome
from sandbox.faults.browser.cards import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
RULES = {
    "cards-none-on-phones": "no-cards",
    "cards-missing-at-767": "no-cards",
    "cards-still-at-768": "no-table",
    "cards-labels-lost": "unnamed-value",
    "cards-too-wide": "sideways",
    "cards-and-table": "shown-twice",
    "cards-drop-columns": "value-missing",
    "cards-drop-rows": "row-missing",
    "cards-small-print": "small-text",
    "cards-small-tools": "small-button",
    "cards-header-not-back": "header-gone",
    "cards-roles-implicit": "roles-implicit",
}
MINE = [fault for fault in FAULTS if fault.primary == "BB-04"]


def test_a_healthy_page_lays_its_tables_out_as_cards(browser: Browser) -> None:
    seen = cards.see(browser)
    verdict = judge(seen, TODAY)
    assert verdict.outcome is Outcome.MET, verdict
    assert [view.window for view in seen.desktop.views] == [1280, 769, 768, 767, 375, 1280]
    assert seen.desktop.views[0].header == ("Fruit", "Origin", "Price", "Weeks")
    assert seen.phone.views[0].rows[0].pieces[0] == "Fruit Apricot"
    assert seen.phone.views[0].rows[0].lines == 4
    assert (browser.folder / seen.around.pictures[0].file).is_file()


@pytest.mark.defects
@pytest.mark.parametrize("fault", MINE, ids=lambda fault: fault.name)
def test_each_defect_of_cards_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(cards.see(browser), TODAY)
    assert (verdict.outcome.name, verdict.reason or "") == fault.expected, verdict
    found = cast("Any", [*cast("Any", verdict.facts["findings"]), *cast("Any", verdict.facts["to_look_at"])])
    assert RULES[fault.name] in {one["rule"] for one in found}

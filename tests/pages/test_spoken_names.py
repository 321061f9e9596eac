"""Listening to the real page as screen readers get it: a good one is met, each defect is found for what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page import spoken_names as judged
from harness.judge.page.finding import Excused
from harness.observe.page import spoken_names
from harness.observe.page.ax_tree import Reader
from harness.observe.page.browser import State
from harness.verdict import Outcome
from sandbox.faults.browser.names import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "names-nameless": "no-name",
    "names-icon-text": "icon-name",
    "names-icon-glyph": "symbol-name",
    "names-label-differs": "label-not-in-name",
    "names-no-role": "no-role",
    "names-state-silent": "state-not-told",
    "names-answer-silent": "answer-not-announced",
    "names-error-silent": "error-not-announced",
    "names-headers-hidden": "headers-not-read",
    "names-headers-cells": "headers-not-read",
    "names-table-nameless": "table-no-name",
}
CLOSED = """() => {
  const host = document.createElement("div");
  document.body.append(host);
  host.attachShadow({ mode: "closed" }).append(document.createElement("button"));
}"""


def test_the_page_is_heard_as_it_is_seen_and_met(browser: Browser) -> None:
    record = spoken_names.see(browser)
    verdict = judged.judge(record, EXCUSED)
    heard = {(control.role, control.name) for control in record.controls}
    assert verdict.outcome is Outcome.MET, verdict.because
    assert heard >= {("button", "New conversation"), ("textbox", "Your question"), ("button", "Helpful")}
    assert ("button", "Try again") in heard
    assert record.tables[0].headers == record.tables[0].wanted == ("Drink", "Price")
    assert record.tables[0].cells == (2, 2, 2)
    assert (record.told.live, record.told.in_tree, record.told.pieces) == ("polite", "polite", 0)
    assert record.told.said == ("The answer is complete.",)
    assert "The server could not answer (500)." in record.refused.heard
    assert [toggle.after for toggle in record.toggles] == ["true", "true"]
    assert record.around.errors == ()


def test_a_control_in_a_closed_shadow_root_is_heard(browser: Browser) -> None:
    with browser.tab("closed", State(scripts=("spoken.js",))) as tab:
        tab.run(CLOSED)
        tab.settle()
        reader = Reader(tab)
        (nameless,) = [node for node in reader.tree().nodes.values() if node.role == "button" and not node.name]
        assert reader.facts(nameless)["spot"]["where"].endswith(">> button")


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_defect_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judged.judge(spoken_names.see(browser), EXCUSED)
    findings: Any = verdict.facts["findings"]
    assert verdict.outcome is Outcome.VIOLATED, verdict.because
    assert RULES[fault.name] in {one["rule"] for one in findings}, verdict.because

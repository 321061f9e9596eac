"""Windows of 320 px, 200%, target sizes and reduced motion: the real page meets each, each of its defects is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.verdict import Outcome
from sandbox.faults.browser.fitting import FAULTS
from tests.pages.looks import LOOKS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

RULES = {
    "fit-page-too-wide": "sideways",
    "fit-code-too-wide": "sideways",
    "fit-title-cut": "cut",
    "fit-answer-scrolls": "sticks-out",
    "fit-rating-on-text": "overlap",
    "fit-export-gone": "lost",
    "fit-large-text-cut": "cut",
    "fit-large-text-crammed": "crammed",
    "fit-large-label-covered": "overlap",
    "fit-theme-gone-zoomed": "lost",
    "fit-small-suggestions": "small-target",
    "fit-small-bar-on-phones": "small-target",
    "motion-title-nudges": "animated",
    "motion-answers-slide": "animated",
    "motion-buttons-rise": "animated",
    "motion-heading-floats": "drifts",
    "motion-page-glides": "glides",
    "motion-answers-glide": "glides",
}


@pytest.mark.parametrize("line", ["AX-06", "AX-07", "AX-08", "AX-09"])
def test_a_healthy_page_is_met(browser: Browser, line: str) -> None:
    verdict = LOOKS["a11y"][line](browser)
    assert verdict.outcome is Outcome.MET, verdict
    assert verdict.facts["checked"]
    assert verdict.facts["pictures"]


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_defect_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    assert fault.primary is not None
    verdict = LOOKS["a11y"][fault.primary](browser)
    assert (verdict.outcome.name, verdict.reason or "") == fault.expected, verdict
    assert RULES[fault.name] in {one["rule"] for one in cast("Any", verdict.facts["findings"])}

"""Landing examples on the real page: healthy it is MET, switched off too, and each defect is found by its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.choice import CLICK, ENTER
from harness.judge.page.examples import judge
from harness.judge.page.finding import Excused
from harness.observe.page import examples
from harness.verdict import Outcome
from sandbox.faults.browser.actions import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
FEW = 4  # loads where a defect shows in any of them
RULES = {
    "examples-fallback": "list-of-its-own",
    "examples-same-request": "same-on-each-load",
    "examples-shown-twice": "twice",
    "examples-too-few": "too-few",
    "examples-blank": "no-text",
    "examples-dead": "dead",
    "examples-neighbour": "other-text",
    "examples-sent-twice": "sent-twice",
    "examples-unfilled": "placeholder-left",
    "examples-reshuffled": "reshuffled",
    "examples-same-seed": "same-on-each-load",
    "examples-braces": "placeholder-left",
}


@pytest.fixture(scope="session")
def url_off(town: Town) -> str:
    return town.pod(FEATURE_DYNAMIC_PROMPTS="0").url


@pytest.fixture
def browser_off(browser: Browser, url_off: str) -> Iterator[Browser]:
    """The browser at a page whose service gives one static list."""
    browser.url, before = url_off, browser.url
    yield browser
    browser.url = before


def test_a_healthy_page_is_met(browser: Browser) -> None:
    record = examples.see(browser, flag=True)
    verdict = judge(record, TODAY)
    assert verdict.outcome is Outcome.MET, verdict
    assert len(record.loads) == 8
    assert all(load.given and load.given.status == 200 and len(load.given.texts) == 5 for load in record.loads)
    assert [load.pressed.how for load in record.loads if load.pressed] == [ENTER, CLICK]
    assert [load.typed is not None for load in record.loads] == [False] * 5 + [True, False, False]


def test_with_the_flag_off_a_static_list_is_right_and_with_it_on_it_is_stale(browser_off: Browser) -> None:
    record = examples.see(browser_off, flag=False, loads=FEW)
    assert judge(record, TODAY).outcome is Outcome.MET
    stale = judge(examples.see(browser_off, flag=True, loads=FEW), TODAY)
    found: Any = stale.facts["findings"]
    assert [one["rule"] for one in found] == ["same-on-each-load"]


@pytest.mark.defects
@pytest.mark.parametrize("fault", EXAMPLES, ids=lambda fault: fault.name)
def test_each_defect_is_found_by_its_rule(browser: Browser, town: Town, fault: Any) -> None:
    town.faults(fault.name)
    verdict = judge(examples.see(browser, flag=True, loads=FEW), TODAY)
    assert verdict.outcome.name == fault.expected[0]
    found: Any = verdict.facts["findings"]
    assert RULES[fault.name] in {one["rule"] for one in found}

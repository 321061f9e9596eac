"""Suggested actions on the real page: healthy it is MET, switched off too, and each defect is found by its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.actions import judge
from harness.judge.page.choice import CLICK, DOUBLE, ENTER
from harness.judge.page.finding import Excused
from harness.observe.page import actions
from harness.verdict import Outcome
from sandbox.faults.browser.actions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observe.page.browser import Browser
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
RULES = {
    "actions-sent-twice": "sent-twice",
    "actions-neighbour": "other-text",
    "actions-cut-text": "other-text",
    "actions-dead": "dead",
    "actions-mouse-only": "dead-by-keyboard",
    "actions-marked": "markup-left",
    "actions-shown-twice": "twice",
    "actions-first-only": "missing",
    "actions-built-in": "not-offered",
    "actions-not-shown": "not-shown",
    "actions-not-refreshed": "old-left",
    "actions-usable-while-busy": "usable-while-busy",
    "actions-asked-again": "asks-the-same",
    "actions-in-markdown": "markup-left",
}


@pytest.fixture(scope="session")
def url_off(town: Town) -> str:
    return town.pod(FEATURE_SUGGESTED_ACTIONS="0").url


@pytest.fixture
def browser_off(browser: Browser, url_off: str) -> Iterator[Browser]:
    """The browser at a page whose service suggests nothing."""
    browser.url, before = url_off, browser.url
    yield browser
    browser.url = before


def test_a_healthy_page_is_met_in_each_way_of_pressing(browser: Browser) -> None:
    record = actions.see(browser, flag=True)
    verdict = judge(record, TODAY)
    assert verdict.outcome is Outcome.MET, verdict
    assert [turn.how for turn in record.turns] == ["typed", CLICK, DOUBLE, ENTER]
    assert [turn.pressed.held for turn in record.turns if turn.pressed] == [1, 1, 1]
    assert len(record.around.pictures) == 4


def test_the_same_page_twice_gives_the_same_offers(browser: Browser) -> None:
    one, other = (actions.see(browser) for _ in range(2))
    assert [turn.shown for turn in one.turns] == [turn.shown for turn in other.turns]


def test_with_the_flag_off_a_page_that_shows_nothing_is_met(browser_off: Browser) -> None:
    assert judge(actions.see(browser_off, flag=False), TODAY).outcome is Outcome.MET
    assert judge(actions.see(browser_off, flag=True), TODAY).outcome is Outcome.VIOLATED


@pytest.mark.defects
def test_with_the_flag_off_actions_of_the_pages_own_are_found(browser_off: Browser, town: Town) -> None:
    town.faults("actions-built-in")
    found: Any = judge(actions.see(browser_off, flag=False), TODAY).facts["findings"]
    assert [one["rule"] for one in found] == ["shown-though-off"]


@pytest.mark.defects
@pytest.mark.parametrize("fault", ACTIONS, ids=lambda fault: fault.name)
def test_each_defect_is_found_by_its_rule(browser: Browser, town: Town, fault: Any) -> None:
    town.faults(fault.name)
    verdict = judge(actions.see(browser, flag=True), TODAY)
    assert verdict.outcome.name == fault.expected[0]
    found: Any = verdict.facts["findings"]
    assert RULES[fault.name] in {one["rule"] for one in found}

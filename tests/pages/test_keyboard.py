"""The walk with the keyboard against the real page: a good one is met, each defect is found for what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page import keyboard as judged
from harness.judge.page.finding import Excused
from harness.observe.page import keyboard
from harness.verdict import Outcome
from sandbox.faults.browser.keyboard import FAULTS

if TYPE_CHECKING:
    from harness.judge.page.keyboard_walk import Walk
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "keyboard-trap-composer": "keyboard-trap",
    "keyboard-trap-rating": "keyboard-trap",
    "keyboard-trap-menu": "keyboard-trap",
    "keyboard-menu-stays": "popup-stays",
    "keyboard-menu-mouse": "opener-dead",
    "keyboard-menu-loses-focus": "focus-not-back",
    "keyboard-unreachable": "never-reached",
    "keyboard-mouse-only": "mouse-only",
    "keyboard-order-rating": "order-jumps",
    "keyboard-order-examples": "order-jumps",
    "keyboard-positive-tabindex": "positive-tabindex",
    "keyboard-no-way-back": "no-way-back",
    "keyboard-unseen-stop": "focus-hidden",
}


def names(walk: Walk) -> list[str]:
    return [walk.spot(visit).name for visit in walk.forward]


def test_the_page_is_walked_there_and_back_and_met(browser: Browser) -> None:
    record = keyboard.see(browser)
    begun, answered = record.walks
    assert judged.judge(record, EXCUSED).outcome is Outcome.MET, judged.judge(record, EXCUSED).because
    assert begun.left
    assert begun.returned
    assert names(begun)[:2] == ["New conversation", "Dark theme"]
    assert names(begun)[-2:] == ["Your question", "Send"]
    assert len(names(begun)) == 9
    assert names(answered)[2:6] == ["Copy", "Export CSV", "Helpful", "Not helpful"]
    assert len(names(answered)) == 11
    assert [visit.at for visit in begun.forward] == list(range(9))
    assert all((browser.folder / picture.file).is_file() for picture in record.around.pictures)


def test_the_same_page_twice_gives_the_same_walk(browser: Browser) -> None:
    one, other = keyboard.see(browser).walks[1], keyboard.see(browser).walks[1]
    assert [visit.at for visit in one.forward] == [visit.at for visit in other.forward]
    assert [control.place for control in one.controls[:2]] == [control.place for control in other.controls[:2]]


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_defect_is_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judged.judge(keyboard.see(browser), EXCUSED)
    findings: Any = verdict.facts["findings"]
    assert verdict.outcome is Outcome.VIOLATED, verdict.because
    assert RULES[fault.name] in {one["rule"] for one in findings}, verdict.because

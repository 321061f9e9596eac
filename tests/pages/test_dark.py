"""BB-05 against the page as it is, and with each of its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.dark import judge
from harness.judge.page.finding import Excused
from harness.observe.page import theme
from harness.observe.page.browser import State
from harness.observe.page.dark import see
from harness.verdict import Outcome
from sandbox.faults.browser.dark import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "dark-white-card": "light-surface",
    "dark-white-field": "light-surface",
    "dark-invisible-icon": "icon-unseen",
    "dark-lost-on-reload": "theme-lost",
    "dark-pale-placeholder": "placeholder-unreadable",
    "dark-unreadable-question": "text-unreadable",
    "dark-switch-dead": "theme-unchanged",
    "dark-state-untold": "theme-state-untold",
    "dark-comes-late": "theme-flash",
    "dark-system-ignored": "system-ignored",
    "dark-light-scrollbars": "color-scheme",
    "dark-no-way-back": "theme-no-return",
}


def test_the_page_is_dark_all_over(browser: Browser) -> None:
    seen = see(browser)
    verdict = judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert {"the composer", "the answer", "the table", "the code", "the note", "the list"} <= set(seen.parts)
    assert seen.reloaded is not None
    assert seen.reloaded.first is not None
    assert all((browser.folder / picture.file).is_file() for picture in seen.around.pictures)


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_found_as_what_it_is(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(see(browser), EXCUSED)
    found: Any = verdict.facts["findings"]
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert RULES[fault.name] in {one["rule"] for one in found}, verdict


def test_a_theme_is_switched_and_proved(browser: Browser) -> None:
    with browser.tab("theme") as tab:
        assert theme.now(tab) == "light"
        theme.switch(tab, "dark")
        assert theme.now(tab) == "dark"
        theme.switch(tab, "dark")
        assert theme.now(tab) == "dark"
        theme.switch(tab, "light")
        assert theme.now(tab) == "light"
    with browser.tab("theme-system", State(scheme="dark", film=False)) as tab:
        assert theme.now(tab) == "dark"

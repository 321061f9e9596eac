"""axe-core against the real page: clean in every theme, page and state; each defect found where it is."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.axe import PAGES, THEMES, judge
from harness.judge.page.finding import Excused
from harness.observe.page import axe
from harness.verdict import Outcome
from sandbox.faults.browser.axe import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {  # rule, a part of its state, a part of where it is
    "axe-label-missing": ("label", "light and dark, landing", "#filter"),
    "axe-role-unknown": ("aria-roles", "light and dark, conversation", "div"),
    "axe-list-broken": ("list", "light and dark, landing", "#examples"),
    "axe-value-unknown": ("aria-valid-attr-value", "light and dark, conversation", "button"),
    "axe-name-nowhere": ("aria-valid-attr-value", "light and dark, landing", "#landing"),
    "axe-in-frame": ("aria-meter-name", "light and dark, landing", " >> div"),
    "axe-in-shadow-root": ("aria-meter-name", "light and dark, landing", " >> div"),
    "axe-lang-missing": ("html-has-lang", "light and dark, landing", "html"),
    "axe-lang-unknown": ("html-lang-valid", "light and dark, landing", "html"),
    "axe-dark-only": ("aria-roles", "dark, landing", "header"),
    "axe-hovered-only": ("aria-roles", "hovered", "#new-tip"),
    "axe-focused-only": ("aria-valid-attr-value", "focused", "#new"),
    "axe-failed-only": ("aria-roles", "light and dark, error", "p"),
    "axe-id-twice": ("duplicate-id-aria", "light and dark, conversation", ""),
}


def test_the_page_is_clean_in_every_theme_page_and_state_and_twice_the_same(browser: Browser) -> None:
    seen = axe.see(browser)
    verdict = judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert {(run.theme, run.page) for run in seen.runs if not run.condition} == set(product(THEMES, PAGES))
    assert min(run.applied for run in seen.runs if not run.condition) >= 12
    assert seen.unchanged >= 30
    assert seen.unreached == ()
    assert {"table", "code", "callout", "list", "image", "suggestions"} <= set(seen.shown)
    assert seen.around.versions["axe-core"].startswith("4.")
    assert len(seen.around.pictures) == len(THEMES) * len(PAGES)
    again = axe.see(browser)
    assert (again.runs, again.unchanged, again.shown) == (seen.runs, seen.unchanged, seen.shown)


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_each_defect_is_found_where_it_is(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(axe.see(browser), EXCUSED)
    facts: Any = verdict.facts
    assert (verdict.outcome.name, str(verdict.reason or "")) == fault.expected, verdict.because
    rule, state, where = RULES[fault.name]
    found = [one for one in (*facts["findings"], *facts["to_look_at"]) if one["rule"] == rule]
    assert found, verdict.because
    assert any(state in one["state"] and where in one["spot"]["where"] for one in found), found
    assert {one["rule"] for one in facts["findings"]} <= {rule}

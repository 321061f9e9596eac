"""AX-05 against the page as it is, and with each of its faults; and pixels where colours don't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page import paint
from harness.judge.page.contrast import judge
from harness.judge.page.finding import Excused
from harness.observe.page import colours, pixels, theme
from harness.observe.page.browser import State
from harness.observe.page.contrast import see
from harness.verdict import Outcome
from sandbox.faults.browser.contrast import FAULTS

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
RULES = {
    "contrast-pale-hint": ("text-contrast", "light"),
    "contrast-pale-hover": ("text-contrast", "under the pointer"),
    "contrast-pale-in-dark": ("text-contrast", "dark"),
    "contrast-over-gradient": ("text-contrast", "light"),
    "contrast-pale-focus": ("text-contrast", "in focus"),
    "contrast-pale-placeholder": ("placeholder-contrast", "light"),
    "contrast-faded-rating": ("text-contrast", "light"),
    "contrast-veiled-code": ("text-contrast", "light"),
    "contrast-field-edge": ("edge-contrast", "light"),
    "contrast-pale-icon": ("icon-contrast", "light"),
}
STYLES = {
    "flat": ("color: #777777; background: #ffffff;", 4.478),
    "half": ("color: #000000; opacity: 0.5; background: #ffffff;", 3.95),
    "gradient": ("color: #000000; background: linear-gradient(#ffffff, #fefefe);", 20.8),
    "fades": ("color: #ffffff; background: linear-gradient(90deg, #000000, #ffffff);", 1.2),
    "halo": ("color: #767676; text-shadow: 0 0 1px #ffffff; background: #ffffff;", 4.54),
}


def test_the_page_has_contrast_everywhere(browser: Browser) -> None:
    seen = see(browser)
    verdict = judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert seen.missed == 0
    assert seen.visits > 40
    assert {one.kind for one in seen.texts} >= {"text", "typed", "placeholder"}
    assert {state.split(",")[0] for state in seen.states} == {"light", "dark"}


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_found_as_what_it_is(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judge(see(browser), EXCUSED)
    found: Any = verdict.facts["findings"]
    rule, state = RULES[fault.name]
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert any(one["rule"] == rule and state in one["state"] for one in found), verdict


@pytest.mark.parametrize("name", STYLES)
def test_colours_and_pixels_agree_with_what_was_painted(browser: Browser, name: str) -> None:
    styles, wanted = STYLES[name]
    with browser.tab(f"painted-{name}", State(scale=colours.SCALE, film=False, scripts=colours.SCRIPTS)) as tab:
        theme.freeze(tab)
        tab.page.locator("h1").evaluate(
            "(title, styles) => { title.textContent = 'Hamburgefonstiv mmm WWW nnn'; title.style.cssText = styles; }",
            f"{styles} padding: 8px; font-size: 16px; font-weight: 400; display: inline-block;",
        )
        read = colours.read(tab, "light").texts
        (title,) = pixels.settle(tab, [text for text in read if text.text.startswith("Hamburg")])
    ratio = paint.text_ratio(title) if title.seen is None else title.seen.ratio
    assert (title.seen is not None) is (name in {"gradient", "fades", "halo"})
    assert ratio == pytest.approx(wanted, rel=0.05) if name != "fades" else ratio < 1.5

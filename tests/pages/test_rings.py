"""Focus rings: the detector on pages of every kind, and the look at the product's page, healthy and with each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page import rings as judge
from harness.judge.page.finding import Excused
from harness.observe.page import rings
from harness.verdict import Outcome
from sandbox.faults.browser.rings import FAULTS
from tests.pages.rings.cases import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.mark import ParameterSet
    from playwright.sync_api import Page

    from harness.observe.page.browser import Browser
    from tests.pages.rings.case import Case
    from tests.sandbox.product_pods import Town

TODAY = Excused("2026-01-01")
RULES = {
    "ring-removed": ("ring-none",),
    "ring-too-faint": ("ring-weak",),
    "ring-only-a-tint": ("ring-weak", "ring-none"),
    "ring-mouse-only": ("ring-none",),
    "ring-clipped": ("ring-weak",),
    "ring-behind": ("ring-none",),
    "ring-fades": ("ring-none",),
    "ring-lost-in-forced-colours": ("ring-none",),
    "ring-lost-in-dark": ("ring-weak",),
    "ring-under-the-bar": ("focus-covered", "ring-weak", "ring-none"),
}
IN = {"ring-lost-in-forced-colours": "forced colours", "ring-lost-in-dark": "dark", "ring-clipped": "landing"}


@pytest.fixture
def show(open_browser: Browser) -> Iterator[Callable[[Case], Page]]:
    chromium = open_browser._chromium
    assert chromium is not None
    contexts: list[Any] = []

    def shown(case: Case) -> Page:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme=case.scheme,
            forced_colors="active" if case.forced else "none",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_content(case.html)
        return page

    yield shown
    for context in contexts:
        context.close()


def _given(number: int, case: Case) -> ParameterSet:
    """Every third case in CI, all of them with the defects."""
    return pytest.param(case, id=case.name, marks=() if number % 3 == 0 else pytest.mark.defects)


@pytest.mark.parametrize("case", [_given(number, case) for number, case in enumerate(CASES)])
def test_the_detector_tells_what_a_control_shows(case: Case, show: Callable[[Case], Page]) -> None:
    found = rings.stops(show(case))
    (stop,) = (one for one in found if one.spot.where.split(" >> ")[-1] == "#t")
    assert judge.shows(stop) == case.shows, stop
    assert bool(stop.covered) == case.covered, stop


def test_the_page_is_left_as_it_was(show: Callable[[Case], Page]) -> None:
    page = show(CASES[0])
    before = page.content()
    _ = rings.stops(page)
    assert page.content() == before
    assert page.evaluate("() => window.__look.focused()") is None


def test_two_walks_say_the_same(show: Callable[[Case], Page]) -> None:
    page = show(CASES[0])
    assert rings.stops(page, "a") == rings.stops(page, "a")


def test_the_healthy_page_shows_every_stop(browser: Browser) -> None:
    record = rings.see(browser)
    verdict = judge.judge(record, TODAY)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert len(record.states) == 5
    assert all(sum(stop.state == state for stop in record.stops) >= 8 for state in record.states)
    assert {picture.name for picture in record.around.pictures} == {"landing", "conversation"}


@pytest.mark.defects
@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_a_fault_is_found(name: str, browser: Browser, town: Town) -> None:
    town.faults(name)
    record = rings.see(browser)
    verdict = judge.judge(record, TODAY)
    assert verdict.outcome is Outcome.VIOLATED, verdict.because
    findings: Any = verdict.facts["findings"]
    rules = {one["rule"] for one in findings}
    assert RULES[name][0] in rules <= set(RULES[name])
    assert all(IN.get(name, "") in one["state"] for one in findings)
    assert all((browser.folder / one["spot"]["picture"]).is_file() for one in findings)

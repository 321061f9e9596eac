"""Another chat is another profile and no code: every look of both phases, on a page unlike ours."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import target
from harness.judge.page.finding import Excused
from harness.verdict import Outcome, Verdict
from tests.pages.foreign.server import Desk
from tests.unit.observe.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.observe.page.browser import Browser

PROFILE = Path(__file__).parent / "foreign" / "profile.toml"
EXCUSED = Excused("2026-01-01")

LOOKS: Mapping[str, str] = {
    "BB-01": "tables",
    "BB-02": "copying",
    "BB-03": "exporting",
    "BB-04": "cards",
    "BB-05": "dark",
    "BB-06": "actions",
    "BB-07": "examples",
    "BY-04": "remembering",
    "BY-05": "layout",
    "AX-01": "axe",
    "AX-02": "keyboard",
    "AX-03": "rings",
    "AX-04": "spoken_names",
    "AX-05": "contrast",
    "AX-06": "reflow",
    "AX-07": "zoom",
    "AX-08": "targets",
    "AX-09": "motion",
}
"""The module that looks and the one that judges, by line; both have this name."""

LIMITS: Mapping[str, Mapping[str, float]] = {"BB-04": {"below_px": 768, "phone_px": 375}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Desk().app) as url:
        yield url


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Browser]:
    """The same Chromium, told by a profile where things are on another page."""
    before = browser.target, browser.url
    browser.target, browser.url = target.load(str(PROFILE)), address
    yield browser
    browser.target, browser.url = before


def _look(browser: Browser, line: str) -> Verdict:
    see: Any = importlib.import_module(f"harness.observe.page.{LOOKS[line]}").see
    judge: Any = importlib.import_module(f"harness.judge.page.{LOOKS[line]}").judge
    verdict: Verdict = judge(see(browser), EXCUSED, **LIMITS.get(line, {}))
    return verdict


@pytest.mark.parametrize("line", LOOKS)
def test_a_good_page_that_is_quite_different_is_met(desk: Browser, line: str) -> None:
    verdict = _look(desk, line)
    assert verdict.outcome is Outcome.MET, verdict


def test_its_questions_and_conversations_are_read_by_its_own_names(desk: Browser) -> None:
    with desk.tab("desk") as tab:
        first = tab.ask("Show exactly these rows as a table:\na | b\n1 | =2+3")
        second = tab.ask(tab.ui.prompts.text)
        tables = tab.find(tab.ui.table, tab.answers().first).count()
    assert first.blocks("table")[0]["rows"] == [["1", "=2+3"]]
    assert first.sent[0].question == first.question
    assert (first.sent[0].session, second.sent[0].session) == ("", first.document["meta"]["chat"])
    assert tables == 1

"""Each fault of the page turns exactly its declared lines: all looks of its phase at one pod, without a cluster.

Those of a list that was made before the page's faults were written, and the ones whose defects reach furthest; of the
others their own look is held to find them (test_tables and its neighbours). PD-03 needs this machine to itself, and is
the only look of its phase: test_rendering. The matrix of whole phases (tests/faults) shows for a sample that suite,
collector and gate come to the same, and has the bug bash that began late.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from harness.judge.page.finding import Picture
from harness.observe.page.tab import Tab
from sandbox.faults.browser import BROWSER
from tests.pages.looks import LOOKS, differing, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

LISTED: Mapping[str, Mapping[str, str]] = {
    "BB-01": {
        "th missing": "table-th-missing",
        "cell count off by one": "table-cell-dropped",
        "markdown pipes left": "table-pipes-left",
        "HTML executed from a cell": "table-html-run",
        "undefined in a cell": "table-undefined",
        "header hidden": "table-header-hidden",
    },
    "BB-02": {
        "previous answer copied": "copy-first",
        "button label copied": "copy-label",
        "keyboard does nothing": "copy-mouse-only",
        "rows missing": "copy-last-row-lost",
    },
    "BB-03": {
        "LF ends": "csv-lf",
        "unquoted comma": "csv-comma-unquoted",
        "visible rows only": "csv-first-rows",
        "=cmd cell": "csv-formula",
        "columns swapped": "csv-columns-reversed",
        "no extension": "csv-no-suffix",
    },
    "BB-04": {
        "no cards at 375": "cards-none-on-phones",
        "cards missing at 767 only": "cards-missing-at-767",
        "labels lost": "cards-labels-lost",
        "sideways scroll": "cards-too-wide",
        "table and cards both": "cards-and-table",
    },
    "BB-05": {
        "one white card": "dark-white-card",
        "invisible icon": "dark-invisible-icon",
        "lost on reload": "dark-lost-on-reload",
        "unreadable placeholder": "dark-pale-placeholder",
        "switch does nothing": "dark-switch-dead",
    },
    "BB-06": {
        "sends twice": "actions-sent-twice",
        "sends other text": "actions-neighbour",
        "shown where the service offers none": "actions-built-in",
        "dead button": "actions-dead",
        "duplicates": "actions-shown-twice",
    },
    "BB-07": {
        "fallback list": "examples-fallback",
        "same on each load": "examples-same-seed",
        "duplicates": "examples-shown-twice",
        "dead": "examples-dead",
        "reshuffled by typing": "examples-reshuffled",
    },
    "BB-08": {"begun too late": "bash-late"},
    "BY-04": {"page sends no session id": "page-no-session"},
    "BY-05": {
        "badge over send at 1280 only": "layout-badge-over-send",
        "send off-screen at 375": "layout-send-outside",
    },
    "AX-01": {
        "missing label": "axe-label-missing",
        "wrong role": "axe-role-unknown",
        "bad aria": "axe-value-unknown",
        "in an iframe": "axe-in-frame",
        "in a shadow root": "axe-in-shadow-root",
        "missing lang": "axe-lang-missing",
    },
    "AX-02": {
        "trap in a menu": "keyboard-trap-menu",
        "unreachable control": "keyboard-unreachable",
        "order jumps": "keyboard-order-rating",
        "positive tabindex": "keyboard-positive-tabindex",
        "no way back": "keyboard-no-way-back",
    },
    "AX-03": {
        "ring removed": "ring-removed",
        "too faint": "ring-too-faint",
        "mouse only": "ring-mouse-only",
        "clipped": "ring-clipped",
        "lost in forced colours": "ring-lost-in-forced-colours",
    },
    "AX-04": {
        "nameless button": "names-nameless",
        "icon-font text as name": "names-icon-text",
        "answer not announced": "names-answer-silent",
        "table without headers for a reader": "names-headers-hidden",
    },
    "AX-05": {
        "at rest": "contrast-pale-hint",
        "in hover only": "contrast-pale-hover",
        "in dark only": "contrast-pale-in-dark",
        "over a gradient": "contrast-over-gradient",
        "focus state only": "contrast-pale-focus",
    },
    "AX-06": {"reflow at 320": "fit-page-too-wide"},
    "AX-07": {"200% text clipped": "fit-large-text-cut"},
    "AX-08": {"small targets": "fit-small-suggestions"},
    "AX-09": {"motion despite reduced motion": "motion-title-nudges"},
    "PD-03": {"140 ms of work per render": "render-work-140", "one render in ten 400 ms": "render-tenth-400"},
}
"""By line: what the list calls a fault, and what it is called here."""

MORE = (
    "actions-asked-again",
    "axe-id-twice",
    "cards-roles-implicit",
    "csv-mouse-only",
    "keyboard-menu-mouse",
    "keyboard-unseen-stop",
    "page-session-misnamed",
    "ring-under-the-bar",
    "table-caption-lost",
)
"""Those that reach further than others: made by the service, left to a person, or the finding of two lines."""

READ = ("AX-05", "BB-05")  # the looks that measure their pictures' pixels
PHASES = ("a11y", "bugbash")  # the longest first, so that all workers end together
KNOWN = {fault.name: fault for fault in BROWSER}
NAMES = {*MORE, *(name for listed in LISTED.values() for name in listed.values())}
FAULTS = [
    fault
    for phase in PHASES
    for fault in BROWSER
    if fault.phase == phase and fault.name in NAMES and fault.where != "cluster"
]


@pytest.fixture(scope="session")
def long_turns() -> None:
    """Let the workers and their browsers take turns seldom: there are more of them than processors."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@pytest.fixture
def nothing_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out films, and pictures that no look reads: they show people what happened, and decide nothing."""

    def none(_: object) -> None:
        return None

    def picture(tab: Tab, what: str, state: str = "", *, full: bool = False) -> Picture:
        if tab.name.startswith(READ):
            return taken(tab, what, state, full=full)
        size = tab.page.viewport_size
        assert size is not None
        made = Picture(what, f"{tab.name}-{what}.png", size["width"], size["height"], state or tab.state)
        (tab.folder / made.file).unlink(missing_ok=True)  # a look that reads it after all finds no older one
        tab.pictures.append(made)
        return made

    taken = Tab.picture
    monkeypatch.setattr("harness.observe.page.browser.Film", none)
    monkeypatch.setattr(Tab, "picture", picture)


@pytest.fixture
def progress(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Mapping[str, float]], None]:
    """Say what is done, of how many, over all workers."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    book = tmp_path_factory.getbasetemp().parent / f"page-matrix-{run}"

    def say(name: str, took_s: Mapping[str, float]) -> None:
        with book.open("a", encoding="utf-8") as file:
            _ = file.write(f"{name}\n")
        done = len(book.read_text(encoding="utf-8").splitlines())
        longest = ", ".join(f"{line} {s:.1f}" for line, s in sorted(took_s.items(), key=lambda one: -one[1])[:3])
        with capsys.disabled():
            _ = sys.stderr.write(f"\n{done} of {len(FAULTS)}: {name}, {sum(took_s.values()):.1f} s ({longest})\n")
            _ = sys.stderr.flush()

    return say


def test_the_whole_list_has_faults_here_each_with_its_line_and_enough_are_looked_at_by_all_lines() -> None:
    named = [name for listed in LISTED.values() for name in listed.values()]
    assert len(set(named)) == len(named) == 71
    assert {name: KNOWN[name].primary for name in named} == {
        name: line for line, listed in LISTED.items() for name in listed.values()
    }
    assert set(MORE) <= KNOWN.keys() - set(named)
    assert len(FAULTS) == len(NAMES) - 3 == 77  # PD-03's two and the bug bash's have their own tests


@pytest.mark.defects
@pytest.mark.usefixtures("long_turns", "nothing_to_show")
@pytest.mark.parametrize("phase", PHASES)
def test_the_healthy_page_meets_every_line(browser: Browser, phase: str) -> None:
    assert differing({line: said(browser, phase, line) for line in LOOKS[phase]}, {}) == {}


@pytest.mark.defects
@pytest.mark.usefixtures("long_turns", "nothing_to_show")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_page_turns_exactly_its_declared_lines(
    browser: Browser, town: Town, fault: Fault, progress: Callable[[str, Mapping[str, float]], None]
) -> None:
    town.faults(fault.name)
    got: dict[str, tuple[str, str]] = {}
    took_s: dict[str, float] = {}
    for line in LOOKS[fault.phase]:
        began = time.monotonic()
        got[line] = said(browser, fault.phase, line)
        took_s[line] = time.monotonic() - began
    progress(fault.name, took_s)
    assert differing(got, fault.expects) == {}

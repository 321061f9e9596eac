"""Timing renderings against the real page: known work is found, within the limit it is let through, load is told."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.judge.page import rendering as judged
from harness.judge.page.finding import Excused
from harness.observe.page import rendering
from harness.verdict import Outcome, Reason
from sandbox.faults.browser.rendering import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
REPEATED = int(os.environ.get("VERIFY_REPEATED", "1"))  # 20 shows the rates: `VERIFY_REPEATED=20 pytest ...`
BURNERS_PER_CORE = 12


@pytest.fixture
def no_idle_core() -> Iterator[None]:
    """Far more work than this machine has cores."""
    count = BURNERS_PER_CORE * (os.cpu_count() or 1)
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    yield
    for burner in burners:
        burner.kill()
    for burner in burners:
        _ = burner.wait()


@pytest.mark.defects
def test_the_healthy_page_is_fast(browser: Browser) -> None:
    record = rendering.see(browser)
    verdict = judged.judge(record, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict
    assert record.lost == 0
    assert len(record.machine_ms) >= judged.NEED_DRAWINGS
    assert any(one.pieces_ms for one in record.renders)
    assert record.spot.picture == "PD-03-newest.png"


@pytest.mark.defects
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.primary], ids=lambda fault: fault.name)
def test_slow_pages_are_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judged.judge(rendering.see(browser), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert "took 150 ms or longer" in verdict.because


@pytest.mark.defects
@pytest.mark.parametrize(("name", "wanted"), [("render-work-100", Outcome.MET), ("render-work-140", Outcome.VIOLATED)])
def test_a_hundred_ms_of_work_pass_and_a_hundred_and_forty_do_not(
    browser: Browser, town: Town, name: str, wanted: Outcome
) -> None:
    town.faults(name)
    verdicts = [judged.judge(rendering.see(browser), EXCUSED) for _ in range(REPEATED)]
    wrong = [str(verdict) for verdict in verdicts if verdict.outcome is not wanted]
    assert len(wrong) <= REPEATED // 20, wrong


@pytest.mark.defects
@pytest.mark.usefixtures("no_idle_core")
def test_where_no_core_is_idle_nothing_is_known(browser: Browser) -> None:
    verdict = judged.judge(rendering.see(browser), EXCUSED)
    assert verdict.reason is Reason.GENERATOR_INVALID, verdict


@pytest.mark.defects
def test_work_is_blamed_on_the_script_that_did_it(browser: Browser, town: Town) -> None:
    town.faults("render-work-140")
    record = rendering.see(browser)
    assert all(one.blame.endswith(".js") for one in record.renders)

"""Timing renderings against the real page: known work is found, within the limit it is let through, load is told.

Every one of these tests wants the machine to itself: `pytest tests/pages/test_rendering.py`, without `-n`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.judge.page import rendering as judged
from harness.judge.page.finding import Excused
from harness.judge.page.render_plan import BLANK_EVERY, FIRST
from harness.observe.page import rendering
from harness.verdict import Outcome
from sandbox.faults.browser.rendering import FAULTS
from tests.pages.looks import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

EXCUSED = Excused("2026-01-01")
REPEATED = int(os.environ.get("VERIFY_REPEATED", "1"))  # 20 shows the rates: `VERIFY_REPEATED=20 pytest ...`
BURNERS_PER_CORE = 12


@pytest.fixture
def no_idle_core(browser: Browser) -> Iterator[None]:
    """Far more work than this machine has cores.

    Each in a session of its own: where the system shares its time by session, all of them together would else get as
    much as the browser alone.
    """
    _ = browser  # it starts before them
    count = BURNERS_PER_CORE * (os.cpu_count() or 1)
    command = [sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]
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
    assert len(record.counted) >= FIRST
    assert sum(one.blank for one in record.attempts) >= FIRST // BLANK_EVERY
    assert record.spot.picture == "PD-03-newest.png"


@pytest.mark.defects
def test_the_pieces_of_an_answer_that_comes_slowly_are_timed_too(
    browser: Browser, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "url", town.pod(LATENCY_SCALE="0.3").url)
    record = rendering.see(browser)
    assert judged.judge(record, EXCUSED).outcome is Outcome.MET
    assert any(one.pieces_ms for one in record.counted)


@pytest.mark.defects
def test_a_blank_is_known_work_within_the_limit(browser: Browser) -> None:
    facts = judged.judge(rendering.see(browser), EXCUSED).facts
    blanks_ms = facts["blanks_p95_ms"]
    assert isinstance(blanks_ms, float)
    assert 95 <= blanks_ms < 150
    assert facts["slow_blanks"] == 0


@pytest.mark.defects
@pytest.mark.timeout(400)  # one slow rendering in ten is told from load by many
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.primary], ids=lambda fault: fault.name)
def test_slow_pages_are_found(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    verdict = judged.judge(rendering.see(browser), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert "took 150 ms or longer" in verdict.because


@pytest.mark.defects
@pytest.mark.timeout(180 * REPEATED)
@pytest.mark.parametrize(("name", "wanted"), [("render-work-100", Outcome.MET), ("render-work-140", Outcome.VIOLATED)])
def test_a_hundred_ms_of_work_pass_and_a_hundred_and_forty_do_not(
    browser: Browser, town: Town, name: str, wanted: Outcome
) -> None:
    town.faults(name)
    verdicts = [judged.judge(rendering.see(browser), EXCUSED) for _ in range(REPEATED)]
    wrong = [str(verdict) for verdict in verdicts if verdict.outcome is not wanted]
    assert len(wrong) <= REPEATED // 20, wrong


@pytest.mark.defects
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("no_idle_core")
@pytest.mark.parametrize("name", ["", "render-work-100", "render-work-140"])
def test_where_no_core_is_idle_nothing_is_known(browser: Browser, town: Town, name: str) -> None:
    town.faults(*([name] if name else []))
    assert said(browser, "postdeploy", "PD-03") in {("UNKNOWN", "GENERATOR_INVALID"), ("UNKNOWN", "NO_DATA")}


@pytest.mark.defects
def test_work_is_blamed_on_the_script_that_did_it(browser: Browser, town: Town) -> None:
    town.faults("render-work-140")
    record = rendering.see(browser)
    assert all(one.blame.endswith((".js", "the stream's reader")) for one in record.attempts if not one.blank)

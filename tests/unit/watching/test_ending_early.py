"""A violated SLO ends a watch while it goes on: as soon as it is sure, once, and saying why."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from harness import runbook, target
from harness.evidence import phase as phases
from harness.evidence.store import EvidenceError
from harness.judge import slos
from harness.plugin import early
from harness.plugin.early import Early
from harness.verdict import Outcome, Reason
from tests.unit.cli.watches import Kept, keep, profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = runbook.lines()
SIX = [f"P1-SLO-0{number}" for number in range(1, 7)]
PATIENCE_S = 10.0
GOING_ON = Kept(ended="stopped: as far as it is", each=200)
FAILING = Kept(ended="stopped: as far as it is", each=200, fails=(3,))


def said_of(folder: Path, kept: Kept, planned: list[str]) -> str:
    run = keep(folder / "run", kept)
    return early.violated(run, "staging", target.load(str(profile(folder))), LINES, planned)


def test_a_violated_slo_is_named_with_its_figures_before_the_watch_is_over(tmp_path: Path) -> None:
    assert said_of(tmp_path, FAILING, SIX).startswith("P1-SLO-04 is violated: traffic: 200 failed in 2,400 requests")


@pytest.mark.parametrize(
    ("kept", "planned"),
    [
        (GOING_ON, SIX),
        (FAILING, ["P1-SLO-01", "P1-EXE-03"]),
        (Kept(ended="stopped: at once", each=200, fails=(0,), slices=1, spoiled=(0,)), SIX),
        (Kept(ended="stopped: at once", slices=1, missing=(0,)), SIX),
        (Kept(each=200, fails=(3,)), SIX),
    ],
    ids=["healthy", "another line is planned", "spoiled by our own traffic", "nothing watched yet", "it is over"],
)
def test_nothing_else_ends_a_watch(tmp_path: Path, kept: Kept, planned: list[str]) -> None:
    assert said_of(tmp_path, kept, planned) == ""


def test_the_test_of_the_line_says_the_same_of_what_there_is_and_the_others_say_why_they_do_not_know(
    tmp_path: Path,
) -> None:
    run = keep(tmp_path / "run", Kept(ended="stopped: P1-SLO-04 is violated: 200 failed", each=200, fails=(3,)))
    watch = phases.of(run, "staging", target.load(str(profile(tmp_path))), LINES)
    verdicts = slos.all_six(watch.prefix, watch.six, watch.limits, dict.fromkeys(SIX, 0.0025))
    assert verdicts["P1-SLO-04"].outcome is Outcome.VIOLATED
    other = verdicts["P1-SLO-01"]
    assert (other.outcome, other.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)
    assert "collector stopped: P1-SLO-04 is violated: 200 failed" in other.because


def test_only_staging_and_the_canary_end_early_and_only_where_the_profile_lets_them(tmp_path: Path) -> None:
    path = profile(tmp_path)
    wanted = ["canary", "staging", "postdeploy", "troubleshoot", "rollout"]
    assert early.asked(target.load(str(path)), wanted) == ("staging", "canary")
    text = path.read_text(encoding="utf-8").replace("for_s", "ends_on_violation = false\nfor_s")
    _ = path.write_text(text, encoding="utf-8")
    assert early.asked(target.load(str(path)), wanted) == ("canary",)
    assert early.asked(target.load(str(path)), ["postdeploy"]) == ()


def ended_by(look: Callable[[], str]) -> tuple[list[str], str]:
    """Let a look go on until it ends by itself; return what it ended the watch with, and its trouble."""
    told = list[str]()
    one = Early(look, told.append, 0.001)
    one._thread.join(PATIENCE_S)
    assert not one._thread.is_alive()
    one.stop()
    return told, one.trouble


def test_the_first_reason_ends_it_and_nothing_is_looked_at_again() -> None:
    looks = iter(["", "", "too many fail", "never asked for"])
    assert ended_by(lambda: next(looks)) == (["too many fail"], "")
    assert next(looks) == "never asked for"


def test_evidence_that_cannot_be_read_ends_the_looking_and_not_the_watch() -> None:
    def look() -> str:
        raise EvidenceError("evidence: malformed")

    assert ended_by(look) == ([], "nobody looked for an early end: EvidenceError: evidence: malformed")


def test_it_looks_no_more_once_it_is_stopped() -> None:
    looked = threading.Event()
    told = list[str]()

    def look() -> str:
        looked.set()
        return ""

    one = Early(look, told.append, 0.001)
    assert looked.wait(PATIENCE_S)
    one.stop()
    assert (told, one._thread.is_alive()) == ([], False)

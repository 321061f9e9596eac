"""A canary that hurts its users is not watched for as long as was planned."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.conftest import users_of
from tests.faults.papers import papers
from tests.running import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

PLANNED_S = 1200.0
WITHIN_S = 180.0  # from the first ask to the verdicts; the routing alone takes half a minute
WATCHED = ("P2-SLO-01", "P2-MON-01", "P2-PASS-01")


def _impatient(words: list[str], target: Path) -> list[str]:
    """Let the profile of a suite's command watch the canary for long, and end with the first violated SLO."""
    text = target.read_text(encoding="utf-8")
    before, head, rest = text.partition("[watch.canary]\n")
    assert head
    rest = rest.replace("for_s = 100.0", f"for_s = {PLANNED_S}", 1)
    rest = rest.replace("ends_on_violation = false", "ends_on_violation = true", 1)
    _ = target.write_text(before + head + rest, encoding="utf-8")
    return words


@pytest.mark.timeout(400)
def test_a_canary_whose_requests_fail_ends_its_watch_and_the_decision_says_so(running: Running, tmp_path: Path) -> None:
    running.users(users_of("canary"))
    running.switch("canary-5xx")
    papers(tmp_path, running.said)
    words = _impatient(running.suite("canary", tmp_path, seed=7), running.said.target.with_name("target-7.toml"))
    done = subprocess.run(words, cwd=ROOT, check=False, timeout=WITHIN_S, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "canary: P2-SLO-04 is violated: " in done.stdout
    rows = (tmp_path / "latest" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    said: dict[str, dict[str, Any]] = {row["line"]: row for row in map(json.loads, rows)}
    assert said["P2-SLO-04"]["outcome"] == "VIOLATED"
    for line in WATCHED:
        assert (said[line]["outcome"], said[line]["reason"]) == ("UNKNOWN", "INTERRUPTED"), line
        assert "P2-SLO-04 is violated" in said[line]["because"]
    decide = [sys.executable, "-c", "from harness.cli import main; main()", "decide", "canary"]
    decided = subprocess.run(
        [*decide, f"--run={(tmp_path / 'latest').resolve()}"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert decided.returncode == 1, decided.stdout + decided.stderr
    assert "P2-SLO-04" in decided.stdout

"""Ctrl-C in the middle of a phase that acts: whatever it had changed is as it was found, and nothing is decided."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.clock import SystemClock
from harness.wait import Patience, until
from tests.faults.papers import papers
from tests.running import ROOT, heed_sigint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

# after so many writes there is something to put back: flags are off, a canary is awake, half is rolled out
WRITES = {"flags": 1, "rollback": 3, "rollout": 6}
INTERRUPTED = 2


def _written(reports: Path) -> int:
    trail = reports / "latest" / "artifacts" / "audit.jsonl"
    lines = trail.read_text(encoding="utf-8").splitlines() if trail.exists() else []
    return sum(json.loads(line)["state"] == "done" for line in lines)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "phase", [pytest.param("flags", marks=pytest.mark.sample), pytest.param("rollback"), pytest.param("rollout")]
)
def test_interrupted_in_the_middle_it_leaves_all_as_found(running: Running, tmp_path: Path, phase: str) -> None:
    running.switch()
    papers(tmp_path, running.said)
    found = running.objects()
    with (tmp_path / "said.log").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            running.suite(phase, tmp_path), cwd=ROOT, stdout=said, stderr=said, preexec_fn=heed_sigint
        )
    patience = Patience(within_s=120, every_s=0.1)
    waited = until(lambda n: n >= WRITES[phase], lambda: _written(tmp_path), SystemClock(), patience)
    assert waited.settled, (tmp_path / "said.log").read_text(encoding="utf-8")
    changed = running.objects()
    process.send_signal(signal.SIGINT)
    status = process.wait(timeout=180)
    assert changed != found
    assert running.objects() == found
    assert status == INTERRUPTED

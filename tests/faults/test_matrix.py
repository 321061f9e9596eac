"""Each fault turns exactly its declared lines; the healthy sandbox turns none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import policy, runbook
from sandbox.faults.catalogue import FAULTS, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

SAMPLE = {"weight-5", "split-50", "flipping", "wrong-cluster"}  # one per source: objects, data plane, product, cluster


def _cases() -> list[object]:
    return [
        pytest.param(fault, id=fault.name, marks=[pytest.mark.sample] if fault.name in SAMPLE else [])
        for fault in FAULTS.values()
    ]


@pytest.mark.sample
@pytest.mark.parametrize("phase", sorted({fault.phase for fault in FAULTS.values()}))
def test_the_healthy_sandbox_meets_every_line(running: Running, tmp_path: Path, phase: str) -> None:
    running.switch()
    required = policy.load().phases[phase].required
    assert running.outcomes(phase, tmp_path) == dict.fromkeys(required, ("MET", ""))


@pytest.mark.parametrize("fault", _cases())
def test_a_fault_turns_exactly_its_declared_lines(running: Running, tmp_path: Path, fault: Fault) -> None:
    running.switch(fault.name)
    expected = dict.fromkeys(policy.load().phases[fault.phase].required, ("MET", "")) | fault.expects
    assert running.outcomes(fault.phase, tmp_path) == expected


def test_every_tested_line_has_a_fault_of_its_own() -> None:
    tested = {line.id for line in runbook.lines().values() if not line.planned}
    assert tested == {fault.primary for fault in FAULTS.values()}

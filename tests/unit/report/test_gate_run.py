"""A run as its writers lay it out: decided as GO, and nothing of it but the indented run.json is read the slow way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import gate_run
from harness.clock import SystemClock
from harness.report.deciding import decision, rules
from harness.report.deciding.model import Wanted
from harness.report.reading import gather, strict

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("attached", [False, True])
def test_what_the_writers_write_is_go_and_is_read_the_quick_way(
    attached: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = gate_run.make(tmp_path, 60, attached=attached)
    slow, slowly = strict.slow, list[bytes]()

    def seen(content: bytes) -> object:
        slowly.append(content)
        return slow(content)

    monkeypatch.setattr(strict, "slow", seen)
    evidence = gather.folder(folder)
    made = decision.decide(evidence, rules.of_phase(gate_run.PHASE, None), Wanted(), SystemClock().wall())
    assert (made.decision, made.blockers) == ("GO", ())
    assert (len(evidence.results), made.counts.ran) == (60, 60)
    assert slowly == [(folder / "run.json").read_bytes()]

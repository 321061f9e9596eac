"""verdict.json is written in one go, and is what its JSON values are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.clock import SystemClock
from harness.report import files
from harness.report.deciding import decision, rules
from harness.report.deciding.model import Wanted
from harness.report.reading import gather
from harness.report.showing import document
from tests.gate.builder import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ODD = {'artifacts/"ö"\\.png': "b" * 64, "artifacts/a": "a" * 64, "run.json": "c" * 64}


@pytest.mark.parametrize("digests", [None, {}, {"run.json": "a" * 64}, ODD], ids=["as read", "none", "one", "odd"])
def test_what_is_written_is_the_decision_as_json_values(digests: Mapping[str, str] | None, tmp_path: Path) -> None:
    evidence = gather.folder(build(tmp_path).path)
    made = decision.decide(evidence, rules.of_phase("canary", None), Wanted(), SystemClock().wall())
    made = made if digests is None else replace(made, files=digests)
    assert document.written(made) == files.indented(document.of(made))
    assert list(document.of(made))[-1] == "evidence_sha256"

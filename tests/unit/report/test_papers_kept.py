"""What a line relied on is kept with its run, and a run that is judged again reads that instead of looking anew."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fixtures.papers import Papers
from harness import target
from harness.clock import SystemClock
from harness.judge import papers as judge
from harness.plugin.keys import Context
from harness.plugin.options import Options
from harness.report.run import RunFolder
from harness.runbook_tests import Found
from harness.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = target.load("sandbox")


def relying(run: Path, evidence: Path | None = None, line: str = "P1-PRE-03") -> Papers:
    run.mkdir(parents=True, exist_ok=True)
    options = Options(target="sandbox", act=False, faults=(), evidence=evidence, reports=None)
    context = Context(RunFolder(run), SystemClock(), options, {}, Found(), PROFILE)
    return Papers(context, PROFILE, SystemClock(), line)


def record(run: Path, name: str = "P1-PRE-03-rollback") -> Path:
    return run / "artifacts" / "papers" / f"{name}.json"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Give a run that relied on a valid drill, with its record and the envelope."""
    run = tmp_path / "elsewhere" / "stored"
    found = relying(run).decision("rollback", "staging")
    good = json.loads(record(run).read_text()) | {"found": True, "run": "0199", "trouble": ""}
    _ = record(run).write_text(json.dumps(good))
    _ = record(run, "P1-PRE-03-rollback.intoto").write_text('{"payload": "x"}')
    _ = (run / "ledger.jsonl").write_text("")
    assert not found.found
    return run


def test_what_was_looked_up_is_kept_also_where_nothing_was_found(tmp_path: Path) -> None:
    found = relying(tmp_path / "run").decision("rollback", "staging")
    assert json.loads(record(tmp_path / "run").read_text())["trouble"] == found.trouble != ""
    signed = relying(tmp_path / "run", line="P3-CHK-05").signed("production", "on-call")
    assert json.loads(record(tmp_path / "run", "P3-CHK-05-statement").read_text())["command"] == signed.command


def test_judged_again_the_stored_record_counts_and_comes_along(tmp_path: Path, stored: Path) -> None:
    again = relying(tmp_path / "again", stored).decision("rollback", "staging")
    assert judge.drilled(again).outcome is Outcome.MET
    assert again.run == "0199"
    assert json.loads(record(tmp_path / "again").read_text())["run"] == "0199"
    assert record(tmp_path / "again", "P1-PRE-03-rollback.intoto").read_text() == '{"payload": "x"}'


def test_judged_again_without_a_record_nobody_knows(tmp_path: Path, stored: Path) -> None:
    again = relying(tmp_path / "again", stored, "P3-CHK-02").decision("rollback", "staging")
    assert judge.drilled(again).outcome is Outcome.UNKNOWN
    assert "P3-CHK-02-rollback.json of the run judged again" in again.trouble
    _ = record(stored).write_text("{")
    assert "of the run judged again" in relying(tmp_path / "b", stored).decision("rollback", "staging").trouble
    signed = relying(tmp_path / "again", stored, "P3-CHK-05").signed("production", "on-call")
    assert (signed.found, "of the run judged again" in signed.reasons[0]) == (False, True)


def test_evidence_that_a_collector_gathered_alone_has_relied_on_nothing_so_it_is_looked_for_now(
    tmp_path: Path, stored: Path
) -> None:
    (stored / "ledger.jsonl").unlink()
    found = relying(tmp_path / "run", stored).decision("rollback", "staging")
    assert not found.found
    assert replace(found, checked_at="") == replace(
        relying(tmp_path / "run").decision("rollback", "staging"), checked_at=""
    )

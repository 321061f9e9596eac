from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness import policy
from harness.cli import run as gate
from harness.cli.decide import of_folder
from tests.gate.builder import build
from tests.gate.mutations import CASES, Case

if TYPE_CHECKING:
    from pathlib import Path


def test_a_genuine_run_is_go(tmp_path: Path) -> None:
    folder = build(tmp_path)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    said = folder.json("verdict.json")
    assert (said["decision"], said["blockers"], said["phase"]) == ("GO", [], "canary")
    assert {line["outcome"] for line in said["lines"]} == {"MET"}


def test_no_record_can_be_removed_emptied_or_cut_short_unnoticed(tmp_path: Path) -> None:
    folder = build(tmp_path)
    records = [path for path in folder.path.rglob("*.json*") if path.parent.name != "artifacts"]
    assert len(records) == 3 + len(policy.load().of("canary").required)  # run, ledger, outcomes, and a result per line
    for path in [*records, folder.path / "evidence.db"]:
        whole = path.read_bytes()
        for left in (None, 0, 1, len(whole) // 2, len(whole) - 1):
            path.unlink(missing_ok=True)
            if left is not None:
                _ = path.write_bytes(whole[:left])
            decided = of_folder(folder.path, "canary").decision
            assert decided == "INCONCLUSIVE" or (path.name == "evidence.db" and left == len(whole) - 1), (path, left)
        _ = path.write_bytes(whole)
    assert of_folder(folder.path, "canary").decision == "GO"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_else_a_folder_holds_is_never_go_and_says_why(case: Case, tmp_path: Path) -> None:
    folder = build(tmp_path)
    _ = case.do(folder)
    assert gate(["decide", "canary", "--run", str(folder.path)]) == case.exits
    said = json.loads((folder.path / "verdict.json").read_text())
    assert said["decision"] == {1: "NO_GO", 2: "INCONCLUSIVE"}[case.exits]
    told = [b["message"] for b in said["blockers"] if b["code"] == case.code]
    assert any(case.says in message for message in told), said["blockers"]
    for blocker in said["blockers"]:
        assert "; " in blocker["message"], f"does not say what to do: {blocker}"
        assert "\n" not in blocker["message"], f"is not one line: {blocker}"


@pytest.mark.parametrize("case", [case for case in CASES if case.exits == 2][::9], ids=lambda case: case.name)
def test_a_violation_stays_one_or_is_lost_but_never_becomes_go(case: Case, tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-06": ("VIOLATED", None, "another build", {})})
    _ = case.do(folder)
    assert gate(["decide", "canary", "--run", str(folder.path)]) in {1, 2}

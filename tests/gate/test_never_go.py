from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from harness.cli import run as gate
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_else_a_folder_holds_is_never_go_and_says_why(case: Case, tmp_path: Path) -> None:
    folder = build(tmp_path)
    _ = case.do(folder)
    assert gate(["decide", "canary", "--run", str(folder.path)]) == 2
    said = json.loads((folder.path / "verdict.json").read_text())
    assert said["decision"] == "INCONCLUSIVE"
    told = [b["message"] for b in said["blockers"] if b["code"] == case.code]
    assert any(re.search(re.escape(case.says).replace(r"\|", "|"), message) for message in told), said["blockers"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_blocker_says_what_to_do(case: Case, tmp_path: Path) -> None:
    folder = build(tmp_path)
    _ = case.do(folder)
    _ = gate(["decide", "canary", "--run", str(folder.path)])
    for blocker in json.loads((folder.path / "verdict.json").read_text())["blockers"]:
        assert "; " in blocker["message"], blocker
        assert "\n" not in blocker["message"], blocker

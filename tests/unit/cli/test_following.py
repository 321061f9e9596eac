"""pytest's own output and the checklist never share a terminal, and what pytest has to say is not lost."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from harness.cli import following

if TYPE_CHECKING:
    from pathlib import Path

SAID = "..F..no end of line"
SESSION = """
import json, pathlib, sys, time
folder = pathlib.Path({folder!r})
sys.stdout.write({said!r}); sys.stdout.flush()
if {status} != 4:
    (folder / "artifacts").mkdir(parents=True)
    test = {{"nodeid": "t::tables", "line": "BB-01", "phases": ["bugbash"]}}
    at = "2026-01-01T12:00:0"
    def add(name, **row):
        with (folder / name).open("a") as file:
            file.write(json.dumps(row) + "\\n")
    add("ledger.jsonl", event="plan", at=at + "0Z", seq=1, tests=[test], deselected=[])
    add("artifacts/begun.jsonl", nodeid="t::tables", at=at + "1Z")
    time.sleep({rest})
    add("ledger.jsonl", event="report", at=at + "4Z", seq=2, nodeid="t::tables", when="teardown", outcome="passed")
    add("outcomes.jsonl", line="BB-01", nodeid="t::tables", outcome="VIOLATED", reason=None, because="no table",
        facts={{}}, phases=["bugbash"], at=at + "4Z")
sys.exit({status})
"""


def followed(folder: Path, status: int, *, rest: float = 0.0) -> int:
    """Follow a process that writes a run's folder as pytest does; it ends with that status."""
    script = SESSION.format(folder=str(folder), said=SAID, status=status, rest=rest)
    made = folder if status != 4 else None
    return following.follow("bugbash", [sys.executable, "-c", script], lambda: made)


def test_without_a_terminal_the_lines_come_first_and_pytest_after_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EVERY_S", 0.05)
    assert followed(tmp_path / "run", 1, rest=0.5) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "bugbash: starting, nothing is planned yet"
    assert "BB-01 running" in said[1]
    assert said[2].endswith("BB-01 VIOLATED (3.0 s): no table")
    assert said[3].startswith("bugbash: 1 of 1 decided, 1 VIOLATED")
    assert said[4].startswith(SAID)
    assert (tmp_path / "run" / following.LOG).read_text() == SAID


@pytest.mark.parametrize(("status", "printed"), [(0, False), (1, False), (2, True), (3, True), (4, True)])
def test_on_a_terminal_pytest_is_heard_only_if_it_did_not_come_to_its_end(
    status: int, printed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "Console", partial(Console, force_terminal=True, width=90))
    monkeypatch.setenv("TERM", "xterm-256color")
    assert followed(tmp_path / "run", status) == status
    out = capsys.readouterr().out
    assert (SAID in out) is printed
    assert ("no table" in out) is (status != 4), "at the end it stands there whole"
    assert ("pytest's own words" in out) is (status != 4)

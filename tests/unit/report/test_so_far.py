"""A run that is still being written is read as far as it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report import so_far
from tests.gate.builder import build

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_that_ended_has_no_silent_test(tmp_path: Path) -> None:
    folder = build(tmp_path, "canary", verdicts={"P2-RTE-01": ("VIOLATED", None, "broken", {})})
    seen = so_far.read(folder.path)
    assert seen.silent(()) == ()
    assert [one.line for one in seen.decided if one.outcome == "VIOLATED"] == ["P2-RTE-01"]


def test_a_test_has_ended_with_its_teardown_or_with_its_worker_and_not_before(tmp_path: Path) -> None:
    folder = build(tmp_path, "canary")
    last = folder.lines("outcomes.jsonl")[-1]["nodeid"]
    folder.outcomes(lambda rows: [row for row in rows if row["nodeid"] != last])
    folder.events(lambda events: [e for e in events if e.get("nodeid") != last or e["when"] != "teardown"])
    assert so_far.read(folder.path).silent(()) == (last,)
    assert so_far.read(folder.path).silent((so_far.read(folder.path).planned[last],)) == ()
    lost = {"event": "worker_lost", "at": "2026-01-01T00:00:00Z", "worker": "gw0", "message": "died", "nodeid": last}
    folder.events(lambda events: [*events, lost])
    assert so_far.read(folder.path).silent(()) == ()


def test_nobody_waits_for_what_a_lost_worker_left_behind(tmp_path: Path) -> None:
    folder = build(tmp_path, "canary")
    last = folder.lines("outcomes.jsonl")[-1]["nodeid"]
    folder.outcomes(lambda rows: [row for row in rows if row["nodeid"] != last])
    folder.events(lambda events: [e for e in events if e.get("nodeid") != last or e["when"] != "teardown"])
    assert not so_far.read(folder.path).over(())
    lost = {"event": "worker_lost", "at": "2026-01-01T00:00:00Z", "worker": "gw0", "message": "died", "nodeid": None}
    folder.events(lambda events: [*events, lost])
    assert so_far.read(folder.path).over(())
    assert so_far.read(folder.path).silent(()) == (last,)


def test_a_half_written_line_and_a_missing_file_are_left_out(tmp_path: Path) -> None:
    folder = build(tmp_path, "canary")
    whole = so_far.read(folder.path)
    with (folder.path / "outcomes.jsonl").open("a") as file:
        _ = file.write('{"line": "P2-')
    assert so_far.read(folder.path) == whole
    assert so_far.read(tmp_path / "nowhere") == so_far.SoFar({}, frozenset(), ())

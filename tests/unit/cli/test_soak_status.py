"""How a watch stands is told from its folder alone, and nothing that is not known is told as good."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import run as gate
from harness.evidence.baseline import load
from harness.report import soaking
from tests.unit.cli.watches import Kept, keep, profile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Any:
    def ask(run: Path, *words: str) -> tuple[int, dict[str, Any]]:
        code = gate(["soak", "status", str(run), "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return ask


def test_a_watch_that_ended_says_so_with_every_figure(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept())
    code, said = status(run)
    assert code == 0
    assert (said["state"], said["slices_done"], said["slices_planned"]) == ("done", 12, 12)
    assert (said["clean_s"], said["to_go_s"], said["largest_gap_s"]) == (12.0, 0.0, 0.0)
    slos = {slo["line"]: slo for slo in said["slos"]}
    assert [*slos] == [f"P1-SLO-0{number}" for number in range(1, 7)]
    assert (slos["P1-SLO-01"]["outcome"], slos["P1-SLO-01"]["n"], slos["P1-SLO-01"]["limit"]) == ("MET", 120, 0.05)
    assert (slos["P1-SLO-04"]["outcome"], slos["P1-SLO-04"]["reason"]) == ("UNKNOWN", "SAMPLE_TOO_SMALL")
    assert (slos["P1-SLO-05"]["reason"], slos["P1-SLO-05"]["limit"]) == ("NO_DATA", 0.001)


def test_a_watch_whose_collector_died_is_no_success(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept(ended="stopped: SIGTERM"))
    code, said = status(run)
    assert code == 2
    assert said["why"] == "stream running, collector stopped: SIGTERM"
    assert said["slices_done"] == 12
    assert "MET" not in {slo["outcome"] for slo in said["slos"]}
    assert said["until"] is None


def test_a_violated_slice_restarts_the_clock_and_is_named(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept(fails=(4,)))
    _, said = status(run)
    assert said["clean_s"] == 7.0
    assert said["to_go_s"] == 5.0
    assert "P1-SLO-04" in said["resets"][0]
    assert said["slices"]["VIOLATED"] == 1
    assert next(slo for slo in said["slos"] if slo["line"] == "P1-SLO-04")["outcome"] == "VIOLATED"


def test_spoiled_slices_and_holes_are_counted_as_what_they_are(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept(spoiled=(2,), missing=(6, 7)))
    _, said = status(run)
    assert said["traffic"]["spoiled"] == 1
    assert said["traffic"]["why"] == "the generator was late"
    assert said["slices"] == {"COMPLETE": 9, "GENERATOR_INVALID": 1}
    assert (said["largest_gap_s"], said["clean_s"]) == (2.0, 4.0)  # 1.5 s are allowed


def test_a_damaged_file_tells_what_is_intact_and_ends_with_2(
    tmp_path: Path, status: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run = keep(tmp_path / "run", Kept())
    with sqlite3.connect(run / "evidence.db") as db:
        _ = db.execute("UPDATE windows SET n = n + 1 WHERE start_ms = (SELECT max(start_ms) FROM windows)")
    code, said = status(run)
    assert code == 2
    assert "are intact" in said["trouble"]
    assert said["slices_done"] == 12
    first = said["slos"][0]
    assert (first["n"], first["outcome"]) == (110, "UNKNOWN")
    assert "damaged" in first["because"]
    assert gate(["soak", "status", str(run)]) == 2
    assert "DAMAGED" in capsys.readouterr().out


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept())
    _ = (run / "evidence.db").write_bytes(b"no database at all" * 100)
    code, said = status(run, "--phase", "staging")
    assert code == 2
    assert "no window of it can be read" in said["trouble"]
    assert said["slos"] == []


def test_without_its_target_nothing_is_judged(tmp_path: Path, status: Any) -> None:
    run = keep(tmp_path / "run", Kept(), target=False)
    code, said = status(run)
    assert (code, said["slos"], said["slices_done"]) == (2, [], 12)
    assert "target.json" in said["trouble"]


def test_a_folder_without_evidence_is_no_watch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(["soak", "status", str(tmp_path)]) == 4
    assert "give --phase" in capsys.readouterr().err
    assert gate(["soak", "status", str(tmp_path / "none")]) == 4
    assert gate(["soak", "status", str(tmp_path), "--phase", "rollout"]) == 4
    assert gate(["soak", "status", str(tmp_path), "--phase", "staging"]) == 2


def test_the_current_outcomes_are_those_of_the_suites_judges(tmp_path: Path) -> None:
    run = keep(tmp_path / "run", Kept(each=400))
    now = soaking.read(run, "staging")
    assert {slo.line: slo.outcome for slo in now.slos}["P1-SLO-04"] == "MET"
    assert now.held.startswith("UNKNOWN (NO_DATA)")  # no counters and no pairs of arms in it


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["staging", "--target", "sandbox", "--shard", "2", "--shards", "2"], "--shard 2"),
        (["staging", "--target", "sandbox", "--shards", "2"], "--name"),
        (["rollout", "--target", "sandbox"], "wanted one that is watched"),
        (["staging", "--target", "nowhere"], "nowhere"),
    ],
)
def test_wrong_use_of_soak_run_is_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(["soak", "run", *words, "--run", str(tmp_path / "new")]) == 4
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_target_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = keep(tmp_path / "run", Kept(ended="stopped"))
    (tmp_path / "other").mkdir()
    other = profile(tmp_path / "other", "http://127.0.0.1:10", for_s=12.0)
    assert gate(["soak", "run", "staging", "--target", str(other), "--run", str(run)]) == 4
    err = capsys.readouterr().err
    assert "differs in decisions, environments" in err
    assert err.count("\n") == 1


def test_a_watch_that_is_over_is_not_watched_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = keep(tmp_path / "run", Kept())
    assert gate(["soak", "run", "staging", "--target", str(tmp_path / "small.toml"), "--run", str(run)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Next: pytest -m staging")


def test_a_baseline_holds_the_figures_of_the_whole_watch(tmp_path: Path) -> None:
    run = keep(tmp_path / "run", Kept(sessions=50, fails=(3,)), "postdeploy")
    assert gate(["evidence", "baseline", str(run), "--out", str(tmp_path / "b.json")]) == 0
    kept = load(str(tmp_path / "b.json"))
    assert (kept.abandoned.bad, kept.abandoned.of) == (24, 600)
    assert (kept.unclicked.bad, kept.unclicked.of) == (60, 600)
    assert (kept.failed.bad, kept.failed.of) == (20, 240)
    assert (kept.target, kept.environment) == ("small", "production")


@pytest.mark.parametrize(
    ("kept", "phase", "said"),
    [
        (Kept(sessions=49), "postdeploy", "wanted 598 sessions or more, got 588"),
        (Kept(sessions=60, ended="stopped: SIGTERM"), "canary", "came to its end"),
        (Kept(sessions=60), "staging", "a watch of production"),
    ],
)
def test_no_baseline_is_taken_of_too_little(
    kept: Kept, phase: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = keep(tmp_path / "run", kept, phase)
    assert gate(["evidence", "baseline", str(run), "--out", str(tmp_path / "b.json")]) == 4
    assert said in capsys.readouterr().err
    assert not (tmp_path / "b.json").exists()

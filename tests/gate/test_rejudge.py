"""Judged again, a run comes to the decision that was recorded; what comes out differently is named."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import rejudge as rejudging
from harness.cli import run as gate
from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.report import files
from harness.report.deciding import decision, rejudged, rules
from harness.report.deciding.model import Wanted
from harness.report.reading import gather
from harness.report.showing import document
from harness.report.signing import waive
from tests.gate.builder import DIGEST, build

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.deciding.model import Evidence
    from tests.gate.builder import Folder

VIOLATED = ("VIOLATED", None, "half of the answers", {"n": 3500})
TOO_SMALL = ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", dict[str, Any]())
LINE = "P2-RTE-05"


def judged(reports: Path, **verdicts: tuple[str, str | None, str, dict[str, Any]]) -> Evidence:
    """What a session that judges a run again leaves: of another id, at another time."""
    found = build(reports, verdicts={name.replace("_", "-"): said for name, said in verdicts.items()}, ago_s=10)
    return gather.folder(found.path)


def recorded(reports: Path, **options: Any) -> Folder:
    """A run with its decision."""
    folder = build(reports, **options)
    _ = gate(["decide", "canary", "--run", str(folder.path)])
    return folder


@pytest.mark.parametrize(
    ("verdicts", "decided"),
    [({}, "GO"), ({LINE: VIOLATED}, "NO_GO"), ({LINE: TOO_SMALL}, "INCONCLUSIVE")],
    ids=["go", "no-go", "inconclusive"],
)
def test_the_same_outcomes_give_the_same_decision(
    verdicts: dict[str, Any], decided: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recorded(tmp_path / "reports", verdicts=verdicts)
    stored = gather.folder(folder.path)
    again = judged(tmp_path / "again", **{name.replace("-", "_"): said for name, said in verdicts.items()})
    _ = capsys.readouterr()
    assert rejudging.compare_decision(folder.path, stored, again) == 0
    assert capsys.readouterr().out == f"the decision comes out as recorded: {decided} for canary\n"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, VIOLATED, ("recorded GO, decided again NO_GO", "recorded MET, decided again VIOLATED")),
        (VIOLATED, None, ("recorded NO_GO, decided again GO", "recorded VIOLATED, decided again MET")),
        (
            None,
            TOO_SMALL,
            ("recorded GO, decided again INCONCLUSIVE", "recorded MET, decided again UNKNOWN (SAMPLE_TOO_SMALL)"),
        ),
        (TOO_SMALL, VIOLATED, ("recorded INCONCLUSIVE, decided again NO_GO", "decided again VIOLATED")),
    ],
    ids=["met to violated", "violated to met", "met to unknown", "unknown to violated"],
)
def test_an_outcome_that_turns_is_named_with_the_decision_that_follows(
    before: Any, after: Any, words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recorded(tmp_path / "reports", verdicts={LINE: before} if before else {})
    again = judged(tmp_path / "again", **({"P2_RTE_05": after} if after else {}))
    _ = capsys.readouterr()
    assert rejudging.compare_decision(folder.path, gather.folder(folder.path), again) == 1
    out = capsys.readouterr().out
    assert f"decision: {words[0]}" in out
    assert f"{LINE}: " in out
    assert words[1] in out
    others = [row for row in out.splitlines() if row.startswith("P2-") and not row.startswith(LINE)]
    assert others == [], "only the line that turned differs"


def test_a_reason_that_changes_is_a_difference_though_the_decision_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recorded(tmp_path / "reports", verdicts={LINE: TOO_SMALL})
    again = judged(tmp_path / "again", P2_RTE_05=("UNKNOWN", "GAP", "away", {}))
    _ = capsys.readouterr()
    assert rejudging.compare_decision(folder.path, gather.folder(folder.path), again) == 1
    assert f"{LINE}: recorded UNKNOWN (SAMPLE_TOO_SMALL), decided again UNKNOWN (GAP)" in capsys.readouterr().out


def test_a_test_that_says_nothing_any_more_is_no_go(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "reports")
    stored = gather.folder(folder.path)
    less = replace(stored, outcomes=stored.outcomes[1:])
    said = rejudged.read(folder.path)
    assert said is not None
    differ = rejudged.differences(said, rejudged.decide(stored, less, said))
    assert differ[0].startswith("decision: recorded GO, decided again INCONCLUSIVE")


def test_a_decision_long_ago_is_made_again_as_of_its_own_time(tmp_path: Path) -> None:
    folder = build(tmp_path / "reports", ago_s=40 * 24 * 3600)
    stored = gather.folder(folder.path)
    assert stored.run is not None
    then = stored.run.started + datetime.timedelta(minutes=5)
    made = decision.decide(stored, rules.of_phase("canary", None), Wanted(), then)
    assert made.decision == "GO"
    files.write_json(folder.path / "verdict.json", document.of(made))
    assert rejudging.compare_decision(folder.path, stored, judged(tmp_path / "again")) == 0


def test_a_waived_line_stays_waived(tmp_path: Path) -> None:
    folder = build(tmp_path / "reports", verdicts={LINE: VIOLATED})
    stored, now = gather.folder(folder.path), SystemClock().wall()
    until = now + datetime.timedelta(days=1)
    held = waive.Held(waive.Waiver(LINE, DIGEST, "production", "VIOLATED", "A", "known", now, until), {})
    made = decision.decide(stored, rules.of_phase("canary", None), Wanted(), now, decision.Beside([held]))
    assert made.decision == "GO"
    files.write_json(folder.path / "verdict.json", document.of(made))
    assert rejudging.compare_decision(folder.path, stored, judged(tmp_path / "again", P2_RTE_05=VIOLATED)) == 0


def test_another_policy_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded(tmp_path / "reports")
    folder.change("verdict.json", lambda verdict: verdict.update(policy_sha256="0" * 64))
    assert rejudging.compare_decision(folder.path, gather.folder(folder.path), judged(tmp_path / "again")) == 1
    assert f"policy: recorded sha256 {'0' * 64}, checked in here is " in capsys.readouterr().out


def test_without_a_decision_only_the_outcomes_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = build(tmp_path / "reports")
    stored = gather.folder(folder.path)
    assert rejudging.compare_decision(folder.path, stored, stored) == 0
    assert "no decision to compare" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", '{"decision": "GO", "decision": "NO_GO"}', "{}"])
def test_a_decision_that_cannot_be_read_is_not_called_the_same(content: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "reports")
    _ = (folder.path / "verdict.json").write_text(content)
    stored = gather.folder(folder.path)
    with pytest.raises(HarnessError, match="nothing to compare with"):
        _ = rejudging.compare_decision(folder.path, stored, stored)


def test_the_command_compares_both_and_leaves_the_run_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recorded(tmp_path / "reports")
    again = judged(tmp_path / "again", P2_RTE_05=TOO_SMALL)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}

    def judge(*_: object) -> Evidence:
        return again

    monkeypatch.setattr(rejudging, "_judged_again", judge)
    _ = capsys.readouterr()
    assert gate(["rejudge", folder.run, "--reports", str(tmp_path / "reports")]) == 1
    out = capsys.readouterr().out
    assert "1 of " in out
    assert "the decision of phase canary is not the recorded one" in out
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before
    assert json.loads((folder.path / "verdict.json").read_text())["decision"] == "GO"

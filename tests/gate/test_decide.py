from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness import policy
from harness.cli import decide as deciding
from harness.cli import rejudge as rejudging
from harness.cli import run as gate
from harness.clock import SystemClock
from harness.report.deciding import decision
from harness.report.deciding.model import Wanted
from harness.report.reading import gather
from tests.gate.breaking import run, stop_at, with_finish
from tests.gate.builder import UID, build

VIOLATED = ("VIOLATED", None, "23.1% of the answers, at most 13% allowed", {"n": 3500})
TOO_SMALL = ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", dict[str, Any]())
ROOT = Path(__file__).parent.parent.parent


def verdict(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "verdict.json").read_text())


def test_a_violated_line_is_no_go(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-02": VIOLATED})
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 1
    said = verdict(folder.path)
    assert said["decision"] == "NO_GO"
    assert [(b["code"], b["line"]) for b in said["blockers"]] == [("VIOLATED", "P2-RTE-02")]


def test_a_violation_in_a_killed_run_is_no_go_and_the_rest_is_named_too(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-02": VIOLATED})
    stop_at("P2-RTE-03", "teardown")(folder)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 1
    assert {"VIOLATED", "INTERRUPTED", "NOT_RUN"} <= {b["code"] for b in verdict(folder.path)["blockers"]}


@pytest.mark.parametrize(
    "reason",
    ["NO_DATA", "SAMPLE_TOO_SMALL", "GAP", "GENERATOR_INVALID", "INTERRUPTED", "STALE", "NEEDS_SIGNOFF", "ERROR"],
)
def test_an_unknown_line_is_inconclusive_with_its_reason(reason: str, tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-05": ("UNKNOWN", reason, "could not be told", {})})
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    said = verdict(folder.path)
    assert [(b["code"], b["line"]) for b in said["blockers"]] == [(reason, "P2-RTE-05")]


def test_an_exit_status_of_0_over_an_unknown_line_is_not_believed(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-05": TOO_SMALL})
    with_finish(0, lambda _: None)(folder)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    assert {"TAMPERED", "SAMPLE_TOO_SMALL"} == {b["code"] for b in verdict(folder.path)["blockers"]}


def test_a_line_that_the_policy_forgets_is_inconclusive(tmp_path: Path) -> None:
    evidence = gather.folder(build(tmp_path).path)
    whole = deciding.rules.of_phase("canary", None)
    less = replace(whole, required=whole.required[1:])
    made = decision.decide(evidence, less, Wanted(), SystemClock().wall())
    assert (made.decision, [b.line for b in made.blockers]) == ("INCONCLUSIVE", [whole.required[0]])


def test_a_pipe_among_the_evidence_is_refused_and_never_read(tmp_path: Path) -> None:
    folder = build(tmp_path)
    os.mkfifo(folder.path / "artifacts" / "pipe")
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    assert [b["code"] for b in verdict(folder.path)["blockers"]] == ["EXTRA_FILE"]


def test_the_worst_test_of_a_line_decides_it(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-02": VIOLATED, "P2-RTE-05": TOO_SMALL})
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 1
    outcomes = {line["id"]: line["outcome"] for line in verdict(folder.path)["lines"]}
    assert (outcomes["P2-RTE-02"], outcomes["P2-RTE-05"], outcomes["EN-02"]) == ("VIOLATED", "UNKNOWN", "MET")


def test_without_any_run_it_is_inconclusive_and_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    assert "pytest -m canary" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["decide", "nonsense"],
        ["decide", "canary", "--run", "no-such-folder"],
        ["decide", "canary", "--for", "moon"],
        ["decide", "canary", "--key", "no-such-key"],
        ["decide", "canary", "--frobnicate"],
        ["decide"],
        ["nonsense"],
        [],
        ["verify", "no-such-file", "--key", "no-such-key"],
    ],
    ids=" ".join,
)
def test_wrong_use_exits_4_with_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(words) == 4
    said = capsys.readouterr().err
    assert said.startswith("gate: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("trouble", [RuntimeError("boom"), SystemExit(0), KeyboardInterrupt(), MemoryError()])
def test_a_crash_of_the_gate_is_2_with_one_line_and_leaves_no_older_decision(
    trouble: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build(tmp_path)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    _ = capsys.readouterr()

    def crash(_: Path) -> None:
        raise trouble

    monkeypatch.setattr(gather, "folder", crash)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (folder.path / "verdict.json").exists()


def test_a_crash_while_writing_leaves_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(tmp_path)

    def full(*_: object, **__: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deciding.junit, "render", full)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    assert not (folder.path / "verdict.json").exists()


def test_deciding_again_replaces_every_file(tmp_path: Path) -> None:
    folder = build(tmp_path)
    _ = (folder.path / "verdict.intoto.json").write_text("an old signature")
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    assert not (folder.path / "verdict.intoto.json").exists()
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    assert not [path for path in folder.path.iterdir() if path.name.endswith(".tmp")]


def test_the_same_folder_decided_twice_says_the_same(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-05": TOO_SMALL})
    seen: list[dict[str, Any]] = []
    for _ in range(2):
        assert gate(["decide", "canary", "--run", folder.run, "--reports", str(tmp_path)]) == 2
        seen.append({k: v for k, v in verdict(folder.path).items() if k not in {"decided_at", "expires_at"}})
    assert seen[0] == seen[1]


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A checked-in profile that pins the cluster of the runs here."""
    profiles = tmp_path / "targets"
    profiles.mkdir()
    pins = {"production": UID, "staging": "other"}
    text = 'name = "real"\n' + "".join(f'[environments.{k}]\ncluster_uid = "{v}"\n' for k, v in pins.items())
    _ = (profiles / "real.toml").write_text(text)
    monkeypatch.setattr(deciding.rules.profile_of, "__defaults__", (profiles,))
    return "real"


def test_for_holds_on_the_cluster_that_the_checked_in_profile_pins(tmp_path: Path, pinned: str) -> None:
    _ = build(tmp_path, target=pinned)
    assert gate(["decide", "canary", "--reports", str(tmp_path), "--for", "production"]) == 0


def test_for_another_environment_is_refused(tmp_path: Path, pinned: str, capsys: pytest.CaptureFixture[str]) -> None:
    _ = build(tmp_path, target=pinned)
    assert gate(["decide", "canary", "--reports", str(tmp_path), "--for", "staging"]) == 2
    _ = build(tmp_path, target=pinned, environment="staging")
    assert gate(["decide", "canary", "--reports", str(tmp_path), "--for", "staging"]) == 2
    assert capsys.readouterr().out.count("ENV_MISMATCH") >= 2


def test_for_never_takes_a_rehearsal_for_the_real_thing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _ = build(tmp_path, rehearsal=True)
    assert gate(["decide", "canary", "--reports", str(tmp_path), "--for", "production"]) == 2
    assert "wants the real one" in " ".join(capsys.readouterr().out.split())


def test_for_needs_a_pin_in_the_checked_in_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _ = build(tmp_path, target="no-such-profile")
    assert gate(["decide", "canary", "--reports", str(tmp_path), "--for", "production"]) == 2
    assert "checked-in profile" in " ".join(capsys.readouterr().out.split())


def test_a_sandbox_run_that_denies_being_a_rehearsal_is_refused(tmp_path: Path) -> None:
    folder = build(tmp_path, target="sandbox", rehearsal=True)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    run(rehearsal=False)(folder)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 2
    said = verdict(folder.path)
    assert said["rehearsal"] is True
    assert "TAMPERED" in {b["code"] for b in said["blockers"]}


def test_verdict_json_has_the_shape_others_rely_on(tmp_path: Path) -> None:
    folder = build(tmp_path)
    assert gate(["decide", "canary", "--reports", str(tmp_path)]) == 0
    said = verdict(folder.path)
    assert {
        "schema",
        "decision",
        "phase",
        "rehearsal",
        "coverage",
        "lines",
        "planned",
        "blockers",
        "run",
    } <= said.keys()
    assert {"environment", "cluster_uid", "image_digests", "git", "decided_at", "expires_at"} <= said.keys()
    assert {"id", "says", "outcome", "reason", "because", "facts", "escalation", "next"} <= said["lines"][0].keys()
    total = len(said["lines"]) + len(said["planned"])
    assert said["coverage"] == pytest.approx(len(said["lines"]) / total)
    assert said["cluster_uid"] == UID
    assert "ledger.jsonl" in said["evidence_sha256"]
    assert not {"verdict.json", "verdict.html"} & said["evidence_sha256"].keys()


def test_junit_has_one_case_per_line(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-02": VIOLATED, "P2-RTE-05": TOO_SMALL})
    _ = gate(["decide", "canary", "--reports", str(tmp_path)])
    root = ET.fromstring((folder.path / "junit.xml").read_text())
    cases = {case.attrib["name"].split()[0]: case for case in root.iter("testcase")}
    assert cases["P2-RTE-02"].find("failure") is not None
    assert cases["P2-RTE-05"].find("error") is not None
    assert len(cases["P2-RTE-01"]) == 0
    assert len(cases) == len(policy.load().of("canary").required) + 1  # and the decision itself


def test_the_console_is_plain_and_fits_80_columns(tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts={"P2-RTE-02": ("VIOLATED", None, "\x1b[31mred\x1b[0m [bold]x[/bold]", {})})
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", "decide", "canary", "--run", str(folder.path)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "[bold]x[/bold]" in done.stdout
    short = [line for line in done.stdout.splitlines() if not line.startswith(("Page:", "Next:"))]
    assert max(map(len, short)) <= 80
    assert "P2-SLO-01" in done.stdout  # planned lines are listed


def test_a_run_may_be_decided_wherever_its_folder_lies(tmp_path: Path) -> None:
    folder = build(tmp_path)
    _ = shutil.copytree(folder.path, tmp_path / "artifact")
    assert gate(["decide", "canary", "--run", str(tmp_path / "artifact")]) == 0


def test_run_does_not_decide_an_older_run_when_pytest_does_not_begin(tmp_path: Path) -> None:
    _ = build(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    words = ["run", "canary", "--reports", str(tmp_path), "--evidence", str(tmp_path / "elsewhere")]
    assert gate(words) == 2  # pytest takes the folder for its root, finds no settings there and ends


def test_run_decides_the_run_that_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)  # of the session that this test runs in
    older = build(tmp_path)
    assert gate(["run", "canary", "--reports", str(tmp_path), "--no-such-option"]) == 2
    made = (tmp_path / "latest").readlink().name
    assert made != older.run
    assert verdict(tmp_path / made)["decision"] == "INCONCLUSIVE"


def test_judging_again_names_every_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored, same = gather.folder(build(tmp_path).path), gather.folder(build(tmp_path).path)
    other = gather.folder(build(tmp_path, verdicts={"P2-RTE-05": TOO_SMALL}).path)
    assert rejudging.compare(stored, same) == 0
    assert rejudging.compare(stored, other) == 1
    assert "recorded MET, judged again UNKNOWN (SAMPLE_TOO_SMALL)" in capsys.readouterr().out


def test_allures_pages_are_never_put_among_the_evidence(tmp_path: Path) -> None:
    folder = build(tmp_path)
    assert gate(["report", str(folder.path), "--out", str(folder.path / "pages")]) == 4


def test_lines_lists_every_line_with_its_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(["lines", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["P2-RTE-02"].keys() == {"id", "phases", "says", "tests", "faults"}
    assert rows["P2-RTE-02"]["phases"] == ["canary"]

"""A waiver lets one line pass, for one build, by somebody who may; completeness and identity have none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import run as gate
from harness.report.signing import envelope
from tests.gate.breaking import stop_at
from tests.gate.builder import DIGEST, MET_FACTS, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.builder import Folder
    from tests.gate.conftest import Keys

FEW = ("UNKNOWN", "SAMPLE_TOO_SMALL", "40 of 2,995 samples", MET_FACTS)
BAD = ("VIOLATED", None, "another build answers", MET_FACTS)
LINE = "BB-02"


@dataclass(frozen=True)
class Office:
    """Where runs, keys and waivers are. The gate decides, the lead may waive on staging, QA may not."""

    home: Path

    def words(self, line: str, **changed: str) -> list[str]:
        given = {
            "build": DIGEST,
            "environment": "staging",
            "outcome": "UNKNOWN",
            "by": "A. Lead",
            "reason": "the copy button is off for this customer",
            "key": str(self.home / "lead.key"),
            "out": str(self.home / "reports" / "waivers" / f"{line}.json"),
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        return ["waive", line, *(word for name, value in given.items() for word in (f"--{name}", value))]

    def decide(self, folder: Folder) -> dict[str, Any]:
        """Decide and return the verdict, exit code included."""
        words = ["decide", "bugbash", "--run", str(folder.path), "--key", str(self.home / "gate.key")]
        words += ["--keyring", str(self.home / "keyring.toml"), "--reports", str(self.home / "reports")]
        code = gate(words)
        return folder.json("verdict.json") | {"exit": code}

    def verify(self, folder: Folder) -> int:
        return gate(["verify", str(folder.path / "verdict.intoto.json"), "--keyring", str(self.home / "keyring.toml")])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    for name in ("gate", "lead", "qa"):
        _ = envelope.keygen(tmp_path, name)
    _ = (tmp_path / "keyring.toml").write_text(
        """
[[keys]]
name = "the gate"
file = "gate.pub"
may = ["decide"]

[[keys]]
name = "A. Lead"
file = "lead.pub"
may = ["waive"]
environments = ["staging"]

[[keys]]
name = "Q. A."
file = "qa.pub"
may = ["attest"]
"""
    )
    return Office(tmp_path)


def run(office: Office, **verdicts: tuple[str, str | None, str, dict[str, Any]]) -> Folder:
    told = {name.replace("_", "-"): said for name, said in verdicts.items()}
    return build(office.home / "reports", "bugbash", verdicts=told)


def test_a_waived_line_keeps_its_outcome_and_the_decision_is_a_go_that_names_it(office: Office) -> None:
    assert gate(office.words(LINE)) == 0
    folder = run(office, BB_02=FEW)
    said = office.decide(folder)
    assert (said["decision"], said["exit"]) == ("GO", 0)
    assert "1 are not and were waived: BB-02 UNKNOWN by A. Lead until" in said["because"]
    line = next(line for line in said["lines"] if line["id"] == LINE)
    assert line["outcome"] == "UNKNOWN"
    assert (line["waived"]["by"], line["waived"]["outcome"]) == ("A. Lead", "UNKNOWN")
    assert said["expires_at"] == line["waived"]["expires_at"]  # a day, and the policy would give a week
    assert office.verify(folder) == 0


def test_a_violation_needs_a_waiver_that_says_so(office: Office) -> None:
    assert gate(office.words(LINE)) == 0
    folder = run(office, BB_02=BAD)
    assert office.decide(folder)["exit"] == 1
    assert gate(office.words(LINE, outcome="VIOLATED")) == 4  # never over another
    other = str(office.home / "reports" / "waivers" / "other.json")
    assert gate(office.words(LINE, outcome="VIOLATED", out=other)) == 0
    assert office.decide(folder)["exit"] == 0
    assert office.verify(folder) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"build": "sha256:" + "cd" * 32},
        {"environment": "production"},
        {"key": "gate.key"},
        {"key": "qa.key"},
    ],
    ids=["of another build", "on another environment", "by the gate's own key", "by a key that may only attest"],
)
def test_a_waiver_of_something_else_or_by_somebody_else_counts_for_nothing(
    change: dict[str, str], office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {name: str(office.home / value) if name == "key" else value for name, value in change.items()}
    assert gate(office.words(LINE, **given)) == 0
    assert office.decide(run(office, BB_02=FEW))["exit"] == 2
    assert "waiver refused" in capsys.readouterr().out


def test_without_a_keyring_nobody_may_waive(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(office.words(LINE)) == 0
    folder = run(office, BB_02=FEW)
    assert gate(["decide", "bugbash", "--run", str(folder.path), "--reports", str(office.home / "reports")]) == 2
    assert "--keyring does not say whose waivers count" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("line", ["EN-01", "ES-01"])
def test_what_the_run_was_about_has_no_waiver(line: str, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(office.words(line)) == 4
    assert "lets nobody waive it" in capsys.readouterr().err


def test_a_line_whose_test_did_not_run_has_no_waiver(office: Office) -> None:
    assert gate(office.words(LINE)) == 0
    folder = run(office)
    stop_at(LINE, "call")(folder)
    assert office.decide(folder)["exit"] == 2


@pytest.mark.parametrize("reason", ["NOT_RUN", "INTERRUPTED", "ERROR", "STALE"])
def test_a_reason_that_is_about_the_run_has_no_waiver(reason: str, office: Office) -> None:
    assert gate(office.words(LINE)) == 0
    assert office.decide(run(office, BB_02=("UNKNOWN", reason, "x", {})))["exit"] == 2


def test_a_waiver_taken_away_or_exchanged_after_signing_is_seen(office: Office, keys: Keys) -> None:
    _ = keys
    assert gate(office.words(LINE)) == 0
    folder = run(office, BB_02=FEW)
    assert office.decide(folder)["exit"] == 0
    path = folder.path / "verdict.intoto.json"
    whole = json.loads(path.read_text())
    opened = envelope.open_(path.read_bytes(), [], envelope.VERDICT).statement
    assert opened is not None
    others: list[list[dict[str, object]]] = [
        [],
        [{"payload": "e30=", "payloadType": envelope.PAYLOAD_TYPE, "signatures": []}],
    ]
    for waivers in others:
        changed = envelope.msgspec.structs.replace(opened, predicate={**opened.predicate, "waivers": waivers})
        signed = envelope.sign(changed, envelope.load_private(office.home / "gate.key"))
        _ = path.write_text(json.dumps(signed))
        assert office.verify(folder) == 1
    _ = path.write_text(json.dumps(whole))
    assert office.verify(folder) == 0


def test_a_waiver_that_is_about_another_build_than_it_says_counts_for_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(office.words(LINE)) == 0
    path = office.home / "reports" / "waivers" / f"{LINE}.json"
    said = envelope.open_(path.read_bytes(), [], envelope.WAIVER).statement
    assert said is not None
    other = envelope.msgspec.structs.replace(said, subject=(envelope.Subject("build", {"sha256": "cd" * 32}),))
    _ = path.write_text(json.dumps(envelope.sign(other, envelope.load_private(office.home / "lead.key"))))
    assert office.decide(run(office, BB_02=FEW))["exit"] == 2
    assert "subject: the statement is about" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "words",
    [
        {"valid_for": "15d"},
        {"build": "latest"},
        {"environment": "moon"},
        {"outcome": "MET"},
        {"by": " "},
        {"reason": ""},
    ],
    ids=str,
)
def test_a_waiver_of_something_unclear_is_wrong_use(words: dict[str, str], office: Office) -> None:
    assert gate(office.words(LINE, **words)) == 4
    assert not (office.home / "reports" / "waivers").exists()

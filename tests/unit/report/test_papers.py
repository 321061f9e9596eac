"""Which earlier decision counts: the newest that verifies, for this phase, environment, build and cluster."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from harness import target
from harness.clock import SystemClock
from harness.report import files
from harness.report.signing import attest, envelope, papers, statements
from tests.faults.papers import KINDS, OTHER, decided
from tests.faults.papers import papers as make

if TYPE_CHECKING:
    from harness.judge.papers import Paper
    from harness.runbook import EnvironmentName
    from harness.target import Target
    from tests.running import Said

UIDS = {"staging": "uid-staging", "production": "uid-production"}
WATCHED_S = target.load("sandbox").watched("canary").for_s
LESS = 0.01  # coverage: how many lines have a test is not what is shown here
NOW = SystemClock().wall


@dataclass(frozen=True)
class Sandbox:
    """As much of a running sandbox as papers are made from."""

    target: Path
    cluster_uids: dict[str, str]


@pytest.fixture
def profile() -> Target:
    found = target.load("sandbox")
    pinned = {name: msgspec.structs.replace(one, cluster_uid=UIDS[name]) for name, one in found.environments.items()}
    return msgspec.structs.replace(found, environments=pinned, launch=None)


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """Return what a running sandbox would have said, with its profile on the disk."""
    (tmp_path / "state").mkdir()
    return cast("Said", Sandbox(_toml(tmp_path / "state" / "target.toml"), UIDS))


def _toml(path: Path) -> Path:
    text = (target.FOLDER / "sandbox.toml").read_text(encoding="utf-8")
    for name, uid in UIDS.items():
        text = text.replace(f"[environments.{name}]\n", f'[environments.{name}]\ncluster_uid = "{uid}"\n')
    _ = path.write_text(text, encoding="utf-8")
    return path


def look(
    reports: Path,
    profile: Target,
    phase: str = "rollback",
    environment: EnvironmentName = "staging",
    *,
    later_s: float = 0.0,
) -> Paper:
    now = NOW() + datetime.timedelta(seconds=later_s)
    where = papers.Places((reports,), (reports / "attestations",), (reports / "keys" / "gate.pub",))
    return papers.decision(where, profile, phase=phase, environment=environment, now=now, min_coverage=LESS)


def test_a_genuine_go_is_found_with_its_run_its_time_and_its_watch(tmp_path: Path, profile: Target, said: Said) -> None:
    make(tmp_path / "reports", said)
    drill = look(tmp_path / "reports", profile)
    assert (drill.found, drill.reasons, drill.trouble) == (True, (), "")
    assert Path(drill.envelope).parent.name == drill.run
    assert drill.decided_at < drill.expires_at
    assert drill.window_s == 0
    canary = look(tmp_path / "reports", profile, "canary", "production")
    assert (canary.found, canary.window_s) == (True, WATCHED_S)
    assert canary.digest == profile.builds["canary"].digest


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drill-missing", "no signed decision of phase rollback lies in"),
        ("drill-other-digest", f"it says {OTHER}"),
        ("drill-expired", "expired: it was valid until"),
    ],
)
def test_a_drill_that_does_not_count_is_named_with_its_reason(
    fault: str, words: str, tmp_path: Path, profile: Target, said: Said
) -> None:
    make(tmp_path / "reports", said, fault)
    drill = look(tmp_path / "reports", profile)
    assert not drill.found
    assert not drill.trouble
    assert words in "; ".join(drill.reasons)
    assert drill.again == "gate run rollback --target sandbox --act"
    assert look(tmp_path / "reports", profile, "canary", "production").found


def test_an_expired_canary_does_not_count(tmp_path: Path, profile: Target, said: Said) -> None:
    make(tmp_path / "reports", said, "canary-verdict-expired")
    canary = look(tmp_path / "reports", profile, "canary", "production")
    assert not canary.found
    assert "expired" in canary.reasons[0]
    assert look(tmp_path / "reports", profile).found
    assert "canary-verdict-expired" in KINDS


def test_a_decision_about_another_cluster_or_environment_does_not_count(tmp_path: Path, profile: Target) -> None:
    _ = decided(tmp_path, profile, {"staging": "uid-elsewhere"}, "rollback")
    assert "cluster_uid: wanted uid-staging, it says uid-elsewhere" in look(tmp_path, profile).reasons[0]
    assert "environment: wanted production" in look(tmp_path, profile, "rollback", "production").reasons[0]


def test_a_no_go_does_not_count_and_withdraws_the_go_before_it(tmp_path: Path, profile: Target) -> None:
    _ = decided(tmp_path, profile, UIDS, "rollback")
    assert look(tmp_path, profile).found
    newer = decided(tmp_path, profile, UIDS, "rollback", violated="EN-01")
    again = look(tmp_path, profile)
    assert not again.found
    assert f"run {newer.name}: this build's last decision is NO_GO" in again.reasons[0]


def test_a_no_go_about_another_build_or_one_that_is_forged_withdraws_nothing(tmp_path: Path, profile: Target) -> None:
    _ = decided(tmp_path, profile, UIDS, "rollback")
    _ = decided(tmp_path, profile, UIDS, "rollback", violated="EN-01", digest=OTHER)
    forged = decided(tmp_path, profile, UIDS, "rollback", violated="EN-01")
    _ = (forged / "collector.log").write_text("another\n")
    found = look(tmp_path, profile)
    assert found.found
    assert len(found.reasons) == 2


def test_changed_evidence_and_a_foreign_key_do_not_count(tmp_path: Path, profile: Target) -> None:
    run = decided(tmp_path, profile, UIDS, "rollback")
    _ = (run / "artifacts" / "picture.png").write_bytes(b"another")
    assert "artifacts/picture.png was changed" in look(tmp_path, profile).reasons[0]
    other = tmp_path / "other"
    _ = decided(other, profile, UIDS, "rollback")
    (other / "keys" / "gate.pub").unlink()
    _ = envelope.keygen(tmp_path / "foreign")
    _ = (other / "keys" / "gate.pub").write_bytes((tmp_path / "foreign" / "gate.pub").read_bytes())
    assert "signature: signed by" in look(other, profile).reasons[0]


def test_a_rehearsal_counts_for_rehearsals_only(tmp_path: Path, profile: Target) -> None:
    _ = decided(tmp_path, profile, UIDS, "rollback")
    real = msgspec.structs.replace(profile, rehearsal=False)
    assert "rehearsal: decided about a sandbox" in look(tmp_path, real).reasons[0]


def test_less_than_every_line_does_not_count(tmp_path: Path, profile: Target) -> None:
    run = decided(tmp_path, profile, UIDS, "rollback")
    wire = json.loads((run / "verdict.json").read_text())
    where = papers.Places((tmp_path,), (), (tmp_path / "keys" / "gate.pub",))
    paper = papers.decision(where, profile, phase="rollback", environment="staging", now=NOW(), min_coverage=1.0)
    assert paper.found == (wire["coverage"] == 1.0)


def test_what_cannot_be_looked_at_is_trouble_and_no_finding(tmp_path: Path, profile: Target) -> None:
    assert "is not there; set decisions.folder" in look(tmp_path / "nowhere", profile).trouble
    _ = (tmp_path / "file").write_text("")
    assert "file cannot be read: Not a directory" in look(tmp_path / "file", profile).trouble
    run = decided(tmp_path, profile, UIDS, "rollback")
    (tmp_path / "keys" / "gate.pub").unlink()
    assert "no key to check signatures with" in look(tmp_path, profile).trouble
    (run / papers.ENVELOPE).unlink()
    (run / papers.ENVELOPE).mkdir()
    assert "cannot be read: Is a directory; an unread decision may be a NO_GO" in look(tmp_path, profile).trouble


def test_a_profile_that_pins_no_cluster_or_names_no_build_can_rely_on_nothing(tmp_path: Path, profile: Target) -> None:
    assert "pins no cluster_uid for staging" in look(tmp_path, target.load("sandbox")).trouble
    assert "names no build under test" in look(tmp_path, msgspec.structs.replace(profile, builds={})).trouble


def test_what_is_no_envelope_is_named_where_nothing_else_is_found(tmp_path: Path, profile: Target) -> None:
    (tmp_path / "run").mkdir()
    _ = (tmp_path / "run" / papers.ENVELOPE).write_text("{}")
    assert look(tmp_path, profile).reasons[1] == "run/verdict.intoto.json is no decision of this gate"


def test_the_link_latest_is_not_a_second_run(tmp_path: Path, profile: Target) -> None:
    run = decided(tmp_path, profile, UIDS, "rollback", digest=OTHER)
    assert (tmp_path / "latest").resolve() == run
    assert len(look(tmp_path, profile).reasons) == 1


def test_a_watch_that_ended_early_is_as_long_as_its_slices(tmp_path: Path, profile: Target) -> None:
    run = decided(tmp_path, profile, UIDS, "canary")
    assert papers.watched_s(run, "canary") == WATCHED_S
    assert papers.watched_s(run, "staging") == 0
    short = decided(tmp_path / "short", profile, UIDS, "canary", watched_s=20)
    assert papers.watched_s(short, "canary") == 20


def test_only_a_rehearsal_believes_what_lies_beside_its_own_run(tmp_path: Path, profile: Target) -> None:
    beside = papers.places(profile, tmp_path)
    assert beside.folders[0] == tmp_path
    assert beside.keys[0] == tmp_path / "keys" / "gate.pub"
    real = papers.places(msgspec.structs.replace(profile, rehearsal=False), tmp_path)
    assert tmp_path not in real.folders
    assert tmp_path / "keys" / "gate.pub" not in real.keys
    same = papers.places(profile, Path(profile.decisions.folder))
    assert len(same.folders) == 1


BUILD = "sha256:" + "ab" * 32


def signed(folder: Path, *, line: str = "P3-CHK-05", build: str = BUILD, hours: float = 24, ago_h: float = 0) -> Path:
    if not (folder / "keys").exists():
        _ = envelope.keygen(folder / "keys")
    made = attest.make(
        line=line,
        build=build,
        environment="production",
        by="Kim",
        statement="I am on call and know",
        valid_for=datetime.timedelta(hours=hours),
        now=NOW() - datetime.timedelta(hours=ago_h),
    )
    home = folder / "attestations"
    home.mkdir(exist_ok=True)
    path = home / f"{len(list(home.iterdir()))}.intoto.json"
    files.write_json(path, attest.sign(made, envelope.load_private(folder / "keys" / "gate.key")))
    return path


def stated(folder: Path) -> statements.Signed:
    where = papers.Places((folder,), (folder / "attestations",), (folder / "keys" / "gate.pub",))
    return statements.statement(
        where, line="P3-CHK-05", build=BUILD, environment="production", by="on-call", says="on-call knows", now=NOW()
    )


def test_a_statement_about_line_build_and_environment_is_found(tmp_path: Path) -> None:
    path = signed(tmp_path)
    found = stated(tmp_path)
    assert (found.found, found.by, found.statement, found.envelope) == (True, "Kim", "I am on call and know", str(path))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"build": OTHER}, "build: wanted sha256:abab"),
        ({"hours": 1, "ago_h": 2}, "expired: it was valid until"),
        ({"line": "P3-CHK-04"}, ""),
    ],
)
def test_a_statement_about_something_else_or_of_yesterday_is_not_believed(
    given: dict[str, object], words: str, tmp_path: Path
) -> None:
    _ = signed(tmp_path, **given)  # pyright: ignore[reportArgumentType]  the table names each by its key
    found = stated(tmp_path)
    assert not found.found
    assert found.reasons[0] == "nobody signed P3-CHK-05 for this build"
    assert words in "; ".join(found.reasons)


def test_without_statements_or_keys_the_command_that_signs_one_is_exact(tmp_path: Path) -> None:
    found = stated(tmp_path)
    assert "no key to check signatures with" in found.reasons[0]
    assert found.command == (
        f"gate attest P3-CHK-05 --build {BUILD} --environment production --by on-call --statement 'on-call knows' "
        f"--key {tmp_path}/keys/gate.key --out {tmp_path}/attestations/P3-CHK-05-abababababab.attestation.intoto.json"
    )

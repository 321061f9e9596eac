"""A rehearsal signs itself, so that its later phases can rely on it; a real target never does."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from harness.cli import run as gate
from harness.clock import SystemClock
from harness.report.signing import attest, envelope, verify
from tests.gate.builder import UID, build

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_rehearsal_is_signed_with_a_key_of_its_reports_folder_made_at_first_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = build(tmp_path, "rollback", rehearsal=True)
    assert gate(["decide", "rollback", "--run", str(first.path)]) == 0
    said = capsys.readouterr().out
    private, public = tmp_path / "keys" / "gate.key", tmp_path / "keys" / "gate.pub"
    assert f"{private}: made to sign rehearsals with, its public half is gate.pub" in said.replace("\n", "")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    second = build(tmp_path, "rollback", rehearsal=True)
    assert gate(["decide", "rollback", "--run", str(second.path)]) == 0
    assert "made to sign" not in capsys.readouterr().out
    for folder in (first, second):
        raw = (folder.path / "verdict.intoto.json").read_bytes()
        wants = verify.expected([f"cluster_uid={UID}"], min_coverage=0.01, rehearsal=True)
        now = SystemClock().wall()
        assert verify.verify(raw, [envelope.load_public(public)], wants, folder.path, now) == []


def test_a_real_target_is_signed_only_with_a_key_that_is_given(tmp_path: Path) -> None:
    folder = build(tmp_path, "rollback")
    assert gate(["decide", "rollback", "--run", str(folder.path)]) == 0
    assert not (folder.path / "verdict.intoto.json").exists()
    assert not (tmp_path / "keys").exists()


def test_a_rehearsal_keeps_to_a_key_that_is_given(tmp_path: Path) -> None:
    private, _, _ = envelope.keygen(tmp_path / "mine")
    folder = build(tmp_path / "reports", "rollback", rehearsal=True)
    assert gate(["decide", "rollback", "--run", str(folder.path), "--key", str(private)]) == 0
    assert (folder.path / "verdict.intoto.json").is_file()
    assert not (tmp_path / "reports" / "keys").exists()


def test_a_key_that_cannot_be_made_or_read_leaves_the_rehearsal_unsigned_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build(tmp_path, "rollback", rehearsal=True)
    (tmp_path / "keys").mkdir()
    _ = (tmp_path / "keys" / "gate.key").write_text("hush")
    assert gate(["decide", "rollback", "--run", str(folder.path)]) == 0
    said = capsys.readouterr().out
    assert "not signed, so no later phase can rely on it" in said
    assert "hush" not in said
    assert not (folder.path / "verdict.intoto.json").exists()


def test_an_attestation_is_written_where_its_line_looks_for_it(tmp_path: Path) -> None:
    private, public, _ = envelope.keygen(tmp_path / "keys")
    out = tmp_path / "attestations" / "a.attestation.intoto.json"
    build_digest = "sha256:" + "ab" * 32
    words = ["attest", "P3-CHK-05", "--build", build_digest, "--environment", "production", "--by", "Kim"]
    assert gate([*words, "--statement", "I know", "--key", str(private), "--out", str(out)]) == 0
    said, reasons = attest.verify(
        out.read_bytes(),
        [envelope.load_public(public)],
        line="P3-CHK-05",
        build=build_digest,
        environment="production",
        now=SystemClock().wall(),
    )
    assert (said is not None, reasons) == (True, [])

from __future__ import annotations

import base64
import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest

from harness import policy
from harness.cli import run as gate
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report.signing import attest, envelope, verify
from tests.gate.builder import DIGEST, UID, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gate.conftest import Keys, Signed

NOW = SystemClock().wall
LESS = 0.1


def reasons(
    signed: Signed, *pairs: str, later_s: float = 0.0, min_coverage: float = LESS, rehearsal: bool = False
) -> list[str]:
    """Ask the verifier, at some later time."""
    wants = verify.expected(pairs, min_coverage=min_coverage, rehearsal=rehearsal)
    key = envelope.load_public(signed.keys.public)
    now = NOW() + datetime.timedelta(seconds=later_s)
    return verify.verify(signed.envelope.read_bytes(), [key], wants, signed.folder.path, now)


def rewrite(signed: Signed, how: Callable[[dict[str, Any]], object], *, key: Path | None = None) -> None:
    """Change the payload; with a key, sign it anew."""
    wire = json.loads(signed.envelope.read_text())
    payload = json.loads(base64.b64decode(wire["payload"]))
    _ = how(payload)
    if key:
        statement = envelope.msgspec.convert(payload, envelope.Statement)
        wire = envelope.sign(statement, envelope.load_private(key))
    else:
        wire["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    _ = signed.envelope.write_text(json.dumps(wire))


def test_a_genuine_decision_holds(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["verify", str(signed.envelope), "--key", str(signed.keys.public), "--allow-coverage", "0.1"]
    for pair in ("phase=canary", "environment=production", f"cluster_uid={UID}", f"digest={DIGEST}", "nonce=5d41"):
        words += ["--expect", pair]
    assert gate(words) == 0
    assert "holds" in capsys.readouterr().out


def test_every_reason_is_given_at_once(signed_in_part: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    _ = (signed_in_part.folder.path / "artifacts" / "picture.png").write_text("another")
    words = [
        "verify",
        str(signed_in_part.envelope),
        "--key",
        str(signed_in_part.keys.public),
        "--expect",
        "phase=staging",
    ]
    assert gate(words) == 1
    said = capsys.readouterr().out
    assert [word for word in ("coverage:", "phase:", "picture.png was changed") if word not in said] == []


@pytest.mark.parametrize(
    "pair",
    [
        "phase=staging",
        "environment=staging",
        "cluster_uid=x",
        "digest=sha256:00",
        "decision=NO_GO",
        "nonce=other",
        "commit=0",
    ],
)
def test_what_is_expected_must_be_what_is_signed(pair: str, signed: Signed) -> None:
    assert [reason for reason in reasons(signed, pair) if reason.startswith(pair.partition("=")[0])]


def test_the_stable_builds_digest_is_not_the_one_under_test(signed: Signed) -> None:
    assert reasons(signed, f"digest={DIGEST}") == []
    assert reasons(signed, "digest=sha256:" + "cd" * 32)


def test_an_unknown_expectation_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="wanted NAME=VALUE"):
        _ = verify.expected(["colour=red"])


def test_less_than_full_coverage_is_refused_unless_told(signed_in_part: Signed) -> None:
    assert [reason for reason in reasons(signed_in_part, min_coverage=1.0) if reason.startswith("coverage")]
    assert not [reason for reason in reasons(signed_in_part) if reason.startswith("coverage")]


def test_an_expired_decision_is_refused(signed: Signed) -> None:
    valid_for_s = policy.load().of("canary").valid_for_s
    assert [reason for reason in reasons(signed, later_s=valid_for_s + 60) if reason.startswith("expired")]


def test_a_decision_from_the_future_is_refused(signed: Signed) -> None:
    assert [reason for reason in reasons(signed, later_s=-3600) if "in the future" in reason]


def test_a_changed_payload_is_refused(signed: Signed) -> None:
    rewrite(signed, lambda payload: payload["predicate"].update(nonce="mine"))
    assert [reason for reason in reasons(signed) if reason.startswith("signature")]


def test_a_payload_of_another_type_is_refused(signed: Signed) -> None:
    wire = json.loads(signed.envelope.read_text())
    _ = signed.envelope.write_text(json.dumps(wire | {"payloadType": "application/json"}))
    said = reasons(signed)
    assert [reason for reason in said if reason.startswith("payloadType")]
    assert [reason for reason in said if reason.startswith("signature")]


def test_another_key_is_refused(signed: Signed, tmp_path: Path) -> None:
    _, public, _ = envelope.keygen(tmp_path / "other")
    wants = verify.expected([], min_coverage=LESS)
    said = verify.verify(signed.envelope.read_bytes(), [envelope.load_public(public)], wants, signed.folder.path, NOW())
    assert [reason for reason in said if reason.startswith("signature")]


def test_an_unsigned_envelope_is_refused(signed: Signed) -> None:
    wire = json.loads(signed.envelope.read_text())
    _ = signed.envelope.write_text(json.dumps(wire | {"signatures": []}))
    assert [reason for reason in reasons(signed) if "signed by nobody" in reason]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"payload": "e30=", "payload": "e30=", "payloadType": "x", "signatures": []}', "\x00", "NaN"],
)
def test_what_is_no_envelope_is_refused(text: str, signed: Signed) -> None:
    _ = signed.envelope.write_text(text)
    assert [reason for reason in reasons(signed) if "not a DSSE envelope" in reason]


def test_changed_missing_and_extra_evidence_is_named(signed: Signed) -> None:
    home = signed.folder.path
    _ = (home / "artifacts" / "picture.png").write_text("x")
    _ = (home / "artifacts" / "later.png").write_text("x")
    (home / "collector.log").unlink()
    said = "\n".join(reasons(signed))
    assert "artifacts/picture.png was changed" in said
    assert "artifacts/later.png was not there when it was signed" in said
    assert "collector.log is missing" in said


def test_without_the_evidence_it_is_refused(signed: Signed) -> None:
    wants = verify.expected([], min_coverage=LESS)
    key = envelope.load_public(signed.keys.public)
    assert [r for r in verify.verify(signed.envelope.read_bytes(), [key], wants, None, NOW()) if "give --run" in r]


def test_a_signed_go_that_the_evidence_does_not_give_is_refused(tmp_path: Path, keys: Keys, signed: Signed) -> None:
    bad = build(tmp_path / "bad", verdicts={"P2-RTE-02": ("VIOLATED", None, "broken", {})})
    assert gate(["decide", "canary", "--run", str(bad.path), "--key", str(keys.private)]) == 1
    forged = type(signed)(bad, keys)
    rewrite(forged, lambda payload: payload["predicate"]["verdict"].update(decision="GO"), key=keys.private)
    said = "\n".join(reasons(forged))
    assert "recomputed: decision comes out as NO_GO" in said
    assert "verdict.json: is not the signed verdict" in said


def test_a_signed_line_that_the_evidence_does_not_give_is_refused(signed: Signed, keys: Keys) -> None:
    def flip(payload: dict[str, Any]) -> None:
        payload["predicate"]["verdict"]["lines"][0]["outcome"] = "VIOLATED"

    rewrite(signed, flip, key=keys.private)
    assert [reason for reason in reasons(signed) if reason.startswith("recomputed: P2-RTE-01")]


def test_another_policy_is_refused(signed: Signed, keys: Keys) -> None:
    rewrite(signed, lambda payload: payload["predicate"]["verdict"].update(policy_sha256="0" * 64), key=keys.private)
    assert [reason for reason in reasons(signed) if reason.startswith("policy")]


def test_subjects_that_are_not_the_verdicts_are_refused(signed: Signed, keys: Keys) -> None:
    rewrite(
        signed, lambda payload: payload.update(subject=[{"name": "x", "digest": {"sha256": "00"}}]), key=keys.private
    )
    assert [reason for reason in reasons(signed) if reason.startswith("subject")]


def test_a_statement_of_another_kind_is_refused(signed: Signed, keys: Keys) -> None:
    rewrite(signed, lambda payload: payload.update(predicateType=envelope.ATTESTATION), key=keys.private)
    assert [reason for reason in reasons(signed) if reason.startswith("predicateType")]


def test_a_no_go_does_not_hold_as_a_go(tmp_path: Path, keys: Keys, signed: Signed) -> None:
    bad = build(tmp_path / "bad", verdicts={"P2-RTE-02": ("VIOLATED", None, "broken", {})})
    assert gate(["decide", "canary", "--run", str(bad.path), "--key", str(keys.private)]) == 1
    no_go = type(signed)(bad, keys)
    assert [reason for reason in reasons(no_go) if reason.startswith("decision: wanted GO")]
    assert reasons(no_go, "decision=NO_GO") == []


def test_a_rehearsal_counts_for_its_own_sandbox_only(tmp_path: Path, keys: Keys, signed: Signed) -> None:
    made = build(tmp_path / "rehearsal", rehearsal=True)
    assert gate(["decide", "canary", "--run", str(made.path), "--key", str(keys.private)]) == 0
    rehearsed = type(signed)(made, keys)
    assert reasons(rehearsed, f"cluster_uid={UID}", rehearsal=True) == []
    assert reasons(rehearsed, f"cluster_uid={UID}")
    assert reasons(rehearsed, rehearsal=True)
    assert reasons(rehearsed, "cluster_uid=another", rehearsal=True)


def test_a_key_is_kept_secret_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(["keygen", "--out", str(tmp_path)]) == 0
    private = (tmp_path / "gate.key").read_text()
    assert (tmp_path / "gate.key").stat().st_mode & 0o777 == 0o600
    assert gate(["keygen", "--out", str(tmp_path)]) == 4
    assert (tmp_path / "gate.key").read_text() == private
    seen = capsys.readouterr()
    assert private.splitlines()[1] not in seen.out + seen.err


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_wrong_use_and_not_shown(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = (tmp_path / "bad.key").write_text(content)
    folder = build(tmp_path / "reports")
    assert gate(["decide", "canary", "--run", str(folder.path), "--key", str(tmp_path / "bad.key")]) == 4
    said = capsys.readouterr().err
    assert "ed25519" in said
    assert not content or content not in said


ASKED = {"line": "P3-CHK-05", "build": DIGEST, "environment": "production"}


@pytest.fixture
def attested(tmp_path: Path, keys: Keys) -> bytes:
    path = tmp_path / "signed.json"
    words = ["attest", "P3-CHK-05", "--build", DIGEST, "--environment", "production", "--by", "A. Person"]
    words += ["--statement", "On-call knows", "--valid-for", "2h", "--key", str(keys.private), "--out", str(path)]
    assert gate(words) == 0
    assert gate(words) == 4  # never over another
    return path.read_bytes()


def test_an_attestation_holds_for_its_line_build_and_environment(attested: bytes, keys: Keys) -> None:
    said, against = attest.verify(attested, [envelope.load_public(keys.public)], **ASKED, now=NOW())
    assert against == []
    assert said is not None
    assert (said.by, said.statement) == ("A. Person", "On-call knows")


@pytest.mark.parametrize(
    "change", [{"line": "P3-CHK-03"}, {"build": "sha256:" + "00" * 32}, {"environment": "staging"}], ids=str
)
def test_an_attestation_holds_for_nothing_else(change: dict[str, str], attested: bytes, keys: Keys) -> None:
    _, against = attest.verify(attested, [envelope.load_public(keys.public)], **{**ASKED, **change}, now=NOW())
    assert [reason for reason in against if reason.startswith(next(iter(change)))]


def test_an_attestation_expires(attested: bytes, keys: Keys) -> None:
    later = NOW() + datetime.timedelta(hours=3)
    _, against = attest.verify(attested, [envelope.load_public(keys.public)], **ASKED, now=later)
    assert [reason for reason in against if reason.startswith("expired")]


def test_a_decision_is_no_attestation(signed: Signed) -> None:
    _, against = attest.verify(
        signed.envelope.read_bytes(), [envelope.load_public(signed.keys.public)], **ASKED, now=NOW()
    )
    assert [reason for reason in against if reason.startswith("predicateType")]


@pytest.mark.parametrize(
    "words",
    [["--valid-for", "99d"], ["--valid-for", "soon"], ["--build", "latest"], ["--environment", "moon"], ["--by", " "]],
    ids=str,
)
def test_an_attestation_of_something_unclear_is_wrong_use(words: list[str], tmp_path: Path, keys: Keys) -> None:
    given = {"--build": DIGEST, "--environment": "staging", "--by": "A", "--statement": "x", "--key": str(keys.private)}
    given |= {"--out": str(tmp_path / "a.json"), words[0]: words[1]}
    assert gate(["attest", "P3-CHK-05", *(word for pair in given.items() for word in pair)]) == 4

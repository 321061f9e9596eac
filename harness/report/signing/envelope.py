"""Signed statements: an in-toto Statement v1 in a DSSE envelope, by one ed25519 key.

DSSE signs the exact bytes of the payload together with its type, so nothing has to be put into a canonical
form, and a payload cannot be passed off as one of another type.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SecureSystemsError
from securesystemslib.signer import CryptoSigner, SSlibKey  # pyright: ignore[reportPrivateImportUsage]  its documented way in

from harness.errors import UsageError
from harness.report.reading import strict
from harness.report.showing import document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.report.deciding.model import Decision

PrivateKey: TypeAlias = CryptoSigner
PublicKey: TypeAlias = SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
VERDICT = "https://onesource.example/rollout-verdict/v1"
ATTESTATION = "https://onesource.example/attestation/v1"
WAIVER = "https://onesource.example/waiver/v1"
BREAK_GLASS = "https://onesource.example/break-glass/v1"
MOST_BYTES = 64 * 1024 * 1024  # of an envelope: a manifest of 100,000 files fits


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a statement is about, matched by digest only."""

    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An in-toto Statement v1."""

    type: str = msgspec.field(name="_type")
    subject: tuple[Subject, ...]
    predicateType: str  # noqa: N815  the format's own name
    predicate: dict[str, object]


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payload: str
    payloadType: str  # noqa: N815  the format's own name
    signatures: tuple[_Signature, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What an envelope holds, and everything that speaks against believing it."""

    statement: Statement | None
    reasons: tuple[str, ...]
    keyids: tuple[str, ...] = ()  # of those who signed, by their own word


def keygen(folder: Path, name: str = "gate") -> tuple[Path, Path, str]:
    """Make a key pair: NAME.key (mode 0600) and NAME.pub, PEM; returns both paths and the key id.

    Raises UsageError if one of them is there already: a key is never overwritten.
    """
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    for path in (private, public):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is there already and a key is never overwritten; move it away or give --out")
    folder.mkdir(parents=True, exist_ok=True)
    signer = CryptoSigner.generate_ed25519()
    _exclusive(private, signer.private_bytes, 0o600)
    raw = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_key.keyval["public"]))
    pem = raw.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _exclusive(public, pem, 0o644)
    return private, public, signer.public_key.keyid


def _exclusive(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        _ = file.write(content)
        file.flush()
        os.fsync(file.fileno())


def load_private(path: Path) -> PrivateKey:
    """Read an unencrypted ed25519 private key in PEM, or raise UsageError (which never shows its content)."""
    wanted = f"--key {path}: wanted an ed25519 private key in PEM as `gate keygen` makes it"
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as trouble:
        raise UsageError(f"{wanted}, got {trouble.strerror}") from trouble
    except (ValueError, TypeError, UnsupportedAlgorithm) as trouble:
        raise UsageError(f"{wanted}, got something else") from trouble
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UsageError(f"{wanted}, got another kind of key")
    return CryptoSigner(key)


def load_public(path: Path) -> PublicKey:
    """Read an ed25519 public key in PEM, or raise UsageError."""
    wanted = f"--key {path}: wanted an ed25519 public key in PEM as `gate keygen` makes it"
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as trouble:
        raise UsageError(f"{wanted}, got {trouble.strerror}") from trouble
    except (ValueError, TypeError, UnsupportedAlgorithm) as trouble:
        raise UsageError(f"{wanted}, got something else") from trouble
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise UsageError(f"{wanted}, got another kind of key")
    return SSlibKey.from_crypto(key)


def sign(statement: Statement, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope as JSON values."""
    envelope = Envelope(msgspec.json.encode(statement), PAYLOAD_TYPE, {})
    _ = envelope.sign(signer)
    return cast("dict[str, Any]", envelope.to_dict())  # pyright: ignore[reportUnknownMemberType]


def open_(raw: bytes, keys: Sequence[PublicKey], predicate_type: str, threshold: int = 1) -> Opened:
    """Check an envelope's form, type and signatures; a statement may come with reasons not to believe it.

    `threshold` of the keys must have signed. Without keys nothing is believed, and what it says can still be read.
    """
    reasons: list[str] = []
    if len(raw) > MOST_BYTES:
        return Opened(None, (f"envelope: wanted at most {MOST_BYTES} bytes, got {len(raw)}",))
    try:
        wire = msgspec.convert(strict.loads(raw), _Wire)
        envelope = Envelope.from_dict(msgspec.to_builtins(wire))  # pyright: ignore[reportUnknownMemberType]
    except (strict.Malformed, msgspec.ValidationError, SecureSystemsError, ValueError, KeyError) as trouble:
        return Opened(None, (f"envelope: not a DSSE envelope: {trouble}",))
    signers = tuple(envelope.signatures)
    if envelope.payload_type != PAYLOAD_TYPE:
        reasons.append(f"payloadType: wanted {PAYLOAD_TYPE}, got {envelope.payload_type}")
    try:
        _ = envelope.verify(list(keys), threshold)
    except (SecureSystemsError, ValueError) as trouble:
        known = ", ".join(key.keyid for key in keys) or "none that may sign this"
        by = ", ".join(signers) or "nobody"
        enough = "none of it holds" if threshold == 1 else f"fewer than {threshold} of it hold"
        reasons.append(f"signature: signed by {by}, {enough} for key {known} ({type(trouble).__name__})")
    try:
        statement = msgspec.convert(strict.loads(envelope.payload), Statement)
    except (strict.Malformed, msgspec.ValidationError) as trouble:
        return Opened(None, (*reasons, f"payload: not an in-toto statement: {trouble}"), signers)
    if statement.type != STATEMENT:
        reasons.append(f"_type: wanted {STATEMENT}, got {statement.type}")
    if statement.predicateType != predicate_type:
        reasons.append(f"predicateType: wanted {predicate_type}, got {statement.predicateType}")
    return Opened(statement, tuple(reasons), signers)


def cosign(raw: bytes, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope with one more signature on it; UsageError if it is none, or is signed by this key."""
    opened = open_(raw, (), VERDICT)
    if opened.statement is None:
        raise UsageError(f"{'; '.join(opened.reasons)}; `gate decide --key` makes one")
    if signer.public_key.keyid in opened.keyids:
        raise UsageError(f"the key {signer.public_key.keyid} signed it already; a second person takes another key")
    envelope = Envelope.from_dict(msgspec.to_builtins(msgspec.convert(strict.loads(raw), _Wire)))  # pyright: ignore[reportUnknownMemberType]
    _ = envelope.sign(signer)
    return cast("dict[str, Any]", envelope.to_dict())  # pyright: ignore[reportUnknownMemberType]


def about(build: str, environment: str) -> tuple[str, str]:
    """Check what a person's statement is bound to: an image digest and an environment; UsageError if it is none."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", build):
        raise UsageError(f"--build {build!r}: wanted an image digest, sha256: and 64 hex digits")
    if environment not in ("staging", "production"):
        raise UsageError(f"--environment {environment!r}: wanted staging or production")
    return build, environment


def decision(
    made: Decision, signer: PrivateKey, nonce: str | None = None, waivers: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Sign a decision, bound to the build, the cluster, the policy, the evidence, its waivers and its time."""
    return sign(Statement(STATEMENT, subjects(made), VERDICT, predicate(made, nonce, waivers)), signer)


def subjects(made: Decision) -> tuple[Subject, ...]:
    """Return the builds that were read from the cluster, by digest, and the commit of this repository."""
    found: list[Subject] = []
    for arm, images in sorted(made.run.image_digests.items() if made.run else ()):
        for image in images:
            algorithm, _, value = image.rpartition("@")[2].partition(":")
            found.append(Subject(arm, {algorithm: value}))
    commit = made.run.git.get("commit") if made.run else None
    if isinstance(commit, str):
        found.append(Subject("runbook", {"gitCommit": commit}))
    return tuple(found)


def predicate(made: Decision, nonce: str | None, waivers: Sequence[Mapping[str, Any]] = ()) -> dict[str, object]:
    """Return what is signed besides the subjects; waivers go along whole, so that whoever verifies can check them."""
    verdict = document.of(made)
    evidence = cast("Mapping[str, str]", verdict.pop("evidence_sha256"))
    run = made.run
    return {
        "verdict": verdict,
        "plan": {
            "required": list(made.required),
            "tests": [{"nodeid": test.nodeid, "line": test.line} for test in made.tests],
        },
        "policy": {"uri": "runbook/policy.toml", "digest": {"sha256": made.policy_sha256}},
        "evidence": {
            "root": {"sha256": root(evidence)},
            "files": [{"name": name, "digest": {"sha256": digest}} for name, digest in evidence.items()],
        },
        "run": {"id": run.run, "argv": list(run.argv), "versions": dict(run.versions)} if run else None,
        "window": verdict["window"],
        "nonce": nonce,
        "waivers": [dict(one) for one in waivers],
        "previous": verdict["previous"],
        "issued_at": verdict["decided_at"],
        "expires_at": verdict["expires_at"],
    }


def root(evidence: Mapping[str, str]) -> str:
    """Return one digest over all files: sha256 of the sorted `name NUL sha256 LF` lines."""
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(evidence.items()))
    return hashlib.sha256(lines.encode()).hexdigest()

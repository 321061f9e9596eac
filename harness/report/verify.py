"""Whether a signed decision may be acted on, here and now: every reason against it, or none.

The signature only says who wrote it. So the evidence is hashed again and the decision made again from it, and
both have to come out as signed.
"""

from __future__ import annotations

import datetime  # noqa: TC003  msgspec reads the annotations when it runs
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import msgspec

from harness.errors import HarnessError, UsageError
from harness.report import crosscheck, decision, document, envelope, gather, rules, strict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.report.envelope import PublicKey
    from harness.report.model import Evidence

EXPECTABLE = ("phase", "environment", "cluster_uid", "digest", "decision", "run", "target", "commit", "nonce")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the promoter expects. `values` by the names in EXPECTABLE; a decision is GO unless said otherwise."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    min_coverage: float = 1.0
    rehearsal: bool = False


class _Line(msgspec.Struct, frozen=True):
    id: str
    outcome: str


class _Verdict(msgspec.Struct, frozen=True):
    decision: str
    phase: str
    rehearsal: bool
    coverage: float
    lines: tuple[_Line, ...]
    run: str | None
    target: str | None
    environment: str | None
    cluster_uid: str | None
    image_digests: Mapping[str, tuple[str, ...]]
    git: Mapping[str, str | bool | None]
    decided_at: datetime.datetime
    expires_at: datetime.datetime
    policy_sha256: str
    wanted: str | None = msgspec.field(name="for")


class _File(msgspec.Struct, frozen=True):
    name: str
    digest: Mapping[str, str]


class _Manifest(msgspec.Struct, frozen=True):
    root: Mapping[str, str]
    files: tuple[_File, ...]


class _Predicate(msgspec.Struct, frozen=True):
    verdict: _Verdict
    evidence: _Manifest
    nonce: str | None
    expires_at: datetime.datetime


def expected(pairs: Sequence[str], *, min_coverage: float = 1.0, rehearsal: bool = False) -> Expected:
    """Read `name=value` pairs; UsageError for a name that nothing is signed for."""
    values: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or name not in EXPECTABLE or not value:
            raise UsageError(f"--expect {pair!r}: wanted NAME=VALUE with a name of {', '.join(EXPECTABLE)}")
        values[name] = (*values.get(name, ()), value)
    if not 0 <= min_coverage <= 1:
        raise UsageError(f"--min-coverage: wanted 0 to 1, got {min_coverage:g}")
    return Expected(values, min_coverage, rehearsal)


def verify(
    raw: bytes, keys: Sequence[PublicKey], wants: Expected, folder: Path | None, now: datetime.datetime
) -> list[str]:
    """Return every reason not to act on the decision; none means that it holds. `now` is aware UTC time."""
    opened, signed, reasons = _signed(raw, keys, wants, now)
    if opened.statement is not None and signed is not None:
        reasons += _evidence(opened.statement.predicate, signed, folder)
    return reasons


def claims_otherwise(raw: bytes, keys: Sequence[PublicKey], wants: Expected, now: datetime.datetime) -> list[str]:
    """Return every reason that needs no look at the evidence: cheap, to tell which envelopes are worth it."""
    return _signed(raw, keys, wants, now)[2]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a decision says of itself; nothing of it is believed yet."""

    phase: str
    decision: str
    run: str | None
    decided_at: datetime.datetime
    expires_at: datetime.datetime


def claim(raw: bytes) -> Claim | None:
    """Read what an envelope says without believing it; None if it is no decision of this gate."""
    statement = envelope.open_(raw, (), envelope.VERDICT).statement
    try:
        signed = msgspec.convert(statement.predicate, _Predicate) if statement else None
    except msgspec.ValidationError:
        return None
    if signed is None:
        return None
    said = signed.verdict
    return Claim(said.phase, said.decision, said.run, said.decided_at, min(said.expires_at, signed.expires_at))


def _signed(
    raw: bytes, keys: Sequence[PublicKey], wants: Expected, now: datetime.datetime
) -> tuple[envelope.Opened, _Predicate | None, list[str]]:
    """Return what is signed, and every reason against it that the envelope itself gives."""
    opened = envelope.open_(raw, keys, envelope.VERDICT)
    reasons = list(opened.reasons)
    if opened.statement is None:
        return opened, None, reasons
    try:
        signed = msgspec.convert(opened.statement.predicate, _Predicate)
    except msgspec.ValidationError as trouble:
        return opened, None, [*reasons, f"predicate: not a decision of this gate: {trouble}"]
    reasons += _subjects(opened.statement, signed.verdict)
    reasons += _expectations(signed, wants)
    reasons += _time(signed, now)
    reasons += _reach(signed.verdict, wants)
    return opened, signed, reasons


def _subjects(statement: envelope.Statement, verdict: _Verdict) -> list[str]:
    named = {f"{algorithm}:{value}" for item in statement.subject for algorithm, value in item.digest.items()}
    images = {image.rpartition("@")[2] for found in verdict.image_digests.values() for image in found}
    commit = verdict.git.get("commit")
    images |= {f"gitCommit:{commit}"} if commit else set()
    if named == images:
        return []
    return [f"subject: the statement is about {_list(named)}, its verdict about {_list(images)}"]


def _expectations(signed: _Predicate, wants: Expected) -> list[str]:
    verdict = signed.verdict
    commit = verdict.git.get("commit")
    found: dict[str, set[str | None]] = {
        "phase": {verdict.phase},
        "environment": {verdict.environment},
        "cluster_uid": {verdict.cluster_uid},
        "digest": under_test(verdict.image_digests),
        "decision": {verdict.decision},
        "run": {verdict.run},
        "target": {verdict.target},
        "commit": {commit if isinstance(commit, str) else None},
        "nonce": {signed.nonce},
    }
    reasons: list[str] = []
    for name, values in ({"decision": ("GO",)} | dict(wants.values)).items():
        reasons += [
            f"{name}: wanted {value}, it says {_list({one or 'unknown' for one in found[name]})}"
            for value in values
            if found[name] != {value}
        ]
    return reasons


def under_test(digests: Mapping[str, Sequence[str]]) -> set[str | None]:
    """Return what the arm under test ran: the canary's digests where there is a canary, else the stable ones."""
    return {image.rpartition("@")[2] for image in digests.get("canary") or digests.get("stable") or ()}


def _time(signed: _Predicate, now: datetime.datetime) -> list[str]:
    reasons: list[str] = []
    verdict = signed.verdict
    if signed.expires_at != verdict.expires_at:
        reasons.append("expires_at: the predicate and its verdict name different times")
    until = min(signed.expires_at, verdict.expires_at)
    if now > until:
        reasons.append(f"expired: it was valid until {document.when(until)}, it is {document.when(now)}; decide anew")
    if verdict.decided_at > now + crosscheck.SKEW:
        reasons.append(f"decided_at: {document.when(verdict.decided_at)} is in the future, it is {document.when(now)}")
    return reasons


def _reach(verdict: _Verdict, wants: Expected) -> list[str]:
    reasons: list[str] = []
    if verdict.coverage < wants.min_coverage:
        said = f"coverage: {verdict.coverage:.4f} of the phase's lines have a test, wanted {wants.min_coverage:g}"
        reasons.append(f"{said}; --min-coverage accepts less")
    if verdict.rehearsal and not wants.rehearsal:
        reasons.append("rehearsal: decided about a sandbox; --rehearsal accepts it, for that sandbox only")
    if verdict.rehearsal and not wants.values.get("cluster_uid"):
        reasons.append(f"rehearsal: --expect cluster_uid=... has to name the sandbox it is for ({verdict.cluster_uid})")
    return reasons


def _evidence(predicate: Mapping[str, object], signed: _Predicate, folder: Path | None) -> list[str]:
    if folder is None:
        return ["evidence: no run's folder to hash and to decide from again; give --run DIR"]
    try:
        found = gather.folder(folder)
    except OSError as trouble:
        return [f"evidence: {folder} cannot be read: {trouble.strerror or trouble}"]
    reasons = _files(signed.evidence, found.files)
    try:
        reasons += _again(signed.verdict, found)
    except HarnessError as trouble:
        reasons.append(f"recomputed: {trouble}")
    return reasons + _beside(predicate, signed, folder)


def _files(manifest: _Manifest, found: Mapping[str, str]) -> list[str]:
    signed = {file.name: file.digest.get("sha256", "") for file in manifest.files}
    reasons = [f"evidence: {name} is missing" for name in sorted(signed.keys() - found.keys())]
    reasons += [f"evidence: {name} was not there when it was signed" for name in sorted(found.keys() - signed.keys())]
    reasons += [
        f"evidence: {name} was changed: sha256 {found[name]}, signed {signed[name]}"
        for name in sorted(signed.keys() & found.keys())
        if signed[name] != found[name]
    ]
    if len(signed) != len(manifest.files) or manifest.root.get("sha256") != envelope.root(signed):
        reasons.append("evidence: the manifest contradicts its own digest")
    return reasons


def _again(verdict: _Verdict, found: Evidence) -> list[str]:
    """Decide again from the evidence, as of when it was decided, and by the policy that is checked in here."""
    profile = rules.profile_of(found.run.target if found.run else None)
    policy = rules.of_phase(verdict.phase, profile)
    reasons: list[str] = []
    if policy.sha256 != verdict.policy_sha256:
        said = f"policy: decided by sha256 {verdict.policy_sha256}, checked in here is {policy.sha256}"
        reasons.append(f"{said}; decide anew by this one")
    made = decision.decide(found, policy, rules.wanted(verdict.wanted, profile), verdict.decided_at)
    now = msgspec.convert(document.of(made), _Verdict, strict=False)
    for name in ("decision", "rehearsal", "coverage", "run", "target", "environment", "cluster_uid", "image_digests"):
        if getattr(now, name) != getattr(verdict, name):
            said = f"recomputed: {name} comes out as {getattr(now, name)}, signed is {getattr(verdict, name)}"
            reasons.append(said + (f" ({decision.because(made)})" if name == "decision" else ""))
    lines = {line.id: line.outcome for line in verdict.lines}
    reasons += [
        f"recomputed: {line.id} comes out as {line.outcome}, signed is {lines.get(line.id, 'nothing')}"
        for line in now.lines
        if lines.get(line.id) != line.outcome
    ]
    extra = lines.keys() - {line.id for line in now.lines}
    return reasons + [f"recomputed: {name} is signed, but no line of this phase" for name in sorted(extra)]


def _beside(predicate: Mapping[str, object], signed: _Predicate, folder: Path) -> list[str]:
    """Compare with the verdict.json that lies beside the evidence, which people and tools read unsigned."""
    path = folder / "verdict.json"
    if not path.is_file():
        return []
    try:
        lies = strict.read(path)
    except strict.Malformed as trouble:
        return [f"verdict.json: {trouble}"]
    files = {file.name: file.digest.get("sha256", "") for file in signed.evidence.files}
    whole = {**cast("Mapping[str, object]", predicate["verdict"]), "evidence_sha256": files}
    return [] if lies == whole else ["verdict.json: is not the signed verdict; `gate decide` writes both"]


def _list(values: set[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"

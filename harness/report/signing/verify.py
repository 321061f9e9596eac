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
from harness.report.deciding import crosscheck, decision, rules
from harness.report.deciding.decision import Beside
from harness.report.deciding.model import Moment, check_times
from harness.report.reading import gather, strict
from harness.report.showing import document, publish
from harness.report.signing import envelope, keyring, waive
from harness.report.signing.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.report.deciding.model import Evidence
    from harness.report.signing.envelope import PublicKey
    from harness.report.signing.waive import Held

EXPECTABLE = ("phase", "environment", "cluster_uid", "digest", "decision", "run", "target", "commit", "nonce")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the promoter expects. `values` by the names in EXPECTABLE; a decision is GO unless said otherwise."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    min_coverage: float = 1.0
    rehearsal: bool = False


class _Waived(msgspec.Struct, frozen=True):
    sha256: str


class _Line(msgspec.Struct, frozen=True):
    id: str
    outcome: str
    waived: _Waived | None = None


class _Previous(msgspec.Struct, frozen=True):
    """The decision before, as it is named."""

    phase: str
    run: str
    envelope_sha256: str


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
    decided_at: Moment
    expires_at: Moment
    policy_sha256: str
    wanted: str | None = msgspec.field(name="for")

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.decided_at, self.expires_at)


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
    expires_at: Moment
    waivers: tuple[dict[str, object], ...] = ()
    previous: _Previous | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.expires_at)


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
    raw: bytes, keys: Keyring | Sequence[PublicKey], wants: Expected, folder: Path | None, now: datetime.datetime
) -> list[str]:
    """Return every reason not to act on the decision; none means that it holds. `now` is aware UTC time."""
    ring = keys if isinstance(keys, Keyring) else keyring.of_keys(keys)
    opened, signed, reasons = _signed(raw, ring, wants, now)
    if opened.statement is not None and signed is not None:
        held, against = _waivers(signed, ring, now)
        reasons += against
        reasons += _evidence(opened.statement.predicate, signed, folder, held)
    return reasons


def claims_otherwise(
    raw: bytes, keys: Keyring | Sequence[PublicKey], wants: Expected, now: datetime.datetime
) -> list[str]:
    """Return every reason that needs no look at the evidence: cheap, to tell which envelopes are worth it."""
    ring = keys if isinstance(keys, Keyring) else keyring.of_keys(keys)
    return _signed(raw, ring, wants, now)[2]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a decision says of itself; nothing of it is believed yet."""

    phase: str
    decision: str
    run: str | None
    decided_at: datetime.datetime
    expires_at: datetime.datetime
    environment: str | None = None
    cluster_uid: str | None = None
    rehearsal: bool = False
    builds: frozenset[str] = frozenset()
    digests: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    nonce: str | None = None
    previous: _Previous | None = None


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
    return Claim(
        phase=said.phase,
        decision=said.decision,
        run=said.run,
        decided_at=said.decided_at,
        expires_at=min(said.expires_at, signed.expires_at),
        environment=said.environment,
        cluster_uid=said.cluster_uid,
        rehearsal=said.rehearsal,
        builds=frozenset(under_test(said.image_digests)),
        digests=said.image_digests,
        nonce=signed.nonce,
        previous=signed.previous,
    )


def _signed(
    raw: bytes, ring: Keyring, wants: Expected, now: datetime.datetime
) -> tuple[envelope.Opened, _Predicate | None, list[str]]:
    """Return what is signed, and every reason against it that the envelope itself gives."""
    claimed = claim(raw)
    about = (claimed.phase, claimed.environment) if claimed else (None, None)
    opened = envelope.open_(raw, ring.keys("decide", *about), envelope.VERDICT, ring.threshold)
    reasons = [*opened.reasons, *(f"signature: {said}" for said in ring.refusals(opened.keyids, "decide", *about))]
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
        "digest": {*under_test(verdict.image_digests)},
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


def under_test(digests: Mapping[str, Sequence[str]]) -> set[str]:
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


def _waivers(signed: _Predicate, ring: Keyring, now: datetime.datetime) -> tuple[list[Held], list[str]]:
    """Return the waivers that were signed along, if each holds now by a key that may waive; and why one does not."""
    held: list[Held] = []
    reasons: list[str] = []
    about = under_test(signed.verdict.image_digests)
    for wire in signed.waivers:
        raw = msgspec.json.encode(wire)
        one, against = waive.verify(raw, ring, builds=about, environment=signed.verdict.environment, now=now)
        reasons += against
        held += [] if one is None else [one]
    return held, reasons


def _evidence(
    predicate: Mapping[str, object], signed: _Predicate, folder: Path | None, held: Sequence[Held]
) -> list[str]:
    if folder is None:
        return ["evidence: no run's folder to hash and to decide from again; give --run DIR"]
    if publish.interrupted(folder):
        return [f"evidence: a decision was being written to {folder} and did not come to its end; decide again"]
    try:
        found = gather.folder(folder)
    except OSError as trouble:
        return [f"evidence: {folder} cannot be read: {trouble.strerror or trouble}"]
    reasons = _files(signed.evidence, found.files)
    try:
        reasons += _again(signed.verdict, found, held)
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


def _again(verdict: _Verdict, found: Evidence, held: Sequence[Held]) -> list[str]:
    """Decide again from the evidence, as of when it was decided, and by the policy that is checked in here."""
    profile = rules.profile_of(found.run.target if found.run else None)
    policy = rules.of_phase(verdict.phase, profile)
    reasons: list[str] = []
    if policy.sha256 != verdict.policy_sha256:
        said = f"policy: decided by sha256 {verdict.policy_sha256}, checked in here is {policy.sha256}"
        reasons.append(f"{said}; decide anew by this one")
    wanted = rules.wanted(verdict.wanted, profile)
    made = decision.decide(found, policy, wanted, verdict.decided_at, Beside(held))
    if verdict.expires_at > made.expires_at:
        until = f"signed until {document.when(verdict.expires_at)}"
        reasons.append(f"expires_at: {until}, the policy gives until {document.when(made.expires_at)}")
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
    waived = {line.id: line.waived for line in verdict.lines}
    reasons += [
        f"recomputed: {line.id} is waived by {line.waived.sha256 if line.waived else 'nobody'}, "
        "another waiver was signed along"
        for line in now.lines
        if line.id in waived and waived[line.id] != line.waived
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

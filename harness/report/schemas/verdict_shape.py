"""The shape of a decision: verdict.json field by field as document.py writes it, and what is signed of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from harness.report.schemas import shapes  # noqa: TC001  msgspec reads the annotations when it runs


class WaivedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed waiver that lets a line pass; `outcome` is the worst it covers, `sha256` that of its payload."""

    by: shapes.Text
    reason: shapes.Text
    issued_at: shapes.Time
    expires_at: shapes.Time
    outcome: Literal["UNKNOWN", "VIOLATED"]
    sha256: shapes.Sha256


class LineRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One runbook line, decided. A waived line keeps its outcome."""

    id: shapes.Text
    says: str
    outcome: shapes.Outcome
    reason: shapes.Why
    because: str
    facts: dict[str, Any]
    alpha: float | None
    escalation: str
    next: str
    waived: WaivedRow | None


class PlannedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the phase that this version does not look at."""

    id: shapes.Text
    says: str


class BlockerRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that stands between the run and GO; `line` is null where it speaks against the whole run."""

    code: Annotated[str, msgspec.Meta(pattern="^[A-Z_]+$")]
    line: str | None
    message: shapes.Text


class CountsRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How complete the run was, in tests, files and events."""

    planned: shapes.Count
    ran: shapes.Count
    not_run: shapes.Count
    deselected: shapes.Count
    collect_errors: shapes.Count
    workers_lost: shapes.Count
    interrupted: shapes.Count
    results: shapes.Count
    exit_status: int | None


class WindowRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when to when the target was watched."""

    start: shapes.Time | None
    end: shapes.Time | None


class PreviousRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision of the phase before, which this one builds on."""

    phase: shapes.Text
    run: shapes.Text
    envelope_sha256: shapes.Sha256
    decided_at: shapes.Time
    expires_at: shapes.Time


class BreakGlassRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promotion of this run without GO; it says who answers for it, and is never a GO."""

    by: shapes.Text
    reason: shapes.Text
    issued_at: shapes.Time
    expires_at: shapes.Time


class SignedVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision as it stands in the signed statement; the evidence's digests stand beside it there."""

    schema: Literal[1]
    decision: Literal["GO", "NO_GO", "INCONCLUSIVE"]
    because: shapes.Text
    phase: shapes.Text
    rehearsal: bool
    coverage: Annotated[float, msgspec.Meta(ge=0, le=1)]
    lines: list[LineRow]
    planned: list[PlannedRow]
    blockers: list[BlockerRow]
    counts: CountsRow
    run: str | None
    target: str | None
    environment: str | None
    wanted: shapes.Environment | None = msgspec.field(name="for")
    cluster_uid: str | None
    image_digests: dict[str, list[str]]
    git: dict[str, str | bool | None]
    window: WindowRow
    decided_at: shapes.Time
    expires_at: shapes.Time
    policy_sha256: shapes.Sha256
    previous: PreviousRow | None
    break_glass: list[BreakGlassRow]


class VerdictFile(SignedVerdict, frozen=True, forbid_unknown_fields=True):
    """verdict.json: a decision with the sha256 of every file it was made from."""

    evidence_sha256: dict[str, shapes.Sha256]


class Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A digest set as in-toto has it, of sha256 alone."""

    sha256: shapes.Sha256


class PlanTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A planned test and the line it decides."""

    nodeid: str
    line: str


class PlanPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the policy requires, and what the run set out to run."""

    required: list[str]
    tests: list[PlanTest]


class PolicyPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy that was decided by; its digest covers the runbook's limits, too."""

    uri: shapes.Text
    digest: Digest


class FileRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the evidence."""

    name: shapes.Text
    digest: Digest


class EvidencePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every file of the evidence; `root` is the sha256 of the sorted lines `name NUL sha256 LF`."""

    root: Digest
    files: list[FileRow]


class RunPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The run that was decided."""

    id: str
    argv: list[str]
    versions: dict[str, str | None]


class EnvelopeSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signature, base64."""

    keyid: shapes.Text
    sig: shapes.Text


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A DSSE envelope around an in-toto statement; `payload` is base64."""

    payload: shapes.Text
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815  the format's own name
    signatures: list[EnvelopeSignature]


class Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The predicate of a signed decision, of type https://onesource.example/rollout-verdict/v1."""

    verdict: SignedVerdict
    plan: PlanPart
    policy: PolicyPart
    evidence: EvidencePart
    run: RunPart | None
    window: WindowRow
    nonce: str | None
    waivers: list[Envelope]
    previous: PreviousRow | None
    issued_at: shapes.Time
    expires_at: shapes.Time

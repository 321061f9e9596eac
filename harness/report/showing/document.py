"""verdict.json: the decision as data (reports/README.md)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from harness.report import files, stamp
from harness.report.deciding import decision as deciding

if TYPE_CHECKING:
    import datetime

    from harness.report.deciding.model import Decision, Judged, Previous, Waived

SCHEMA = 1


def of(decision: Decision) -> dict[str, object]:
    """Return plain JSON values; times are RFC 3339 in UTC, unknown values null."""
    return {**about(decision), "evidence_sha256": {name: decision.files[name] for name in sorted(decision.files)}}


def written(decision: Decision) -> bytes:
    """Return verdict.json: `of` as `files.indented` writes it, without a second and a third copy of so many digests."""
    text = io.BytesIO()
    _ = text.write(files.indented(about(decision)).removesuffix(b"\n}\n"))
    _ = text.write(b',\n  "evidence_sha256": {')
    between = b"\n    "
    for name in sorted(decision.files):
        _ = text.write(between + files.encode(name) + b': "' + decision.files[name].encode() + b'"')
        between = b",\n    "
    _ = text.write(b"\n  }\n}\n" if decision.files else b"}\n}\n")
    return text.getvalue()


def about(decision: Decision) -> dict[str, object]:
    """Return all of it but the digests of the run's files, of which there may be a hundred thousand."""
    run = decision.run
    return {
        "schema": SCHEMA,
        "decision": decision.decision,
        "because": deciding.because(decision),
        "phase": decision.phase,
        "rehearsal": decision.rehearsal,
        "coverage": decision.coverage,
        "lines": [line(one) for one in decision.lines],
        "planned": [{"id": rule.id, "says": rule.says} for rule in decision.planned],
        "blockers": [
            {"code": blocker.code, "line": blocker.line, "message": blocker.message} for blocker in decision.blockers
        ],
        "counts": {name: getattr(decision.counts, name) for name in decision.counts.__slots__},
        "run": run.run if run else None,
        "target": run.target if run else None,
        "environment": decision.environment,
        "for": decision.wanted.environment,
        "cluster_uid": run.cluster_uid if run else None,
        "image_digests": {arm: list(found) for arm, found in run.image_digests.items()} if run else {},
        "git": dict(run.git) if run else {},
        "window": {"start": when(decision.started), "end": when(decision.finished)},
        "decided_at": when(decision.decided_at),
        "expires_at": when(decision.expires_at),
        "policy_sha256": decision.policy_sha256,
        "previous": _previous(decision.previous),
        "break_glass": [_signed(one.by, one.reason, one.issued_at, one.expires_at) for one in decision.break_glass],
    }


def line(one: Judged) -> dict[str, object]:
    """Return one line's row."""
    return {
        "id": one.id,
        "says": one.says,
        "outcome": one.outcome.name,
        "reason": one.reason.value if one.reason else None,
        "because": one.because,
        "facts": dict(one.facts),
        "alpha": one.alpha,
        "escalation": one.escalation,
        "next": one.next,
        "waived": _waived(one.waived),
    }


def _waived(one: Waived | None) -> dict[str, str] | None:
    if one is None:
        return None
    said = _signed(one.by, one.reason, one.issued_at, one.expires_at)
    return {**said, "outcome": one.outcome, "sha256": one.sha256}


def _previous(one: Previous | None) -> dict[str, str] | None:
    if one is None:
        return None
    return {
        "phase": one.phase,
        "run": one.run,
        "envelope_sha256": one.envelope_sha256,
        "decided_at": stamp.rfc3339(one.decided_at),
        "expires_at": stamp.rfc3339(one.expires_at),
    }


def _signed(by: str, reason: str, issued: datetime.datetime, expires: datetime.datetime) -> dict[str, str]:
    """Return what a person's statement shows."""
    return {"by": by, "reason": reason, "issued_at": stamp.rfc3339(issued), "expires_at": stamp.rfc3339(expires)}


def when(moment: datetime.datetime | None) -> str | None:
    """Return a time as reports write it; None stays None."""
    return stamp.rfc3339(moment) if moment else None

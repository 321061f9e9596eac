"""verdict.json: the decision as data (reports/README.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report import decision as deciding
from harness.report import stamp

if TYPE_CHECKING:
    import datetime

    from harness.report.model import Decision, Judged

SCHEMA = 1


def of(decision: Decision) -> dict[str, object]:
    """Return plain JSON values; times are RFC 3339 in UTC, unknown values null."""
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
        "evidence_sha256": dict(sorted(decision.files.items())),
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
    }


def when(moment: datetime.datetime | None) -> str | None:
    """Return a time as reports write it; None stays None."""
    return stamp.rfc3339(moment) if moment else None

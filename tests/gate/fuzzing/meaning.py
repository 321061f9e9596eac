"""What a decision rests on, as read: two runs that differ in nothing of it may be decided alike.

The rest binds nobody before it is signed: sentences and figures of outcomes, times within the run, arguments, versions,
the commit and the build's digest, Allure's names and attachments, logs, artifacts, and rows of evidence.db, of which
deciding reads the dates only. The signature is over the bytes of every file, so that afterwards nothing is free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.verdict import Reason

if TYPE_CHECKING:
    from harness.report.deciding.model import Event, Evidence

REASONS = frozenset(Reason)


def of(evidence: Evidence, phase: str) -> tuple[object, ...]:
    """Return it as values that can be compared."""
    run = evidence.run
    about = None
    if run is not None:
        pinned = bool(run.cluster_uid) and run.cluster_uid == run.expected_cluster_uid
        about = (run.run, phase in run.phases, run.environment, pinned, any(run.image_digests.values()))
    outcomes = [(item.line, item.nodeid, item.outcome, item.reason in REASONS) for item in evidence.outcomes]
    results = [(str(one.status), one.lines, one.runs, one.history_id is None, one.flags) for one in evidence.results]
    return (
        about,
        [_event(event, phase) for event in evidence.ledger],
        sorted(outcomes),
        sorted(results),
        evidence.measured is None,
        [trouble.code for trouble in evidence.troubles],
    )


def _event(event: Event, phase: str) -> tuple[object, ...]:
    kind = event.event
    if kind == "start":
        return kind, event.seq, event.run
    if kind == "plan":
        return kind, event.seq, sorted((test.nodeid, test.line, phase in test.phases) for test in event.tests)
    if kind == "report":
        return kind, event.seq, event.nodeid, event.when, event.outcome
    return kind, event.seq, event.exit_status

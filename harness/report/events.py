"""Small questions to a run's records that several checks ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.report.model import Event, Evidence, Planned, Rules


def again(rules: Rules) -> str:
    """Return what to do when a run is not whole."""
    return f"run `{rules.again}` again, to its end and without a filter"


def of(ledger: Iterable[Event], kind: str) -> list[Event]:
    """Return the ledger's events of a kind."""
    return [event for event in ledger if event.event == kind]


def plan(evidence: Evidence) -> tuple[Planned, ...]:
    """Return what was planned."""
    return tuple(test for event in of(evidence.ledger, "plan") for test in event.tests)


def first_line(text: str | None) -> str:
    """Return what fits into a message of one line."""
    lines = (text or "").strip().splitlines()
    return lines[0][:300] if lines else "no message"

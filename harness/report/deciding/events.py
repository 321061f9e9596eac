"""Small questions to a run's records that several checks ask."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.report.deciding.model import Event, Evidence, Planned, Rules


def again(rules: Rules) -> str:
    """Return what to do when a run is not whole."""
    return f"run `{rules.again}` again, to its end and without a filter"


def of(ledger: Iterable[Event], kind: str) -> list[Event]:
    """Return the ledger's events of a kind; it looks at all of them, so who asks for several kinds takes `by_kind`."""
    return [event for event in ledger if event.event == kind]


def by_kind(ledger: Iterable[Event]) -> Mapping[str, Sequence[Event]]:
    """Return the ledger's events by kind, each kind in the order of the ledger; a kind that is not there is empty."""
    found: dict[str, list[Event]] = collections.defaultdict(list)
    for event in ledger:
        found[event.event].append(event)
    return found


def plan(evidence: Evidence) -> tuple[Planned, ...]:
    """Return what was planned."""
    plans = of(evidence.ledger, "plan")
    return plans[0].tests if len(plans) == 1 else tuple(test for event in plans for test in event.tests)


def first_line(text: str | None) -> str:
    """Return what fits into a message of one line."""
    lines = (text or "").strip().splitlines()
    return lines[0][:300] if lines else "no message"


def some(names: Sequence[str], most: int = 5) -> str:
    """Return names as a list in a sentence, the first ones only where there are many."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"

"""Small questions to a run's records that several checks ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.deciding.model import Evidence, Planned, Rules


def again(rules: Rules) -> str:
    """Return what to do when a run is not whole."""
    return f"run `{rules.again}` again, to its end and without a filter"


def plan(evidence: Evidence) -> tuple[Planned, ...]:
    """Return what was planned."""
    plans = evidence.ledger.of("plan")
    return plans[0].tests if len(plans) == 1 else tuple(test for event in plans for test in event.tests)


def first_line(text: str | None) -> str:
    """Return what fits into a message of one line."""
    lines = (text or "").strip().splitlines()
    return lines[0][:300] if lines else "no message"


MOST: Final = 5  # names in a sentence


def some(names: Sequence[str], count: int = 0) -> str:
    """Return names as a list in a sentence, the first ones only where there are many; `count` if not all are given."""
    left = max(count, len(names)) - MOST
    return f"{', '.join(names[:MOST])}{f' and {left:,} more' if left > 0 else ''}"

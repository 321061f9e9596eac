"""Where every scheduled request went, and whether the generator itself is to be trusted.

scheduled = answered + failed + late + capped, for each slice and for the whole run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.judge.answers import RATE_LIMITED

if TYPE_CHECKING:
    from harness.verdict import Fact

CAPPED, LATE, INTERRUPTED = "capped", "late", "interrupted"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How late a generator may be: at most `share` of requests (and of time) later than `late_s`.

    More would move a P95 by more than a fifth of the 5% it leaves open. A request more than `give_up_s` behind
    its due time is not sent at all: a backlog sent in a burst would be a load that nobody planned.
    """

    late_s: float = 0.05
    share: float = 0.01
    give_up_s: float = 5.0


@dataclass(slots=True)
class Account:
    """Counts of one slice or of a run; a request belongs to the slice it was due in.

    `errors` counts failures by kind, those of answered requests (5xx, invalid) too. `behind` are requests sent
    later than the tolerance, `latest_s` the latest; `stalled_s` the time in which the generator did not get to
    run, `longest_stall_s` its longest piece.
    """

    start_s: float = 0.0
    length_s: float = 0.0
    scheduled: int = 0
    answered: int = 0
    failed: int = 0
    late: int = 0
    capped: int = 0
    behind: int = 0
    latest_s: float = 0.0
    stalled_s: float = 0.0
    longest_stall_s: float = 0.0
    most_in_flight: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])

    @property
    def sent(self) -> int:
        """Requests that left."""
        return self.answered + self.failed

    @property
    def open(self) -> int:
        """Requests that are under way; 0 in the end."""
        return self.scheduled - self.sent - self.late - self.capped

    def invalid(self, tolerance: Tolerance) -> str:
        """Return why figures of this slice are the generator's and not the target's; "" if they are not."""
        if self.errors[RATE_LIMITED]:
            return f"the target limits our rate: {self.errors[RATE_LIMITED]} of {self.scheduled} requests got 429"
        if self.late:
            return f"the generator fell behind: {self.late} of {self.scheduled} requests were never sent"
        if self.behind > tolerance.share * self.scheduled:
            said = f"{self.behind} of {self.scheduled} requests left more than {1000 * tolerance.late_s:.0f} ms late"
            return f"the generator was late: {said} (up to {self.latest_s:.2f} s)"
        if self.stalled_s > tolerance.share * self.length_s:
            said = f"it did not run for {self.stalled_s:.2f} of {self.length_s:.2f} s"
            return f"the generator was starved of processor time: {said}"
        return ""

    def add(self, other: Account) -> None:
        """Add another one's counts; exact, in any order."""
        self.length_s += other.length_s
        self.scheduled += other.scheduled
        self.answered += other.answered
        self.failed += other.failed
        self.late += other.late
        self.capped += other.capped
        self.behind += other.behind
        self.stalled_s += other.stalled_s
        self.latest_s = max(self.latest_s, other.latest_s)
        self.longest_stall_s = max(self.longest_stall_s, other.longest_stall_s)
        self.most_in_flight = max(self.most_in_flight, other.most_in_flight)
        self.errors.update(other.errors)

    def facts(self) -> dict[str, Fact]:
        """Return every count, for a verdict."""
        return {
            "scheduled": self.scheduled,
            "answered": self.answered,
            "failed": self.failed,
            "late": self.late,
            "capped": self.capped,
            "errors": dict(self.errors),
            "sent_behind": self.behind,
            "latest_ms": round(1000 * self.latest_s, 1),
            "stalled_ms": round(1000 * self.stalled_s, 1),
            "longest_stall_ms": round(1000 * self.longest_stall_s, 1),
            "most_in_flight": self.most_in_flight,
        }

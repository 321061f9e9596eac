"""What ledger and outcomes say of each test: gone through once, for all checks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from harness.report.deciding.kept import Head
    from harness.report.deciding.model import Evidence

STEPS: Final = ("setup", "call", "teardown")
ODD: Final = -1  # of a test whose steps are not these, each passed, in this order


@dataclass(frozen=True, slots=True)
class Heard:
    """By node id; a report without one counts as of the test "" where steps are counted."""

    passed: Mapping[str, int]  # how many steps passed, each once and in order; ODD of any other test that reported
    ended: AbstractSet[str | None]  # reported a teardown
    broke_beside: AbstractSet[str | None]  # something other than the test's own call did not pass
    failed: bool  # a step did not pass
    first: Mapping[str, Head]  # its outcome, or the first of them
    more: Mapping[str, Sequence[Head]]  # all of them, of a test with more than one

    def smooth(self, nodeid: str) -> bool:
        """Tell whether a test passed each step once, in order, and said MET once: there is nothing to tell of it."""
        head = self.first.get(nodeid)
        said_met = head is not None and head.outcome == "MET" and nodeid not in self.more
        return said_met and self.passed.get(nodeid) == len(STEPS)

    def said(self, nodeid: str) -> Sequence[Head]:
        """Return a test's outcomes in their order."""
        head = self.first.get(nodeid)
        return () if head is None else self.more.get(nodeid) or (head,)


def of(evidence: Evidence) -> Heard:
    """Go through a run's reports and outcomes."""
    passed: dict[str, int] = {}
    ended, broke_beside, failed = set[str | None](), set[str | None](), False
    for nodeid, when, outcome in evidence.ledger.reports():
        test = nodeid or ""
        done = passed.get(test, 0)
        if 0 <= done < len(STEPS) and when == STEPS[done] and outcome == "passed":
            passed[test] = done + 1
        else:
            passed[test] = ODD
        if when == "teardown":
            ended.add(nodeid)
        if outcome != "passed":
            failed = True
            if when != "call":
                broke_beside.add(nodeid)
    first: dict[str, Head] = {}
    more: dict[str, list[Head]] = {}
    for nodeid, head in evidence.outcomes.heads():
        if nodeid in first:
            more.setdefault(nodeid, [first[nodeid]]).append(head)
        else:
            first[nodeid] = head
    return Heard(passed, ended, broke_beside, failed, first, more)

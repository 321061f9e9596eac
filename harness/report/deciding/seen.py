"""What a run says about each line of the runbook, brought together for judging it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.deciding.events import plan
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.heard import Heard
    from harness.report.deciding.kept import Outcomes
    from harness.report.deciding.model import Blocker, Evidence, Recorded, Rules


@dataclass(frozen=True, slots=True)
class Seen:
    """What was planned, said and found, by line: a run can have many tests."""

    tests: Mapping[str, set[str]]
    worst: Mapping[str, Recorded]
    against: Mapping[str, list[Blocker]]
    heard: Heard

    @classmethod
    def of(cls, evidence: Evidence, heard: Heard, rules: Rules, blockers: Sequence[Blocker]) -> Seen:
        """Go through everything once; `blockers` are those that the checks found."""
        tests: dict[str, set[str]] = {}
        against: dict[str, list[Blocker]] = {}
        for test in plan(evidence):
            if rules.phase in test.phases:
                tests.setdefault(test.line, set()).add(test.nodeid)
        for blocker in blockers:
            if blocker.line is not None:
                against.setdefault(blocker.line, []).append(blocker)
        return cls(tests, _worst_of(evidence.outcomes, tests), against, heard)

    def silent(self, line: str) -> set[str]:
        """Return the line's tests that said nothing about it."""
        tests = self.tests.get(line, set[str]())
        return {nodeid for nodeid in tests if all(head.line != line for head in self.heard.said(nodeid))}

    def ended(self, nodeid: str) -> bool:
        """Tell whether a test reported its teardown; a report without a test counts as of the test ""."""
        return nodeid in self.heard.ended or (not nodeid and None in self.heard.ended)


def _worst_of(outcomes: Outcomes, tests: Mapping[str, set[str]]) -> dict[str, Recorded]:
    """Return the worst that each line's tests said, of equally bad ones the first."""
    worst: dict[str, tuple[Outcome, int]] = {}
    for place, (nodeid, head) in enumerate(outcomes.heads()):
        outcome = Outcome[head.outcome]
        if nodeid in tests.get(head.line, ()) and (head.line not in worst or outcome > worst[head.line][0]):
            worst[head.line] = outcome, place
    return {line: outcomes[place] for line, (_, place) in worst.items()}

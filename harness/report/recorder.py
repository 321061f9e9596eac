"""What one run has seen so far, and the only hand that writes its ledger and its outcomes.

Knows nothing of pytest: the plugin tells it plain facts, in one process (with xdist: the controller).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from harness.report import outcomes
from harness.report.ledger import Ledger
from harness.report.outcomes import Outcomes
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.runbook_tests import SuiteTest

STEPS = ("setup", "call", "teardown")
OK, FAILED, INTERRUPTED, NOTHING = 0, 1, 2, 5  # pytest's exit statuses


@dataclass(frozen=True, slots=True)
class Step:
    """How one step of a test went; `verdict` is what the test has said by then (outcomes.encode), if anything."""

    nodeid: str
    when: str
    outcome: str
    duration_s: float = 0.0
    worker: str | None = None
    verdict: str | None = None
    message: str = ""


@dataclass(slots=True)
class _Seen:
    verdict: Verdict | None = None
    trouble: str | None = None
    settled: bool = False


@dataclass(slots=True)
class Recorder:
    """Ledger, outcomes and what they add up to."""

    folder: Path
    clock: Clock
    tests: dict[str, SuiteTest] = field(default_factory=dict[str, "SuiteTest"])
    stops: list[str] = field(default_factory=list[str])  # whatever makes the run incomplete, in words
    _seen: dict[str, _Seen] = field(default_factory=dict[str, "_Seen"])
    _verdicts: dict[str, Verdict] = field(default_factory=dict[str, Verdict])
    _planned: bool = False
    _finished: bool = False
    _ledger: Ledger = field(init=False)
    _outcomes: Outcomes = field(init=False)

    def __post_init__(self) -> None:
        """Make both files."""
        self._ledger = Ledger(self.folder, self.clock)
        self._outcomes = Outcomes(self.folder, self.clock)

    @property
    def planned(self) -> bool:
        """Whether the plan is written."""
        return self._planned

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What was decided so far, by nodeid, in order."""
        return self._verdicts

    def start(self, run: str, argv: Sequence[str], workers: int) -> None:
        """Begin."""
        self._ledger.start(run, argv, workers)

    def plan(self, tests: Sequence[SuiteTest], deselected: Sequence[str]) -> None:
        """Take the plan; only the first counts, since every worker of xdist has the same."""
        if not self._planned:
            self._planned = True
            self.tests = {test.nodeid: test for test in tests}
            self._ledger.plan(tests, sorted(set(deselected)))

    def collect_error(self, nodeid: str, message: str) -> None:
        """Take a file that could not be collected."""
        self.stops.append(f"{nodeid} could not be collected")
        self._ledger.collect_error(nodeid, message)

    def worker_lost(self, worker: str, message: str, nodeid: str | None = None) -> None:
        """Take the end of a worker."""
        self.stops.append(f"worker {worker} was lost: {message}")
        self._ledger.worker_lost(worker, message, nodeid)

    def interrupted(self, message: str) -> None:
        """Take whatever stopped the run."""
        self.stops.append(message)
        self._ledger.interrupted(message)

    def collector_exit(self, exit_status: int, message: str) -> None:
        """Take how the collector ended; what it could not read shows in the verdicts, so nothing is stopped by it."""
        self._ledger.collector_exit(exit_status, message)

    def step(self, step: Step) -> None:
        """Take one step's report; the teardown's settles the test's verdict."""
        test = self.tests.get(step.nodeid)
        self._ledger.report(
            nodeid=step.nodeid,
            when=step.when,
            outcome=step.outcome,
            line=test.line if test else None,
            duration_s=step.duration_s,
            worker=step.worker,
        )
        seen = self._seen.setdefault(step.nodeid, _Seen())
        if step.verdict is not None:
            seen.verdict = _decode(step.verdict)
        if step.outcome != "passed" and seen.trouble is None:
            seen.trouble = f"{step.when} {step.outcome}: {step.message}" if step.message else step.when
        if step.when == "teardown":
            self._settle(step.nodeid, seen, failed_at_end=step.outcome != "passed")

    def _settle(self, nodeid: str, seen: _Seen, *, failed_at_end: bool) -> None:
        test = self.tests.get(nodeid)
        if test is None or seen.settled:
            self.stops.append(f"{nodeid} ran {'twice' if test else 'without being planned'}")
            return
        seen.settled = True
        verdict = seen.verdict
        if verdict is None:
            because = f"the test ended without a decision ({seen.trouble or 'nothing was said'})"
            verdict = unknown(Reason.ERROR, because)
        elif verdict.outcome is Outcome.MET and (failed_at_end or seen.trouble):
            because = f"decided MET ({verdict.because}), but then failed ({seen.trouble})"
            verdict = unknown(Reason.ERROR, because, **verdict.facts)
        self._verdicts[nodeid] = verdict
        self._outcomes.add(test, verdict)

    def _settle_open(self) -> None:
        """Keep what tests had said that were stopped before their teardown; MET from such a test is not kept."""
        for nodeid, seen in self._seen.items():
            if seen.settled or seen.verdict is None or nodeid not in self.tests:
                continue
            if seen.verdict.outcome is Outcome.MET:
                seen.verdict = unknown(Reason.INTERRUPTED, f"stopped before its end; had said: {seen.verdict}")
            self._settle(nodeid, seen, failed_at_end=False)

    def status(self, given: int) -> int:
        """Return the exit status to end with: 0 only when every planned test decided MET and nothing was stopped."""
        if given != OK:
            return given
        if self.stops:
            return INTERRUPTED
        if not self.tests:
            return NOTHING
        met = [nodeid for nodeid, verdict in self._verdicts.items() if verdict.outcome is Outcome.MET]
        return OK if set(met) == set(self.tests) else FAILED

    def finish(self, given: int) -> int:
        """Write the end, once, and return the exit status that was written."""
        status = self.status(given)
        if not self._finished:
            self._finished = True
            self._settle_open()
            self._ledger.finish(status)
        return status


def _decode(text: str) -> Verdict:
    try:
        return outcomes.decode(text)
    except (msgspec.MsgspecError, ValueError, KeyError) as trouble:
        return unknown(Reason.ERROR, f"the verdict could not be read: {trouble}")

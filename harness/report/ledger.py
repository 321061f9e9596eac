"""The ledger: what a run set out to do, what happened, and how it ended (reports/README.md, ledger.jsonl).

Written by one process only. A run that was killed is one whose ledger has no `finish`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report import files, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.runbook_tests import SuiteTest

NAME = "ledger.jsonl"


class Ledger:
    """Appends events, numbered without a hole, each on the disk before the call returns."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Write into a run's folder; the file must not be there yet."""
        self._path = folder / NAME
        self._clock = clock
        self._seq = 0
        self._path.touch(exist_ok=False)

    def _add(self, event: str, **fields: object) -> None:
        at = stamp.rfc3339(self._clock.wall())
        files.append_line(self._path, {"event": event, "at": at, "seq": self._seq, **fields})
        self._seq += 1

    def start(self, run: str, argv: Sequence[str], workers: int) -> None:
        """Say that a run has begun, before anything of it could fail."""
        self._add("start", run=run, argv=list(argv), workers=workers)

    def plan(self, tests: Sequence[SuiteTest], deselected: Sequence[str]) -> None:
        """Say what is going to run, and what was collected but left out."""
        planned = [{"nodeid": test.nodeid, "line": test.line, "phases": list(test.phases)} for test in tests]
        self._add("plan", tests=planned, deselected=list(deselected))

    def collect_error(self, nodeid: str, message: str) -> None:
        """Say that a file could not be read as tests."""
        self._add("collect_error", nodeid=nodeid, message=message)

    def report(
        self, *, nodeid: str, when: str, outcome: str, line: str | None, duration_s: float, worker: str | None
    ) -> None:
        """Say how one step (setup, call, teardown) of a test went."""
        self._add(
            "report",
            nodeid=nodeid,
            when=when,
            outcome=outcome,
            line=line,
            duration_s=round(duration_s, 6),
            worker=worker,
        )

    def worker_lost(self, worker: str, message: str, nodeid: str | None = None) -> None:
        """Say that a worker died, and with which test in its hands."""
        self._add("worker_lost", worker=worker, message=message, nodeid=nodeid)

    def interrupted(self, message: str) -> None:
        """Say that the run was stopped before its end, and by what."""
        self._add("interrupted", message=message)

    def collector_exit(self, exit_status: int, message: str) -> None:
        """Say how the collector of evidence ended; 0 means that all planned evidence is there."""
        self._add("collector_exit", exit_status=exit_status, message=message)

    def finish(self, exit_status: int) -> None:
        """Say that the run came to its end by itself, with pytest's exit status."""
        self._add("finish", exit_status=exit_status)

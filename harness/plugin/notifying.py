"""Whoever is to know is told of the first violated line at once, while the others are still being watched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from harness import runbook
from harness.report.showing import notify
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.plugin import keys
    from harness.report.recorder import Recorder
    from harness.report.showing.notify import Message

PATIENCE_S = 15.0  # at the end, for a message that is still on its way


class Notifying:
    """Registered in the recording process only; one message a run, since the decision tells the rest."""

    def __init__(self, context: keys.Context, recorder: Recorder, addresses: Sequence[str], shown: str) -> None:
        """Tell these addresses; `shown` is the run's folder as people see it."""
        self._context, self._recorder = context, recorder
        self._addresses, self._shown = addresses, shown
        self._thread: threading.Thread | None = None
        self._failed: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at what a test has just settled; evidence that is judged again is no news."""
        if self._thread is not None or not self._addresses or self._context.options.evidence is not None:
            return
        verdict = self._recorder.verdicts.get(report.nodeid)
        if report.when != "teardown" or verdict is None or verdict.outcome is not Outcome.VIOLATED:
            return
        told = (report.nodeid, verdict.because)
        self._thread = threading.Thread(target=self._tell, args=told, daemon=True, name="notifying")
        self._thread.start()

    def _message(self, nodeid: str, because: str) -> Message:
        context, test = self._context, self._recorder.tests[nodeid]
        line, target, phase = context.lines[test.line], context.resolved(), context.asked(test)
        return notify.of_violation(
            line=line.id,
            says=line.says,
            because=because,
            phase=phase,
            run=context.folder.id,
            environment=context.environment(test),
            target=target.name,
            rehearsal=target.rehearsal,
            next_step=runbook.next_step(line, target, Outcome.VIOLATED, phase),
            page=self._shown,
            at=context.clock.wall(),
        )

    def _tell(self, nodeid: str, because: str) -> None:
        try:
            self._failed = notify.send(self._addresses, self._message(nodeid, because), clock=self._context.clock)
        except Exception as trouble:  # noqa: BLE001  whatever it is, the run goes on
            self._failed = [f"notification: could not be made: {type(trouble).__name__}"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say in a line what was not delivered; it changes nothing else."""
        if self._thread is None:
            return
        self._thread.join(PATIENCE_S)
        for failed in ["notification: not delivered yet"] if self._thread.is_alive() else self._failed:
            terminalreporter.line(failed, yellow=True)

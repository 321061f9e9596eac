"""What pytest tells the recording process, handed on to the ledger."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from harness.plugin import collection, console, deciding, keys
from harness.plugin.notifying import Notifying
from harness.report.recorder import STEPS, Recorder, Step
from harness.report.showing import notify

if TYPE_CHECKING:
    from _pytest._code import ExceptionInfo

MESSAGE = 500


class Recording:
    """Registered in the recording process only, since some of these hooks come without a config."""

    def __init__(self, context: keys.Context, recorder: Recorder) -> None:
        """Record into this run."""
        self._context = context
        self._recorder = recorder

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take what could not be collected; what skips itself while it is collected could not be, either."""
        if report.outcome != "passed":
            self._recorder.collect_error(report.nodeid, _message(report) or f"{report.outcome} while collecting")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a step of a test; a crash under xdist comes as a report of no step."""
        worker = _worker(report)
        when: str = report.when
        if when not in STEPS:
            self._recorder.worker_lost(worker or "?", _message(report), report.nodeid)
            return
        self._recorder.step(
            Step(
                nodeid=report.nodeid,
                when=when,
                outcome=report.outcome,
                duration_s=report.duration,
                worker=worker,
                verdict=deciding.carried(report),
                message="" if report.outcome == "passed" else _message(report),
            )
        )

    def pytest_keyboard_interrupt(self, excinfo: ExceptionInfo[BaseException]) -> None:
        """Take Ctrl-C, SIGTERM, pytest.exit and pytest's own ways of stopping."""
        text = str(excinfo.value) or "stopped from outside"
        self._recorder.interrupted(f"{excinfo.typename}: {text}"[:MESSAGE])

    def pytest_internalerror(self, excinfo: ExceptionInfo[BaseException]) -> None:
        """Take an error of pytest or of a plugin."""
        self._recorder.interrupted(f"internal error: {excinfo.exconly()}"[:MESSAGE])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take the end of a worker: lost, or because it would not accept what it collected."""
        if error:
            self._recorder.worker_lost(str(node.gateway.id), str(error)[:MESSAGE])
        refused = getattr(node, "workeroutput", {}).get(collection.REFUSED)
        if refused:
            raise pytest.UsageError(refused)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop what runs beside the tests, and let nothing but MET throughout be exit status 0."""
        controller = self._context.controller
        if controller is not None and controller.serving is not None:
            controller.serving.stop()
        session.exitstatus = self._recorder.status(int(session.exitstatus))


def pytest_configure(config: pytest.Config) -> None:
    """Record, if this process is the one that does."""
    context = config.stash.get(keys.CONTEXT, None)
    if context is not None and context.controller is not None:
        recording = Recording(context, context.controller.recorder)
        _ = config.pluginmanager.register(recording, "onesource-recording")
        there = notify.addresses(context.target.notify.url_env, os.environ)
        shown = console.shown(context.folder.path, config)
        told = Notifying(context, context.controller.recorder, there, shown)
        _ = config.pluginmanager.register(told, "onesource-notifying")


def _worker(report: pytest.TestReport) -> str | None:
    node = getattr(report, "node", None)
    return str(node.gateway.id) if node is not None else None


def _message(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Return a report's last word in one line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message) if crash is not None else report.longreprtext
    lines = [line.removeprefix("E ").strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    return (lines[0] if crash is not None else lines[-1])[:MESSAGE]

"""What a person reads in the terminal: one line per runbook line, and what to do next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.plugin import deciding, keys
from harness.report import outcomes
from harness.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runbook_tests import SuiteTest

COLOUR = {Outcome.MET: "green", Outcome.UNKNOWN: "yellow", Outcome.VIOLATED: "red"}
LETTER = {Outcome.MET: ".", Outcome.UNKNOWN: "U", Outcome.VIOLATED: "V"}
CATEGORY = {Outcome.MET: "passed", Outcome.UNKNOWN: "error", Outcome.VIOLATED: "failed"}


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Show what a test decided instead of whether it passed."""
    if not isinstance(report, pytest.TestReport) or report.when == "teardown":
        return None
    text = deciding.carried(report)
    if text is None or (report.when == "setup" and report.passed):
        return None
    verdict = outcomes.decode(text)
    reason = f"({verdict.reason})" if verdict.reason else ""
    return CATEGORY[verdict.outcome], LETTER[verdict.outcome], f"{verdict.outcome.name}{reason}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the lines, count them, and name the folder and the next command."""
    context = config.stash.get(keys.CONTEXT, None)
    if context is None or context.controller is None:
        return
    recorder = context.controller.recorder
    tests, verdicts = recorder.tests, recorder.verdicts
    if tests:
        terminalreporter.section("runbook lines", "-")
    for nodeid, test in tests.items():
        _line(terminalreporter, test, verdicts.get(nodeid))
    _counts(terminalreporter, len(tests), list(verdicts.values()))
    for stop in recorder.stops:
        terminalreporter.line(f"incomplete: {stop}", yellow=True)
    folder = shown(context.folder.path, config)
    terminalreporter.line(f"run:  {folder}")
    for phase in context.controller.phases or ("PHASE",):
        terminalreporter.line(f"next: gate decide {phase} --run {folder}")


def _line(terminal: pytest.TerminalReporter, test: SuiteTest, verdict: Verdict | None) -> None:
    if verdict is None:
        terminal.line(f"{'not run':<9} {test.line:<10} {test.nodeid}", yellow=True)
        return
    reason = f"{verdict.reason}: " if verdict.reason else ""
    because = " ".join(verdict.because.split())
    terminal.write(f"{verdict.outcome.name:<9}", **{COLOUR[verdict.outcome]: True})
    terminal.line(f" {test.line:<10} {reason}{because}")


def _counts(terminal: pytest.TerminalReporter, planned: int, verdicts: list[Verdict]) -> None:
    counts = [
        f"{sum(verdict.outcome is outcome for verdict in verdicts)} {outcome.name}"
        for outcome in (Outcome.MET, Outcome.VIOLATED, Outcome.UNKNOWN)
    ]
    terminal.line(f"{planned} planned: {', '.join(counts)}, {planned - len(verdicts)} not run")


def shown(folder: Path, config: pytest.Config) -> str:
    """Return a folder as seen from where pytest was called, when that is shorter."""
    seen = os.path.relpath(folder, config.invocation_params.dir)
    return str(folder) if seen.startswith("..") else seen

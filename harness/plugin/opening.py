"""A run from before the first conftest file to the exit status.

The folder and the ledger's `start` come first: whatever breaks afterwards leaves a run that has begun and not
finished, and `reports/latest` names it, never an older run that went well.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import policy, runbook, runbook_tests, target
from harness.clock import SystemClock
from harness.errors import HarnessError, UsageError
from harness.launch import check_faults
from harness.plugin import keys, options, selection, tagging
from harness.plugin.serving import Serving
from harness.report import run, stamp
from harness.report.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Generator

RERUNNERS = ("rerunfailures", "pytest_rerunfailures", "pytest_retry", "pytest-retry", "flaky", "flakefinder")
HANDED = "onesource_run"  # what a worker is told


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Open the run before anything of the project is imported."""
    if selection.is_worker(early_config) or not selection.is_verification(early_config):
        return (yield)
    _open(early_config)
    try:
        return (yield)
    except BaseException as trouble:
        early_config.stash[keys.RECORDER].interrupted(f"before collection: {_one_line(trouble)}")
        raise


def _open(config: pytest.Config) -> None:
    given: dict[str, Any] = vars(config.known_args_namespace)
    chosen = options.read(config.known_args_namespace).reports
    reports = config.invocation_params.dir / chosen if chosen else config.rootpath / "reports"
    clock = SystemClock()
    try:
        folder = run.create(reports, clock)
    except UsageError as trouble:
        raise pytest.UsageError(str(trouble)) from trouble
    recorder = Recorder(folder.path, clock)
    recorder.start(folder.id, _argv(config), int(given.get("numprocesses") or len(given.get("tx") or ())))
    config.stash[keys.FOLDER] = folder
    config.stash[keys.RECORDER] = recorder


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check how it was called, read the target's profile, and give Allure its folder."""
    try:
        if hasattr(config, "workerinput"):
            _join(config)
        elif selection.is_verification(config):
            _prepare(config)
    except HarnessError as trouble:
        raise pytest.UsageError(str(trouble)) from trouble


def _join(config: pytest.Config) -> None:
    """Take part in a run as a worker of xdist: reads the folder, opens nothing."""
    worker: Any = config  # xdist adds attributes
    handed: dict[str, str] | None = worker.workerinput.get(HANDED)
    if handed is None:
        return
    folder = run.RunFolder(Path(handed["folder"]))
    config.stash[keys.CONTEXT] = _context(config, folder)
    config.option.allure_report_dir = str(folder.allure)
    tagging.hide(config)


def _prepare(config: pytest.Config) -> None:
    if keys.RECORDER not in config.stash:  # started from inside a worker of another session
        _open(config)
    _refuse(config)
    folder, recorder = config.stash[keys.FOLDER], config.stash[keys.RECORDER]
    context = _context(config, folder)
    check_faults(context.target, context.options.faults)
    phases = selection.phases_asked(context.markers, runbook.PHASES) if context.markers else ()
    context.controller = keys.Controller(
        recorder, stamp.rfc3339(recorder.clock.wall()), tuple(_argv(config)), phases=phases
    )
    context.controller.serving = Serving(
        context,
        root=config.rootpath,
        git=run.git_state(config.rootpath),
        policy_sha256=_policy(config.rootpath),
        say=partial(_say, config),
    )
    context.controller.serving.write_run()
    tagging.write_setup(context)
    config.option.allure_report_dir = str(folder.allure)
    tagging.hide(config)
    config.stash[keys.CONTEXT] = context
    config.add_cleanup(context.controller.serving.stop)
    _interrupt_on_sigterm(config)


def _context(config: pytest.Config, folder: run.RunFolder) -> keys.Context:
    chosen = options.read(config.option)
    chosen = options.absolute(chosen, config.invocation_params.dir)
    lines = runbook.lines(_own(config.rootpath / "runbook", runbook.FOLDER))
    return keys.Context(
        folder=folder,
        clock=SystemClock(),
        options=chosen,
        lines=lines,
        found=runbook_tests.read(selection.suites(config), config.rootpath, lines),
        target=target.load(chosen.target, _own(config.rootpath / "targets", target.FOLDER)),
        markers=str(config.option.markexpr),
    )


def _own(folder: Path, otherwise: Path) -> Path:
    return folder if folder.is_dir() else otherwise


def _policy(root: Path) -> str | None:
    try:
        return policy.load(_own(root / "runbook", policy.FOLDER)).sha256
    except HarnessError:
        return None


def _refuse(config: pytest.Config) -> None:
    """Refuse what makes a run say less, or other things, than it did."""
    given: dict[str, Any] = vars(config.option)
    if not config.pluginmanager.hasplugin("allure_pytest"):
        raise UsageError("allure-pytest is not loaded: its results are evidence; drop `-p no:allure_pytest`")
    if given.get("clean_alluredir"):
        raise UsageError("--clean-alluredir: refused, each run writes into a folder of its own; drop the option")
    if given.get("allure_report_dir"):
        raise UsageError("--alluredir: refused, results belong to their run's folder; choose it with --reports DIR")
    if os.environ.get("ALLURE_TESTPLAN_PATH"):
        raise UsageError("ALLURE_TESTPLAN_PATH is set: it would leave out tests silently; unset it")
    if given.get("reruns") or any(map(config.pluginmanager.hasplugin, RERUNNERS)):
        raise UsageError("reruns: refused, nothing is repeated until it is green; drop --reruns and the plugin")
    if given.get("dist") == "each":
        raise UsageError("--dist each: refused, each test runs once; use -n N")


def _interrupt_on_sigterm(config: pytest.Config) -> None:
    before = signal.signal(signal.SIGTERM, _terminated)
    config.add_cleanup(lambda: _restore(before))


def _say(config: pytest.Config, text: str) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if isinstance(terminal, pytest.TerminalReporter):
        terminal.write_line(text)


def _restore(before: Any) -> None:
    _ = signal.signal(signal.SIGTERM, before)


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt("SIGTERM")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist which run it takes part in."""
    context = node.config.stash.get(keys.CONTEXT, None)
    if context is not None:
        node.workerinput[HANDED] = {"folder": str(context.folder.path)}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Write the ledger's end, with the status that the process will exit with."""
    recorder = config.stash.get(keys.RECORDER, None)
    if recorder is None:
        return (yield)
    try:
        status = yield
    except BaseException as trouble:
        recorder.interrupted(_one_line(trouble))
        _ = recorder.finish(int(pytest.ExitCode.USAGE_ERROR))
        raise
    return recorder.finish(int(status or 0))


def _argv(config: pytest.Config) -> list[str]:
    return [str(word) for word in config.invocation_params.args]


def _one_line(trouble: BaseException) -> str:
    text = " ".join(str(trouble).split())
    return f"{type(trouble).__name__}: {text}"[:500]

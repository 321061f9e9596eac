"""Only tests that a runbook line owns are run, and what is going to run is written down first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness import runbook_tests
from harness.errors import HarnessError, UsageError
from harness.plugin import keys, selection
from harness.runbook import JUDGED_LAST

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from harness.runbook_tests import SuiteTest

REFUSED = "onesource_refused"  # what a worker could not accept
SHOWN = 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check each collected test against the runbook's lines, before any of them is deselected."""
    context = config.stash.get(keys.CONTEXT, None)
    home = selection.suites(config)
    if context is None:
        stray = [item.nodeid for item in items if item.path.is_relative_to(home)]
        if stray and not config.option.collectonly:
            raise pytest.UsageError(f"{stray[0]}: suite tests run as a verification only: pytest -m PHASE")
        return
    broken = list(_violations(context, items, config))
    if not broken:
        return
    more = [f"... and {len(broken) - SHOWN} more"] if len(broken) > SHOWN else []
    message = "\n".join([*broken[:SHOWN], *more])
    if hasattr(config, "workeroutput"):
        worker: Any = config  # xdist adds attributes
        worker.workeroutput[REFUSED] = message
        items.clear()
        return
    raise pytest.UsageError(message)


@pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_collection_accepted(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Remember that nobody objected to what was collected: pytest calls the next hook even if somebody did.

    A line about what the others came to is judged after them, whatever ordered the tests.
    """
    yield
    context = config.stash.get(keys.CONTEXT, None)
    if context is None:
        return
    tests = {item: context.test(item.nodeid) for item in items}
    items.sort(key=lambda item: (test := tests[item]) is not None and test.line in JUDGED_LAST)
    if context.controller is not None:
        context.controller.accepted = True


def _violations(context: keys.Context, items: Sequence[pytest.Item], config: pytest.Config) -> Iterable[str]:
    home = selection.suites(config)
    files = {item.nodeid.split("::", 1)[0] for item in items}
    yield from (what for what in context.found.violations if what.split(":", 1)[0] in files)
    told = {what.split(": ", 2)[1] for what in context.found.violations}
    for item in items:
        if not item.path.is_relative_to(home):
            yield f"{item.nodeid}: not in suites/: verify and test the harness in separate calls"
            continue
        test = context.test(item.nodeid)
        if test is None:
            if getattr(item, "originalname", item.name) not in told:
                yield f"{item.nodeid}: wanted a plain function of that file, found none in its text"
            continue
        yield from (f"{test.where}: {item.name}: {what}" for what in _marked_otherwise(item, test))
        if test.acts and _workers(config) and selection.may_run(context.markers, test.phases):
            yield f"{test.where}: {item.name}: it acts, and tests that act run one after another: drop -n"


def _workers(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput") or bool(getattr(config.option, "numprocesses", None))


def _marked_otherwise(item: pytest.Item, test: SuiteTest) -> Iterable[str]:
    """Say where the markers that pytest sees are not those that the text shows."""
    names = {mark.name for mark in item.iter_markers()}
    for name in runbook_tests.REFUSED_MARKS:
        if name in names:
            yield f"marker {name} refused: a check that cannot be made is UNKNOWN, never excused"
    ids = [mark.args for mark in item.iter_markers("runbook")]
    if ids != [(test.line,)]:
        yield f"wanted the marker runbook({test.line!r}) only, as its text shows, got {ids}"
    phases = names & runbook_tests.MARKERS
    if phases != set(test.phases):
        yield f"wanted the phase markers {', '.join(test.phases)}, as its text shows, got {', '.join(sorted(phases))}"
    if ("acts" in names) != bool(test.acts):
        yield "the marker acts must stand at the test or in its file's pytestmark"


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember what was left out."""
    for item in items:
        context = item.config.stash.get(keys.CONTEXT, None)
        if context is not None and context.controller is not None:
            context.controller.deselected.append(item.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the plan and start what the tests need (without xdist); called after a refusal, too."""
    context = session.config.stash.get(keys.CONTEXT, None)
    if context is None or context.controller is None or _workers(session.config):
        return
    if not context.controller.accepted:
        return
    stops = bool(session.testsfailed) and not session.config.option.continue_on_collection_errors
    ids = [item.nodeid for item in session.items]
    _begin(context, ids, context.controller.deselected, starting=not stops)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Write the plan that the first worker sends, and start what the tests need before any of them runs."""
    config: pytest.Config = node.config
    context = config.stash.get(keys.CONTEXT, None)
    if context is None or context.controller is None or context.controller.recorder.planned:
        return
    kept = {runbook_tests.base(nodeid) for nodeid in ids}
    left_out = [nodeid for nodeid in context.found.tests if nodeid not in kept and _selected(config, nodeid)]
    _begin(context, ids, left_out)


def _selected(config: pytest.Config, nodeid: str) -> bool:
    """Whether a test lies under a path that was given; xdist's controller never sees what workers deselect."""
    file, name = nodeid.split("::", 1)
    for word in config.args:
        given, _, wanted = word.partition("::")
        path = config.invocation_params.dir / given
        if (config.rootpath / file).is_relative_to(path) and wanted in {"", name}:
            return True
    return False


def _planned(context: keys.Context, nodeid: str) -> SuiteTest:
    test = context.test(nodeid)
    if test is None:  # as with names that xdist's groups are part of
        raise pytest.UsageError(f"{nodeid}: no runbook line owns a test of that name, so it cannot be planned")
    return replace(test, nodeid=nodeid)


def _begin(context: keys.Context, ids: Sequence[str], deselected: Sequence[str], *, starting: bool = True) -> None:
    controller = context.controller
    if controller is None or controller.serving is None:  # pragma: no cover  asked by the recording process only
        return
    controller.recorder.plan([_planned(context, nodeid) for nodeid in ids], deselected)
    if not starting:
        return
    try:
        controller.serving.start()
    except UsageError as trouble:
        raise pytest.UsageError(str(trouble)) from trouble
    except HarnessError as trouble:
        pytest.exit(str(trouble), returncode=int(pytest.ExitCode.INTERRUPTED))

"""Each test says exactly one verdict; one that says none, or fails on the way, is UNKNOWN with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from harness import runbook
from harness.plugin import keys, tagging
from harness.raised import Undecided, Violated
from harness.report import outcomes
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.runbook_tests import SuiteTest

CARRIED = "verdict"  # the user property in which a verdict travels from worker to controller
SHOWN_FACTS = 8
TEXT = 300
EXCUSES = (pytest.fail.Exception, pytest.skip.Exception)  # noqa: TID251  named to be refused


def decide(item: pytest.Item, verdict: Verdict) -> None:
    """Record a test's verdict: MET returns, VIOLATED raises Violated, UNKNOWN raises Undecided."""
    __tracebackhide__ = True
    before = item.stash.get(keys.VERDICT, None)
    if before is not None:
        _undecided(item, unknown(Reason.ERROR, f"decided twice: first {before}, then {verdict}"))
    try:
        _ = outcomes.encode(verdict)
    except (TypeError, ValueError) as trouble:
        _undecided(item, unknown(Reason.ERROR, f"the facts of this verdict are no JSON ({trouble}): {verdict}"))
    _remember(item, verdict)
    _raise(item, verdict)


def _remember(item: pytest.Item, verdict: Verdict) -> None:
    item.stash[keys.VERDICT] = verdict
    item.user_properties[:] = [given for given in item.user_properties if given[0] != CARRIED]
    item.user_properties.append((CARRIED, outcomes.encode(verdict)))
    context = keys.context(item.config)
    test = context.test(item.nodeid)
    line = context.lines[test.line] if test is not None else None
    tagging.verdict(verdict, context.folder.artifacts, line)


def _undecided(item: pytest.Item, verdict: Verdict) -> NoReturn:
    __tracebackhide__ = True
    _remember(item, verdict)
    raise Undecided(verdict, _message(item, verdict))


def _raise(item: pytest.Item, verdict: Verdict) -> None:
    __tracebackhide__ = True
    if verdict.outcome is Outcome.VIOLATED:
        raise Violated(verdict, _message(item, verdict))
    if verdict.outcome is Outcome.UNKNOWN:
        raise Undecided(verdict, _message(item, verdict))


def _message(item: pytest.Item, verdict: Verdict) -> str:
    """Say which line, what it says, why it does not hold, on which numbers, and what to do now."""
    context = keys.context(item.config)
    test = context.test(item.nodeid)
    if test is None:
        return str(verdict)
    line = context.lines[test.line]
    facts = [f"{name}={_short(value)}" for name, value in list(verdict.facts.items())[:SHOWN_FACTS]]
    more = len(verdict.facts) - len(facts)
    return "\n".join(
        [
            f"{line.id} {verdict}",
            f"line:  {line.says}",
            *([f"facts: {', '.join(facts)}{f', and {more} more' if more > 0 else ''}"] if facts else []),
            f"calls: {line.escalation}",
            f"next:  {_next(context, test, verdict)}",
        ]
    )


def _next(context: keys.Context, test: SuiteTest, verdict: Verdict) -> str:
    line = context.lines[test.line]
    return runbook.next_step(line, context.resolved(), verdict.outcome, context.asked(test))


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= TEXT else f"{text[:TEXT]}..."


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tag the test for Allure, and keep why a fixture failed."""
    __tracebackhide__ = True
    context = item.config.stash.get(keys.CONTEXT, None)
    test = context.test(item.nodeid) if context else None
    if context is None or test is None:
        return (yield)
    tagging.labels(context, test)
    try:
        return (yield)
    except BaseException as trouble:  # noqa: BLE001  whatever a fixture raises; always raised on
        _settle(item, trouble, "before the test began")
    finally:
        tagging.title(context, test)


@pytest.hookimpl(tryfirst=True, specname="pytest_runtest_setup")
def pytest_runtest_setup_refusing(item: pytest.Item) -> None:
    """Refuse to act where that is not allowed, before any fixture of the test exists."""
    __tracebackhide__ = True
    context = item.config.stash.get(keys.CONTEXT, None)
    test = context.test(item.nodeid) if context else None
    if context is None or test is None or not test.acts or context.options.evidence is not None:
        return  # with --evidence nothing acts: the stored record of a drill is judged again
    if not context.options.act:
        wanted = "--act"
    elif not context.target.allows_acting:
        wanted = f"allows_acting = true in the profile of {context.target.name}"
    else:
        return
    because = f"it changes {', '.join(test.acts)}, which needs {wanted}"
    raise Undecided(unknown(Reason.NOT_RUN, because))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Hold the test to its one verdict."""
    __tracebackhide__ = True
    if keys.CONTEXT not in item.config.stash:
        return (yield)
    try:
        result = yield
    except BaseException as trouble:  # noqa: BLE001  whatever a test raises; always raised on
        _settle(item, trouble, "in the test")
    said = item.stash.get(keys.VERDICT, None)
    if said is None:
        _undecided(item, unknown(Reason.ERROR, "the test ended without a decision"))
    _raise(item, said)  # somebody may have caught what decide() raised
    return result


def _settle(item: pytest.Item, trouble: BaseException, where: str) -> NoReturn:
    """Make a verdict of whatever ended a test, and raise it on in the form that pytest and Allure show rightly."""
    __tracebackhide__ = True
    if isinstance(trouble, (KeyboardInterrupt, pytest.exit.Exception)):
        raise trouble
    before = item.stash.get(keys.VERDICT, None)
    if before is not None and before.outcome is Outcome.VIOLATED and not isinstance(trouble, Violated):
        raise Violated(before, _message(item, before)) from trouble
    if isinstance(trouble, (Violated, Undecided)):
        if before is None:
            _remember(item, trouble.verdict)
        raise trouble
    told = f"{type(trouble).__name__}: {' '.join(str(trouble).split())}"[:TEXT]
    verdict = unknown(Reason.ERROR, f"{where}: {told}", exception=told)
    _remember(item, verdict)
    if isinstance(trouble, (AssertionError, *EXCUSES)):
        raise Undecided(verdict, _message(item, verdict)) from trouble  # neither a violation nor an excuse
    raise trouble


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a verdict as what it says, without the harness's own frames."""
    report = yield
    said = call.excinfo.value if call.excinfo is not None else None
    if call.excinfo is None or not isinstance(said, (Violated, Undecided)):
        return report
    if said.__cause__ is None:
        shown = call.excinfo.getrepr(style="value")
    else:
        cause = pytest.ExceptionInfo[BaseException].from_exception(said.__cause__)
        cause.traceback = cause.traceback.cut(path=item.path)
        shown = cause.getrepr(style="short")
        shown.addsection("verdict", str(said))
    if shown.reprcrash is not None:
        shown.reprcrash.message = str(said)  # without the exception's name
    report.longrepr = shown
    return report


def carried(report: pytest.TestReport) -> str | None:
    """Return the verdict that a report carries, encoded; None if the test has not said any."""
    found = [value for name, value in report.user_properties if name == CARRIED]
    return str(found[-1]) if found else None

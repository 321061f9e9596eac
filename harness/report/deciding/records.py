"""Do ledger, outcomes and Allure's results tell the same about every test? Pure.

They have three writers: pytest's controller, the verdicts, and allure-pytest. Where they disagree, nobody is believed.
Every check takes time in proportion to what there is to check: a run has as many tests as it likes.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.deciding.events import again, by_kind, of, plan, some
from harness.report.deciding.model import Blocker
from harness.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.model import Event, Evidence, Planned, Recorded, Result, Rules

STEPS: Final = ("setup", "call", "teardown")
ODD: Final = -1  # of a test whose steps are not these, each passed, in this order
REASONS: Final = frozenset(Reason)
STATUS: Final = {"MET": "passed", "VIOLATED": "failed", "UNKNOWN": "broken"}
ALLOWED: Final = {outcome: frozenset({status}) for outcome, status in STATUS.items()}
FAILED_OR_BROKEN: Final = frozenset({"failed", "broken"})


def tests(evidence: Evidence, rules: Rules) -> list[Blocker]:
    """Did every planned test run, to its teardown, once, and give exactly one outcome?"""
    planned = plan(evidence)
    kinds = by_kind(evidence.ledger)
    found: list[Blocker] = []
    if kinds["plan"] and not planned:
        found.append(Blocker("INCOMPLETE", f"the plan is empty: pytest selected no test; {again(rules)}"))
    smooth = _smooth(kinds["report"], evidence.outcomes)
    reports: dict[str, list[Event]] = collections.defaultdict(list)
    for event in kinds["report"]:
        if (event.nodeid or "") not in smooth:
            reports[event.nodeid or ""].append(event)
    recorded: dict[str, list[Recorded]] = collections.defaultdict(list)
    for outcome in evidence.outcomes:
        if outcome.nodeid not in smooth:
            recorded[outcome.nodeid].append(outcome)
    times_planned = collections.Counter(test.nodeid for test in planned)
    for test in planned:
        if times_planned[test.nodeid] > 1:
            found.append(
                Blocker(
                    "DUPLICATE",
                    f"{test.nodeid} stands {times_planned[test.nodeid]} times in the plan; {again(rules)}",
                    test.line,
                )
            )
        if test.nodeid not in smooth:
            found += _test(test, reports[test.nodeid], recorded[test.nodeid], rules)
    for nodeid in sorted((smooth | reports.keys() | recorded.keys()) - times_planned.keys()):
        said = f"{nodeid or 'a test without a name'} reported, but was not in the plan"
        found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    return found


def _smooth(reports: Sequence[Event], outcomes: Sequence[Recorded]) -> set[str]:
    """Return the tests that passed each step once, in order, and said MET once: there is nothing to tell of them."""
    done: dict[str, int] = {}
    for event in reports:
        nodeid = event.nodeid or ""
        passed = done.get(nodeid, 0)
        smooth = 0 <= passed < len(STEPS) and event.when == STEPS[passed] and event.outcome == "passed"
        done[nodeid] = passed + 1 if smooth else ODD
    met: dict[str, bool] = {}
    for item in outcomes:
        met[item.nodeid] = item.outcome == "MET" and item.nodeid not in met
    return {nodeid for nodeid, passed in done.items() if passed == len(STEPS) and met.get(nodeid)}


def _test(test: Planned, reports: Sequence[Event], recorded: Sequence[Recorded], rules: Rules) -> list[Blocker]:
    trouble = _ran(test, reports, rules) or _decided(test, reports, recorded, rules)
    return [Blocker(*trouble, test.line)] if trouble else []


def _ran(test: Planned, reports: Sequence[Event], rules: Rules) -> tuple[str, str] | None:
    """Say what kept a test from running once and whole."""
    by_when = collections.Counter(event.when for event in reports)
    if not by_when["teardown"]:
        code, said = ("INTERRUPTED", "began but did not end") if reports else ("NOT_RUN", "was planned but did not run")
        return code, f"{test.nodeid} {said}; {again(rules)}"
    if max(by_when.values()) > 1:
        ways = {event.outcome for event in reports if event.when == "call"}
        said = f"{test.nodeid} ran {max(by_when.values())} times; nothing is repeated until it is green"
        return "FLAKY" if len(ways) > 1 else "DUPLICATE", f"{said}: {again(rules)} and without reruns"
    if any(event.outcome == "skipped" for event in reports):
        said = f"{test.nodeid} was skipped, but what cannot be decided is UNKNOWN, never skipped"
        return "NOT_RUN", f"{said}; remove the skip and {again(rules)}"
    return None


def _decided(
    test: Planned, reports: Sequence[Event], recorded: Sequence[Recorded], rules: Rules
) -> tuple[str, str] | None:
    """Say how a test's outcome and its reports contradict each other."""
    if not recorded:
        return "ERROR", f"{test.nodeid} ended without a verdict in outcomes.jsonl; {again(rules)}"
    if len(recorded) > 1:
        said = f"{test.nodeid} has {len(recorded)} outcomes in outcomes.jsonl, wanted one"
        return "DUPLICATE", f"{said}; {again(rules)}"
    failed = [event.when or "?" for event in reports if event.outcome != "passed"]
    outcome = recorded[0].outcome
    if outcome == "MET" and failed:
        said = f"{test.nodeid} says MET, but its {' and '.join(failed)} failed"
        return "ERROR", f"{said}; read the log in artifacts/, mend it, then {again(rules)}"
    if outcome != "MET" and not failed:
        said = f"{test.nodeid}: outcomes.jsonl says {outcome}, the ledger says that it passed"
        return "TAMPERED", f"{said}; {again(rules)}"
    steps = tuple(event.when or "?" for event in reports)
    if outcome == "MET" and steps != STEPS:
        said = f"{test.nodeid} says MET, but the ledger reports {', '.join(steps)} of it, wanted {', '.join(STEPS)}"
        return "TAMPERED", f"{said}; {again(rules)}"
    return None


def outcomes(evidence: Evidence) -> list[Blocker]:
    """Are the outcomes well formed, and about the lines that were planned?"""
    line_of = {test.nodeid: test.line for test in plan(evidence)}
    found: list[Blocker] = []
    for item in evidence.outcomes:
        if (item.outcome == "UNKNOWN") != (item.reason in REASONS):
            said = f"outcomes.jsonl: {item.line} is {item.outcome} with reason {item.reason}"
            found.append(Blocker("TAMPERED", f"{said}: UNKNOWN needs one, the others none; run again", item.line))
        if line_of.get(item.nodeid, item.line) != item.line:
            said = f"outcomes.jsonl says {item.nodeid} decides {item.line}, the plan says {line_of[item.nodeid]}"
            found.append(Blocker("TAMPERED", f"{said}; run again", item.line))
    statuses = {event.exit_status for event in of(evidence.ledger, "finish")}
    bad = [item.line for item in evidence.outcomes if item.outcome != "MET"]
    if statuses == {0} and bad:
        said = f"pytest ended with 0, but outcomes.jsonl has {some(bad)} not MET"
        found.append(Blocker("TAMPERED", f"{said}; run again"))
    failed = any(event.outcome != "passed" for event in of(evidence.ledger, "report"))
    if statuses == {1} and not bad and not failed:
        found.append(
            Blocker("ERROR", "pytest ended with 1, but no test and no line failed; read its output and run again")
        )
    return found


def allure(evidence: Evidence) -> list[Blocker]:
    """Do Allure's results name the same tests of the same run, and say the same?"""
    run = evidence.run.run if evidence.run else None
    found: list[Blocker] = []
    by_line: dict[str, list[Result]] = collections.defaultdict(list)
    for result in evidence.results:
        trouble = _result(result, run)
        if trouble is None:
            by_line[result.lines[0]].append(result)
        else:
            found.append(trouble)
    wanted: dict[str, list[Planned]] = collections.defaultdict(list)
    for test in plan(evidence):
        wanted[test.line].append(test)
    seen = _seen(evidence)
    broken = {blocker.line for blocker in found}
    for line in sorted(by_line.keys() | wanted.keys()):
        if line not in broken:
            found += _line_results(line, wanted[line], by_line[line], seen)
    return found


def _result(result: Result, run: str | None) -> Blocker | None:
    """Say what keeps a result from being one of this run and of one line."""
    if not result.flags and result.history_id is not None and result.runs == (run,) and len(result.lines) == 1:
        return None
    where = f"allure-results/{result.file} ({result.name})"
    line = result.lines[0] if len(result.lines) == 1 else None
    if result.flags:
        said = f"{where} is marked {', '.join(result.flags)}: a result may not excuse itself"
        code = "FLAKY" if result.flags == ("flaky",) else "WAIVED"
        return Blocker(code, f"{said}; remove the mark and run again", line)
    if result.history_id is None or not result.lines:
        said = f"{where} says {result.status} without historyId or labels: the test was interrupted while it ran"
        return Blocker("INTERRUPTED", f"{said}; run again", line)
    if run is None or result.runs != (run,):
        said = f"{where} is of run {some(result.runs) or 'unknown'}, not of {run}"
        return Blocker("FOREIGN", f"{said}; move it out of the folder, then run again")
    return Blocker("TAMPERED", f"{where} claims {len(result.lines)} lines, wanted one; run again")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What ledger and outcomes say of each test, looked up once for all lines."""

    ended: frozenset[str | None]
    broke_beside: frozenset[str | None]  # something other than the test's own call did not pass
    said: Mapping[str, Sequence[Recorded]]


def _seen(evidence: Evidence) -> _Seen:
    reports = of(evidence.ledger, "report")
    said: dict[str, list[Recorded]] = collections.defaultdict(list)
    for item in evidence.outcomes:
        said[item.nodeid].append(item)
    return _Seen(
        ended=frozenset(event.nodeid for event in reports if event.when == "teardown"),
        broke_beside=frozenset(event.nodeid for event in reports if event.outcome != "passed" and event.when != "call"),
        said=said,
    )


def _line_results(line: str, planned: Sequence[Planned], results: Sequence[Result], seen: _Seen) -> list[Blocker]:
    nodeids = dict.fromkeys(test.nodeid for test in planned)
    ran = sum(nodeid in seen.ended for nodeid in nodeids)
    if not planned:
        return [Blocker("FOREIGN", f"{_names(results)} is of line {line}, which was not planned; run again", line)]
    if len(results) < ran:
        said = f"line {line} has {len(results)} Allure results for {ran} tests that ran"
        return [Blocker("INCOMPLETE", f"{said}; run again", line)]
    if len(results) > len(planned):
        said = f"line {line} has {len(results)} Allure results for {len(planned)} planned tests: {_names(results)}"
        return [Blocker("DUPLICATE", f"{said}; run again, without reruns", line)]
    if ran != len(nodeids):
        return []  # already told: a test that did not end leaves a result, or none
    ours = [item for nodeid in nodeids for item in seen.said.get(nodeid, ())]
    theirs = collections.Counter(result.status or "none" for result in results)
    if _agree(collections.Counter(_statuses(item, seen) for item in ours), theirs):
        return []
    told = _tally(collections.Counter(item.outcome for item in ours)) or "nothing"
    said = f"line {line}: outcomes.jsonl says {told}, Allure says {_tally(theirs)}"
    return [Blocker("TAMPERED", f"{said}; one of them was changed, run again", line)]


def _names(results: Sequence[Result]) -> str:
    return some([f"allure-results/{result.file}" for result in results])


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} ({count} times)" if count > 1 else word for word, count in sorted(counts.items()))


def _statuses(item: Recorded, seen: _Seen) -> frozenset[str]:
    """Return how Allure may call it; what broke outside of a decision is `failed` there if it was an assertion."""
    if item.reason == Reason.ERROR or item.nodeid in seen.broke_beside:
        return FAILED_OR_BROKEN
    return ALLOWED[item.outcome]


def _agree(ours: Mapping[frozenset[str], int], theirs: Mapping[str, int]) -> bool:
    """Tell whether each of ours can have a status of theirs to itself, and none is left; narrow ones choose first."""
    left = dict(theirs)
    for allowed in sorted(ours, key=len):
        wanted = ours[allowed]
        for status in allowed:
            taken = min(wanted, left.get(status, 0))
            if taken:
                left[status] -= taken
                wanted -= taken
        if wanted:
            return False
    return not any(left.values())

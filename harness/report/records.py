"""Do ledger, outcomes and Allure's results tell the same about every test? Pure.

They have three writers: pytest's controller, the verdicts, and allure-pytest. Where they disagree, nobody is believed.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from harness.report.events import again, of, plan
from harness.report.model import Blocker
from harness.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.model import Event, Evidence, Planned, Recorded, Result, Rules

STATUS = {"MET": "passed", "VIOLATED": "failed", "UNKNOWN": "broken"}


def tests(evidence: Evidence, rules: Rules) -> list[Blocker]:
    """Did every planned test run, to its teardown, once, and give exactly one outcome?"""
    planned = plan(evidence)
    found: list[Blocker] = []
    if of(evidence.ledger, "plan") and not planned:
        found.append(Blocker("INCOMPLETE", f"the plan is empty: pytest selected no test; {again(rules)}"))
    reports: dict[str, list[Event]] = collections.defaultdict(list)
    for event in of(evidence.ledger, "report"):
        reports[event.nodeid or ""].append(event)
    recorded: dict[str, list[Recorded]] = collections.defaultdict(list)
    for outcome in evidence.outcomes:
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
        found += _test(test, reports[test.nodeid], recorded[test.nodeid], rules)
    for nodeid in sorted((reports.keys() | recorded.keys()) - times_planned.keys()):
        said = f"{nodeid or 'a test without a name'} reported, but was not in the plan"
        found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    return found


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
    return None


def outcomes(evidence: Evidence) -> list[Blocker]:
    """Are the outcomes well formed, and about the lines that were planned?"""
    line_of = {test.nodeid: test.line for test in plan(evidence)}
    found: list[Blocker] = []
    for item in evidence.outcomes:
        if (item.outcome == "UNKNOWN") != (item.reason in set(Reason)):
            said = f"outcomes.jsonl: {item.line} is {item.outcome} with reason {item.reason}"
            found.append(Blocker("TAMPERED", f"{said}: UNKNOWN needs one, the others none; run again", item.line))
        if line_of.get(item.nodeid, item.line) != item.line:
            said = f"outcomes.jsonl says {item.nodeid} decides {item.line}, the plan says {line_of[item.nodeid]}"
            found.append(Blocker("TAMPERED", f"{said}; run again", item.line))
    statuses = {event.exit_status for event in of(evidence.ledger, "finish")}
    bad = [item.line for item in evidence.outcomes if item.outcome != "MET"]
    if statuses == {0} and bad:
        said = f"pytest ended with 0, but outcomes.jsonl has {', '.join(bad)} not MET"
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
    mine: list[Result] = []
    for result in evidence.results:
        trouble = _result(result, run)
        found += trouble
        if not trouble:
            mine.append(result)
    by_line: dict[str, list[Result]] = collections.defaultdict(list)
    for result in mine:
        by_line[result.lines[0]].append(result)
    wanted: dict[str, list[Planned]] = collections.defaultdict(list)
    for test in plan(evidence):
        wanted[test.line].append(test)
    broken = {blocker.line for blocker in found}
    for line in sorted(by_line.keys() | wanted.keys()):
        if line not in broken:
            found += _line_results(line, wanted[line], by_line[line], evidence)
    return found


def _result(result: Result, run: str | None) -> list[Blocker]:
    where = f"allure-results/{result.file} ({result.name})"
    line = result.lines[0] if len(result.lines) == 1 else None
    if result.flags:
        said = f"{where} is marked {', '.join(result.flags)}: a result may not excuse itself"
        return [
            Blocker("FLAKY" if result.flags == ("flaky",) else "WAIVED", f"{said}; remove the mark and run again", line)
        ]
    if result.history_id is None or not result.lines:
        said = f"{where} says {result.status} without historyId or labels: the test was interrupted while it ran"
        return [Blocker("INTERRUPTED", f"{said}; run again", line)]
    if run is None or result.runs != (run,):
        said = f"{where} is of run {', '.join(result.runs) or 'unknown'}, not of {run}"
        return [Blocker("FOREIGN", f"{said}; move it out of the folder, then run again")]
    if len(result.lines) != 1:
        return [Blocker("TAMPERED", f"{where} claims {len(result.lines)} lines, wanted one; run again")]
    return []


def _line_results(
    line: str, planned: Sequence[Planned], results: Sequence[Result], evidence: Evidence
) -> list[Blocker]:
    nodeids = {test.nodeid for test in planned}
    ran = nodeids & {event.nodeid for event in of(evidence.ledger, "report") if event.when == "teardown"}
    names = ", ".join(f"allure-results/{result.file}" for result in results)
    if not planned:
        return [Blocker("FOREIGN", f"{names} is of line {line}, which was not planned; run again", line)]
    if len(results) < len(ran):
        said = f"line {line} has {len(results)} Allure results for {len(ran)} tests that ran"
        return [Blocker("INCOMPLETE", f"{said}; run again", line)]
    if len(results) > len(planned):
        said = f"line {line} has {len(results)} Allure results for {len(planned)} planned tests: {names}"
        return [Blocker("DUPLICATE", f"{said}; run again, without reruns", line)]
    if ran != nodeids:
        return []  # already told: a test that did not end leaves a result, or none
    ours = [(item.outcome, _statuses(item, evidence)) for item in evidence.outcomes if item.nodeid in nodeids]
    theirs = [result.status or "none" for result in results]
    if _agree([allowed for _, allowed in ours], theirs):
        return []
    told = ", ".join(outcome for outcome, _ in ours) or "nothing"
    said = f"line {line}: outcomes.jsonl says {told}, Allure says {', '.join(sorted(theirs))}"
    return [Blocker("TAMPERED", f"{said}; one of them was changed, run again", line)]


def _statuses(item: Recorded, evidence: Evidence) -> frozenset[str]:
    """Return how Allure may call it; what broke outside of a decision is `failed` there if it was an assertion."""
    beside = {
        event.when
        for event in of(evidence.ledger, "report")
        if event.nodeid == item.nodeid and event.outcome != "passed" and event.when != "call"
    }
    if beside or item.reason == Reason.ERROR:
        return frozenset({"failed", "broken"})
    return frozenset({STATUS[item.outcome]})


def _agree(ours: Sequence[frozenset[str]], theirs: Sequence[str]) -> bool:
    left = list(theirs)
    for allowed in sorted(ours, key=len):
        match = next((status for status in left if status in allowed), None)
        if match is None:
            return False
        left.remove(match)
    return not left

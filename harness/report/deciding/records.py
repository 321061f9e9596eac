"""Do ledger, outcomes and Allure's results tell the same about every test? Pure.

They have three writers: pytest's controller, the verdicts, and allure-pytest. Where they disagree, nobody is believed.
Every check takes time in proportion to what there is to check: a run has as many tests as it likes.
"""

from __future__ import annotations

import collections
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.report.deciding.events import MOST, again, plan, some
from harness.report.deciding.heard import STEPS
from harness.report.deciding.model import Blocker
from harness.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.heard import Heard
    from harness.report.deciding.kept import Head
    from harness.report.deciding.model import Evidence, Planned, Result, Rules

REASONS: Final = frozenset(Reason)
STATUS: Final = {"MET": "passed", "VIOLATED": "failed", "UNKNOWN": "broken"}
ALLOWED: Final = {outcome: frozenset({status}) for outcome, status in STATUS.items()}
FAILED_OR_BROKEN: Final = frozenset({"failed", "broken"})


def tests(evidence: Evidence, heard: Heard, rules: Rules) -> list[Blocker]:
    """Did every planned test run, to its teardown, once, and give exactly one outcome?"""
    planned = plan(evidence)
    found: list[Blocker] = []
    if not planned and evidence.ledger.of("plan"):
        found.append(Blocker("INCOMPLETE", f"the plan is empty: pytest selected no test; {again(rules)}"))
    steps = _steps(evidence, heard)
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
        if not heard.smooth(test.nodeid):
            found += _test(test, steps.get(test.nodeid, ()), heard.said(test.nodeid), rules)
    others = {nodeid for nodeid in itertools.chain(heard.passed, heard.first) if nodeid not in times_planned}
    for nodeid in sorted(others):
        said = f"{nodeid or 'a test without a name'} reported, but was not in the plan"
        found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    return found


class _Step(NamedTuple):
    """How a step of a test went."""

    when: str | None
    outcome: str | None


def _steps(evidence: Evidence, heard: Heard) -> Mapping[str, Sequence[_Step]]:
    """Return the steps of each test that did not go smoothly, in their order."""
    found: dict[str, list[_Step]] = {}
    for nodeid, when, outcome in evidence.ledger.reports():
        if not heard.smooth(nodeid or ""):
            found.setdefault(nodeid or "", []).append(_Step(when, outcome))
    return found


def _test(test: Planned, steps: Sequence[_Step], heads: Sequence[Head], rules: Rules) -> list[Blocker]:
    trouble = _ran(test, steps, rules) or _decided(test, steps, heads, rules)
    return [Blocker(*trouble, test.line)] if trouble else []


def _ran(test: Planned, steps: Sequence[_Step], rules: Rules) -> tuple[str, str] | None:
    """Say what kept a test from running once and whole."""
    by_when = collections.Counter(step.when for step in steps)
    if not by_when["teardown"]:
        code, said = ("INTERRUPTED", "began but did not end") if steps else ("NOT_RUN", "was planned but did not run")
        return code, f"{test.nodeid} {said}; {again(rules)}"
    if max(by_when.values()) > 1:
        ways = {step.outcome for step in steps if step.when == "call"}
        said = f"{test.nodeid} ran {max(by_when.values())} times; nothing is repeated until it is green"
        return "FLAKY" if len(ways) > 1 else "DUPLICATE", f"{said}: {again(rules)} and without reruns"
    if any(step.outcome == "skipped" for step in steps):
        said = f"{test.nodeid} was skipped, but what cannot be decided is UNKNOWN, never skipped"
        return "NOT_RUN", f"{said}; remove the skip and {again(rules)}"
    return None


def _decided(test: Planned, steps: Sequence[_Step], heads: Sequence[Head], rules: Rules) -> tuple[str, str] | None:
    """Say how a test's outcome and its reports contradict each other."""
    if not heads:
        return "ERROR", f"{test.nodeid} ended without a verdict in outcomes.jsonl; {again(rules)}"
    if len(heads) > 1:
        said = f"{test.nodeid} has {len(heads)} outcomes in outcomes.jsonl, wanted one"
        return "DUPLICATE", f"{said}; {again(rules)}"
    failed = [step.when or "?" for step in steps if step.outcome != "passed"]
    outcome = heads[0].outcome
    if outcome == "MET" and failed:
        said = f"{test.nodeid} says MET, but its {' and '.join(failed)} failed"
        return "ERROR", f"{said}; read the log in artifacts/, mend it, then {again(rules)}"
    if outcome != "MET" and not failed:
        said = f"{test.nodeid}: outcomes.jsonl says {outcome}, the ledger says that it passed"
        return "TAMPERED", f"{said}; {again(rules)}"
    names = tuple(step.when or "?" for step in steps)
    if outcome == "MET" and names != STEPS:
        said = f"{test.nodeid} says MET, but the ledger reports {', '.join(names)} of it, wanted {', '.join(STEPS)}"
        return "TAMPERED", f"{said}; {again(rules)}"
    return None


def outcomes(evidence: Evidence, heard: Heard) -> list[Blocker]:
    """Are the outcomes well formed, and about the lines that were planned?"""
    line_of = {test.nodeid: test.line for test in plan(evidence)}
    found: list[Blocker] = []
    bad: list[str] = []
    for nodeid, head in evidence.outcomes.heads():
        if (head.outcome == "UNKNOWN") != (head.reason in REASONS):
            said = f"outcomes.jsonl: {head.line} is {head.outcome} with reason {head.reason}"
            found.append(Blocker("TAMPERED", f"{said}: UNKNOWN needs one, the others none; run again", head.line))
        if line_of.get(nodeid, head.line) != head.line:
            said = f"outcomes.jsonl says {nodeid} decides {head.line}, the plan says {line_of[nodeid]}"
            found.append(Blocker("TAMPERED", f"{said}; run again", head.line))
        if head.outcome != "MET":
            bad.append(head.line)
    statuses = {event.exit_status for event in evidence.ledger.of("finish")}
    if statuses == {0} and bad:
        said = f"pytest ended with 0, but outcomes.jsonl has {some(bad)} not MET"
        found.append(Blocker("TAMPERED", f"{said}; run again"))
    if statuses == {1} and not bad and not heard.failed:
        found.append(
            Blocker("ERROR", "pytest ended with 1, but no test and no line failed; read its output and run again")
        )
    return found


@dataclass(slots=True)
class _Theirs:
    """Allure's results of a line: how many of each status, and the files of the first."""

    statuses: collections.Counter[str] = field(default_factory=collections.Counter[str])
    files: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        """Name them."""
        return some(self.files, len(self))

    def __len__(self) -> int:
        """Return how many there are."""
        return self.statuses.total()


def allure(evidence: Evidence, heard: Heard) -> list[Blocker]:
    """Do Allure's results name the same tests of the same run, and say the same?"""
    run = evidence.run.run if evidence.run else None
    found: list[Blocker] = []
    by_line: dict[str, _Theirs] = collections.defaultdict(_Theirs)
    for place, (claim, named) in enumerate(evidence.results.claims()):
        if claim.flags or not named or claim.runs != (run,) or len(claim.lines) != 1:
            found.append(_refused(evidence.results[place], run))
            continue
        theirs = by_line[claim.lines[0]]
        theirs.statuses[claim.status or "none"] += 1
        if len(theirs.files) < MOST:
            theirs.files.append(f"allure-results/{evidence.results[place].file}")
    wanted: dict[str, list[Planned]] = collections.defaultdict(list)
    for test in plan(evidence):
        wanted[test.line].append(test)
    broken = {blocker.line for blocker in found}
    for line in sorted(by_line.keys() | wanted.keys()):
        if line not in broken:
            found += _line_results(line, wanted[line], by_line[line], heard)
    return found


def _refused(result: Result, run: str | None) -> Blocker:
    """Say what keeps a result from being one of this run and of one line."""
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


def _line_results(line: str, planned: Sequence[Planned], theirs: _Theirs, heard: Heard) -> list[Blocker]:
    nodeids = dict.fromkeys(test.nodeid for test in planned)
    ran = sum(nodeid in heard.ended for nodeid in nodeids)
    if not planned:
        return [Blocker("FOREIGN", f"{theirs} is of line {line}, which was not planned; run again", line)]
    if len(theirs) < ran:
        said = f"line {line} has {len(theirs)} Allure results for {ran} tests that ran"
        return [Blocker("INCOMPLETE", f"{said}; run again", line)]
    if len(theirs) > len(planned):
        said = f"line {line} has {len(theirs)} Allure results for {len(planned)} planned tests: {theirs}"
        return [Blocker("DUPLICATE", f"{said}; run again, without reruns", line)]
    if ran != len(nodeids):
        return []  # already told: a test that did not end leaves a result, or none
    ours = [(nodeid, head) for nodeid in nodeids for head in heard.said(nodeid)]
    if _agree(collections.Counter(_statuses(nodeid, head, heard) for nodeid, head in ours), theirs.statuses):
        return []
    told = _tally(collections.Counter(head.outcome for _, head in ours)) or "nothing"
    said = f"line {line}: outcomes.jsonl says {told}, Allure says {_tally(theirs.statuses)}"
    return [Blocker("TAMPERED", f"{said}; one of them was changed, run again", line)]


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} ({count} times)" if count > 1 else word for word, count in sorted(counts.items()))


def _statuses(nodeid: str, head: Head, heard: Heard) -> frozenset[str]:
    """Return how Allure may call it; what broke outside of a decision is `failed` there if it was an assertion."""
    if head.reason == Reason.ERROR or nodeid in heard.broke_beside:
        return FAILED_OR_BROKEN
    return ALLOWED[head.outcome]


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

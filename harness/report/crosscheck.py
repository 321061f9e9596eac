"""Does a run's folder tell one story, whole and of this run only? Pure: each check returns what it found.

The same thing is told three times by three writers: the ledger (pytest's controller), the outcomes (the
verdicts) and Allure's results (allure-pytest). Where they disagree, nobody is believed.
"""

from __future__ import annotations

import collections
import datetime
from typing import TYPE_CHECKING

from harness.report.model import Blocker
from harness.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.model import Event, Evidence, Planned, Recorded, Result, Rules, Run, Wanted

SKEW = datetime.timedelta(seconds=5)  # two clocks readings of one machine may differ by this much
STATUS = {"MET": "passed", "VIOLATED": "failed", "UNKNOWN": "broken"}
EXITS = {
    2: ("INTERRUPTED", "pytest was interrupted"),
    3: ("ERROR", "pytest had an internal error"),
    4: ("INCOMPLETE", "pytest was called wrongly, or conftest.py does not load"),
    5: ("INCOMPLETE", "pytest selected no test at all"),
}
NARROWING = ("-k", "--deselect", "--lf", "--last-failed", "--ff", "--sw", "--stepwise", "--ignore", "-x", "--maxfail")


def all_of(evidence: Evidence, rules: Rules, wanted: Wanted, now: datetime.datetime) -> list[Blocker]:
    """Every check, in the order a reader wants them."""
    found = [*evidence.troubles]
    if evidence.run is None and not evidence.ledger:
        return found or [Blocker("INCOMPLETE", f"{evidence.folder} holds no run; {again(rules)}")]
    found += identity(evidence, rules, wanted)
    found += session(evidence, rules)
    found += selection(evidence, rules)
    found += tests(evidence, rules)
    found += outcomes(evidence)
    found += allure(evidence)
    found += times(evidence, rules, now)
    return found


def again(rules: Rules) -> str:
    """Return what to do when a run is not whole."""
    return f"run `{rules.again}` again, to its end and without a filter"


def of(ledger: Iterable[Event], kind: str) -> list[Event]:
    """Return the ledger's events of a kind."""
    return [event for event in ledger if event.event == kind]


def plan(evidence: Evidence) -> tuple[Planned, ...]:
    """Return what was planned."""
    return tuple(test for event in of(evidence.ledger, "plan") for test in event.tests)


def identity(evidence: Evidence, rules: Rules, wanted: Wanted) -> list[Blocker]:
    """Is this a run of that phase, on that environment, on the cluster that the profile pins?"""
    run = evidence.run
    if run is None:
        return [
            Blocker("INCOMPLETE", f"run.json is missing or unreadable: nothing says what was verified; {again(rules)}")
        ]
    found: list[Blocker] = []
    if rules.phase not in run.phases:
        ran = ", ".join(run.phases) or "none"
        found.append(Blocker("INCOMPLETE", f"this run is of phase {ran}, not {rules.phase}; {again(rules)}"))
    name = wanted.environment or rules.environment
    if run.environment != name:
        source = "--for" if wanted.environment else "policy.toml"
        found.append(
            _mismatch(f"{source} wants environment {name}, the run was on {run.environment or 'an unknown one'}")
        )
    found += _cluster(run, wanted)
    if not any(run.image_digests.values()):
        said = "run.json names no image digest: the collector read none from the cluster, so no build was verified"
        found.append(Blocker("NO_DATA", f"{said}; see collector.log, then {again(rules)}"))
    if wanted.profile_rehearsal is True and not run.rehearsal:
        said = f"target {run.target} is a rehearsal in its profile, but run.json says it is not"
        found.append(Blocker("TAMPERED", f"{said}; {again(rules)}"))
    return found


def _cluster(run: Run, wanted: Wanted) -> list[Blocker]:
    if not run.cluster_uid:
        return [_mismatch("run.json names no cluster uid: the collector could not read it from the cluster")]
    said = ""
    if not run.expected_cluster_uid:
        said = f"profile {run.target} pins no cluster_uid, so any cluster would do; pin it in the profile"
    elif run.cluster_uid != run.expected_cluster_uid:
        said = f"the profile pins cluster {run.expected_cluster_uid}, the run saw {run.cluster_uid}"
    elif wanted.environment and not run.rehearsal and not wanted.pinned_uid:
        said = f"--for needs a checked-in profile targets/{run.target}.toml that pins the cluster_uid; none found"
    elif wanted.environment and not run.rehearsal and wanted.pinned_uid != run.cluster_uid:
        said = f"the checked-in profile pins cluster {wanted.pinned_uid}, the run saw {run.cluster_uid}"
    return [_mismatch(said)] if said else []


def _mismatch(what: str) -> Blocker:
    return Blocker("ENV_MISMATCH", f"{what}; check --target and the kubeconfig's context, then run again")


def session(evidence: Evidence, rules: Rules) -> list[Blocker]:
    """Is the ledger whole: no hole, one start, one plan, one finish with 0 or 1, nothing lost on the way?"""
    ledger = evidence.ledger
    if not ledger:
        return [Blocker("INCOMPLETE", f"ledger.jsonl is missing or empty: nothing shows what ran; {again(rules)}")]
    found = _sequence(ledger)
    for kind in ("start", "plan", "finish"):
        found += _once(ledger, kind, rules)
    for event in of(ledger, "finish"):
        status = event.exit_status
        if status not in {0, 1}:
            code, why = EXITS.get(-1 if status is None else status, ("ERROR", "pytest ended abnormally"))
            found.append(Blocker(code, f"{why} (exit status {status}); {again(rules)}"))
    for event in of(ledger, "collect_error"):
        said = f"{event.nodeid} could not be collected: {first_line(event.message)}"
        found.append(Blocker("INCOMPLETE", f"{said}; mend it, then {again(rules)}"))
    for event in of(ledger, "worker_lost"):
        said = f"worker {event.worker} died: {first_line(event.message)}"
        found.append(Blocker("INTERRUPTED", f"{said}; {again(rules)}"))
    for event in of(ledger, "interrupted"):
        found.append(Blocker("INTERRUPTED", f"the run was interrupted: {first_line(event.message)}; {again(rules)}"))
    for event in of(ledger, "collector_exit"):
        if event.exit_status != 0:
            said = f"the collector of evidence ended with {event.exit_status}: {first_line(event.message)}"
            found.append(Blocker("NO_DATA", f"{said}; see collector.log, then {again(rules)}"))
    for event in of(ledger, "start"):
        if evidence.run is not None and event.run != evidence.run.run:
            said = f"ledger.jsonl is of run {event.run}, run.json of {evidence.run.run}"
            found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    return found


def _sequence(ledger: Sequence[Event]) -> list[Blocker]:
    numbers = [event.seq for event in ledger]
    if numbers == list(range(len(numbers))):
        return []
    at = next((i for i, n in enumerate(numbers) if n != i), 0)
    said = f"ledger.jsonl line {at + 1} has seq {numbers[at]}, wanted {at}: lines were removed, added or moved"
    return [Blocker("TAMPERED", f"{said}; this folder proves nothing any more, run again")]


def _once(ledger: Sequence[Event], kind: str, rules: Rules) -> list[Blocker]:
    seen = len(of(ledger, kind))
    if seen == 1:
        return []
    if seen > 1:
        return [
            Blocker(
                "DUPLICATE", f"ledger.jsonl has {seen} {kind} events, wanted one: two runs wrote here; {again(rules)}"
            )
        ]
    if kind == "finish":
        return [
            Blocker("INTERRUPTED", f"the ledger has no finish: the run was killed or is still going; {again(rules)}")
        ]
    return [Blocker("INCOMPLETE", f"the ledger has no {kind}; {again(rules)}")]


def selection(evidence: Evidence, rules: Rules) -> list[Blocker]:
    """Was every required line planned, and nothing it needs deselected?"""
    planned = {test.line for test in plan(evidence) if rules.phase in test.phases}
    argv = evidence.run.argv if evidence.run else ()
    why = narrowing(argv)
    found: list[Blocker] = []
    if evidence.ledger and not rules.required:
        found.append(
            Blocker("INCOMPLETE", f"policy.toml requires no line for {rules.phase}; nothing can be GO of nothing")
        )
    dropped = [nodeid for event in of(evidence.ledger, "plan") for nodeid in event.deselected]
    for line in rules.required:
        lost = [nodeid for nodeid in dropped if slug(line) in nodeid.rpartition("::")[2]]
        if lost:
            said = f"{lost[0]} was deselected by {why or 'a filter'}"
            found.append(Blocker("INCOMPLETE", f"{said}; {again(rules)}", line))
        elif of(evidence.ledger, "plan") and line not in planned:
            said = f"no test of required line {line} was planned" + (f" (arguments: {why})" if why else "")
            found.append(Blocker("INCOMPLETE", f"{said}; {again(rules)}", line))
    for rule in rules.lines.values():
        if not rule.planned and rule.id not in rules.required:
            said = (
                f"policy.toml does not require {rule.id}, though it belongs to {rules.phase} and is not marked planned"
            )
            found.append(Blocker("INCOMPLETE", f"{said}; mend runbook/policy.toml", rule.id))
    return found


def slug(line: str) -> str:
    """Return how a line's id stands in the name of its test."""
    return line.lower().replace("-", "_")


def narrowing(argv: Sequence[str]) -> str:
    """Return the arguments that made pytest run less, as typed."""
    said: list[str] = []
    for i, word in enumerate(argv):
        name = word.partition("=")[0]
        if name in NARROWING or (word.startswith("-k") and len(word) > 2):
            value = (
                "" if "=" in word or (len(word) > 2 and not word.startswith("--")) else " ".join(argv[i + 1 : i + 2])
            )
            said.append(f"{word} {value}".strip() if name in {"-k", "--deselect", "--ignore", "--maxfail"} else word)
    return ", ".join(f"`{word}`" for word in said)


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
    names = ", ".join(f"allure-results/{result.file}" for result in results)
    if not planned:
        return [Blocker("FOREIGN", f"{names} is of line {line}, which was not planned; run again", line)]
    if len(results) < len(planned):
        said = f"line {line} has {len(results)} Allure results for {len(planned)} planned tests"
        return [Blocker("INCOMPLETE", f"{said}; run again", line)]
    if len(results) > len(planned):
        said = f"line {line} has {len(results)} Allure results for {len(planned)} planned tests: {names}"
        return [Blocker("DUPLICATE", f"{said}; run again, without reruns", line)]
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


def times(evidence: Evidence, rules: Rules, now: datetime.datetime) -> list[Blocker]:
    """Is the run recent, and does nothing in it come from the future or from outside its window?"""
    run, found = evidence.run, list[Blocker]()
    stamps = [event.at for event in evidence.ledger] + [item.at for item in evidence.outcomes]
    stamps += [run.started] if run else []
    if not stamps:
        return []
    measured = list(evidence.measured or ())
    if max(stamps + measured) > now + SKEW:
        said = f"the run has a time in the future: {max(stamps + measured).isoformat()}, it is {now.isoformat()}"
        found.append(Blocker("STALE", f"{said}; set the clocks right and run again"))
    oldest = min(stamps + measured)
    age = (now - oldest).total_seconds()
    if age > rules.max_age_s:
        what = "evidence.db begins" if oldest in measured else "the run began"
        said = f"{what} {age / 3600:.1f} h ago, policy.toml allows {rules.max_age_s / 3600:.1f} h"
        found.append(Blocker("STALE", f"{said}; {again(rules)}"))
    if measured and run and run.evidence is None and min(measured) < run.started - SKEW:
        said = f"evidence.db begins {min(measured).isoformat()}, before the run itself ({run.started.isoformat()})"
        found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    low, high = run.started - SKEW if run else min(stamps), max(stamps) + SKEW
    for result in evidence.results:
        start, stop = _moment(result.start_ms), _moment(result.stop_ms)
        if start is None or stop is None or not low <= start <= stop <= high:
            said = f"allure-results/{result.file} ran {start} to {stop}, outside of the run's {low} to {high}"
            found.append(Blocker("STALE", f"{said}; run again", result.lines[0] if len(result.lines) == 1 else None))
    return found


def _moment(ms: int | None) -> datetime.datetime | None:
    if ms is None or not 0 <= ms < 32_503_680_000_000:  # year 3000: beyond it datetime may not reach
        return None
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)


def first_line(text: str | None) -> str:
    """Return what fits into a message of one line."""
    lines = (text or "").strip().splitlines()
    return lines[0][:300] if lines else "no message"

"""Is a run's folder whole, recent, and about what is asked? Pure: each check returns what it found."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from harness.report import stamp
from harness.report.deciding import records
from harness.report.deciding.events import again, first_line, plan
from harness.report.deciding.model import Blocker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.deciding.heard import Heard
    from harness.report.deciding.kept import Ledger
    from harness.report.deciding.model import Evidence, Rules, Run, Wanted

SKEW = datetime.timedelta(seconds=5)  # two clocks readings of one machine may differ by this much
EXITS = {
    2: ("INTERRUPTED", "pytest was interrupted"),
    3: ("ERROR", "pytest had an internal error"),
    4: ("INCOMPLETE", "pytest was called wrongly, or conftest.py does not load"),
    5: ("INCOMPLETE", "pytest selected no test at all"),
}
ORDER = ("INTERRUPTED", "INCOMPLETE", "ENV_MISMATCH", "STALE", "TAMPERED", "FOREIGN", "DUPLICATE", "NO_DATA")
NARROWING = ("-k", "--deselect", "--lf", "--last-failed", "--ff", "--sw", "--stepwise", "--ignore", "-x", "--maxfail")


def validity(
    issued: datetime.datetime, expires: datetime.datetime, longest: datetime.timedelta, now: datetime.datetime
) -> list[str]:
    """Say why a statement by a person does not count at this time; nothing if it does."""
    reasons: list[str] = []
    if now > expires:
        reasons.append(f"expired: it was valid until {stamp.rfc3339(expires)}, it is {stamp.rfc3339(now)}")
    if issued > now + SKEW:
        reasons.append(f"issued_at: {stamp.rfc3339(issued)} is in the future, it is {stamp.rfc3339(now)}")
    if expires - issued > longest:
        days, hours = longest.days, longest.seconds // 3600
        reasons.append(f"expires_at: valid for longer than {f'{days} days' if days else f'{hours} hours'}")
    return reasons


def all_of(evidence: Evidence, heard: Heard, rules: Rules, wanted: Wanted, now: datetime.datetime) -> list[Blocker]:
    """Every check, in the order a reader wants them."""
    if evidence.run is None and not evidence.ledger:
        nothing = Blocker("INCOMPLETE", f"{evidence.folder} holds no run; {again(rules)}")
        return [nothing, *evidence.troubles]
    found = session(evidence, rules)
    found += identity(evidence, rules, wanted)
    found += selection(evidence, rules)
    found += records.tests(evidence, heard, rules)
    found += records.outcomes(evidence, heard)
    found += records.allure(evidence, heard)
    found += times(evidence, rules, now)
    found += evidence.troubles
    return sorted(found, key=_rank)


def _rank(blocker: Blocker) -> tuple[int, bool]:
    """Put causes before consequences, and of one kind the run's before a line's."""
    return ORDER.index(blocker.code) if blocker.code in ORDER else len(ORDER), blocker.line is not None


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
    elif wanted.environment and run.rehearsal:
        said = f"--for {wanted.environment} wants the real one, the run was a rehearsal on {run.target}"
    elif wanted.environment and not wanted.pinned_uid:
        said = f"--for needs a checked-in profile targets/{run.target}.toml that pins the cluster_uid; none found"
    elif wanted.environment and wanted.pinned_uid != run.cluster_uid:
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
    if ledger.of("finish") and ledger[-1].event != "finish":
        said = "ledger.jsonl goes on after the run's finish: lines were moved or added"
        found.append(Blocker("TAMPERED", f"{said}; {again(rules)}"))
    for kind in ("start", "plan", "finish"):
        found += _once(ledger, kind, rules)
    for event in ledger.of("finish"):
        status = event.exit_status
        if status not in {0, 1}:
            code, why = EXITS.get(-1 if status is None else status, ("ERROR", "pytest ended abnormally"))
            found.append(Blocker(code, f"{why} (exit status {status}); {again(rules)}"))
    for event in ledger.of("collect_error"):
        said = f"{event.nodeid} could not be collected: {first_line(event.message)}"
        found.append(Blocker("INCOMPLETE", f"{said}; mend it, then {again(rules)}"))
    for event in ledger.of("worker_lost"):
        said = f"worker {event.worker} died: {first_line(event.message)}"
        found.append(Blocker("INTERRUPTED", f"{said}; {again(rules)}"))
    for event in ledger.of("interrupted"):
        found.append(Blocker("INTERRUPTED", f"the run was interrupted: {first_line(event.message)}; {again(rules)}"))
    for event in ledger.of("collector_exit"):
        if event.exit_status != 0:
            said = f"the collector of evidence ended with {event.exit_status}: {first_line(event.message)}"
            found.append(Blocker("NO_DATA", f"{said}; see collector.log, then {again(rules)}"))
    for event in ledger.of("start"):
        if evidence.run is not None and event.run != evidence.run.run:
            said = f"ledger.jsonl is of run {event.run}, run.json of {evidence.run.run}"
            found.append(Blocker("FOREIGN", f"{said}; {again(rules)}"))
    return found


def _sequence(ledger: Ledger) -> list[Blocker]:
    wrong = ledger.misplaced()
    if wrong is None:
        return []
    place, number = wrong
    said = f"ledger.jsonl line {place + 1} has seq {number}, wanted {place}: lines were removed, added or moved"
    return [Blocker("TAMPERED", f"{said}; this folder proves nothing any more, run again")]


def _once(ledger: Ledger, kind: str, rules: Rules) -> list[Blocker]:
    seen = len(ledger.of(kind))
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
    plans = evidence.ledger.of("plan")
    dropped = [nodeid for event in plans for nodeid in event.deselected]
    for line in rules.required:
        lost = [nodeid for nodeid in dropped if slug(line) in nodeid.rpartition("::")[2]]
        if lost:
            said = f"{lost[0]} was deselected by {why or 'a filter'}"
            found.append(Blocker("INCOMPLETE", f"{said}; {again(rules)}", line))
        elif plans and line not in planned:
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


def times(evidence: Evidence, rules: Rules, now: datetime.datetime) -> list[Blocker]:
    """Is the run recent, and does nothing in it come from the future or from outside its window?"""
    run, found = evidence.run, list[Blocker]()
    stamps = [*evidence.ledger.span(), *evidence.outcomes.span(), *([run.started] if run else [])]
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
    for place, (began, ended) in enumerate(evidence.results.spans()):
        start, stop = _moment(began), _moment(ended)
        if start is None or stop is None or not low <= start <= stop <= high:
            result = evidence.results[place]
            said = f"allure-results/{result.file} ran {start} to {stop}, outside of the run's {low} to {high}"
            found.append(Blocker("STALE", f"{said}; run again", result.lines[0] if len(result.lines) == 1 else None))
    return found


def _moment(ms: int | None) -> datetime.datetime | None:
    if ms is None or not 0 <= ms < 32_503_680_000_000:  # year 3000: beyond it datetime may not reach
        return None
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)

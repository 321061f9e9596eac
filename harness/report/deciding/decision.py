"""The decision of a phase: pure, from what was read, what is required, and what time it is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from harness.report.deciding import crosscheck, events
from harness.report.deciding import heard as hearing
from harness.report.deciding.model import Blocker, Counts, Decision, Judged
from harness.report.deciding.seen import Seen
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.heard import Heard
    from harness.report.deciding.model import (
        BrokenGlass,
        Decided,
        Evidence,
        Previous,
        Recorded,
        Rule,
        Rules,
        Wanted,
    )
    from harness.report.signing.waive import Held
    from harness.verdict import Fact


@dataclass(frozen=True, slots=True)
class Beside:
    """What a decision rests on beside the run's folder: waivers that hold, the decision before, broken glass."""

    waivers: Sequence[Held] = ()
    previous: Previous | None = None
    no_previous: str = ""
    break_glass: tuple[BrokenGlass, ...] = ()


def decide(
    evidence: Evidence, rules: Rules, wanted: Wanted, now: datetime.datetime, beside: Beside | None = None
) -> Decision:
    """Decide a phase.

    GO iff nothing at all blocks and every required line is MET, or waived by somebody who may. NO_GO if a required line
    is VIOLATED: a violation stays one in an incomplete run too. Everything else is INCONCLUSIVE. `now` is aware UTC.
    """
    beside = beside or Beside()
    heard = hearing.of(evidence)
    blockers = crosscheck.all_of(evidence, heard, rules, wanted, now)
    seen = Seen.of(evidence, heard, rules, blockers)
    judged = (_judged(rule, seen, rules) for rule in rules.lines.values() if not rule.planned)
    lines = tuple(one if one.id in seen.against else _waived(one, rules, beside.waivers) for one in judged)
    own = _of_lines(lines, rules, blockers)
    blockers = [*(b for b in own if b.code == "VIOLATED"), *blockers, *(b for b in own if b.code != "VIOLATED")]
    blockers = [replace(blocker, message=" ".join(blocker.message.split())) for blocker in blockers]
    planned = tuple(rule for rule in rules.lines.values() if rule.planned)
    run = evidence.run
    return Decision(
        decision=_decision(lines, rules, blockers),
        phase=rules.phase,
        rehearsal=bool((run is not None and run.rehearsal) or wanted.profile_rehearsal),
        coverage=1 - len(planned) / len(rules.lines) if rules.lines else 0.0,
        lines=lines,
        planned=planned,
        blockers=tuple(blockers),
        counts=counted(evidence, heard),
        environment=run.environment if run else None,
        run=run,
        started=run.started if run else min(evidence.ledger.span(), default=None),
        finished=max((e.at for e in evidence.ledger.of("finish")), default=None),
        decided_at=now,
        expires_at=min([now + datetime.timedelta(seconds=rules.valid_for_s), *_ends(lines)]),
        policy_sha256=rules.sha256,
        files=evidence.files,
        folder=evidence.folder,
        again=rules.again,
        required=rules.required,
        tests=events.plan(evidence),
        wanted=wanted,
        previous=beside.previous,
        no_previous=beside.no_previous,
        break_glass=beside.break_glass,
    )


def _decision(lines: Sequence[Judged], rules: Rules, blockers: Sequence[Blocker]) -> Decided:
    required = {line.id: line for line in lines if line.id in rules.required}
    if any(line.outcome is Outcome.VIOLATED and line.waived is None for line in required.values()):
        return "NO_GO"
    complete = bool(rules.required) and required.keys() == set(rules.required)
    if complete and not blockers and all(line.outcome is Outcome.MET or line.waived for line in required.values()):
        return "GO"
    return "INCONCLUSIVE"


def _waived(line: Judged, rules: Rules, waivers: Sequence[Held]) -> Judged:
    """Let a line pass that somebody signed for; the longest waiver counts. Its outcome stays what it is."""
    if line.id in rules.unwaivable:
        return line
    holding = [held for held in waivers if held.covers(line)]
    if not holding:
        return line
    return replace(line, waived=max(holding, key=lambda held: held.waiver.expires_at).waived)


def _ends(lines: Sequence[Judged]) -> list[datetime.datetime]:
    """Return when the waivers end that a decision rests on: it ends with the first of them."""
    return [line.waived.expires_at for line in lines if line.waived is not None]


def _judged(rule: Rule, seen: Seen, rules: Rules) -> Judged:
    """Take the worst of what a line's tests said; what they did not say is UNKNOWN."""
    silent = seen.silent(rule.id)
    against = seen.against.get(rule.id, [])
    said = _said(rule, seen.worst.get(rule.id))
    if said.outcome is not Outcome.VIOLATED and (silent or rule.id not in seen.tests):
        reason = _why_silent(silent, seen)
        because = against[0].message if against else "no test of this line ran"
        return replace(said, outcome=Outcome.UNKNOWN, reason=reason, because=because, facts={}, next=rules.again)
    if said.outcome is Outcome.MET and against:
        because = f"MET was recorded, but {against[0].message}"
        return replace(said, outcome=Outcome.UNKNOWN, reason=Reason.ERROR, because=because, next=rules.again)
    todo = {Outcome.MET: "", Outcome.UNKNOWN: rules.again, Outcome.VIOLATED: rule.next or rules.again}
    return replace(said, next=todo[said.outcome])


def _said(rule: Rule, item: Recorded | None) -> Judged:
    blank = Judged(rule.id, rule.says, Outcome.UNKNOWN, Reason.NOT_RUN, "", {}, rule.escalation, "", rule.alpha)
    if item is None:
        return blank
    outcome = Outcome[item.outcome]
    reason = None
    if outcome is Outcome.UNKNOWN:
        reason = Reason(item.reason) if item.reason in set(Reason) else Reason.ERROR
    facts = cast("Mapping[str, Fact]", item.facts)
    return replace(blank, outcome=outcome, reason=reason, because=" ".join(item.because.split()), facts=facts)


def _why_silent(silent: set[str], seen: Seen) -> Reason:
    if any(seen.ended(nodeid) for nodeid in silent):
        return Reason.ERROR
    return Reason.INTERRUPTED if not silent.isdisjoint(seen.heard.passed) else Reason.NOT_RUN


def _of_lines(lines: Sequence[Judged], rules: Rules, told: Sequence[Blocker]) -> list[Blocker]:
    """Return one blocker per line that is not MET, unless another already says why."""
    told_of = {blocker.line for blocker in told}
    found: list[Blocker] = []
    for line in sorted(lines, key=lambda one: -one.outcome):
        if line.waived is not None:
            continue
        if line.outcome is Outcome.VIOLATED:
            do = f"; {line.escalation}: {line.next}" if line.next else ""
            found.append(Blocker("VIOLATED", f"{line.says}: {line.because}{do}", line.id))
        elif line.reason is not None and line.id not in told_of:
            found.append(Blocker(line.reason, f"{line.says}: {line.because}; {remedy(line.reason, rules)}", line.id))
    return found


def remedy(reason: Reason, rules: Rules) -> str:
    """Return what to do about a line that could not be decided."""
    again = f"run `{rules.again}` again"
    return {
        Reason.NO_DATA: f"find out why nothing could be measured, then {again}",
        Reason.SAMPLE_TOO_SMALL: f"watch longer or at a higher rate, then {again}",
        Reason.GAP: f"keep the collector running without a gap, then {again}",
        Reason.GENERATOR_INVALID: f"give the load generator more room, then {again}",
        Reason.STALE: f"{again} with fresh evidence",
        Reason.NEEDS_SIGNOFF: "have the responsible person sign it with `gate attest`",
        Reason.ERROR: f"mend the error named, then {again}",
    }.get(reason, again)


def counted(evidence: Evidence, heard: Heard) -> Counts:
    """Count what was planned and what became of it."""
    ledger = evidence.ledger
    planned = {test.nodeid for test in events.plan(evidence)}
    ran = sum(nodeid in heard.ended for nodeid in planned)
    finish = ledger.of("finish")
    return Counts(
        planned=len(planned),
        ran=ran,
        not_run=len(planned) - ran,
        deselected=sum(len(event.deselected) for event in ledger.of("plan")),
        collect_errors=len(ledger.of("collect_error")),
        workers_lost=len(ledger.of("worker_lost")),
        interrupted=len(ledger.of("interrupted")),
        results=len(evidence.results),
        exit_status=finish[-1].exit_status if finish else None,
    )


def because(decision: Decision) -> str:
    """Say in one sentence why, and how much of the phase it is about."""
    met = sum(line.outcome is Outcome.MET for line in decision.lines)
    total = len(decision.lines) + len(decision.planned)
    if decision.decision == "GO":
        rest = f"; {len(decision.planned)} of the phase's {total} lines are not covered" if decision.planned else ""
        passed = [line for line in decision.lines if line.waived is not None]
        if passed:
            said = "; ".join(_passed(line) for line in passed)
            return f"{met} lines are met by a complete run, {len(passed)} are not and were waived: {said}{rest}."
        return f"All {met} required lines are met by a complete run{rest}."
    if decision.decision == "NO_GO":
        bad = [line for line in decision.lines if line.outcome is Outcome.VIOLATED and line.waived is None]
        more = f" ({len(bad)} lines are violated)" if len(bad) > 1 else ""
        return f"{bad[0].id} is violated: {bad[0].because.rstrip('.')}{more}."
    if not decision.blockers:
        return "No line is required, so there is nothing to be sure of."
    first = decision.blockers[0]
    more = len(decision.blockers) - 1
    rest = f" (and {more} more)" if more else ""
    return f"{first.code}{f' {first.line}' if first.line else ''}: {first.message}{rest}."


def _passed(line: Judged) -> str:
    assert line.waived is not None
    return f"{line.id} {line.outcome.name} by {line.waived.by} until {line.waived.expires_at:%Y-%m-%d %H:%M} UTC"


def next_command(decision: Decision) -> str:
    """Return the exact command to type next."""
    for line in decision.lines:
        if decision.decision == "NO_GO" and line.outcome is Outcome.VIOLATED and line.next and not line.waived:
            return line.next
    return decision.again if decision.decision != "GO" else ""

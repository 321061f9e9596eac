"""A decision made again from outcomes that were judged again: does it come out as it was recorded?

The decision is made as of the time it was made then, with the waivers it names. Whether those signatures hold is a
question for `gate verify`; here only the judging is repeated.
"""

from __future__ import annotations

import datetime  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.errors import HarnessError
from harness.report.deciding import decision, records, rules
from harness.report.deciding.kept import Ledger, Outcomes, Results
from harness.report.reading import strict
from harness.report.signing.waive import Held, Waiver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.report.deciding.model import Decision, Event, Evidence, Recorded


class Passed(msgspec.Struct, frozen=True):
    """A waiver as verdict.json names it."""

    by: str
    reason: str
    outcome: Literal["UNKNOWN", "VIOLATED"]
    issued_at: datetime.datetime
    expires_at: datetime.datetime


class Line(msgspec.Struct, frozen=True):
    """A line as verdict.json has it."""

    id: str
    outcome: str
    reason: str | None
    waived: Passed | None = None


class Said(msgspec.Struct, frozen=True):
    """What verdict.json says, as far as it is compared."""

    decision: str
    phase: str
    lines: tuple[Line, ...]
    decided_at: datetime.datetime
    policy_sha256: str
    wanted: str | None = msgspec.field(name="for")


def read(folder: Path) -> Said | None:
    """Return the decision that lies in a run's folder, None if there is none; HarnessError if it can't be read."""
    path = folder / "verdict.json"
    try:
        return msgspec.convert(strict.read(path), Said)
    except FileNotFoundError:
        return None
    except (OSError, strict.Malformed, msgspec.ValidationError) as trouble:
        raise HarnessError(f"{path} can't be read, so there is nothing to compare with: {trouble}") from trouble


def decide(stored: Evidence, again: Evidence, said: Said) -> Decision:
    """Decide from the outcomes judged again, as of when it was decided, by the policy that is checked in here."""
    profile = rules.profile_of(stored.run.target if stored.run else None)
    beside = decision.Beside(waivers=[_held(line.id, line.waived) for line in said.lines if line.waived])
    wanted = rules.wanted(said.wanted, profile)
    return decision.decide(as_if(stored, again), rules.of_phase(said.phase, profile), wanted, said.decided_at, beside)


def _held(line: str, passed: Passed) -> Held:
    times = (passed.issued_at, passed.expires_at)
    return Held(Waiver(line, "", "", passed.outcome, passed.by, passed.reason, *times), {})


def differences(said: Said, made: Decision) -> list[str]:
    """Return what comes out differently: the decision, each line's outcome and reason, or the policy behind them."""
    found: list[str] = []
    if made.policy_sha256 != said.policy_sha256:
        found.append(f"policy: recorded sha256 {said.policy_sha256}, checked in here is {made.policy_sha256}")
    if made.decision != said.decision:
        found.append(f"decision: recorded {said.decision}, decided again {made.decision}: {decision.because(made)}")
    before = {line.id: word(line.outcome, line.reason) for line in said.lines}
    after = {line.id: word(line.outcome.name, line.reason.value if line.reason else None) for line in made.lines}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name, "nothing"), after.get(name, "nothing")
        if one != other:
            found.append(f"{name}: recorded {one}, decided again {other}")
    return found


def word(outcome: str, reason: str | None) -> str:
    """Return an outcome with its reason, as people read it."""
    return f"{outcome} ({reason})" if reason else outcome


def as_if(stored: Evidence, again: Evidence) -> Evidence:
    """Return the run as it would have been recorded, had its tests said then what they say now.

    Outcomes are the new ones, at the times of the old: what is judged later did not happen later. Where one of them
    differs, ledger and Allure's results are made to tell the same, since the gate believes none that is contradicted.
    """
    before = {item.nodeid: item for item in stored.outcomes}
    last = max(item.at for item in stored.outcomes) if stored.outcomes else None
    outcomes = Outcomes(_dated(item, before.get(item.nodeid), last) for item in again.outcomes)
    differ = {
        item.nodeid: item.outcome
        for item in outcomes
        if item.nodeid in before and before[item.nodeid].outcome != item.outcome
    }
    if not differ:
        return replace(stored, outcomes=outcomes)
    status = 0 if all(item.outcome == "MET" for item in outcomes) else 1
    ledger = Ledger(_retold(event, differ, status) for event in stored.ledger)
    return replace(stored, outcomes=outcomes, ledger=ledger, results=_results(stored, outcomes, differ))


def _dated(item: Recorded, before: Recorded | None, last: datetime.datetime | None) -> Recorded:
    at = before.at if before else last
    return item if at is None else msgspec.structs.replace(item, at=at)


def _retold(event: Event, differ: Mapping[str, str], status: int) -> Event:
    if event.event == "finish" and event.exit_status in {0, 1}:
        return msgspec.structs.replace(event, exit_status=status)
    if event.event != "report" or event.nodeid not in differ:
        return event
    failed = event.when == "call" and differ[event.nodeid or ""] != "MET"
    return msgspec.structs.replace(event, outcome="failed" if failed else "passed")


def _results(stored: Evidence, outcomes: Outcomes, differ: Mapping[str, str]) -> Results:
    """Let the results of each line with a difference say what its tests say now, one result per test."""
    lines = {item.line for item in outcomes if item.nodeid in differ}
    left = {line: [records.STATUS[item.outcome] for item in outcomes if item.line == line] for line in lines}
    found = Results()
    for result in stored.results:
        statuses = left.get(result.lines[0], []) if len(result.lines) == 1 else []
        found.append(msgspec.structs.replace(result, status=statuses.pop(0)) if statuses else result)
    return found

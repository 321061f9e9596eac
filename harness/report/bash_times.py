"""When the tests of one phase began and ended, read from a run's ledger, also while it is still being written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness import runbook
from harness.report import ledger, stamp
from harness.report.deciding.model import Event

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Times:
    """When the first of the tests was set up and the last torn down (RFC 3339); None, and why, where not all have."""

    began_at: str | None
    ended_at: str | None
    why: str = ""


def read(folder: Path, phase: str = "bugbash") -> Times:
    """Return a phase's times in a run; the lines that are judged after all others don't count.

    The plan is written before a target is started, so a phase begins with its first test and not with the run.
    """
    events = tuple(_events(folder / ledger.NAME))
    planned = {
        test.nodeid
        for event in events
        if event.event == "plan"
        for test in event.tests
        if phase in test.phases and test.line not in runbook.JUDGED_LAST
    }
    if not planned:
        return Times(None, None, f"the run has planned no test of phase {phase}")
    steps = [event for event in events if event.event == "report" and event.nodeid in planned]
    began, ended = _first(steps, "setup"), _last(steps)
    silent = sorted(planned - ended.keys())
    why = f"{len(silent)} tests have not ended, such as {silent[0]}" if silent else ""
    last = max(ended.values(), default=None) if not silent else None
    return Times(_said(began), _said(last), why or ("" if began else "no test has begun"))


def _first(steps: Sequence[Event], when: str) -> datetime.datetime | None:
    return min((event.at for event in steps if event.when == when), default=None)


def _last(steps: Sequence[Event]) -> Mapping[str, datetime.datetime]:
    """Return when each test was torn down."""
    return {event.nodeid: event.at for event in steps if event.when == "teardown" and event.nodeid}


def _said(at: datetime.datetime | None) -> str | None:
    return None if at is None else stamp.rfc3339(at)


def _events(path: Path) -> Iterator[Event]:
    """Give each whole event; the last line may be half written, the gate reads strictly afterwards."""
    try:
        raw = path.read_bytes()
    except OSError:
        return
    for line in raw.split(b"\n"):
        try:
            yield msgspec.json.decode(line, type=Event)
        except (msgspec.DecodeError, msgspec.ValidationError):
            continue

"""Records' lines just as this project's writers write them, read the quick way, straight into columns.

As in strict: what was read is written again, and counts only if that gives the same bytes. Then nothing in them was
passed over, and each field has the value that the strict reader finds. Any other text is left to that reader.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from harness.report.deciding.columns import ticks
from harness.report.deciding.kept import Head, Ledger, Outcomes, Way, pack
from harness.report.deciding.model import Event, Moment, check_times
from harness.report.reading import plan, strict
from harness.report.reading.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event"):
    at: str
    seq: int


class _Start(_Line, frozen=True, tag="start"):
    run: str
    argv: tuple[str, ...]
    workers: int


class _Report(_Line, frozen=True, tag="report"):
    nodeid: str
    when: str
    outcome: str
    line: str | None
    duration_s: float
    worker: str | None


class _Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line: str
    nodeid: str
    outcome: Literal["MET", "UNKNOWN", "VIOLATED"]
    reason: str | None
    because: str
    facts: dict[str, object]
    phases: tuple[str, ...]
    at: str


_Event: TypeAlias = _Start | _Report  # with the plan, nearly every line of a ledger
_EVENTS: Final = msgspec.json.Decoder[_Event](_Event)
_OUTCOMES: Final = msgspec.json.Decoder(_Outcome)
_WRITER: Final = msgspec.json.Encoder()
_TRIES: Final = (*strict.UNREADABLE, strict.Malformed)


def events(text: bytes, into: Ledger, words: dict[str, str]) -> bool:
    """Add whole lines of a ledger, all of them or none; tell whether they were read.

    `words` holds each test's name once, for all records of a run.
    """
    try:
        lines = _events(text, words)
        times = _times([line.at for line in lines])
    except _TRIES:
        return False
    for line, at in zip(lines, times, strict=True):
        if isinstance(line, _Report) and line.seq == len(into) and at.tzinfo is datetime.UTC:
            nodeid = words.setdefault(line.nodeid, line.nodeid)
            into.report(nodeid, Way(line.when, line.outcome, line.worker), ticks(at))
        else:
            into.append(_event(line, at))
    return True


def _events(text: bytes, words: dict[str, str]) -> list[_Event | Plan]:
    begin, end = plan.where(text)
    found: list[_Event | Plan] = []
    found += _same(text[:begin])
    if begin < end:
        planned = plan.read(text, begin, end, words)
        if planned is None:
            raise ValueError("the plan is laid out otherwise")
        found.append(planned)
    found += _same(text[end:])
    return found


def _same(text: bytes) -> list[_Event]:
    lines = _EVENTS.decode_lines(text)
    if _WRITER.encode_lines(lines) != text:
        raise ValueError("a line is laid out otherwise")
    return lines


def _event(line: _Event | Plan, at: datetime.datetime) -> Event:
    if isinstance(line, _Start):
        return Event("start", at, line.seq, run=line.run, argv=line.argv)
    if isinstance(line, Plan):
        return Event("plan", at, line.seq, tests=line.tests, deselected=line.deselected)
    return Event("report", at, line.seq, nodeid=line.nodeid, when=line.when, outcome=line.outcome, worker=line.worker)


def outcomes(text: bytes, into: Outcomes, words: dict[str, str]) -> bool:
    """Add whole lines of outcomes, all of them or none; tell whether they were read. `words` as for `events`."""
    try:
        lines = _OUTCOMES.decode_lines(text)
        if _WRITER.encode_lines(lines) != text:
            return False
        strict.check_depth([line.facts for line in lines], strict.MAX_DEPTH)  # the list stands for the line around them
        times = _times([line.at for line in lines])
        if any(at.tzinfo is not datetime.UTC for at in times):
            return False
        told = [pack(line.because, line.facts) for line in lines]
    except _TRIES:
        return False
    for line, at, said in zip(lines, times, told, strict=True):
        head = Head(line.line, line.outcome, line.reason, line.phases)
        into.outcome(words.setdefault(line.nodeid, line.nodeid), head, ticks(at), said)
    return True


def _times(said: Sequence[str]) -> list[datetime.datetime]:
    """Read times as a record's are read; ValidationError or ValueError if one is none."""
    found = msgspec.convert(said, list[Moment])
    check_times(*found)
    return found

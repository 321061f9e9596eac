"""What a run has come to so far, read from its ledger and outcomes while they are still being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.report import ledger, outcomes
from harness.report.deciding.model import Event, Moment, Recorded

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")
BEGUN = "artifacts/begun.jsonl"


class Began(msgspec.Struct, frozen=True):
    """One line of BEGUN: a test that has begun, and when."""

    nodeid: str
    at: Moment


@dataclass(frozen=True, slots=True)
class SoFar:
    """The line of each planned test, which of them have ended, and what was decided, in order.

    `lost`: a worker died, so what it should have run may stand behind whoever waits for it. `began` says when tests
    began, where somebody asked for it (harness.plugin.begun), `closed` when they were torn down.
    """

    planned: dict[str, str]
    ended: frozenset[str]
    decided: tuple[Recorded, ...]
    lost: bool = False
    began: Mapping[str, datetime.datetime] = field(default_factory=dict[str, "datetime.datetime"])
    closed: Mapping[str, datetime.datetime] = field(default_factory=dict[str, "datetime.datetime"])

    def over(self, but: tuple[str, ...]) -> bool:
        """Tell whether nothing is left to wait for but the lines in `but`."""
        return self.lost or not self.silent(but)

    def silent(self, but: tuple[str, ...]) -> tuple[str, ...]:
        """Return the planned tests that have not ended, those of the lines in `but` left out."""
        return tuple(sorted(name for name, line in self.planned.items() if name not in self.ended and line not in but))


def read(folder: Path) -> SoFar:
    """Read a run's folder; what is not there or not yet whole is left out."""
    events = tuple(_lines(folder / ledger.NAME, Event))
    decided = tuple(_lines(folder / outcomes.NAME, Recorded))
    planned = {test.nodeid: test.line for event in events if event.event == "plan" for test in event.tests}
    ended = {event.nodeid for event in events if event.event == "report" and event.when == "teardown"}
    ended |= {event.nodeid for event in events if event.event == "worker_lost"}  # nothing more comes from it
    ended |= {one.nodeid for one in decided}
    lost = any(event.event == "worker_lost" for event in events)
    began = {one.nodeid: one.at for one in _lines(folder / BEGUN, Began)}
    closed = {event.nodeid: event.at for event in events if event.when == "teardown" and event.nodeid}
    return SoFar(planned, frozenset(name for name in ended if name), decided, lost, began, closed)


def _lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Give each whole line of that kind; the last may be half written, the gate reads strictly afterwards."""
    try:
        raw = path.read_bytes()
    except OSError:
        return
    for line in raw.split(b"\n"):
        try:
            yield msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError):
            continue

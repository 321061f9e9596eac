"""A run's records as the gate keeps them: hundreds of thousands, nearly all alike, so in columns (see columns).

What checks ask of every record is given without making records.
"""

from __future__ import annotations

import datetime
from array import array
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from harness.report.deciding.columns import Dated, Kept, Texts, moment, ticks
from harness.report.deciding.model import Event, Recorded, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.report.deciding.model import Planned

_PACK: Final = msgspec.json.Encoder()
_UNPACK_OUTCOME: Final = msgspec.json.Decoder(tuple[str, dict[str, object]])
_UNPACK_RESULT: Final = msgspec.json.Decoder(tuple[str, str, str])
_INT64: Final = 2**63


class Way(NamedTuple):
    """How a step of a test went."""

    when: str
    outcome: str
    worker: str | None


class Ledger(Dated[Event]):
    """The ledger's events. A report is a row if its number is its place; all other events are whole."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """Keep these."""
        self._nodeids: list[str] = []
        self._ways: list[Way | None] = []  # None where the event is whole
        self._same: dict[Way, Way] = {}
        super().__init__(events)

    def append(self, record: Event) -> None:
        """Keep one more event."""
        if record.nodeid is not None and record.when is not None and record.outcome is not None:
            way = Way(record.when, record.outcome, record.worker)
            if record == _report(len(self), record.at, record.nodeid, way) and record.at.tzinfo is datetime.UTC:
                self.report(record.nodeid, way, ticks(record.at))
                return
        _share_phases(record.tests)
        self._whole[len(self)] = record
        self._nodeids.append("")
        self._ways.append(None)
        self._ticks.append(ticks(record.at))

    def report(self, nodeid: str, way: Way, at: int) -> None:
        """Keep one more report; `at` in microseconds since 1970. Its number is its place."""
        self._nodeids.append(nodeid)
        self._ways.append(self._same.setdefault(way, way))
        self._ticks.append(at)

    def of(self, kind: str) -> list[Event]:
        """Return the events of a kind, in their order; for reports there is `reports`."""
        return [event for event in self._whole.values() if event.event == kind]

    def reports(self) -> Iterator[tuple[str | None, str | None, str | None]]:
        """Give node id, step and outcome of each report."""
        for place, (nodeid, way) in enumerate(zip(self._nodeids, self._ways, strict=True)):
            if way is not None:
                yield nodeid, way.when, way.outcome
            elif (event := self._whole[place]).event == "report":
                yield event.nodeid, event.when, event.outcome

    def misplaced(self) -> tuple[int, int] | None:
        """Return place and number of the first event whose number is not its place; None if there is none."""
        return next(((place, event.seq) for place, event in self._whole.items() if event.seq != place), None)

    def _row(self, place: int) -> Event:
        way = self._ways[place]
        assert way is not None
        return _report(place, moment(self._ticks[place]), self._nodeids[place], way)


def _share_phases(tests: Iterable[Planned]) -> None:
    """Let equal phases of planned tests be one object; what a test says stays the same."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for test in tests:
        msgspec.structs.force_setattr(test, "phases", known.setdefault(test.phases, test.phases))


def _report(seq: int, at: datetime.datetime, nodeid: str, way: Way) -> Event:
    return Event("report", at, seq, nodeid=nodeid, when=way.when, outcome=way.outcome, worker=way.worker)


class Head(NamedTuple):
    """What an outcome says, without its sentence and figures; equal ones are one object."""

    line: str
    outcome: Literal["MET", "UNKNOWN", "VIOLATED"]
    reason: str | None
    phases: tuple[str, ...]


class Outcomes(Dated[Recorded]):
    """The outcomes. Sentence and figures are kept as JSON: the decision shows those of one outcome per line."""

    def __init__(self, outcomes: Iterable[Recorded] = ()) -> None:
        """Keep these."""
        self._nodeids: list[str] = []
        self._heads: list[Head] = []
        self._same: dict[Head, Head] = {}
        self._told = Texts()
        super().__init__(outcomes)

    def append(self, record: Recorded) -> None:
        """Keep one more outcome."""
        head = Head(record.line, record.outcome, record.reason, record.phases)
        try:
            self.outcome(record.nodeid, head, ticks(record.at), pack(record.because, record.facts))
        except OverflowError:  # a whole number with more digits than msgspec writes
            self._whole[len(self)] = record
            self.outcome(record.nodeid, head, ticks(record.at), b"")
        if record.at.tzinfo is not datetime.UTC:
            self._whole[len(self) - 1] = record

    def outcome(self, nodeid: str, head: Head, at: int, told: bytes) -> None:
        """Keep one more; `at` in microseconds since 1970, `told` is made by `pack`."""
        self._nodeids.append(nodeid)
        self._heads.append(self._same.setdefault(head, head))
        self._ticks.append(at)
        self._told.append(told)

    def heads(self) -> Iterator[tuple[str, Head]]:
        """Give node id and head of each."""
        return zip(self._nodeids, self._heads, strict=True)

    def _row(self, place: int) -> Recorded:
        line, outcome, reason, phases = self._heads[place]
        because, facts = _UNPACK_OUTCOME.decode(self._told[place])
        return Recorded(
            line=line,
            nodeid=self._nodeids[place],
            outcome=outcome,
            reason=reason,
            because=because,
            facts=facts,
            phases=phases,
            at=moment(self._ticks[place]),
        )


def pack(because: str, facts: Mapping[str, object]) -> bytes:
    """Return an outcome's sentence and figures as `Outcomes` keeps them; OverflowError for a number beyond 64 bits."""
    return _PACK.encode((because, facts))


class Claim(NamedTuple):
    """What an Allure result claims to be, without its name and times; equal ones are one object."""

    status: str | None
    lines: tuple[str, ...]
    runs: tuple[str, ...]
    flags: tuple[str, ...]


class Results(Kept[Result]):
    """Allure's results. One without an id or a time, or with a time that no clock shows, is whole."""

    def __init__(self, results: Iterable[Result] = ()) -> None:
        """Keep these."""
        self._claims: list[Claim] = []
        self._same: dict[Claim, Claim] = {}
        self._texts = Texts()
        self._starts, self._stops = array("q"), array("q")
        super().__init__(results)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._claims)

    def append(self, record: Result) -> None:
        """Keep one more result."""
        claim = Claim(record.status, record.lines, record.runs, record.flags)
        start, stop, text = record.start_ms, record.stop_ms, b""
        if record.history_id is None or not (_fits(start) and _fits(stop)):
            self._whole[len(self)] = record
            start, stop = 0, 0
        else:
            text = _PACK.encode((record.file, record.name, record.history_id))
        self._claims.append(self._same.setdefault(claim, claim))
        self._starts.append(start or 0)
        self._stops.append(stop or 0)
        self._texts.append(text)

    def claims(self) -> Iterator[tuple[Claim, bool]]:
        """Give of each what it claims, and whether it has a history id."""
        for place, claim in enumerate(self._claims):
            whole = self._whole.get(place)
            yield claim, whole is None or whole.history_id is not None

    def spans(self) -> Iterator[tuple[int | None, int | None]]:
        """Give start and stop of each, in milliseconds since 1970."""
        for place, (start, stop) in enumerate(zip(self._starts, self._stops, strict=True)):
            whole = self._whole.get(place)
            yield (start, stop) if whole is None else (whole.start_ms, whole.stop_ms)

    def _row(self, place: int) -> Result:
        status, lines, runs, flags = self._claims[place]
        file, name, history_id = _UNPACK_RESULT.decode(self._texts[place])
        start, stop = self._starts[place], self._stops[place]
        return Result(file, name, status, lines, runs, history_id, flags, start, stop)


def _fits(number: int | None) -> bool:
    return number is not None and -_INT64 <= number < _INT64

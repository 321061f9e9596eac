"""What the gate keeps in columns is read back as it was added, and its quick answers are what the records say."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.deciding.columns import PACK, Digests, Texts, moment
from harness.report.deciding.kept import Ledger, Outcomes, Results
from harness.report.deciding.model import Event, Planned, Recorded, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = st.sampled_from(["", "a", "t[é]", "b" * 80])
PERHAPS = st.none() | NAMES
ZONES = st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))])
TICKS = st.integers(86_400 * 10**6, 32_503_000_000 * 10**6)  # 1970 to 2999


def _at(count: int, zone: datetime.timezone) -> datetime.datetime:
    return moment(count).astimezone(zone)


TIMES = st.builds(_at, TICKS, ZONES)
LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
FACTS = st.dictionaries(NAMES, LEAVES | st.text(max_size=5) | st.lists(LEAVES, max_size=3), max_size=4)
SAID = ("MET", "UNKNOWN", "VIOLATED")
REPORTS = st.builds(
    Event, st.just("report"), TIMES, st.integers(0, 5), nodeid=PERHAPS, when=PERHAPS, outcome=PERHAPS, worker=PERHAPS
)
OTHERS = st.builds(
    Event,
    st.sampled_from(["start", "plan", "finish", "report"]),
    TIMES,
    st.integers(0, 5),
    tests=st.lists(st.builds(Planned, NAMES, NAMES, st.tuples(NAMES)), max_size=3).map(tuple),
    message=PERHAPS,
    exit_status=st.none() | st.integers(),
)
OUTCOMES = st.builds(
    Recorded,
    NAMES,
    NAMES,
    st.sampled_from(["MET", "UNKNOWN", "VIOLATED"]),
    PERHAPS,
    NAMES,
    FACTS,
    st.tuples(NAMES),
    TIMES,
)
NUMBERS = st.none() | st.integers(-(2**70), 2**70)
RESULTS = st.builds(
    Result, NAMES, NAMES, PERHAPS, st.tuples(NAMES), st.tuples(NAMES), PERHAPS, st.tuples(), NUMBERS, NUMBERS
)
T0 = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def numbered(events: Sequence[Event]) -> list[Event]:
    """The events as a writer numbers them."""
    return [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate(events)]


def exactly(record: object) -> str:
    """Everything of a record: 1, 1.0 and True are equal, and so are two times in different zones."""
    return repr(record)


@given(st.lists(REPORTS | OTHERS, max_size=8), st.booleans())
def test_a_ledger_gives_back_the_events_that_were_added(events: list[Event], renumber: bool) -> None:
    events = numbered(events) if renumber else events
    kept = Ledger(events)
    assert [exactly(event) for event in kept] == [exactly(event) for event in events]
    assert list(kept.reports()) == [(e.nodeid, e.when, e.outcome) for e in events if e.event == "report"]
    assert kept.of("finish") == [event for event in events if event.event == "finish"]
    assert kept.misplaced() == next(((i, e.seq) for i, e in enumerate(events) if e.seq != i), None)
    times = [event.at for event in events]
    assert [exactly(one) for one in kept.span()] == ([exactly(min(times)), exactly(max(times))] if times else [])


@given(st.lists(OUTCOMES, max_size=8))
def test_outcomes_are_given_back_as_they_were_added(outcomes: list[Recorded]) -> None:
    kept = Outcomes(outcomes)
    assert [exactly(one) for one in kept] == [exactly(one) for one in outcomes]
    assert [(nodeid, *head) for nodeid, head in kept.heads()] == [
        (one.nodeid, one.line, one.outcome, one.reason, one.phases) for one in outcomes
    ]
    times = [one.at for one in outcomes]
    assert [exactly(one) for one in kept.span()] == ([exactly(min(times)), exactly(max(times))] if times else [])


@given(st.lists(RESULTS, max_size=8))
def test_results_are_given_back_as_they_were_added(results: list[Result]) -> None:
    kept = Results(results)
    assert [exactly(one) for one in kept] == [exactly(one) for one in results]
    assert list(kept.spans()) == [(one.start_ms, one.stop_ms) for one in results]
    assert [(*claim, named) for claim, named in kept.claims()] == [
        (one.status, one.lines, one.runs, one.flags, one.history_id is not None) for one in results
    ]


def report(seq: int, **fields: Any) -> Event:
    facts: dict[str, Any] = {"nodeid": "t", "when": "call", "outcome": "passed"} | fields
    return Event("report", T0 + datetime.timedelta(seconds=seq), seq, **facts)


def test_a_slice_and_a_place_from_the_end_are_those_of_a_list() -> None:
    events = [report(0), report(1, nodeid=None), report(2, worker="gw0"), report(7)]
    kept = Ledger(events)
    assert (list(kept[1:]), kept[-1], list(kept[::-1])) == (events[1:], events[-1], events[::-1])
    assert list(reversed(kept)) == events[::-1]
    with pytest.raises(IndexError):
        _ = kept[4]


def test_two_are_equal_if_their_records_are() -> None:
    events = [report(0), report(1)]
    assert Ledger(events) == Ledger(events)
    assert Ledger(events) != Ledger(events[:1])
    assert Ledger(events) != Ledger([report(0), report(1, outcome="failed")])
    assert Ledger(events) != events


def test_of_equal_times_the_first_added_is_told() -> None:
    east = T0.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    both = [msgspec.structs.replace(report(seq), at=at) for seq, at in enumerate((east, T0))]
    assert [exactly(at) for at in Ledger(both).span()] == [exactly(east)] * 2
    assert [exactly(at) for at in Ledger(reversed(both)).span()] == [exactly(T0)] * 2


@pytest.mark.parametrize("count", [0, 1, PACK - 1, PACK, PACK + 1, 3 * PACK])
def test_texts_are_found_by_their_place_in_whatever_order_they_are_asked_for(count: int) -> None:
    said = [f"{place}é".encode() * (place % 3) for place in range(count)]
    texts = Texts()
    for one in said:
        texts.append(one)
    assert [texts[place] for place in range(count)] == said
    assert [texts[place] for place in reversed(range(count))] == said[::-1]


def test_digests_are_a_mapping_of_the_files_that_were_hashed() -> None:
    digests = Digests(["a", "b", "c"])
    digests.add("c", b"\2" * 32)
    digests.add("a", b"\1" * 32)
    assert digests == {"a": "01" * 32, "c": "02" * 32}
    assert (list(digests), len(digests), "b" in digests, digests.get("b"), digests.get("0")) == (
        ["a", "c"],
        2,
        False,
        None,
        None,
    )
    with pytest.raises(KeyError):
        digests.add("d", b"\1" * 32)

"""Lines as our writers write them are read straight into columns; whatever else, as the strict reader reads it."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import FakeClock
from harness.report import files
from harness.report.deciding.kept import Ledger, Outcomes
from harness.report.ledger import NAME
from harness.report.ledger import Ledger as Writer
from harness.report.reading import parsed, plan, written
from harness.runbook_tests import SuiteTest

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.deciding.model import Blocker

AT = "2026-01-01T00:00:00.000Z"
TRAP = '},{"nodeid":"x"}],"deselected":["tests":[{"event":"plan",'  # what the plan's line is cut at
TESTS = [{"nodeid": f"test_it.py::t[{i}{TRAP}]", "line": "A", "phases": ["canary"]} for i in range(9)]


def report(seq: int, **fields: Any) -> dict[str, Any]:
    facts = {"nodeid": "t", "when": "call", "outcome": "passed", "line": "A", "duration_s": 0.5, "worker": None}
    return {"event": "report", "at": AT, "seq": seq} | facts | fields


def planned(seq: int, tests: list[Any] = TESTS, **fields: Any) -> dict[str, Any]:
    return {"event": "plan", "at": AT, "seq": seq, "tests": tests, "deselected": ["x"]} | fields


def outcome(**fields: Any) -> dict[str, Any]:
    facts = {"line": "A", "nodeid": "t", "outcome": "MET", "reason": None, "because": "it holds", "facts": {"n": 1}}
    return facts | {"phases": ["canary"], "at": AT} | fields


def text(*records: dict[str, Any]) -> bytes:
    return b"".join(files.encode(one) + b"\n" for one in records)


DEEP = json.loads("[" * 70 + "1" + "]" * 70)
START = {"event": "start", "at": AT, "seq": 0, "run": "r", "argv": ["-m", "canary"], "workers": 0}
EVENTS = [
    START,
    planned(1),
    planned(1, []),
    planned(1, [TESTS[0] | {"phases": "canary"}]),
    planned(1, [TESTS[0] | {"more": 1}]),
    planned(1, [{}]),
    planned(1, deselected=[5]),
    {"event": "plan", "at": AT, "seq": 1, "deselected": [], "tests": TESTS},
    report(0),
    report(1, at="2026-01-01T00:00:00.000+02:00"),
    report(2, at="1969-01-01T00:00:00.000Z"),
    report(2, at="1969-12-31T23:50:00.000-02:00"),
    report(2, at="1970-01-01T00:30:00.000Z"),
    report(2, at="2026-01-01T00:00:00"),
    report(2, worker="gw0", nodeid="u"),
    report(3, nodeid=None),
    report(3, more="x"),
    report(3, duration_s=None),
    {"event": "finish", "at": AT, "seq": 4, "exit_status": 0},
]
RECORDED = [
    outcome(),
    outcome(outcome="UNKNOWN", reason="GAP", facts={"a": [1, 2.5, {"b": None}]}),
    outcome(outcome="FINE"),
    outcome(facts={"deep": DEEP}),
    outcome(facts={"deep": DEEP[0][0][0][0][0][0][0][0][0]}),
    outcome(at="2026-01-01T02:00:00.000+02:00"),
    outcome(more=1),
    outcome(facts=[]),
]
TWICE = text(outcome()).replace(b'{"n":1}', b'{"n":1,"n":2}')


def both(content: bytes, kind: Any) -> tuple[Any, Any]:
    """What is kept of lines, and what is told of them, with the quick way and without it."""
    found: list[tuple[list[str], list[Blocker]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "PIECE", 1)
        for _ in range(2):
            troubles: list[Blocker] = []
            kept = parsed.lines([content], "x.jsonl", kind, {}, troubles)
            found.append(([repr(one) for one in kept], troubles))
            kind = parsed.Kind(kind.one, kind.many, kind.kept, kind.append, _never)
    return found[0], found[1]


def _never(*_: object) -> bool:
    """Read nothing the quick way."""
    return False


@given(st.lists(st.sampled_from(EVENTS), max_size=6), st.booleans(), st.booleans())
def test_a_ledger_comes_out_the_same_both_ways(events: list[dict[str, Any]], renumber: bool, spaced: bool) -> None:
    events = [event | {"seq": seq} for seq, event in enumerate(events)] if renumber else events
    content = b"".join(json.dumps(one).encode() + b"\n" for one in events) if spaced else text(*events)
    quick, slow = both(content, parsed.EVENTS)
    assert quick == slow


@given(st.lists(st.sampled_from([*map(text, RECORDED), TWICE]), max_size=5))
def test_outcomes_come_out_the_same_both_ways(lines: list[bytes]) -> None:
    quick, slow = both(b"".join(lines), parsed.OUTCOMES)
    assert quick == slow


@pytest.mark.parametrize("piece", [1, 100, plan.PIECE])
def test_what_the_ledgers_writer_writes_is_read_the_quick_way(
    piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PIECE", piece)
    writer = Writer(tmp_path, FakeClock(wall=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)))
    writer.start("r", ["-m", "canary"], 2)
    tests = [SuiteTest(nodeid=str(one["nodeid"]), line="A", phases=("canary",)) for one in TESTS]
    writer.plan(tests, ["left out"])
    for one in tests:
        writer.report(nodeid=one.nodeid, when="call", outcome="passed", line="A", duration_s=0.1, worker="gw1")
    kept, words = Ledger(), dict[str, str]()
    assert written.events((tmp_path / NAME).read_bytes(), kept, words)
    assert [(test.nodeid, test.line, test.phases) for test in kept[1].tests] == [
        (one.nodeid, one.line, one.phases) for one in tests
    ]
    assert kept[1].deselected == ("left out",)
    assert all(kept[2 + i].nodeid is kept[1].tests[i].nodeid for i in range(len(tests)))
    assert [event.seq for event in kept] == list(range(2 + len(tests)))


def test_what_cannot_be_read_the_quick_way_leaves_nothing_behind() -> None:
    ledger, outcomes = Ledger(), Outcomes()
    assert not written.events(text(report(0), report(1, more=1)), ledger, {})
    assert not written.outcomes(text(outcome(), outcome(more=1)), outcomes, {})
    assert (len(ledger), len(outcomes)) == (0, 0)

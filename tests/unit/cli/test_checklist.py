"""A QA person's checklist: what waits, runs and was decided, and what time is left, by what a run wrote so far."""

from __future__ import annotations

import datetime
import io
import json
from typing import TYPE_CHECKING, Literal

import pytest
from rich.console import Console

from harness import runbook
from harness.cli import checklist
from harness.cli.checklist import Checklist, Row
from harness.report import so_far
from harness.report.deciding.model import Recorded
from harness.report.so_far import SoFar

if TYPE_CHECKING:
    from pathlib import Path

LINES = runbook.lines()
START = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
PLANNED = {"t::cards": "BB-04", "t::late": "BB-08", "t::tables": "BB-01", "t::copy": "BB-02"}


def after(seconds: float) -> datetime.datetime:
    return START + datetime.timedelta(seconds=seconds)


def decided(nodeid: str, outcome: Literal["MET", "UNKNOWN", "VIOLATED"], at: float, because: str = "x") -> Recorded:
    reason = "NO_DATA" if outcome == "UNKNOWN" else None
    return Recorded(PLANNED[nodeid], nodeid, outcome, reason, because, {}, ("bugbash",), after(at))


HALF = SoFar(
    PLANNED,
    frozenset({"t::tables"}),
    (decided("t::tables", "VIOLATED", 5, "1 of 3 tables: the header\nof column 3 is empty"),),
    began={"t::tables": after(1.5), "t::copy": after(4)},
    closed={"t::tables": after(5)},
)


def made(seen: SoFar, seconds: float) -> Checklist:
    return checklist.of(seen, LINES, after(seconds))


def shown(now: Checklist, *, width: int = 100, whole: bool = False, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, markup=False, highlight=False, emoji=False)
    console.print(checklist.table("bugbash", now, whole=whole))
    return out.getvalue()


def test_each_item_says_how_it_is_in_the_runbooks_order() -> None:
    rows = made(HALF, 10).rows
    assert [(row.line, row.state, row.seconds) for row in rows] == [
        ("BB-01", "VIOLATED", 3.5),
        ("BB-02", "running", 6.0),
        ("BB-04", "waiting", None),
        ("BB-08", "waiting", None),
    ]
    assert rows[0].says == LINES["BB-01"].says
    assert rows[0].because == "1 of 3 tables: the header of column 3 is empty"


def test_the_time_that_is_left_is_that_of_the_runbook_and_may_be_over() -> None:
    assert checklist.head("bugbash", made(HALF, 10)) == "bugbash: 1 of 4 decided, 1 VIOLATED, 9:51 of 10:00 left"
    assert checklist.head("bugbash", made(HALF, 613.5)).endswith("0:12 too long")
    a11y = SoFar({"t": "AX-01"}, frozenset(), (), began={"t": START})
    assert checklist.head("a11y", made(a11y, 75)) == "a11y: 0 of 1 decided, 1:15 gone"


def test_time_stands_still_when_nothing_is_left_but_what_is_judged_last() -> None:
    mine = [nodeid for nodeid in PLANNED if nodeid != "t::late"]
    closed = {nodeid: after(20 + at) for at, nodeid in enumerate(mine)}
    said = tuple(decided(nodeid, "MET", 20) for nodeid in mine)
    seen = SoFar(PLANNED, frozenset(mine), said, began=dict.fromkeys(PLANNED, START), closed=closed)
    assert made(seen, 30).gone_s == made(seen, 500).gone_s == 22.0


def test_before_anything_is_planned_it_says_so_and_before_anything_began_no_time_is_gone() -> None:
    assert checklist.head("bugbash", made(SoFar({}, frozenset(), ()), 0)) == "bugbash: starting, nothing is planned yet"
    assert checklist.head("bugbash", made(SoFar(PLANNED, frozenset(), ()), 0)) == "bugbash: 0 of 4 decided"


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (SoFar(PLANNED, frozenset({"t::copy"}), (), lost=True, began={"t::copy": START}), "lost"),
        (SoFar(PLANNED, frozenset({"t::copy"}), (decided("t::copy", "UNKNOWN", 3),)), "UNKNOWN"),
        (SoFar(PLANNED, frozenset({"t::copy"}), (decided("t::copy", "MET", 3),)), "MET"),
    ],
    ids=["its worker died", "nobody wrote when it began", "met"],
)
def test_what_has_ended_is_never_said_to_run(seen: SoFar, state: str) -> None:
    (row,) = [row for row in made(seen, 10).rows if row.line == "BB-02"]
    assert row.state == state
    assert row.because == ("NO_DATA: x" if state == "UNKNOWN" else "")


@pytest.mark.parametrize("width", [60, 100, 200])
def test_on_a_terminal_an_item_is_one_line(width: int) -> None:
    drawn = shown(made(HALF, 10), width=width).rstrip("\n").splitlines()
    assert len(drawn) == 1 + len(PLANNED)
    assert drawn[1].split()[:3] == ["BB-01", "VIOLATED", "3.5"]
    assert all(len(line) <= width for line in drawn)


def test_at_the_end_it_says_whole_sentences_and_why_what_failed_failed() -> None:
    drawn = " ".join(shown(made(HALF, 10), width=70, whole=True).split())
    assert "the header of column 3 is empty" in drawn
    assert "nothing run or left as markup" in drawn


def test_nothing_that_a_test_said_steers_the_terminal() -> None:
    bad = Checklist((Row("BB-01", "it \x1b[2J holds", "VIOLATED", 1.0, checklist._because(None, "gone \x1b]0;x\x07")),))
    for drawn in (shown(bad, whole=True), *checklist.news((), bad)):
        assert "\x1b" not in drawn
        assert "\x07" not in drawn


def test_without_a_terminal_each_change_is_one_line_and_nothing_is_said_twice() -> None:
    first = made(SoFar(PLANNED, frozenset(), (), began={"t::tables": after(1.5)}), 2)
    assert checklist.news((), first) == (f"[9:59 of 10:00 left] BB-01 running: {LINES['BB-01'].says}",)
    assert checklist.news(first.rows, first) == ()
    second = made(HALF, 10)
    assert checklist.news(first.rows, second) == (
        "[9:51 of 10:00 left] BB-01 VIOLATED (3.5 s): 1 of 3 tables: the header of column 3 is empty",
        f"[9:51 of 10:00 left] BB-02 running: {LINES['BB-02'].says}",
    )


def test_who_began_when_is_read_from_the_run_as_far_as_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    begun = [{"nodeid": "t::tables", "at": "2026-01-01T12:00:01Z"}, {"nodeid": "t::copy", "at": "2026-01-01T12:00:02Z"}]
    text = "".join(f"{json.dumps(one)}\n" for one in begun) + '{"nodeid": "t::ca'
    _ = (tmp_path / so_far.BEGUN).write_text(text)
    assert so_far.read(tmp_path).began == {"t::tables": after(1), "t::copy": after(2)}

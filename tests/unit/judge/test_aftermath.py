"""After a deployment: as before only where there is a before, and an after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.judge import aftermath
from harness.judge.aftermath import Business, Figures, Margins
from harness.judge.comparison import Two
from harness.judge.limit import Tally
from harness.judge.watched import Share
from harness.verdict import Outcome, Reason, met, unknown
from tests.unit.judge.test_course import DARK, OK, WELL, course, hole

if TYPE_CHECKING:
    from harness.judge.course import Course

UNKNOWN = Outcome.UNKNOWN
MARGINS = Margins(0.005, 0.01, 0.05, 0.05, 0.005)
LINES: dict[str, float] = dict.fromkeys(("PD-01", "PD-02", "PD-04", "PD-05"), 0.005)


def over_time(hits: int, of: int, on: Course, **rest: Any) -> Share:
    return Share((Tally(hits, of),) * 48, on, **rest)


def two(hits: int, of: int, on: Course = WELL, before: tuple[int, int] = (100, 2000), **rest: Any) -> Two:
    return Two(Share((Tally(hits, of),), on, **rest), Share((Tally(*before),), on))


def figures(on: Course = WELL, **changed: Any) -> Figures:
    good: dict[str, Any] = {
        "repaired": {"logs": over_time(0, 200, on), "metrics": over_time(0, 200, on)},
        "forgotten": {"logs": over_time(0, 200, on)},
        "business": Business(two(100, 2000, on), two(100, 2000, on)),
        "failed": two(1, 9000, on, (1, 9000)),
    }
    return Figures(**good | changed)


def judged(of: Figures) -> dict[str, tuple[Outcome, Reason | None]]:
    return {line: (one.outcome, one.reason) for line, one in aftermath.all_of(of, MARGINS, LINES).items()}


def test_as_before_is_met() -> None:
    assert set(judged(figures()).values()) == {(Outcome.MET, None)}


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (replace(WELL, ended=False), Reason.INTERRUPTED),
        (course(OK, *[DARK] * 11), Reason.GAP),
        (course(), Reason.NO_DATA),
    ],
)
def test_a_watch_that_is_none_meets_nothing(on: Course, reason: Reason) -> None:
    assert set(judged(figures(on)).values()) == {(UNKNOWN, reason)}


def test_a_baseline_of_nobody_is_no_before() -> None:
    nothing = two(100, 2000, before=(0, 0))
    found = judged(figures(business=Business(nothing, two(100, 2000)), failed=nothing))
    assert (found["PD-04"], found["PD-05"]) == ((UNKNOWN, Reason.NO_DATA),) * 2
    found = judged(figures(business=Business(two(100, 2000), nothing)))
    assert found["PD-04"] == (UNKNOWN, Reason.NO_DATA)


def test_nobody_there_afterwards_is_no_data() -> None:
    nobody = two(0, 0)
    found = judged(figures(repaired={}, forgotten={}, business=Business(nobody, nobody), failed=nobody))
    assert set(found.values()) == {(UNKNOWN, Reason.NO_DATA)}
    empty = {"logs": Share((), WELL)}
    found = judged(figures(repaired=empty, forgotten=empty))
    assert (found["PD-01"], found["PD-02"]) == ((UNKNOWN, Reason.NO_DATA),) * 2


def test_a_source_without_data_beside_a_good_one_is_not_met() -> None:
    found = judged(figures(repaired={"logs": over_time(0, 200, WELL), "metrics": Share((), WELL)}))
    assert found["PD-01"] == (UNKNOWN, Reason.NO_DATA)


def test_a_source_that_was_silent_at_the_end_has_not_settled() -> None:
    silent = {"logs": over_time(0, 200, WELL, holes=(hole(60, 120),))}
    assert judged(figures(repaired=silent))["PD-01"] == (UNKNOWN, Reason.NO_DATA)


def test_worse_than_before_is_a_violation_once_the_watch_is_over() -> None:
    worse = figures(
        repaired={"logs": over_time(20, 200, WELL)},
        forgotten={"logs": over_time(20, 200, WELL)},
        business=Business(two(600, 2000), two(100, 2000)),
        failed=two(900, 9000, before=(1, 9000)),
    )
    assert set(judged(worse).values()) == {(Outcome.VIOLATED, None)}


def test_all_of_it_held_only_with_a_whole_watch_and_every_line() -> None:
    whole = {"PD-01": met("fine")}
    assert aftermath.held(WELL, whole, alpha=0.01).outcome is Outcome.MET
    assert aftermath.held(WELL, {}, alpha=0.01).reason is Reason.NO_DATA
    assert aftermath.held(course(), whole, alpha=0.01).reason is Reason.NO_DATA
    assert aftermath.held(course(*[OK] * 4, *[DARK] * 8), whole, alpha=0.01).reason is Reason.GAP
    assert aftermath.held(WELL, whole | {"PD-02": unknown(Reason.STALE, "old")}, alpha=0.01).reason is Reason.STALE

"""What a verdict over a watch is worth: not more than was watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.course import Course, Hole, trusted
from harness.judge.soak import Slice, State
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

OK, DARK, OURS = State.COMPLETE, State.INCOMPLETE, State.GENERATOR_INVALID
WHY = {OK: "", DARK: "the logs stopped", OURS: "the generator was late"}


def course(*states: State, **rest: Any) -> Course:
    """Slices of 10 s from 1,000 s on; a watch of all of them that ended, unless told otherwise."""
    slices = tuple(Slice(1000 + 10 * i, 1010 + 10 * i, state, "a", WHY[state]) for i, state in enumerate(states))
    given: dict[str, Any] = {"wanted_s": 10.0 * len(states), "largest_gap_s": 20.0, "ended": True} | rest
    return Course(slices, **given)


def hole(start: float, end: float, **rest: Any) -> Hole:
    return Hole(1000 + start, 1000 + end, rest.pop("why", "HTTP 503"), **rest)


def said(of: Course, verdict: Verdict | None = None, **rest: Any) -> tuple[Outcome, Reason | None]:
    found = trusted(verdict or met("fine"), of, **rest)
    return found.outcome, found.reason


WELL = course(*[OK] * 12)
UNKNOWN = Outcome.UNKNOWN


def test_a_watch_without_a_flaw_carries_its_verdict_and_shows_what_it_was() -> None:
    found = trusted(met("fine", n=3), WELL, generated=True)
    assert found.outcome is Outcome.MET
    assert found.facts["n"] == 3
    assert (found.facts["slices"], found.facts["slices_usable"], found.facts["usable_s"]) == (12, 12, 120.0)


@pytest.mark.parametrize("of", [Course(), Course(ended=True, wanted_s=60), Course(trouble="no address to ask")])
def test_a_watch_without_a_slice_is_no_data(of: Course) -> None:
    assert said(of) == (UNKNOWN, Reason.NO_DATA)
    assert (of.trouble or "no slice") in trusted(met("fine"), of).because


def test_a_watch_that_did_not_end_is_interrupted_even_when_all_is_well() -> None:
    found = trusted(met("fine"), replace(WELL, ended=False, trouble="stream running, collector dead"))
    assert found.reason is Reason.INTERRUPTED
    assert "collector dead" in found.because
    assert "it goes on" in trusted(met("fine"), replace(WELL, ended=False)).because


def test_one_usable_slice_of_twelve_does_not_speak_for_all() -> None:
    found = trusted(met("fine"), course(OK, *[DARK] * 11))
    assert found.reason is Reason.GAP
    assert "only 10 s of 2 min 00 s were watched whole: the logs stopped" in found.because


def test_half_of_the_time_is_enough_and_less_is_not() -> None:
    assert said(course(*[OK] * 6, *[DARK] * 6))[0] is Outcome.MET
    assert said(course(*[OK] * 5, *[DARK] * 7)) == (UNKNOWN, Reason.GAP)


def test_slices_that_never_came_are_missed() -> None:
    few = replace(WELL, slices=WELL.slices[:5])
    assert said(few) == (UNKNOWN, Reason.GAP)
    assert "slices are missing" in trusted(met("fine"), few).because


def test_slices_that_overlap_count_once() -> None:
    twice = (*WELL.slices[:5], *(replace(one, start=one.start + 0.5) for one in WELL.slices[:5]))
    assert said(replace(WELL, slices=twice)) == (UNKNOWN, Reason.GAP)
    assert replace(WELL, slices=twice).watched_s() == pytest.approx(50)


def test_without_a_planned_length_the_slices_themselves_are_the_measure() -> None:
    assert said(course(OK, DARK, DARK, wanted_s=0.0)) == (UNKNOWN, Reason.GAP)


def test_a_quarter_of_the_slices_may_be_spoiled_by_our_own_traffic_and_not_more() -> None:
    assert said(course(*[OURS] * 3, *[OK] * 9), generated=True)[0] is Outcome.MET
    assert said(course(*[OURS] * 4, *[OK] * 8), generated=True) == (UNKNOWN, Reason.GENERATOR_INVALID)


def test_what_others_saw_is_not_spoiled_by_our_traffic() -> None:
    assert said(course(*[OURS] * 12))[0] is Outcome.MET
    assert said(course(*[OURS] * 12), generated=True) == (UNKNOWN, Reason.GENERATOR_INVALID)


def test_spoiled_and_dark_slices_add_up_for_our_traffic() -> None:
    mixed = course(*[OURS] * 3, *[DARK] * 4, *[OK] * 5)
    assert said(mixed, generated=True) == (UNKNOWN, Reason.GAP)
    assert said(mixed)[0] is Outcome.MET


def test_a_source_that_was_silent_for_longer_than_the_largest_gap_is_no_data() -> None:
    found = trusted(met("fine"), WELL, holes=[hole(30, 50.1)])
    assert found.reason is Reason.NO_DATA
    assert "HTTP 503" in found.because
    assert said(WELL, holes=[hole(30, 50)])[0] is Outcome.MET


def test_holes_that_touch_or_overlap_are_one() -> None:
    assert said(WELL, holes=[hole(30, 45), hole(45, 60)]) == (UNKNOWN, Reason.NO_DATA)
    assert said(WELL, holes=[hole(40, 58), hole(30, 45)]) == (UNKNOWN, Reason.NO_DATA)
    assert said(WELL, holes=[hole(30, 45), hole(30, 45)])[0] is Outcome.MET


def test_many_short_holes_that_leave_less_than_half_are_no_data() -> None:
    many = [hole(i * 20, i * 20 + 15) for i in range(6)]
    assert said(WELL, holes=many) == (UNKNOWN, Reason.NO_DATA)
    assert said(WELL, holes=many[:3])[0] is Outcome.MET


def test_a_source_that_was_silent_throughout_a_watch_no_longer_than_a_gap_is_no_data() -> None:
    short = replace(WELL, largest_gap_s=600.0)
    assert said(short, holes=[hole(0, 120)]) == (UNKNOWN, Reason.NO_DATA)


def test_holes_of_another_time_are_another_watchs() -> None:
    assert said(WELL, holes=[hole(-900, 0), hole(120, 900)])[0] is Outcome.MET
    assert said(WELL, holes=[hole(-900, 21)]) == (UNKNOWN, Reason.NO_DATA)


def test_holes_of_the_collector_are_counted_with_the_slices_they_touch() -> None:
    assert said(WELL, holes=[hole(0, 100, ours=True)])[0] is Outcome.MET


@pytest.mark.parametrize("of", [Course(), course(OK, *[DARK] * 11), replace(WELL, ended=False), course(*[OURS] * 12)])
def test_a_violation_stands_whatever_the_watch_was(of: Course) -> None:
    assert said(of, violated("5xx 9%"), generated=True, holes=[hole(0, 120)])[0] is Outcome.VIOLATED


def test_what_was_unknown_stays_unknown() -> None:
    assert said(WELL, unknown(Reason.SAMPLE_TOO_SMALL, "3 more")) == (UNKNOWN, Reason.SAMPLE_TOO_SMALL)
    assert said(course(OK, *[DARK] * 11), unknown(Reason.SAMPLE_TOO_SMALL, "3 more")) == (UNKNOWN, Reason.GAP)

"""Slice by slice and over the whole: what held throughout, and what nobody can say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.judge import quantile, watched
from harness.judge.course import Course
from harness.judge.limit import Tally
from harness.judge.soak import State
from harness.judge.watched import Figures, Share
from harness.verdict import Outcome, Reason, met, unknown, violated
from tests.unit.judge.test_course import DARK, OK, OURS, WELL, course, hole

if TYPE_CHECKING:
    from harness.verdict import Verdict

UNKNOWN = Outcome.UNKNOWN
WHOLE = {"P1-SLO-04": met("held")}
NOTHING = quantile.counted([])
FAST = quantile.counted(np.linspace(0.2, 0.4, 400))
SLOW = quantile.counted(np.linspace(0.8, 1.2, 400))
GOOD = Figures(
    {"P1-SLO-04": (Tally(0, 1000), 0.003), "P1-SLO-06": (Tally(0, 500), 0.005)}, ("P1-SLO-03", FAST, FAST, 0.1)
)
EMPTY = Figures(
    {"P1-SLO-04": (Tally(0, 0), 0.003), "P1-SLO-06": (Tally(0, 0), 0.005)}, ("P1-SLO-03", NOTHING, NOTHING, 0.1)
)


def judged(of: Course = WELL, figures: dict[int, Figures] | None = None, **rest: Any) -> Verdict:
    """Judge a watch whose slices are all good but those given by number."""
    by_start = {one.start: (figures or {}).get(i, GOOD) for i, one in enumerate(of.slices)}
    return watched.held_throughout(
        of, rest.get("by_start", by_start), rest.get("whole", WHOLE), alpha=rest.get("alpha", 0.001)
    )


def with_share(hits: int, of: int) -> Figures:
    return replace(GOOD, shares={**GOOD.shares, "P1-SLO-04": (Tally(hits, of), 0.003)})


def test_a_watch_whose_slices_are_all_good_held() -> None:
    found = judged()
    assert found.outcome is Outcome.MET
    assert found.facts["alpha_of_a_slice"] == pytest.approx(0.001 / 12)


def test_one_bad_slice_in_a_good_whole_is_a_violation_that_names_the_line() -> None:
    found = judged(figures={4: with_share(60, 1000)})
    assert found.outcome is Outcome.VIOLATED
    assert "P1-SLO-04: 60 of 1000" in found.because


def test_a_slice_in_which_enhanced_was_slower_is_a_violation() -> None:
    assert judged(figures={4: replace(GOOD, delta=("P1-SLO-03", SLOW, FAST, 0.1))}).outcome is Outcome.VIOLATED
    assert judged(figures={4: replace(GOOD, delta=("P1-SLO-03", FAST, SLOW, 0.1))}).outcome is Outcome.MET


def test_a_line_violated_over_the_whole_is_violated_though_every_slice_is_good() -> None:
    assert judged(whole={"P1-SLO-04": violated("1%")}).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    "whole", [{}, {"x": unknown(Reason.STALE, "old")}, {"x": met("ok"), "y": unknown(Reason.GAP, "dark")}]
)
def test_good_slices_without_a_good_whole_are_not_met(whole: dict[str, Verdict]) -> None:
    assert judged(whole=whole).outcome is UNKNOWN


def test_no_slices_are_no_data_and_no_crash() -> None:
    found = watched.held_throughout(Course(), {}, WHOLE, alpha=0.001)
    assert (found.outcome, found.reason) == (UNKNOWN, Reason.NO_DATA)
    assert "not one slice" in found.because


def test_a_slice_in_which_nothing_was_seen_is_no_good_slice() -> None:
    assert judged(figures=dict.fromkeys(range(12), EMPTY)).reason is Reason.NO_DATA
    found = judged(figures=dict.fromkeys((4, 5, 6), EMPTY))
    assert found.reason is Reason.GAP
    assert "nothing was seen in it" in found.because


def test_slices_without_figures_are_no_good_slices_where_others_have_some() -> None:
    few = {one.start: GOOD for one in WELL.slices[:8]}
    assert judged(by_start=few).reason is Reason.GAP
    assert judged(by_start={1e9: GOOD}).reason is Reason.NO_DATA


def test_an_empty_slice_within_the_largest_gap_is_bridged() -> None:
    assert judged(figures={4: EMPTY, 5: EMPTY}).outcome is Outcome.MET


def test_a_line_without_figures_for_longer_than_the_largest_gap_restarts_the_clock() -> None:
    quiet = replace(GOOD, shares={**GOOD.shares, "P1-SLO-06": (Tally(0, 0), 0.005)})
    found = judged(figures=dict.fromkeys((4, 5, 6), quiet))
    assert found.reason is Reason.GAP
    assert "P1-SLO-06 had no figures for 30 s" in found.because
    assert judged(figures=dict.fromkeys((4, 5, 7, 8), quiet)).outcome is Outcome.MET


def test_a_line_that_never_had_figures_is_left_to_its_verdict_over_the_whole() -> None:
    quiet = replace(GOOD, shares={**GOOD.shares, "P1-SLO-06": (Tally(0, 0), 0.005)}, delta=None)
    every = dict.fromkeys(range(12), quiet)
    assert judged(figures=every).outcome is Outcome.MET
    none = WHOLE | {"P1-SLO-06": unknown(Reason.NO_DATA, "not one of the answers was seen")}
    assert judged(figures=every, whole=none).reason is Reason.NO_DATA


def test_an_outage_that_leaves_a_line_without_figures_is_still_a_violation() -> None:
    down = replace(with_share(1000, 1000), delta=("P1-SLO-03", NOTHING, NOTHING, 0.1))
    found = judged(figures=dict.fromkeys((4, 5, 6, 7), down))
    assert found.outcome is Outcome.VIOLATED


def test_a_watch_that_goes_on_or_was_cut_is_not_met() -> None:
    assert judged(replace(WELL, ended=False)).reason is Reason.INTERRUPTED
    assert judged(replace(WELL, slices=WELL.slices[:10])).reason is Reason.INTERRUPTED


def test_a_hole_restarts_the_clock_and_a_shorter_one_does_not() -> None:
    assert judged(course(*[OK] * 4, *[DARK] * 3, *[OK] * 5)).reason is Reason.GAP
    assert judged(course(*[OK] * 4, *[DARK] * 2, *[OK] * 6)).outcome is Outcome.MET
    assert judged(course(*[OK] * 4, *[OURS] * 3, *[OK] * 5)).reason is Reason.GENERATOR_INVALID


def test_bridged_holes_that_are_most_of_the_time_are_not_bridged_to_a_success() -> None:
    sparse = course(*[OK, DARK, DARK] * 4, OK, wanted_s=130.0)
    assert judged(sparse).reason is Reason.GAP
    spoiled = course(*[OK, OURS] * 6, OK, wanted_s=130.0)
    assert judged(spoiled).reason is Reason.GENERATOR_INVALID


def test_slices_of_a_cluster_that_nobody_read_are_not_known_to_be_one_soak() -> None:
    blind = replace(WELL, slices=tuple(replace(one, watched="") for one in WELL.slices))
    assert judged(blind).reason is Reason.NO_DATA
    one = replace(WELL, slices=(replace(WELL.slices[0], watched=""), *WELL.slices[1:]))
    assert judged(one).outcome is UNKNOWN


def test_a_violation_stands_though_nobody_read_the_cluster() -> None:
    blind = replace(WELL, slices=tuple(replace(one, watched="") for one in WELL.slices))
    assert judged(blind, {4: with_share(60, 1000)}).outcome is Outcome.VIOLATED
    assert judged(blind, whole={"P1-SLO-04": violated("1%")}).outcome is Outcome.VIOLATED


def test_another_build_meanwhile_is_another_soak() -> None:
    moved = (*WELL.slices[:6], *(replace(one, watched="b") for one in WELL.slices[6:]))
    assert judged(replace(WELL, slices=moved)).reason is Reason.INTERRUPTED


def test_a_watch_that_began_anew_shares_alpha_among_all_its_slices() -> None:
    longer = course(*[OK] * 24, wanted_s=120.0)
    assert judged(longer).facts["alpha_of_a_slice"] == pytest.approx(0.001 / 24)


def test_without_any_alpha_nothing_is_violated_and_nothing_crashes() -> None:
    assert judged(figures={4: with_share(1000, 1000)}, alpha=0.0).outcome is Outcome.MET


def test_only_usable_slices_are_judged() -> None:
    states = course(*[OK] * 6, OURS, *[OK] * 5)
    assert judged(states, {6: with_share(1000, 1000)}).outcome is Outcome.MET
    marked = watched.judged_slices(states, {one.start: with_share(60, 1000) for one in states.slices}, alpha=0.001)
    assert [one.state for one in marked].count(State.VIOLATED) == 11


def mixed(hits: int, of: int) -> Share:
    return Share((Tally(hits, of),), WELL)


def test_sessions_answered_by_both_arms_tell_nothing_apart() -> None:
    for said in (met("fine"), violated("worse")):
        found = watched.of_one_arm(mixed(30, 100), said, most=0.05)
        assert (found.outcome, found.reason) == (UNKNOWN, Reason.NO_DATA)
        assert "session affinity" in found.because
    assert watched.of_one_arm(mixed(5, 100), met("fine"), most=0.05).outcome is Outcome.MET


def test_nobody_knowing_whether_sessions_were_mixed_is_not_knowing_that_they_were_not() -> None:
    for said in (met("fine"), violated("worse")):
        assert watched.of_one_arm(mixed(0, 0), said, most=0.05).reason is Reason.NO_DATA
    few = unknown(Reason.SAMPLE_TOO_SMALL, "3 more")
    assert watched.of_one_arm(mixed(0, 0), few, most=0.05) is few


def test_the_worst_of_several_findings_counts_and_all_are_named() -> None:
    found = watched.every({"a": met("fine"), "b": unknown(Reason.GAP, "dark"), "c": met("fine")})
    assert (found.outcome, found.reason) == (UNKNOWN, Reason.GAP)
    assert found.because == "b: dark (a: MET; c: MET)"
    assert watched.every({"a": unknown(Reason.GAP, "dark"), "b": violated("bad")}).outcome is Outcome.VIOLATED
    assert watched.every({}).reason is Reason.NO_DATA


def low(on: Course = WELL, **rest: Any) -> Share:
    return Share(tuple(Tally(i % 2, 1000) for i in range(96)), on, **rest)


def rising(on: Course = WELL) -> Share:
    return Share(tuple(Tally(i, 1000) for i in range(96)), on)


def test_a_share_that_is_low_has_settled_and_one_that_rises_does_not() -> None:
    assert watched.settles(0.005, low(), alpha=0.01).outcome is Outcome.MET
    assert watched.settles(0.005, rising(), alpha=0.01).outcome is Outcome.VIOLATED


def test_whether_a_share_settles_is_judged_once_at_the_end() -> None:
    going_on = replace(WELL, ended=False)
    for share in (low(going_on), rising(going_on)):
        assert watched.settles(0.005, share, alpha=0.01).reason is Reason.INTERRUPTED


def test_a_share_that_settled_in_a_spoiled_or_silent_watch_is_not_known_to_have() -> None:
    spoiled = course(*[OURS] * 12)
    assert watched.settles(0.005, low(spoiled, generated=True), alpha=0.01).reason is Reason.GENERATOR_INVALID
    assert watched.settles(0.005, low(holes=(hole(0, 60),)), alpha=0.01).reason is Reason.NO_DATA
    assert watched.settles(0.005, Share((), WELL), alpha=0.01).reason is Reason.NO_DATA

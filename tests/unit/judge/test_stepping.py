"""The staged way: only down, seen and watched, and at 0 at once when it is told of a worsening."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.judge import rollback
from harness.judge.drill import Step
from harness.judge.stepping import SECOND_PART
from harness.verdict import Outcome, Reason
from tests.unit.judge import drilled
from tests.unit.judge.drilled import undone

if TYPE_CHECKING:
    from harness.judge.drill import Drill
    from harness.verdict import Verdict

WEIGHTS = (75.0, 50.0, 25.0, 10.0, 0.0)


def only_down(drill: Drill) -> Verdict:
    return rollback.only_down(drill, WEIGHTS, watch_s=8.0, settle_s=3.0)


def test_a_way_that_only_goes_down_and_stops_when_told_is_met() -> None:
    verdict = only_down(drilled.lowered())
    assert verdict.outcome is Outcome.MET, verdict
    assert "from 60% down by 50 - 25 - 10 - 0" in verdict.because
    assert "went from 50 to 0 at once" in verdict.because


def test_a_first_step_above_the_current_weight_is_violated() -> None:
    verdict = only_down(drilled.lowered((75, 50, 25, 10, 0), start=60))
    assert verdict.outcome is Outcome.VIOLATED
    assert "the weight went from 60 up to 75" in verdict.because


def test_a_data_plane_that_doubles_weights_is_violated_by_what_users_get() -> None:
    verdict = only_down(drilled.lowered(given=lambda percent: min(100.0, 2 * percent)))
    assert verdict.outcome is Outcome.VIOLATED
    assert "the share rose: at weight 50, after 60" in verdict.because


def test_a_step_left_out_or_watched_too_shortly_is_violated() -> None:
    assert "wanted the steps 50, 25, 10, 0" in only_down(drilled.lowered((50, 10, 0))).because
    drill = drilled.lowered()
    short = replace(drill.steps[1], to_s=drill.steps[1].watched_from_s + 4.0)
    verdict = only_down(replace(drill, steps=(drill.steps[0], short, *drill.steps[2:])))
    assert verdict.outcome is Outcome.VIOLATED
    assert "weight 25 was watched for 4.0 s, wanted 8 s" in verdict.because


def test_a_step_that_users_never_saw_is_violated_although_the_way_was_given_up() -> None:
    drill = drilled.lowered()
    steps = (replace(drill.steps[0], ended="never seen"), Step(0, 50, 20.0, 21.0, 24.0, 3.0))
    verdict = only_down(replace(drill, steps=steps, notes={SECOND_PART: "2"}))
    assert verdict.outcome is Outcome.VIOLATED
    assert "weight 50 was set and never seen by users" in verdict.because


def test_after_a_worsening_anything_but_0_at_once_is_violated() -> None:
    drill = drilled.lowered()
    on = replace(drill, steps=(*drill.steps[:-1], replace(drill.steps[-1], percent=25)))
    assert "the weight became 25, wanted 0" in only_down(on).because
    ignored = replace(drill, steps=(*drill.steps[:-2], replace(drill.steps[-2], ended="watched"), drill.steps[-1]))
    assert "a worsening was declared and the way went on" in only_down(ignored).because
    slow = replace(drill.steps[-1], from_s=drill.steps[-1].from_s + 6.0, watched_from_s=drill.steps[-1].to_s)
    assert "it took 6.0 s to set 0" in only_down(replace(drill, steps=(*drill.steps[:-1], slow))).because


def test_a_real_worsening_on_the_way_is_interrupted_and_not_blamed_on_the_way() -> None:
    drill = drilled.lowered()
    broken = (replace(drill.steps[0], ended="worse: 9 failures"), Step(0, 50, 20.0, 21.0, 24.0, 3.0))
    verdict = only_down(replace(drill, steps=broken, notes={SECOND_PART: "2"}))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)
    assert "9 failures" in verdict.because


def test_shares_of_too_few_answers_and_no_way_at_all_are_unknown() -> None:
    drill = drilled.lowered()
    thin = tuple(one for n, one in enumerate(drill.seen) if n % 5 == 0)
    few = only_down(replace(drill, seen=thin))
    assert few.reason is Reason.SAMPLE_TOO_SMALL
    assert few.facts["needed"]
    assert only_down(replace(drill, steps=())).reason is Reason.NO_DATA
    assert only_down(undone("NOT_RUN")).reason is Reason.NOT_RUN
    assert only_down(replace(drill, restored=False)).reason is Reason.ERROR

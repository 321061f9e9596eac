"""A canary that is turned off is off for users, or it is not: counted, and never by a mark."""

from __future__ import annotations

from dataclasses import replace

from harness.judge import rollback
from harness.judge.lowering import FALSE_MARK
from harness.verdict import Outcome, Reason
from tests.unit.judge import drilled
from tests.unit.judge.drilled import CANARY, TYPED_S, changed, undone


def test_no_answer_of_the_canary_after_weight_0_is_met_whatever_pinned_users_get() -> None:
    verdict = rollback.zero_means_stable(drilled.switched(pinned_leave=False))
    assert verdict.outcome is Outcome.MET, verdict
    assert verdict.facts["hits"] == 0


def test_one_answer_of_the_canary_once_the_weight_is_in_force_is_violated() -> None:
    drill = drilled.switched()
    at = next(one for one in drill.seen if one.kind == "version" and one.sent_s > TYPED_S + 6.0)
    stray = changed(drill, lambda one: replace(one, commit=CANARY) if one == at else one)
    verdict = rollback.zero_means_stable(stray)
    assert verdict.outcome is Outcome.VIOLATED
    assert "nothing is left to chance" in verdict.because


def test_a_weight_that_is_ignored_is_violated() -> None:
    drill = drilled.switched(leave_s=1_000.0)
    ended = replace(drill.steps[0], ended="never seen")
    verdict = rollback.zero_means_stable(replace(drill, steps=(ended,)))
    assert verdict.outcome is Outcome.VIOLATED
    assert "the canary still answered" in verdict.because


def test_too_few_answers_unnamed_ones_or_a_third_build_are_not_met() -> None:
    few = rollback.zero_means_stable(drilled.switched(watched_s=3.0))
    assert few.reason is Reason.SAMPLE_TOO_SMALL
    assert few.facts["needed"]
    assert rollback.zero_means_stable(drilled.switched(after="")).outcome is Outcome.UNKNOWN
    assert rollback.zero_means_stable(drilled.switched(after="c" * 40)).outcome is Outcome.UNKNOWN


def test_a_canary_that_nobody_met_before_or_that_can_not_be_told_apart_shows_nothing() -> None:
    unseen = rollback.zero_means_stable(drilled.switched(share=0.0))
    assert (unseen.outcome, unseen.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "answered nobody before" in unseen.because
    drill = drilled.switched()
    same = rollback.zero_means_stable(replace(drill, arms={"stable": (CANARY,), "canary": (CANARY,)}))
    assert "can't be told apart" in same.because
    assert rollback.zero_means_stable(replace(drill, arms={})).reason is Reason.NO_DATA
    assert rollback.zero_means_stable(undone("NO_DATA")).because == "no such thing"


def test_a_target_that_was_not_left_as_found_is_no_success() -> None:
    verdict = rollback.zero_means_stable(replace(drilled.switched(), restored=False))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.ERROR)
    assert "did not leave the target as found" in verdict.because


def test_without_its_route_nobody_reaches_the_canary_test_users_included() -> None:
    verdict = rollback.nobody_reaches_canary(drilled.switched())
    assert verdict.outcome is Outcome.MET, verdict
    for who in ("chat and version", "header", "cookie"):
        assert who in verdict.because


def test_test_users_who_stay_on_the_canary_are_violated() -> None:
    verdict = rollback.nobody_reaches_canary(drilled.switched(pinned_leave=False))
    assert verdict.outcome is Outcome.VIOLATED
    assert "header" in verdict.because


def test_a_failed_request_after_the_removal_is_violated() -> None:
    drill = drilled.switched()
    at = next(one for one in drill.seen if one.due_s > TYPED_S + 0.1)
    verdict = rollback.nobody_reaches_canary(
        changed(drill, lambda one: replace(one, error="HTTP 404") if one == at else one)
    )
    assert verdict.outcome is Outcome.VIOLATED
    assert "1 requests failed after the removal" in verdict.because


def test_the_mark_that_looks_like_an_off_switch_is_violated_and_unlooked_for_unknown() -> None:
    drill = drilled.switched()
    marked = rollback.nobody_reaches_canary(replace(drill, notes={FALSE_MARK: "ingress/onesource-canary"}))
    assert marked.outcome is Outcome.VIOLATED
    assert "ingress/onesource-canary" in marked.because
    assert rollback.nobody_reaches_canary(replace(drill, notes={})).reason is Reason.NO_DATA


def test_without_pinned_asks_or_with_too_few_it_is_unknown() -> None:
    drill = drilled.switched()
    plain = replace(drill, seen=tuple(one for one in drill.seen if one.kind not in {"header", "cookie"}))
    assert rollback.nobody_reaches_canary(plain).reason is Reason.NO_DATA
    assert rollback.nobody_reaches_canary(drilled.switched(watched_s=4.0)).reason is Reason.SAMPLE_TOO_SMALL

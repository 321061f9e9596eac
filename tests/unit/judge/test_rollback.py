"""Rollbacks are judged by what users got: 119 s is in time, 121 s is not, and words count for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.judge import rollback
from harness.verdict import Outcome, Reason
from tests.unit.judge import drilled
from tests.unit.judge.drilled import GOAL, START, TYPED_S, changed, undone

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.drill import Drill, Seen
    from harness.verdict import Verdict


def in_time(drill: Drill) -> Verdict:
    return rollback.in_time(drill, 120.0, settle_s=3.0)


# --- in time --------------------------------------------------------------------------------------------------------


def test_119_seconds_are_in_time_and_the_figures_say_how_it_was_counted() -> None:
    verdict = in_time(drilled.emergency(119.0))
    assert verdict.outcome is Outcome.MET, verdict
    assert verdict.facts["last_old_after_s"] == 119.0
    assert "119.0 s after the command, wanted less than 120 s" in verdict.because


@pytest.mark.parametrize("left_s", [120.0, 121.0])
def test_121_seconds_are_violated_and_its_words_stand_beside_what_users_got(left_s: float) -> None:
    verdict = in_time(drilled.emergency(left_s))
    assert verdict.outcome is Outcome.VIOLATED
    assert f"still answered by the old state {left_s:.1f} s after the command" in verdict.because
    assert "the command itself said 'Rollback successful' (exit status 0)" in verdict.because


def test_a_script_that_says_success_while_nothing_changed_is_violated() -> None:
    verdict = in_time(drilled.emergency(1_000.0, watched_s=125.0, back=False))
    assert verdict.outcome is Outcome.VIOLATED
    assert "Rollback successful" in verdict.because


def test_one_whose_users_get_nothing_but_errors_did_not_reach_the_goal() -> None:
    drill = drilled.emergency(1.0, back=False)
    verdict = in_time(changed(drill, lambda one: replace(one, error="HTTP 502") if one.done_s > TYPED_S + 2 else one))
    assert verdict.outcome is Outcome.VIOLATED
    assert "did not reach the goal state" in verdict.because


def test_a_goal_that_is_shown_only_after_the_limit_is_too_late_even_if_nothing_old_came_meanwhile() -> None:
    drill = drilled.emergency(1.0, watched_s=140.0)
    silent = changed(
        drill, lambda one: replace(one, error="timeout") if TYPED_S + 1 < one.done_s < TYPED_S + 130 else one
    )
    verdict = in_time(silent)
    assert verdict.outcome is Outcome.VIOLATED
    assert "goal state only 130.0 s after" in verdict.because


def test_users_who_were_not_watched_for_two_minutes_say_nothing_about_a_goal_not_reached() -> None:
    never = changed(drilled.emergency(1_000.0, watched_s=60.0, back=False), lambda one: one)
    assert in_time(never).reason is Reason.INTERRUPTED


def test_a_goal_that_was_not_watched_for_the_settling_time_is_interrupted() -> None:
    assert in_time(drilled.emergency(10.0, watched_s=12.0)).reason is Reason.INTERRUPTED


def test_a_goal_in_which_users_were_before_shows_nothing() -> None:
    verdict = in_time(changed(drilled.emergency(10.0), lambda one: drilled.in_state(one, GOAL)))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "before the command" in verdict.because


def test_answers_that_tell_no_state_are_no_data() -> None:
    drill = drilled.emergency(10.0)
    mute = changed(drill, lambda one: replace(one, commit="", unified=None) if one.kind == "chat" else one)
    verdict = in_time(mute)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "no answer to chat tells which state gave it" in verdict.because


def silent(one: Seen) -> Seen | None:
    return None if TYPED_S + 6.0 < one.due_s < TYPED_S + 7.5 else one


def thin(one: Seen) -> Seen | None:
    return one if round(one.due_s * 25) % 3 else None


def late(one: Seen) -> Seen | None:
    if not TYPED_S + 6.0 < one.due_s < TYPED_S + 8.0:
        return one
    return replace(one, sent_s=max(one.sent_s, TYPED_S + 8.0), done_s=max(one.done_s, TYPED_S + 8.01))


def limited(one: Seen) -> Seen | None:
    return replace(one, error="HTTP 429") if one.due_s > TYPED_S + 12 and round(one.due_s * 25) % 10 == 0 else one


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        (Reason.GAP, silent),
        (Reason.GAP, thin),
        (Reason.GENERATOR_INVALID, late),
        (Reason.GENERATOR_INVALID, limited),
    ],
)
def test_a_stream_that_is_not_dense_can_not_say_met(reason: Reason, spoil: Callable[[Seen], Seen | None]) -> None:
    drill = drilled.emergency(10.0)
    rows = tuple(one for row in drill.seen if (one := spoil(row)) is not None)
    verdict = in_time(replace(drill, seen=rows))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, reason), verdict


def test_a_drill_that_was_refused_or_failed_or_disturbed_is_unknown_and_says_why() -> None:
    assert in_time(undone("NOT_RUN")).reason is Reason.NOT_RUN
    assert in_time(undone()).reason is Reason.ERROR
    assert in_time(undone("NO_DATA")).because == "no such thing"
    disturbed = in_time(replace(drilled.emergency(10.0), foreign="somebody else changed deployment/onesource"))
    assert (disturbed.outcome, disturbed.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)
    assert "somebody else changed" in disturbed.because
    assert in_time(replace(drilled.emergency(10.0), command=None)).reason is Reason.NO_DATA


def test_a_drill_that_broke_after_users_were_late_is_violated_all_the_same() -> None:
    assert in_time(replace(drilled.emergency(121.0), trouble="the API went away")).outcome is Outcome.VIOLATED
    assert in_time(replace(drilled.emergency(10.0), trouble="the API went away")).reason is Reason.ERROR


# --- loses nothing --------------------------------------------------------------------------------------------------


def test_nothing_lost_there_and_back_is_met_with_the_bound_it_shows() -> None:
    verdict = rollback.loses_nothing(drilled.emergency(name="one"), drilled.emergency(name="two"))
    assert verdict.outcome is Outcome.MET, verdict
    assert "none of" in verdict.because
    assert "all 12 conversations" in verdict.because


def test_one_failed_request_is_violated_and_shown_with_instant_and_kind() -> None:
    drill = drilled.emergency()
    failing = changed(drill, lambda one: replace(one, error="HTTP 502") if one.due_s == TYPED_S + 3.0 else one)
    verdict = rollback.loses_nothing(drilled.emergency(), failing)
    assert verdict.outcome is Outcome.VIOLATED
    assert "1 of" in verdict.because
    assert "at 3.00 s: HTTP 502" in verdict.because


def test_a_failure_before_the_command_is_not_the_rollbacks() -> None:
    early = changed(drilled.emergency(), lambda one: replace(one, error="timeout") if one.due_s < 1.0 else one)
    assert rollback.loses_nothing(early).outcome is Outcome.MET


@pytest.mark.parametrize("when", ["after", "back"])
def test_a_conversation_that_is_forgotten_there_or_back_is_violated(when: str) -> None:
    drill = drilled.emergency()
    asked = tuple(
        replace(one, remembered=False, answer="no idea") if (one.conversation, one.when) == ("c3", when) else one
        for one in drill.recalled
    )
    verdict = rollback.loses_nothing(replace(drill, recalled=asked))
    assert verdict.outcome is Outcome.VIOLATED
    assert f"c3 ({when}): wanted 'K7', got 'no idea'" in verdict.because


def test_a_conversation_that_was_not_remembered_before_is_not_lost_by_the_rollback() -> None:
    drill = drilled.emergency()
    asked = tuple(replace(one, remembered=False) if one.conversation == "c3" else one for one in drill.recalled)
    verdict = rollback.loses_nothing(replace(drill, recalled=asked))
    assert verdict.outcome is Outcome.MET
    assert "all 11 conversations" in verdict.because


def test_a_way_back_that_does_not_lead_back_is_violated() -> None:
    assert rollback.loses_nothing(replace(drilled.emergency(), restored=False)).outcome is Outcome.VIOLATED
    stuck = changed(drilled.emergency(), lambda one: drilled.in_state(one, GOAL) if one.done_s > TYPED_S + 20 else one)
    verdict = rollback.loses_nothing(stuck)
    assert verdict.outcome is Outcome.VIOLATED
    assert "the way back did not lead back" in verdict.because


def test_without_requests_conversations_or_the_other_store_nothing_is_known() -> None:
    drill = drilled.emergency()
    assert rollback.loses_nothing().reason is Reason.NO_DATA
    assert rollback.loses_nothing(replace(drill, seen=())).reason is Reason.NO_DATA
    assert rollback.loses_nothing(replace(drill, recalled=())).reason is Reason.NO_DATA
    first = tuple(one for one in drill.recalled if one.when == "before")
    assert "not asked again" in rollback.loses_nothing(replace(drill, recalled=first)).because
    same = rollback.loses_nothing(changed(drill, lambda one: drilled.in_state(one, START)))
    assert (same.outcome, same.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "other store" in same.because
    assert rollback.loses_nothing(undone("NOT_RUN"), drill).reason is Reason.NOT_RUN
    assert rollback.loses_nothing(drilled.emergency(back=False)).reason is Reason.INTERRUPTED


def test_a_drill_that_never_reached_its_goal_does_not_hide_that_the_other_lost_nothing() -> None:
    noop = changed(drilled.emergency(name="noop"), lambda one: drilled.in_state(one, START))
    assert rollback.loses_nothing(noop, drilled.emergency()).outcome is Outcome.MET

"""Pins and conversations: one wrong answer is proof, and silence is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge.answers import Answers, Arm
from harness.judge.routing import Conversation, reaches, stays_on_one_version
from harness.verdict import Outcome, Reason

NEED = 59
GOOD_CANARY = Answers(canary=60, planned=60)
GOOD_STABLE = Answers(stable=60, planned=60)


def talk(*versions: str | None, wanted: Arm = "canary", planned: int = 0) -> Conversation:
    arms: dict[str | None, Arm | None] = {"new": "canary", "old": "stable", None: None}
    told: tuple[Arm | None, ...] = tuple(arms.get(version) for version in versions)
    return Conversation("verify-1", "header", wanted, versions, told, planned or len(versions))


def test_pins_that_reach_their_arm_every_time_are_met() -> None:
    assert reaches(GOOD_CANARY, GOOD_STABLE, NEED, "header").outcome is Outcome.MET


@pytest.mark.parametrize(
    ("to_canary", "to_stable"),
    [
        (Answers(canary=59, stable=1, planned=60), GOOD_STABLE),
        (GOOD_CANARY, Answers(canary=1, stable=59, planned=60)),
        (Answers(stable=1, planned=60, complete=False), Answers(planned=60, complete=False)),
    ],
)
def test_one_answer_from_the_other_arm_is_violated(to_canary: Answers, to_stable: Answers) -> None:
    assert reaches(to_canary, to_stable, NEED, "cookie").outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("to_canary", "reason"),
    [
        (Answers(), Reason.NO_DATA),
        (Answers(failed={"refused": 60}, planned=60), Reason.NO_DATA),
        (Answers(unnamed=60, planned=60), Reason.NO_DATA),
        (Answers(canary=59, foreign={"third": 1}, planned=60), Reason.NO_DATA),
        (Answers(canary=58, failed={"timeout": 2}, planned=60), Reason.SAMPLE_TOO_SMALL),
        (Answers(canary=59, planned=600, complete=False), Reason.INTERRUPTED),
        (Answers(canary=59, failed={"rate-limited": 1}, planned=60), Reason.GENERATOR_INVALID),
    ],
)
def test_what_is_not_enough_to_tell_is_unknown(to_canary: Answers, reason: Reason) -> None:
    assert reaches(to_canary, GOOD_STABLE, NEED, "header").reason is reason


def test_one_lost_ask_is_borne() -> None:
    lost = Answers(canary=59, failed={"reset": 1}, planned=60)
    assert reaches(lost, GOOD_STABLE, NEED, "header").outcome is Outcome.MET


@settings(deadline=None)
@given(st.integers(0, 80), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_more_misses_never_improve_a_pins_outcome(right: int, wrong: int, unnamed: int, more: int) -> None:
    before = Answers(canary=right, stable=wrong, unnamed=unnamed)
    after = Answers(canary=right, stable=wrong + more, unnamed=unnamed)
    assert reaches(before, GOOD_STABLE, NEED, "header").outcome <= reaches(after, GOOD_STABLE, NEED, "header").outcome


@settings(deadline=None)
@given(st.integers(0, 80), st.integers(0, 80))
def test_a_pin_is_never_met_with_fewer_answers_than_needed(canary: int, stable: int) -> None:
    verdict = reaches(Answers(canary=canary), Answers(stable=stable), NEED, "header")
    assert (verdict.outcome is Outcome.MET) == (canary >= NEED and stable >= NEED)


def test_conversations_that_stay_are_met() -> None:
    assert stays_on_one_version([talk("new", "new"), talk("old", "old", wanted="stable")]).outcome is Outcome.MET


def test_a_change_between_turns_is_violated_whatever_else_is_missing() -> None:
    verdict = stays_on_one_version([talk("new", None, "old", planned=5), talk(wanted="stable", planned=5)])
    assert verdict.outcome is Outcome.VIOLATED
    assert "new - old" in verdict.because


def test_a_third_version_in_between_is_a_change() -> None:
    assert stays_on_one_version([talk("new", "newer", "new")]).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("talks", "reason"),
    [
        ([], Reason.NO_DATA),
        ([talk("old", "old", wanted="canary")], Reason.NO_DATA),
        ([talk("new", "new"), talk("new", planned=2)], Reason.INTERRUPTED),
        ([talk("new", None)], Reason.INTERRUPTED),
        ([talk(None, None)], Reason.NO_DATA),
        ([talk("new")], Reason.SAMPLE_TOO_SMALL),
    ],
)
def test_conversations_that_prove_nothing_are_unknown(talks: list[Conversation], reason: Reason) -> None:
    assert stays_on_one_version(talks).reason is reason


def test_conversations_shorter_than_the_line_asks_for_are_too_short() -> None:
    assert stays_on_one_version([talk("new", "new")], turns=3).reason is Reason.SAMPLE_TOO_SMALL
    assert stays_on_one_version([talk("new", "new", "new")], turns=3).outcome is Outcome.MET


def test_fewer_conversations_than_planned_are_too_few() -> None:
    assert stays_on_one_version([talk("new", "new")], need=2).reason is Reason.SAMPLE_TOO_SMALL


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["new", "old", "third", None]), max_size=4), max_size=4))
def test_met_means_that_every_turn_was_on_the_pinned_arm(histories: list[list[str | None]]) -> None:
    verdict = stays_on_one_version([talk(*turns, planned=3) for turns in histories])
    if verdict.outcome is Outcome.MET:
        assert histories
        assert all(turn == "new" for turns in histories for turn in turns)
        assert all(len(turns) >= 3 for turns in histories)

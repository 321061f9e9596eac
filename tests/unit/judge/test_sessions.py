"""Sessions of two arms: the promised numbers are enough, the error rates hold, rare events included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import detectable, family, sessions
from harness.judge.limit import Tally
from harness.verdict import Outcome, Reason

ALPHA, RUNS = 0.002, 4_000


def test_three_points_at_80_percent_take_3045_sessions_per_arm() -> None:
    assert detectable.sessions_per_arm(0.03, 0.8, 0.9) == 3_045
    with pytest.raises(ValueError, match="margin"):
        _ = detectable.sessions_per_arm(0.0, 0.8, 0.9)


def test_equal_arms_are_met_as_often_as_planned_and_three_points_less_is_rarely() -> None:
    dice = np.random.default_rng(20_261_123)
    stable = dice.binomial(3_045, 0.8, RUNS)
    equal, worse = (dice.binomial(3_045, share, RUNS) for share in (0.80, 0.77))
    assert (sessions.bounds(equal, 3_045, stable, 3_045, 0.05)[0] < -0.03).sum() <= family.most_by_chance(RUNS, 0.1)
    assert (sessions.bounds(worse, 3_045, stable, 3_045, 0.05)[0] >= -0.03).sum() <= family.most_by_chance(RUNS, 0.05)


@pytest.mark.parametrize("margin", [0.0, 0.01])
def test_three_points_less_are_found_within_the_sessions_that_the_detectable_effect_promised(margin: float) -> None:
    of = next(
        n
        for n in range(1_000, 50_000, 100)
        if detectable.session_drop(n, n, 0.8, margin, alpha=ALPHA, power=0.9) <= 0.03
    )
    dice = np.random.default_rng(7)
    canary, stable = dice.binomial(of, 0.77, RUNS), dice.binomial(of, 0.80, RUNS)
    missed = (sessions.bounds(canary, of, stable, of, ALPHA)[1] >= -margin).sum()
    assert missed <= family.most_by_chance(RUNS, 0.1)


@pytest.mark.parametrize(("of", "of_stable", "share"), [(400, 4_000, 0.02), (3_000, 27_000, 0.003), (300, 2_700, 0.9)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_both_bounds_keep_their_level_also_for_a_small_canary_and_rare_events(
    of: int, of_stable: int, share: float, alpha: float
) -> None:
    dice = np.random.default_rng(8)
    low, high = sessions.bounds(
        dice.binomial(of, share, RUNS), of, dice.binomial(of_stable, share, RUNS), of_stable, alpha
    )
    assert (low > 0).sum() <= family.most_by_chance(RUNS, alpha)
    assert (high < 0).sum() <= family.most_by_chance(RUNS, alpha)


def test_the_one_look_of_the_whole_judge_keeps_alpha_at_the_margin() -> None:
    dice = np.random.default_rng(9)
    runs, of, of_stable, alpha = 300, 1_000, 9_000, 0.05
    wrong = sum(
        sessions.not_fewer(Tally(k, of), Tally(r, of_stable), 0.03, alpha=alpha).outcome is Outcome.VIOLATED
        for k, r in zip(
            dice.binomial(of, 0.77, runs).tolist(), dice.binomial(of_stable, 0.80, runs).tolist(), strict=True
        )
    )
    assert wrong <= family.most_by_chance(runs, alpha)


@pytest.mark.parametrize(("of", "of_stable", "share"), [(2_000, 2_000, 0.8), (1_000, 9_000, 0.95)])
def test_the_fall_that_the_verdict_prints_is_found_with_its_power(of: int, of_stable: int, share: float) -> None:
    even = sessions.not_fewer(Tally(int(of * share), of), Tally(int(of_stable * share), of_stable), 0.01, alpha=ALPHA)
    fall = even.facts["detectable"]
    assert isinstance(fall, float)
    dice = np.random.default_rng(10)
    canary, stable = dice.binomial(of, share - fall, RUNS), dice.binomial(of_stable, share, RUNS)
    missed = (sessions.bounds(canary, of, stable, of_stable, ALPHA)[1] >= -0.01).sum()
    assert missed <= family.most_by_chance(RUNS, 0.1)


@pytest.mark.parametrize(
    ("share", "ratio", "margin"),
    [(0.8, 1, 0.03), (0.8, 9, 0.03), (0.95, 4, 0.02), (0.99, 9, 0.01), (0.5, 1, 0.1), (0.2, 3, 0.05), (0.8, 0.2, 0.03)],
)
def test_enough_sessions_call_an_equal_arm_met_with_the_power_they_state(
    share: float, ratio: float, margin: float
) -> None:
    now, then = Tally(round(share * 500), 500), Tally(round(share * 500 * ratio), round(500 * ratio))
    _, of = sessions.enough(now, then, margin)
    of_stable = round(of * ratio)
    dice = np.random.default_rng(12)
    canary, stable = dice.binomial(of, share, RUNS), dice.binomial(of_stable, share, RUNS)
    met = float((sessions.bounds(canary, of, stable, of_stable, 0.05)[0] >= -margin).mean())
    assert met == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("of", [300, 900, 1_765, 4_000])
def test_the_chance_of_met_is_the_simulated_one(of: int) -> None:
    dice = np.random.default_rng(13)
    canary, stable = dice.binomial(of, 0.8, RUNS), dice.binomial(9 * of, 0.8, RUNS)
    met = float((sessions.bounds(canary, of, stable, 9 * of, 0.05)[0] >= -0.03).mean())
    assert sessions.chance_of_met(0.8, of, 9 * of, 0.03) == pytest.approx(met, abs=0.02)


def test_enough_is_said_from_its_own_number_on() -> None:
    def arms(of: int) -> tuple[Tally, Tally]:
        return Tally(of * 3 // 4, of), Tally(of * 8, of * 10)

    few, needed = sessions.enough(*arms(1_000), 0.03)
    assert not few
    assert sessions.enough(*arms(needed - 1), 0.03)[0] is False
    assert sessions.enough(*arms(needed), 0.03) == (True, needed)
    assert sessions.enough(*arms(1_000), 0.03, power=0.5)[1] < needed < sessions.enough(*arms(1_000), 0.02)[1]
    assert sessions.enough(*arms(1_000), 0.03, met_alpha=0.01)[1] > needed


def test_never_fewer_sessions_are_enough_than_can_be_judged() -> None:
    assert sessions.enough(Tally(30, 30), Tally(30, 30), 0.5) == (True, 30)
    assert sessions.enough(Tally(29, 29), Tally(29, 29), 0.5) == (False, 30)
    assert sessions.chance_of_met(1.0, 30, 29, 0.5) == 0


@pytest.mark.parametrize(("judged", "reference"), [(Tally(0, 0), Tally(5, 9)), (Tally(5, 9), Tally(0, 0))])
def test_without_sessions_of_both_arms_it_is_not_enough(judged: Tally, reference: Tally) -> None:
    assert sessions.enough(judged, reference, 0.03)[0] is False


def test_without_a_reference_the_share_is_the_one_that_needs_most() -> None:
    assert sessions.enough(Tally(0, 0), Tally(0, 0), 0.03)[1] == pytest.approx(
        detectable.sessions_per_arm(0.03, 0.5, 0.9), rel=0.01
    )
    with pytest.raises(ValueError, match=r"margin: wanted more than 0, got 0\.0"):
        _ = sessions.enough(Tally(1, 2), Tally(1, 2), 0.0)


def test_the_sentence_says_both_arms_the_interval_and_the_margin() -> None:
    verdict = sessions.not_fewer(Tally(2_436, 3_045), Tally(2_436, 3_045), 0.03, alpha=ALPHA)
    assert verdict.outcome is Outcome.MET
    assert "80% of 3,045 against 80% of 3,045" in verdict.because
    assert "wanted at least -3 points" in verdict.because
    assert verdict.facts["limit_low"] == -0.03


def test_a_third_less_is_violated_and_a_third_more_bad_ones_too() -> None:
    assert sessions.not_fewer(Tally(500, 1_000), Tally(800, 1_000), 0.03, alpha=ALPHA).outcome is Outcome.VIOLATED
    assert sessions.not_more(Tally(500, 1_000), Tally(200, 1_000), 0.03, alpha=ALPHA).outcome is Outcome.VIOLATED
    assert sessions.not_more(Tally(20, 10_000), Tally(20, 10_000), 0.01, alpha=ALPHA).outcome is Outcome.MET


def test_few_sessions_say_how_many_more() -> None:
    verdict = sessions.not_fewer(Tally(80, 100), Tally(80, 100), 0.03, alpha=ALPHA)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == pytest.approx(2_945, abs=2)
    tiny = sessions.not_fewer(Tally(0, 10), Tally(10, 10), 0.03, alpha=ALPHA)
    assert tiny.reason is Reason.SAMPLE_TOO_SMALL
    assert tiny.facts["needed"] == 20


def test_a_difference_at_the_margin_promises_no_number() -> None:
    verdict = sessions.not_fewer(Tally(770, 1_000), Tally(800, 1_000), 0.03, alpha=ALPHA)
    assert verdict.facts["needed"] is None


@pytest.mark.parametrize(("judged", "reference"), [(Tally(0, 0), Tally(5, 9)), (Tally(5, 9), Tally(0, 0))])
def test_an_empty_arm_is_no_data(judged: Tally, reference: Tally) -> None:
    assert sessions.not_fewer(judged, reference, 0.03, alpha=ALPHA).reason is Reason.NO_DATA


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        _ = sessions.not_more(Tally(1, 40), Tally(1, 40), -0.01, alpha=ALPHA)


tallies = st.integers(30, 2_000).flatmap(lambda of: st.builds(Tally, st.integers(0, of), st.just(of)))


@settings(deadline=None)
@given(tallies, tallies, st.sampled_from([0.0, 0.01, 0.03, 0.1]))
def test_one_more_lost_session_never_improves_the_outcome(judged: Tally, reference: Tally, margin: float) -> None:
    worse = Tally(max(0, judged.hits - 1), judged.of)
    before, after = (sessions.not_fewer(arm, reference, margin, alpha=0.05).outcome for arm in (judged, worse))
    assert after >= before


@settings(deadline=None)
@given(tallies, tallies)
def test_the_bounds_hold_the_difference_and_turn_with_the_arms(one: Tally, other: Tally) -> None:
    low, high = sessions.bounds(one.hits, one.of, other.hits, other.of, 0.01)
    assert low - 1e-9 <= one.hits / one.of - other.hits / other.of <= high + 1e-9
    turned_low, turned_high = sessions.bounds(other.hits, other.of, one.hits, one.of, 0.01)
    assert (turned_low, turned_high) == pytest.approx((-high, -low), abs=1e-9)

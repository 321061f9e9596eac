"""Two arms' quantiles, block by block: healthy pairs pass, worse ones are found, correlated ones are not believed."""

from __future__ import annotations

import math
import random  # noqa: TC003

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter  # pyright: ignore[reportUnknownVariableType]

from harness.judge import detectable, difference, family
from harness.judge.difference import Differences, Pair
from harness.judge.quantile import counted
from harness.verdict import Outcome, Reason, Verdict

ALPHA = 0.002
MINUTES = 24 * 60
NONE = counted([])


def noise(dice: np.random.Generator, rho: float, of: int) -> npt.NDArray[np.float64]:
    """AR(1) noise of variance 1."""
    fresh = dice.normal(size=of + 200) * math.sqrt(1 - rho * rho)
    return np.asarray(lfilter([1.0], [1.0, -rho], fresh))[200:]


def day(dice: np.random.Generator, *, slower: float = 1.0, windows: int = 480, of: int = 20) -> list[Pair]:
    """Log-normal times to first token around 0.4 s, with shocks that strike both arms."""
    shocks = np.exp(0.3 * noise(dice, 0.95, windows))
    return [
        Pair(
            counted(shock * slower * dice.lognormal(math.log(0.4), 0.3, of)),
            counted(shock * dice.lognormal(math.log(0.4), 0.3, of)),
        )
        for shock in shocks
    ]


def by_minutes(values: npt.NDArray[np.float64], margin: float, alpha: float) -> Verdict | None:
    """Judge minutes as `blocks` cuts them: merged while they correlate; None when they never stop to."""
    size = MINUTES // difference.MOST_BLOCKS
    while size * difference.FEWEST_BLOCKS <= MINUTES:
        means = values.reshape(-1, size).mean(axis=1)
        lag1 = difference.lag_one(means)
        if lag1 <= difference.MOST_LAG1:
            return difference.decide(Differences(means, means, lag1, size), margin, alpha=alpha)
        size *= 2
    return None


@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_ten_lines_of_a_healthy_day_alarm_in_at_most_the_family_error_of_runs(rho: float) -> None:
    runs, lines, stated = 150, 10, 0.05
    dice = np.random.default_rng(20_261_123)
    alphas = family.shares(stated, {f"line {i}": 1 / lines for i in range(lines)})
    alarmed = 0
    for _ in range(runs):
        verdicts = [by_minutes(noise(dice, rho, MINUTES), 0.0, alpha) for alpha in alphas.values()]
        alarmed += any(v is not None and v.outcome is Outcome.VIOLATED for v in verdicts)
    assert alarmed <= family.most_by_chance(runs, stated)


@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_a_difference_exactly_at_the_margin_is_called_either_way_at_most_as_often_as_stated(rho: float) -> None:
    dice = np.random.default_rng(3)
    verdicts = [by_minutes(noise(dice, rho, MINUTES), 0.0, 0.05) for _ in range(400)]
    for outcome in (Outcome.VIOLATED, Outcome.MET):
        wrong = sum(v is not None and v.outcome is outcome for v in verdicts)
        assert wrong <= family.most_by_chance(400, 0.05)


def test_shocks_that_strike_both_arms_cancel() -> None:
    verdict = difference.not_worse(day(np.random.default_rng(1)), 0.03, alpha=ALPHA, quantile=0.5)
    assert verdict.outcome is Outcome.MET
    assert "blocks" in verdict.because


def test_a_time_to_first_token_15_percent_up_is_found_within_what_the_detectable_effect_promised() -> None:
    dice = np.random.default_rng(2)

    def run(slower: float) -> Verdict:
        return difference.not_worse(day(dice, slower=slower), 0.05, alpha=ALPHA, quantile=0.5, relative=True)

    promised = run(1.0).facts["detectable"]  # an A/A run of as many samples says what will be found
    assert isinstance(promised, float)
    assert promised <= 0.15
    runs = [run(1.15) for _ in range(40)]
    assert sum(v.outcome is Outcome.VIOLATED for v in runs) >= 40 - family.most_by_chance(40, 0.1)
    assert "wanted at most +5%" in runs[0].because


def test_a_relative_margin_needs_values_above_zero() -> None:
    arm = counted([0.0] * 500)
    with pytest.raises(ValueError, match="above 0"):
        _ = difference.not_worse([Pair(arm, arm)] * 24, 0.05, alpha=ALPHA, relative=True)


def test_an_arm_without_samples_gives_no_verdict() -> None:
    verdict = difference.not_worse([Pair(NONE, counted([1.0] * 500))] * 50, 0.1, alpha=ALPHA)
    assert verdict.reason is Reason.NO_DATA
    assert "the judged arm" in verdict.because
    assert difference.not_worse([], 0.1, alpha=ALPHA).reason is Reason.NO_DATA


def test_too_few_values_say_how_many_more() -> None:
    verdict = difference.not_worse([Pair(counted([1.0] * 10), counted([1.0] * 10))] * 60, 0.1, alpha=ALPHA)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 600  # 12 blocks of 100, 600 are in


def test_an_arm_that_falls_silent_for_half_the_time_is_not_met() -> None:
    full, silent = Pair(counted([1.0] * 200), counted([1.0] * 200)), Pair(NONE, counted([1.0] * 200))
    assert difference.not_worse([full] * 24, 0.1, alpha=ALPHA).outcome is Outcome.MET
    assert difference.not_worse([full] * 24 + [silent] * 24, 0.1, alpha=ALPHA).reason is Reason.SAMPLE_TOO_SMALL


def test_blocks_that_still_correlate_are_not_believed() -> None:
    drift = [Pair(counted([1.0 + i / 50] * 100), counted([1.0] * 100)) for i in range(48)]
    verdict = difference.not_worse(drift, 2.0, alpha=ALPHA)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert "still correlate" in verdict.because


def test_while_watching_nothing_is_met_but_a_clear_difference_is_violated() -> None:
    dice = np.random.default_rng(4)
    same, worse = day(dice), day(dice, slower=1.5)
    assert difference.not_worse(same, 0.1, alpha=ALPHA, quantile=0.5, ended=False).outcome is Outcome.UNKNOWN
    assert difference.not_worse(worse, 0.02, alpha=ALPHA, quantile=0.5, ended=False).outcome is Outcome.VIOLATED


def test_buckets_as_wide_as_the_margin_decide_nothing() -> None:
    wide = counted([1.0]).lows, np.array([1.2]), np.array([500])
    arm = difference.Counted(*wide)
    assert difference.not_worse([Pair(arm, arm)] * 48, 0.1, alpha=ALPHA).outcome is Outcome.UNKNOWN
    assert difference.not_worse([Pair(arm, arm)] * 48, 0.2, alpha=ALPHA).outcome is Outcome.MET


def test_the_sign_process_alarms_in_at_most_alpha_of_runs_at_any_block() -> None:
    dice = np.random.default_rng(5)
    of, runs = 2_000, 300
    wrong = 0
    for _ in range(runs):
        drawn = dice.normal(size=of)
        cut = Differences(drawn, drawn, 0.0, 1)
        wrong += difference.decide(cut, 0.0, alpha=0.05, ended=False).outcome is Outcome.VIOLATED
    assert wrong <= family.most_by_chance(runs, 0.05)


def test_what_is_printed_as_detectable_is_found_with_its_power() -> None:
    dice = np.random.default_rng(6)
    shift = detectable.block_shift(48, 1.0, ALPHA * 0.2, 0.9)
    assert shift is not None
    drawn = dice.normal(shift, 1.0, (300, 48))
    found = sum(difference.median_interval(row, 0.0, ALPHA * 0.2)[0] > 0 for row in drawn)
    assert found >= 300 - family.most_by_chance(300, 0.1)


shapes = st.lists(st.floats(-1, 1, allow_nan=False), min_size=12, max_size=48)


@settings(deadline=None)
@given(shapes, st.randoms(use_true_random=False))
def test_the_interval_of_the_median_does_not_depend_on_order_and_holds_it(
    drawn: list[float], dice: random.Random
) -> None:
    shuffled = [*drawn]
    dice.shuffle(shuffled)
    one = difference.median_interval(np.array(drawn), 0.1, 0.05)
    assert one == difference.median_interval(np.array(shuffled), 0.1, 0.05)
    assert one[0] <= float(np.median(drawn)) <= one[1]


@settings(deadline=None)
@given(shapes, st.floats(0, 1), st.sampled_from([True, False]))
def test_slower_blocks_never_improve_the_outcome(drawn: list[float], by: float, ended: bool) -> None:
    here, slower = np.array(drawn), np.array(drawn) + by
    before, after = (
        difference.decide(Differences(x, x, 0.0, 1), 0.1, alpha=0.05, ended=ended).outcome for x in (here, slower)
    )
    assert after >= before


@settings(deadline=None)
@given(shapes, st.floats(0, 0.6), st.floats(0, 0.3))
def test_more_correlation_never_narrows_the_interval(drawn: list[float], lag1: float, more: float) -> None:
    narrow = difference.median_interval(np.array(drawn), lag1, 0.05)
    wide = difference.median_interval(np.array(drawn), lag1 + more, 0.05)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]

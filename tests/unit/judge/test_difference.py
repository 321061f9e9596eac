"""Two arms' quantiles, block by block: healthy pairs pass, worse ones are found, correlated ones are not believed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import error_rates
from harness.judge import detectable, difference, eprocess, family, limit
from harness.judge.difference import Differences, Pair
from harness.judge.quantile import counted
from harness.verdict import Outcome, Reason, Verdict

if TYPE_CHECKING:
    import random

ALPHA = 0.002
NONE = counted([])


def day(dice: np.random.Generator, *, slower: float = 1.0, windows: int = 480, of: int = 20) -> list[Pair]:
    """Log-normal times to first token around 0.4 s, with shocks that strike both arms."""
    shocks = np.exp(0.3 * error_rates.ar1(dice, 0.95, windows))
    return [
        Pair(
            counted(shock * slower * dice.lognormal(math.log(0.4), 0.3, of)),
            counted(shock * dice.lognormal(math.log(0.4), 0.3, of)),
        )
        for shock in shocks
    ]


def test_watching_through_windows_is_watching_their_differences() -> None:
    minutes = error_rates.ar1(np.random.default_rng(11), 0.0, 600) + 0.4
    cut = error_rates.block_medians(minutes)
    for of in (48, 95, 96, 203, 600):
        seen = error_rates.exact_pairs(minutes[:of])
        verdict = difference.not_worse(seen, 0.0, alpha=ALPHA, quantile=0.5, ended=False)
        watched = difference.watching(of, lambda size, of=of: cut(of, size))
        assert watched is not None
        assert verdict.facts["watched_windows_per_block"] == watched.windows_per_block
        assert verdict.facts["crossed_at_block"] == difference.first_worse(watched, 0.0, ALPHA * limit.WATCHING)


def test_the_look_at_the_end_through_windows_is_the_one_at_their_differences() -> None:
    for rho in (0.0, 0.8):
        minutes = error_rates.ar1(np.random.default_rng(12), rho) + 1.0
        verdict = difference.not_worse(error_rates.exact_pairs(minutes), 0.0, alpha=ALPHA, quantile=0.5)
        assert verdict.outcome is error_rates.worse_at_end(minutes, ALPHA) is Outcome.VIOLATED


def test_before_48_windows_nothing_is_watched() -> None:
    windows = error_rates.exact_pairs(np.full(48, 9.0))
    early, later = (difference.not_worse(windows[:of], 0.0, alpha=ALPHA, quantile=0.5, ended=False) for of in (47, 48))
    assert early.outcome is Outcome.UNKNOWN
    assert early.facts["watched_windows_per_block"] is None
    assert later.outcome is Outcome.VIOLATED
    assert later.facts["watched_windows_per_block"] == 1


def test_watching_takes_blocks_that_double_and_never_fewer_than_24() -> None:
    asked: list[int] = []

    def correlated(size: int) -> None:
        asked.append(size)

    for of, sizes in (
        (47, []),
        (48, [1, 2]),
        (95, [1, 2]),
        (96, [2, 4]),
        (97, [2, 4]),
        (192, [4, 8]),
        (1_440, [16, 32]),
    ):
        asked.clear()
        assert difference.watching(of, correlated) is None
        assert asked == sizes


def test_blocks_that_correlate_are_watched_twice_as_long() -> None:
    def cut(size: int) -> Differences:
        return Differences(np.ones(48), np.ones(48), 0.3 if size > 1 else 0.31, size)

    watched = difference.watching(60, cut)
    assert watched is not None
    assert watched.windows_per_block == 2


def test_20_000_windows_watched_at_each_block_on_the_margin_alarm_in_at_most_alpha_of_runs() -> None:
    runs, alpha = 100, 0.05  # a thousand in benchmarks/error_rates.py
    dice = np.random.default_rng(20_261_123)
    wrong = sum(error_rates.ever_worse(dice.normal(size=20_000), alpha) is not None for _ in range(runs))
    assert wrong <= family.most_by_chance(runs, alpha)


def test_blocks_cut_anew_at_each_look_would_alarm_far_more_often_than_stated() -> None:
    dice, alarmed = np.random.default_rng(1), 0
    for _ in range(60):
        total = np.concatenate([[0.0], np.cumsum(dice.normal(size=2_000))])
        for of in range(48, 2_000, 29):
            edges = np.arange(0, of + 1, math.ceil(of / 48))
            over = np.cumsum(np.diff(total[edges]) > 0)
            alarmed += (crossed := eprocess.first_crossing(over, np.arange(1, len(edges)), 0.5, 0.05)) is not None
            if crossed is not None:
                break
    assert alarmed > 3 * family.most_by_chance(60, 0.05) / 2


@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_ten_lines_of_a_healthy_day_watched_and_judged_alarm_in_at_most_the_family_error_of_runs(rho: float) -> None:
    runs, lines, stated = 30, 10, 0.05  # hundreds, beside a rival, in benchmarks/error_rates.py
    dice = np.random.default_rng(20_261_123)
    days = [[error_rates.ar1(dice, rho) for _ in range(lines)] for _ in range(runs)]
    alarmed = sum(error_rates.day_of_lines(day, stated)[0] for day in days)
    assert alarmed <= family.most_by_chance(runs, stated)


@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_a_difference_exactly_at_the_margin_is_called_either_way_at_most_as_often_as_stated(rho: float) -> None:
    dice = np.random.default_rng(3)
    said = [error_rates.worse_at_end(error_rates.ar1(dice, rho), 0.05) for _ in range(400)]
    for outcome in (Outcome.VIOLATED, Outcome.MET):
        assert said.count(outcome) <= family.most_by_chance(400, 0.05)


@pytest.mark.parametrize(("judged", "reference"), [(100, 900), (900, 100)])
def test_equal_arms_of_unequal_traffic_are_called_worse_or_not_worse_at_most_as_often_as_stated(
    judged: int, reference: int
) -> None:
    dice = np.random.default_rng(17)
    runs, alpha = 60, 0.25  # all of it, also the part of the end, so that few runs show it
    said: list[Outcome] = []
    for _ in range(runs):
        seen = [
            Pair(counted(dice.lognormal(0, 0.4, judged)), counted(dice.lognormal(0, 0.4, reference))) for _ in range(24)
        ]
        said.append(difference.not_worse(seen, 0.0, alpha=alpha, met_alpha=0.05).outcome)
    assert said.count(Outcome.MET) <= family.most_by_chance(runs, 0.05)
    assert said.count(Outcome.VIOLATED) <= family.most_by_chance(runs, alpha * (1 - limit.WATCHING))


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


def test_the_shift_that_the_verdict_prints_is_found_with_its_power_through_the_whole_judge() -> None:
    dice = np.random.default_rng(21)
    printed = [
        difference.not_worse(day(dice), 0.05, alpha=ALPHA, quantile=0.5, relative=True).facts["detectable"]
        for _ in range(8)
    ]
    effects = [effect for effect in printed if isinstance(effect, float)]
    assert len(effects) == 8
    runs = [
        difference.not_worse(day(dice, slower=1 + effect), 0.05, alpha=ALPHA, quantile=0.5, relative=True)
        for effect in effects
        for _ in range(10)
    ]
    missed = sum(verdict.outcome is not Outcome.VIOLATED for verdict in runs)
    assert missed <= family.most_by_chance(80, 0.1)


def test_a_relative_margin_needs_values_above_zero() -> None:
    arm = counted([0.0] * 500)
    with pytest.raises(ValueError, match="above 0"):
        _ = difference.not_worse([Pair(arm, arm)] * 24, 0.05, alpha=ALPHA, relative=True)


def test_one_arm_at_zero_is_enough_to_refuse_a_relative_margin() -> None:
    zero, one = counted([0.0] * 500), counted([1.0] * 500)
    for pair in (Pair(zero, one), Pair(one, zero)):
        with pytest.raises(ValueError, match="above 0"):
            _ = difference.not_worse([pair] * 24, 0.05, alpha=ALPHA, relative=True)


def test_a_tie_with_the_margin_is_within_it() -> None:
    verdict = difference.not_worse([Pair(counted([1.5] * 100), counted([1.0] * 100))] * 48, 0.5, alpha=ALPHA)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["low"] == verdict.facts["high"] == 0.5


def test_what_does_not_fill_a_block_joins_the_last_one_at_the_end_and_waits_while_watching() -> None:
    windows = [Pair(counted([1.0] * 100), counted([1.0] * 100))] * 97
    at_end = difference.blocks(windows, 0.95)
    assert isinstance(at_end, Differences)
    assert (at_end.windows_per_block, len(at_end.lows)) == (3, 32)
    assert [pair.judged.n for pair in difference._joined(windows, 3)] == [300] * 31 + [400]


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
    same, worse = (
        difference.not_worse(day(dice, slower=by), 0.02, alpha=ALPHA, quantile=0.5, ended=False, relative=True)
        for by in (1.0, 1.5)
    )
    assert same.outcome is Outcome.UNKNOWN
    assert worse.outcome is Outcome.VIOLATED
    assert "shown after" in worse.because


def test_buckets_as_wide_as_the_margin_decide_nothing() -> None:
    wide = counted([1.0]).lows, np.array([1.2]), np.array([500])
    arm = difference.Counted(*wide)
    assert difference.not_worse([Pair(arm, arm)] * 48, 0.1, alpha=ALPHA).outcome is Outcome.UNKNOWN
    assert difference.not_worse([Pair(arm, arm)] * 48, 0.2, alpha=ALPHA).outcome is Outcome.MET


def test_each_length_of_blocks_has_its_part_of_alpha_and_correlation_raises_the_bar() -> None:
    def blocks_until(size: int, lag1: float) -> int:
        worse = Differences(np.ones(95), np.ones(95), lag1, size)
        at = difference.first_worse(worse, 0.0, 0.05)
        assert at is not None
        return at

    assert blocks_until(1, 0.0) < blocks_until(2, 0.0) < blocks_until(8, 0.0)
    assert blocks_until(1, -0.3) == blocks_until(1, 0.0) < blocks_until(1, 0.3)
    for size, parts in ((1, 2), (2, 6), (4, 12), (8, 20)):
        over = np.arange(1, 96)
        assert blocks_until(size, 0.0) == eprocess.first_crossing(over, over, 0.5, 0.05 / parts)


def test_a_difference_of_exactly_the_margin_is_not_over_it() -> None:
    level = Differences(np.zeros(95), np.zeros(95), 0.0, 1)
    assert difference.first_worse(level, 0.0, 0.05) is None


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
        difference.decide(cut, cut, 0.1, alpha=0.05, ended=ended).outcome
        for cut in (Differences(x, x, 0.0, 1) for x in (here, slower))
    )
    assert after >= before


@settings(deadline=None)
@given(shapes, st.floats(0, 0.6), st.floats(0, 0.3))
def test_more_correlation_never_narrows_the_interval(drawn: list[float], lag1: float, more: float) -> None:
    narrow = difference.median_interval(np.array(drawn), lag1, 0.05)
    wide = difference.median_interval(np.array(drawn), lag1 + more, 0.05)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]

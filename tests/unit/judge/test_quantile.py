"""Quantiles with bounds that hold whatever the distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import exact, family, quantile

values = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=200)


def test_the_sample_quantile_is_the_value_of_its_rank() -> None:
    hundred = quantile.counted(np.arange(1, 101))
    assert hundred.quantile(0.95) == (95.0, 95.0)
    assert hundred.quantile(0.5) == (50.0, 50.0)
    assert (hundred.at(1), hundred.at(100)) == ((1.0, 1.0), (100.0, 100.0))


def test_the_unbiased_quantile_lies_between_two_neighbours() -> None:
    hundred = quantile.counted(np.arange(1, 101))
    assert hundred.unbiased(0.95) == pytest.approx((95.65, 95.65))
    assert hundred.unbiased(0.5) == (50.5, 50.5)
    assert quantile.counted([1.0, 9.0]).unbiased(0.99) == (9.0, 9.0)
    assert quantile.counted([1.0, 9.0]).unbiased(0.01) == (1.0, 1.0)
    assert quantile.Counted(np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array([1, 1])).unbiased(0.5) == (1.5, 3.0)
    with pytest.raises(ValueError, match=r"^quantile: wanted 1 value or more, got none$"):
        _ = quantile.counted([]).unbiased(0.5)


@settings(deadline=None)
@given(values, st.sampled_from([0.05, 0.5, 0.95]))
def test_the_unbiased_quantile_is_definition_8(drawn: list[float], q: float) -> None:
    wanted = float(np.quantile(np.array(drawn), q, method="median_unbiased"))
    assert quantile.counted(drawn).unbiased(q)[0] == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("of", "q"), [(100, 0.95), (900, 0.95), (10, 0.5)])
def test_the_unbiased_quantile_is_too_low_in_every_second_case(of: int, q: float) -> None:
    dice = np.random.default_rng(15)
    low = sum(quantile.counted(dice.random(of)).unbiased(q)[0] < q for _ in range(2_000))
    assert abs(low - 1_000) <= 3 * 23  # three standard errors


def test_buckets_claim_no_more_than_their_edges() -> None:
    counted = quantile.Counted(np.array([1.0, 1.1]), np.array([1.1, 1.21]), np.array([90, 10]))
    assert counted.quantile(0.95) == (1.1, 1.21)
    assert quantile.interval(counted, 0.5, 0.05) == (1.0, 1.1)


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_interval_misses_the_true_quantile_at_most_as_often_as_stated(q: float) -> None:
    dice = np.random.default_rng(8)
    runs, of, alpha = 2_000, 300, 0.05
    below, above = exact.order_ranks(of, q, alpha)
    ordered = np.sort(dice.random((runs, of)), axis=1)
    assert (ordered[:, below - 1] > q).sum() <= family.most_by_chance(runs, alpha)
    assert (ordered[:, above - 1] < q).sum() <= family.most_by_chance(runs, alpha)


def test_the_sequence_holds_at_all_looks_where_the_interval_does_not() -> None:
    dice = np.random.default_rng(9)
    looks = [2**i for i in range(4, 12)]
    missed = {quantile.interval: 0, quantile.sequence: 0}
    for _ in range(200):
        drawn = dice.random(2**11)
        for bounds in missed:
            every = [bounds(quantile.counted(drawn[:n]), 0.5, 0.05) for n in looks]
            missed[bounds] += any(not low <= 0.5 <= high for low, high in every)
    assert missed[quantile.sequence] <= family.most_by_chance(200, 0.10)
    assert missed[quantile.interval] > missed[quantile.sequence]


def test_the_sequence_bounds_a_quantile_from_both_sides_wider_than_the_interval_does() -> None:
    thousand = quantile.counted(np.arange(1, 1_001))
    for q in (0.5, 0.95):
        low, high = quantile.sequence(thousand, q, 0.05)
        inner_low, inner_high = quantile.interval(thousand, q, 0.05)
        assert 1_000 * q - 90 < low < inner_low < inner_high < high < 1_000 * q + 90


def test_counts_stay_whole_numbers() -> None:
    one = quantile.counted([1.0, 1.0, 2.0])
    assert one.counts.dtype == quantile.merged([one, one]).counts.dtype == np.int64


def test_too_few_values_bound_nothing() -> None:
    assert quantile.interval(quantile.counted([1.0] * 58), 0.95, 0.05)[1] == math.inf
    assert quantile.interval(quantile.counted([1.0] * 59), 0.95, 0.05)[1] == 1.0
    assert quantile.sequence(quantile.counted([]), 0.95, 0.05) == (-math.inf, math.inf)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_values_that_are_no_numbers_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        _ = quantile.counted([1.0, wrong])


def test_a_rank_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="rank"):
        _ = quantile.counted([]).quantile(0.95)


@settings(deadline=None)
@given(values, values)
def test_merging_is_counting_together(one: list[float], other: list[float]) -> None:
    both = quantile.merged([quantile.counted(one), quantile.counted(other)])
    together = quantile.counted(one + other)
    assert both.lows.tolist() == together.lows.tolist()
    assert both.counts.tolist() == together.counts.tolist()


@settings(deadline=None)
@given(values, st.sampled_from([0.05, 0.5, 0.95]), st.sampled_from([0.05, 0.002]))
def test_bounds_hold_the_quantile_and_the_sequence_holds_the_interval(drawn: list[float], q: float, a: float) -> None:
    counted = quantile.counted(drawn)
    at = counted.quantile(q)[0]
    low, high = quantile.interval(counted, q, a)
    outer_low, outer_high = quantile.sequence(counted, q, a)
    assert outer_low <= low <= at <= high <= outer_high

"""The e-process keeps its alpha at every look, finds what it must in time, and is the formula it says."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.judge import eprocess, family

LOOKS, RUNS, BATCH = 20_000, 1_000, 100


def alarms(limit: float, true: float, alpha: float, looks: int, runs: int = RUNS) -> npt.NDArray[np.int64]:
    """Samples until VIOLATED in each run (0: never), looking after every single sample."""
    dice = np.random.default_rng(20_261_123)
    edge = eprocess.boundary(np.arange(1, looks + 1), limit, alpha)
    found: list[npt.NDArray[np.int64]] = []
    for _ in range(runs // BATCH):
        failures = np.cumsum(dice.random((BATCH, looks), dtype=np.float32) < true, axis=1, dtype=np.int32)
        crossed = failures >= edge
        found.append(np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 0))
    return np.concatenate(found)


@pytest.mark.parametrize("limit", [0.003, 0.05, 0.5])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_twenty_thousand_looks_at_a_target_on_the_limit_alarm_in_at_most_alpha_of_runs(
    limit: float, alpha: float
) -> None:
    wrong = int((alarms(limit, limit, alpha, LOOKS) > 0).sum())
    assert wrong <= family.most_by_chance(RUNS, alpha)


def test_an_alarm_rate_above_what_is_stated_would_be_noticed() -> None:
    assert family.most_by_chance(RUNS, 0.01) == 21
    naive = (
        cast("Any", stats.binom).isf(0.01, np.arange(1, LOOKS + 1), 0.05) + 1
    )  # the same test at every look, uncorrected
    dice = np.random.default_rng(1)
    failures = np.cumsum(dice.random((BATCH, LOOKS)) < 0.05, axis=1)
    assert (failures >= naive).any(axis=1).mean() > 0.1


@pytest.mark.parametrize(("true", "minutes"), [(0.015, 35), (0.03, 14)])
def test_a_5xx_share_above_the_limit_is_found_in_time_at_20_requests_a_minute(true: float, minutes: int) -> None:
    found = alarms(0.003, true, 0.002 * 0.8, 24 * 60 * 20, 500)
    assert (found > 0).all()
    assert np.median(found) / 20 <= minutes


@pytest.mark.parametrize("true", [0.0005, 0.003])
def test_a_day_at_or_below_the_5xx_limit_is_rarely_violated(true: float) -> None:
    wrong = int((alarms(0.003, true, 0.01, 24 * 60 * 20) > 0).sum())
    assert wrong <= family.most_by_chance(RUNS, 0.01)


def test_a_p95_exceeded_by_one_in_ten_is_found_within_400_requests() -> None:
    found = alarms(0.05, 0.10, 0.002 * 0.8, LOOKS, 500)
    assert (found > 0).all()
    assert np.median(found) <= 400


@pytest.mark.parametrize(("hits", "of", "limit"), [(0, 50, 0.003), (3, 200, 0.003), (12, 100, 0.05), (9, 10, 0.5)])
def test_e_is_the_likelihood_ratio_mixed_over_shares_above_the_limit(hits: int, of: int, limit: float) -> None:
    a, b = eprocess._mixture(limit)
    prior = cast("Any", stats.beta)(a, b)

    p = limit + (1 - limit) * np.linspace(0, 1, 400_001)[1:-1] ** 3  # the finer the nearer to the limit
    ratio = (p / limit) ** hits * ((1 - p) / (1 - limit)) ** (of - hits)
    value = float(np.trapezoid(prior.pdf(p) / prior.sf(limit) * ratio, p))
    assert math.exp(float(eprocess.log_e(hits, of, limit))) == pytest.approx(value, rel=1e-4)


@settings(deadline=None)
@given(st.integers(0, 3_000), st.sampled_from([0.001, 0.003, 0.05, 0.5]))
def test_one_more_sample_leaves_the_expectation_on_the_limit_unchanged(of: int, limit: float) -> None:
    hits = round(of * min(1.0, 2 * limit))
    now, fail, good = (float(eprocess.log_e(k, n, limit)) for k, n in ((hits, of), (hits + 1, of + 1), (hits, of + 1)))
    assert limit * math.exp(fail - now) + (1 - limit) * math.exp(good - now) == pytest.approx(1, rel=1e-6)


@settings(deadline=None)
@given(st.integers(1, 5_000), st.data(), st.sampled_from([0.001, 0.003, 0.05, 0.5]))
def test_more_failures_never_lower_e_and_more_good_samples_never_raise_it(
    of: int, data: st.DataObject, limit: float
) -> None:
    fewer = data.draw(st.integers(0, of - 1))
    at, worse, better = (eprocess.log_e(k, n, limit) for k, n in ((fewer, of), (fewer + 1, of), (fewer, of + 1)))
    _ = assume(at > -5)  # far below one the logarithm loses digits, and nothing is decided there
    assert worse >= at - 1e-9
    assert better <= at + 1e-9


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 2_000), st.sampled_from([0.001, 0.003, 0.05, 0.5]), st.sampled_from([0.05, 0.002, 1e-5]))
def test_the_boundary_is_the_fewest_failures_that_cross(of: int, limit: float, alpha: float) -> None:
    edge = int(eprocess.boundary(of, limit, alpha))
    crossed = np.flatnonzero(eprocess.log_e(np.arange(of + 1), of, limit) >= -math.log(alpha))
    assert edge == (int(crossed[0]) if len(crossed) else of + 1)


steps = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), min_size=1, max_size=40)


@settings(deadline=None, max_examples=150)
@given(steps, st.sampled_from([0.003, 0.05, 0.5]), st.sampled_from([0.05, 0.002]))
def test_the_looks_that_are_left_out_could_not_have_crossed(
    seen: list[tuple[int, int]], limit: float, alpha: float
) -> None:
    hits = np.cumsum([bad for bad, _ in seen])
    of = np.cumsum([bad + good for bad, good in seen])
    every = eprocess.log_e(hits, of, limit)
    crossed = np.flatnonzero(every >= -math.log(alpha))
    assert eprocess.first_crossing(hits, of, limit, alpha) == (int(crossed[0]) if len(crossed) else None)
    at, kept = eprocess.rises(hits, of, limit)
    assert at[0] == 0
    assert kept.max() == pytest.approx(every.max(), abs=1e-9)


def test_only_looks_with_new_failures_are_evaluated() -> None:
    at, _ = eprocess.rises([0, 0, 1, 1, 1, 3, 3], [9, 10, 20, 30, 40, 50, 60], 0.05)
    assert at.tolist() == [0, 2, 5]


def test_the_first_crossing_is_remembered_although_the_failures_stop() -> None:
    failures, of = np.array([0, 20, 20, 20]), np.array([1_000, 2_000, 50_000, 1_000_000])
    assert eprocess.first_crossing(failures, of, 0.003, 0.01) == 1
    assert eprocess.log_e(20, 1_000_000, 0.003) < -100
    assert eprocess.first_crossing([0, 0], [10, 20], 0.003, 0.01) is None


@pytest.mark.parametrize(("hits", "of", "limit"), [(2, 1, 0.1), (-1, 5, 0.1), (0, 5, 0.0), (0, 5, 1.0)])
def test_counts_and_limits_that_cannot_be_are_refused(hits: int, of: int, limit: float) -> None:
    with pytest.raises(ValueError, match="wanted"):
        _ = eprocess.log_e(hits, of, limit)

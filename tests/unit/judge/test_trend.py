"""A share that falls and settles, one that rises, and one that nobody can tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import family, trend
from harness.judge.limit import Tally
from harness.verdict import Outcome, Reason

LEVEL, ALPHA, OF = 0.0005, 0.002, 2_000  # a tenth of 0.5%; two days of hours


def windows(shares: npt.NDArray[np.float64], seed: int = 1, of: int = OF) -> list[Tally]:
    return [Tally(int(k), of) for k in np.random.default_rng(seed).binomial(of, shares).tolist()]


def test_repairs_that_settle_near_zero_are_met() -> None:
    falling = 0.006 * np.exp(-np.arange(48) / 5)
    verdict = trend.settles(windows(falling), LEVEL, alpha=ALPHA)
    assert verdict.outcome is Outcome.MET
    assert "slope -" in verdict.because


def test_a_share_that_rises_is_violated() -> None:
    assert trend.settles(windows(np.linspace(0.0, 0.02, 48)), 0.05, alpha=ALPHA).outcome is Outcome.VIOLATED


def test_a_share_that_falls_but_stays_high_is_violated() -> None:
    assert trend.settles(windows(np.linspace(0.02, 0.01, 48)), LEVEL, alpha=ALPHA).outcome is Outcome.VIOLATED


def test_a_share_that_was_zero_all_along_has_nothing_left_to_fall() -> None:
    verdict = trend.settles(windows(np.zeros(48)), LEVEL, alpha=ALPHA)
    assert verdict.outcome is Outcome.MET
    assert "as low from the start" in verdict.because


def test_too_few_samples_at_the_end_say_how_many_more() -> None:
    verdict = trend.settles(windows(np.zeros(48), of=100), LEVEL, alpha=ALPHA)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 5_990 - 1_200


def test_a_steady_share_above_the_level_at_first_only_by_chance_is_not_said_to_fall() -> None:
    few = [Tally(3, 2_000)] + [Tally(0, 2_000)] * 47
    verdict = trend.settles(few, LEVEL, alpha=ALPHA)
    assert verdict.outcome is Outcome.MET  # 3 in 24,000 is as low
    some = [Tally(1 if i < 12 else 0, 2_000) for i in range(48)]
    assert trend.settles(some, LEVEL, alpha=ALPHA).reason is Reason.SAMPLE_TOO_SMALL


def test_no_samples_and_too_few_windows_are_unknown() -> None:
    assert trend.settles([], LEVEL, alpha=ALPHA).reason is Reason.NO_DATA
    assert trend.settles([Tally(0, 9_000)] * 11, LEVEL, alpha=ALPHA).reason is Reason.SAMPLE_TOO_SMALL
    holes = [Tally(0, 9_000)] * 24 + [Tally(0, 0)] * 24
    assert trend.settles(holes, LEVEL, alpha=ALPHA).reason is Reason.SAMPLE_TOO_SMALL


def test_a_share_that_seems_to_rise_is_not_met_for_having_begun_low() -> None:
    rising = [Tally(int(i % 3 == 0) if i < 12 else 1 + i % 2 if i < 24 else 3 if i < 36 else 6, OF) for i in range(48)]
    verdict = trend.settles(rising, 0.01, alpha=ALPHA)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL  # its blocks correlate, so it is not violated either
    assert "still correlate" in verdict.because


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_a_steady_share_is_called_rising_in_at_most_alpha_of_runs(alpha: float) -> None:
    runs = 600
    wrong = sum(
        trend.settles(windows(np.full(48, 0.005), seed), 0.05, alpha=alpha).outcome is Outcome.VIOLATED
        for seed in range(runs)
    )
    assert wrong <= family.most_by_chance(runs, alpha)


def test_a_steady_share_is_called_falling_in_at_most_one_of_twenty_runs() -> None:
    slopes = [trend.slope_of(windows(np.full(48, 0.005), seed)) for seed in range(600)]
    assert sum(s.estimate + s.bound(0.05) <= 0 for s in slopes) <= family.most_by_chance(600, 0.05)


counts = st.lists(st.integers(0, 60), min_size=12, max_size=48)


@settings(deadline=None)
@given(counts)
def test_a_series_turned_around_has_the_opposite_slope(hits: list[int]) -> None:
    seen = [Tally(k, OF) for k in hits]
    there, back = trend.slope_of(seen), trend.slope_of(seen[::-1])
    assert there.estimate == pytest.approx(-back.estimate, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2_000), st.integers(1, 60))
def test_a_higher_end_never_improves_the_outcome_of_a_clean_start(hits: int, more: int) -> None:
    start = [Tally(0, OF)] * 36
    before, after = (
        trend.settles([*start, *([Tally(min(OF, k), OF)] * 12)], LEVEL, alpha=ALPHA).outcome
        for k in (hits, hits + more)
    )
    assert after >= before

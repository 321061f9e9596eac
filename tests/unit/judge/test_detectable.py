"""Promises of what will be found, kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import detectable, eprocess, exact
from harness.judge.share import at_most


def power_for_met(of: int, true: float, at_most_share: float = 0.001) -> float:
    """The exact chance that `of` samples show the limit."""
    most = max((k for k in range(100) if exact.high_bound(k, of, 0.05) <= at_most_share), default=-1)
    return at_most(most, of, true)


@pytest.mark.parametrize(("true", "fewest"), [(0.0002, 13_146), (0.0005, 45_260)])
def test_the_fewest_samples_for_a_thousandth_at_99_percent_power_are_the_fewest(true: float, fewest: int) -> None:
    assert detectable.samples_for_met(0.001, true, 0.99) == fewest
    assert power_for_met(fewest, true) >= 0.99
    assert all(power_for_met(of, true) < 0.99 for of in range(fewest // 2, fewest, 97))
    assert power_for_met(fewest - 1, true) < 0.99


@pytest.mark.parametrize(("true", "runbook"), [(0.0002, 13_255), (0.0005, 45_312)])
def test_the_runbooks_numbers_are_what_a_search_in_steps_of_two_percent_finds(true: float, runbook: int) -> None:
    of = 2_995
    start = 1
    while start < of:
        start = int(start * 1.02) + 1
    of = start
    while power_for_met(of, true) < 0.99:
        of = int(of * 1.02) + 1
    assert of == runbook


def test_more_samples_may_have_less_power_until_the_next_failure_is_allowed() -> None:
    assert power_for_met(46_398, 0.0005) == pytest.approx(0.9868, abs=1e-4)
    assert power_for_met(47_534, 0.0005) < 0.99 <= power_for_met(47_535, 0.0005)


def test_a_share_of_zero_takes_as_many_samples_as_without_a_failure() -> None:
    assert detectable.samples_for_met(0.001, 0.0, 0.99) == 2_995


def test_a_share_at_the_limit_is_never_shown_within_it() -> None:
    with pytest.raises(ValueError, match="true share"):
        _ = detectable.samples_for_met(0.001, 0.001, 0.9)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5_000), st.sampled_from([0.003, 0.05]), st.sampled_from([0.05, 0.002]))
def test_the_shares_promised_are_found_with_their_power_exactly(of: int, limit: float, alpha: float) -> None:
    watched = detectable.share_while_watching(of, limit, alpha, 0.9)
    if watched is not None:
        edge = int(eprocess.boundary(of, limit, alpha))
        assert 1 - at_most(edge - 1, of, watched) == pytest.approx(0.9, abs=1e-6)
    at_end = detectable.share_at_end(of, limit, alpha, 0.9)
    if at_end is not None:
        edge = next(k for k in range(of + 1) if exact.low_bound(k, of, alpha) > limit)
        assert 1 - at_most(edge - 1, of, at_end) == pytest.approx(0.9, abs=1e-6)
    if watched is not None and at_end is not None:
        assert limit < at_end <= watched + 1e-12  # looking at every sample has its price


def test_more_samples_find_smaller_effects() -> None:
    shares = [detectable.share_while_watching(of, 0.003, 0.002, 0.9) or 1 for of in (200, 2_000, 20_000)]
    shifts = [detectable.block_shift(of, 1.0, 0.002, 0.9) or 9 for of in (12, 24, 48)]
    drops = [detectable.session_drop(of, of, 0.8, 0.01, alpha=0.002, power=0.9) for of in (500, 5_000, 50_000)]
    for effects in (shares, shifts, drops):
        assert effects == sorted(effects, reverse=True)
    assert drops[-1] > 0.01


def test_too_little_to_find_anything_says_none() -> None:
    assert detectable.share_while_watching(0, 0.05, 0.002, 0.9) is None
    assert detectable.block_shift(5, 1.0, 0.002, 0.9) is None

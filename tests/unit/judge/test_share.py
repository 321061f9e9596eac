"""The weight's judge: its error rates are what it says, and nothing it cannot know is good."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.judge import share
from harness.judge.answers import Answers
from harness.verdict import Outcome, Reason

SUITES = 1_000


def of(canary: int, stable: int, **rest: object) -> Answers:
    return Answers(canary=canary, stable=stable, planned=canary + stable, **rest)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("weight", "about"), [(0.10, 4_500), (0.20, 7_600), (0.15, 6_200)])
def test_the_number_of_asks_follows_from_the_weight(weight: float, about: int) -> None:
    assert share.asks_for(weight) == about


@pytest.mark.parametrize("configured", [0.10, 0.20])
def test_the_error_rates_hold_exactly(configured: float) -> None:
    n = share.asks_for(configured)
    assert share.chance_of_met(configured, configured, n) >= 0.9999
    for three_off in (configured - 0.03, configured + 0.03):
        assert share.chance_of_met(configured, three_off, n) <= share.ALPHA
    for five_off in (configured - 0.05, configured + 0.05):
        assert share.chance_of_met(configured, five_off, n) <= 1e-8


@pytest.mark.parametrize("configured", [0.10, 0.20])
@pytest.mark.parametrize(
    ("off", "at_least", "at_most"),
    [(0.0, 985, 1_000), (-0.03, 0, 12), (0.03, 0, 12), (-0.05, 0, 0), (0.05, 0, 0)],
)
def test_a_thousand_simulated_suites_come_out_as_promised(
    configured: float, off: float, at_least: int, at_most: int
) -> None:
    n = share.asks_for(configured)
    dice = np.random.default_rng(20_261_123)
    suites = dice.binomial(n, configured + off, SUITES).tolist()
    good = sum(share.is_the_configured(configured, hits, n).outcome is Outcome.MET for hits in suites)
    assert at_least <= good <= at_most


@pytest.mark.parametrize("configured", [0.10, 0.20])
def test_a_right_split_is_never_called_wrong(configured: float) -> None:
    n = share.asks_for(configured)
    dice = np.random.default_rng(7)
    for hits in dice.binomial(n, configured, SUITES).tolist():
        assert share.is_the_configured(configured, hits, n).outcome is not Outcome.VIOLATED


@pytest.mark.parametrize(("hits", "of_asks"), [(0, 7), (3, 40), (40, 40), (350, 3_500), (1, 1)])
def test_the_bounds_are_the_exact_binomial_ones(hits: int, of_asks: int) -> None:
    low, high = share.low_bound(hits, of_asks), share.high_bound(hits, of_asks)
    if hits > 0:
        assert 1 - share.at_most(hits - 1, of_asks, low) == pytest.approx(share.ALPHA, rel=1e-6)
    if hits < of_asks:
        assert share.at_most(hits, of_asks, high) == pytest.approx(share.ALPHA, rel=1e-6)


@pytest.mark.parametrize(
    ("configured", "true"), [(0.1, 0.0), (0.1, 0.05), (0.1, 0.5), (0.2, 0.15), (0.2, 0.25), (0.35, 0.3)]
)
def test_a_split_far_off_is_violated(configured: float, true: float) -> None:
    n = share.asks_for(configured)
    assert share.is_the_configured(configured, round(true * n), n).outcome is Outcome.VIOLATED


def test_at_a_weight_of_zero_one_answer_from_the_canary_is_too_many() -> None:
    n = share.asks_for(0.0)
    assert share.is_the_configured(0.0, 0, n).outcome is Outcome.MET
    assert share.is_the_configured(0.0, 1, n).outcome is Outcome.VIOLATED
    assert share.is_the_configured(0.0, 0, 10).reason is Reason.SAMPLE_TOO_SMALL


def test_at_a_weight_of_hundred_one_answer_from_stable_is_too_many() -> None:
    n = share.asks_for(1.0)
    assert share.is_the_configured(1.0, n, n).outcome is Outcome.MET
    assert share.is_the_configured(1.0, n - 1, n).outcome is Outcome.VIOLATED


def test_a_small_weight_is_not_met_by_a_canary_that_gets_nothing() -> None:
    assert share.is_the_configured(0.02, 0, 20_000).outcome is Outcome.VIOLATED


def test_no_asks_are_no_data() -> None:
    assert share.is_the_configured(0.1, 0, 0).reason is Reason.NO_DATA
    assert share.splits_as_configured(0.1, Answers(note="never begun")).reason is Reason.NO_DATA


def test_too_few_asks_say_how_many_more() -> None:
    verdict = share.is_the_configured(0.1, 30, 300)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 4_200


def test_a_refused_target_is_no_data_and_says_what_was_seen() -> None:
    verdict = share.splits_as_configured(0.1, Answers(failed={"refused": 3_490}, planned=3_490))
    assert verdict.reason is Reason.NO_DATA
    assert "3,490 asks, 3,490 refused connections" in verdict.because


def test_answers_without_a_version_are_no_data() -> None:
    verdict = share.splits_as_configured(0.1, Answers(unnamed=3_500, statuses={"HTTP 404": 3_500}, planned=3_500))
    assert verdict.reason is Reason.NO_DATA
    assert "3,500 answers without a version (HTTP 404)" in verdict.because


def test_up_to_one_in_a_hundred_unknown_answers_are_judged_at_their_worst() -> None:
    assert share.splits_as_configured(0.1, of(350, 3_130, unnamed=20)).outcome is Outcome.MET
    close = share.splits_as_configured(0.1, of(390, 3_090, unnamed=20))  # MET but for what the 20 may hide
    assert share.is_the_configured(0.1, 390, 3_500).outcome is Outcome.MET
    assert close.outcome is Outcome.UNKNOWN


def test_more_unknown_answers_than_one_in_a_hundred_are_no_data() -> None:
    verdict = share.splits_as_configured(0.1, of(350, 3_110, failed={"timeout": 40}))
    assert verdict.reason is Reason.NO_DATA
    assert "40 time-outs" in verdict.because


def test_what_unknown_answers_cannot_hide_is_violated() -> None:
    assert share.splits_as_configured(0.1, of(1_750, 1_650, unnamed=100)).outcome is Outcome.VIOLATED


def test_a_third_version_prevents_met_and_is_named() -> None:
    verdict = share.splits_as_configured(0.1, of(350, 3_149, foreign={"f00dfeed": 1}))
    assert verdict.reason is Reason.NO_DATA
    assert "f00dfeed" in verdict.because
    assert verdict.facts["foreign"] == {"f00dfeed": 1}


def test_a_rate_limited_sample_is_the_generators_fault() -> None:
    assert share.splits_as_configured(0.1, of(350, 3_149, failed={"rate-limited": 1})).reason is (
        Reason.GENERATOR_INVALID
    )


def test_an_interrupted_stream_is_not_met_whatever_is_in() -> None:
    verdict = share.splits_as_configured(
        0.1, Answers(canary=350, stable=3_150, planned=6_000, complete=False, note="collector dead")
    )
    assert verdict.reason is Reason.INTERRUPTED
    assert "3,500 of 6,000" in verdict.because


def test_an_unreadable_weight_is_no_data() -> None:
    assert share.splits_as_configured(None, of(350, 3_150)).reason is Reason.NO_DATA


def test_the_facts_plot_the_interval_against_its_limits() -> None:
    facts = share.splits_as_configured(0.1, of(350, 3_150)).facts
    assert facts["estimate"] == pytest.approx(0.1)
    assert facts["limit_low"] == pytest.approx(0.07)
    assert facts["limit_high"] == pytest.approx(0.13)
    assert facts["n"] == 3_500
    assert {"low", "high", "alpha", "confidence", "give", "unit", "errors"} <= set(facts)


counts = st.integers(0, 4_000)
weights = st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0])


@settings(deadline=None)
@given(weights, counts, counts, st.integers(0, 200))
def test_more_unknown_answers_never_improve_the_outcome_towards_met(
    weight: float, canary: int, stable: int, more: int
) -> None:
    less = share.splits_as_configured(weight, of(canary, stable))
    worse = share.splits_as_configured(weight, of(canary, stable, unnamed=more))
    if worse.outcome is Outcome.MET:
        assert less.outcome is Outcome.MET or less.reason is Reason.SAMPLE_TOO_SMALL


@settings(deadline=None)
@example(0.0, 1, 244, 1)
@example(1.0, 245, 0, 1)
@given(weights, counts, counts, st.integers(1, 4_000))
def test_answers_of_unknown_arm_in_place_of_known_ones_never_give_met(
    weight: float, canary: int, stable: int, lost: int
) -> None:
    kept = of(max(0, canary - lost), stable, unnamed=min(canary, lost))
    if share.splits_as_configured(weight, kept).outcome is Outcome.MET:
        assert share.splits_as_configured(weight, of(canary, stable)).outcome is Outcome.MET


@settings(deadline=None)
@given(weights, st.integers(1, 4_000), st.data())
def test_moving_away_from_the_configured_share_never_improves_the_outcome(
    weight: float, n: int, data: st.DataObject
) -> None:
    middle = round(weight * n)
    near = data.draw(st.integers(middle, n))
    far = data.draw(st.integers(near, n))
    assert (
        share.is_the_configured(weight, near, n).outcome <= share.is_the_configured(weight, far, n).outcome
        or share.is_the_configured(weight, near, n).outcome is not Outcome.MET
    )


@settings(deadline=None)
@given(weights, st.integers(1, 3_000))
def test_the_accepted_hits_are_exactly_the_met_ones(weight: float, n: int) -> None:
    fewest, most = share.accepted(weight, n)
    for hits in {0, fewest - 1, fewest, most, most + 1, n} & set(range(n + 1)):
        met = share.is_the_configured(weight, hits, n).outcome is Outcome.MET
        assert met == (fewest <= hits <= most)


@settings(deadline=None)
@given(st.floats(0.01, 0.99), counts)
def test_the_interval_holds_the_estimate(true: float, n: int) -> None:
    hits = round(true * n)
    assert share.low_bound(hits, n + 1) <= hits / (n + 1) <= share.high_bound(hits, n + 1)

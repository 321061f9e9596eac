"""The judge of a share: exact evidence, honest UNKNOWN, and nothing that cannot be known is good."""

from __future__ import annotations

import random  # noqa: TC003

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import error_rates
from harness.judge import exact, family, limit
from harness.judge.limit import Tally
from harness.verdict import Outcome, Reason

ALPHA = 0.002


def once(hits: int, of: int, at_most: float, *, alpha: float = ALPHA, ended: bool = True) -> limit.Verdict:
    return limit.keeps_within(at_most, [Tally(hits, of)], alpha=alpha, ended=ended)


@pytest.mark.parametrize(("share", "of"), [(0.005, 598), (0.003, 998), (0.001, 2_995), (0.05, 59)])
def test_without_a_failure_exactly_so_many_samples_show_the_limit(share: float, of: int) -> None:
    assert exact.needed_for_met(0, share, 0.05) == of
    assert once(0, of, share).outcome is Outcome.MET
    one_short = once(0, of - 1, share)
    assert one_short.reason is Reason.SAMPLE_TOO_SMALL
    assert one_short.facts["needed"] == 1


def test_five_hundred_clean_requests_do_not_show_a_thousandth_and_say_so() -> None:
    verdict = once(0, 500, 0.001)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 2_495
    assert "2,495 more requests without a failure" in verdict.because


def test_a_p95_needs_59_samples() -> None:
    assert limit.quantile_keeps_within(1.5, [Tally(0, 58)], alpha=ALPHA).reason is Reason.SAMPLE_TOO_SMALL
    verdict = limit.quantile_keeps_within(1.5, [Tally(0, 59)], alpha=ALPHA)
    assert verdict.outcome is Outcome.MET
    assert verdict.because.startswith("P95 <= 1.5 s: 0 above 1.5 s in 59 requests")
    assert verdict.facts["limit_high"] == 0.05


def test_a_p95_with_twice_the_allowed_above_is_violated() -> None:
    assert limit.quantile_keeps_within(1.5, [Tally(100, 1_000)], alpha=ALPHA).outcome is Outcome.VIOLATED


def test_nothing_seen_is_no_data() -> None:
    assert limit.keeps_within(0.003, [], alpha=ALPHA).reason is Reason.NO_DATA
    assert limit.keeps_within(0.003, [Tally(0, 0)] * 5, alpha=ALPHA).reason is Reason.NO_DATA


def test_while_watching_nothing_is_met() -> None:
    assert once(0, 100_000, 0.003, ended=False).reason is Reason.SAMPLE_TOO_SMALL
    assert once(0, 100_000, 0.003).outcome is Outcome.MET


def test_an_average_hides_a_bad_hour_which_its_own_hour_does_not() -> None:
    hour = [Tally(1, 50)] * 60
    day = [Tally(0, 50)] * 700 + hour + [Tally(0, 50)] * 680
    assert limit.keeps_within(0.003, day, alpha=ALPHA).outcome is Outcome.MET
    assert limit.keeps_within(0.003, hour, alpha=ALPHA / 24).outcome is Outcome.VIOLATED  # as the soak's slices do


def test_bursts_show_in_the_dispersion() -> None:
    even = [Tally(1, 100)] * 50
    bursts = [Tally(50, 100)] + [Tally(0, 100)] * 49
    assert limit.dispersion(even) == pytest.approx(0)
    assert (limit.dispersion(bursts) or 0) > 40
    assert limit.dispersion([Tally(0, 100)] * 9) is None


def test_a_crossing_is_kept_although_good_samples_follow() -> None:
    verdict = limit.keeps_within(0.003, [Tally(15, 500), Tally(0, 500_000)], alpha=ALPHA)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.facts["crossed_after"] == 500


def test_the_look_at_the_end_is_exact_and_has_its_own_share_of_alpha() -> None:
    spent = ALPHA * (1 - limit.WATCHING)
    hits = next(k for k in range(10_000) if exact.low_bound(k, 100_000, spent) > 0.003)
    assert once(hits, 100_000, 0.003).outcome is Outcome.VIOLATED
    assert once(hits - 1, 100_000, 0.003).reason is Reason.SAMPLE_TOO_SMALL


def test_a_healthy_target_is_met_as_often_as_planned() -> None:
    of = 13_146  # for a fifth of the limit with 99% power
    dice = np.random.default_rng(4)
    good = sum(once(int(k), of, 0.001).outcome is Outcome.MET for k in dice.binomial(of, 0.0002, 300))
    assert good >= 300 - family.most_by_chance(300, 0.01)


def test_met_is_rarely_said_of_a_share_just_above_the_limit() -> None:
    dice = np.random.default_rng(5)
    wrong = sum(once(int(k), 5_000, 0.003).outcome is Outcome.MET for k in dice.binomial(5_000, 0.003_001, 500))
    assert wrong <= family.most_by_chance(500, 0.05)


def test_the_whole_judge_alarms_in_at_most_alpha_of_runs_on_the_limit() -> None:
    dice = np.random.default_rng(6)
    runs = dice.binomial(20, 0.05, (300, 200))
    wrong = sum(
        limit.keeps_within(0.05, [Tally(int(k), 20) for k in run], alpha=0.05).outcome is Outcome.VIOLATED
        for run in runs
    )
    assert wrong <= family.most_by_chance(300, 0.05)


def test_20_000_looks_of_the_whole_judge_on_the_limit_alarm_in_at_most_alpha_of_1_000_runs() -> None:
    assert error_rates.ever_over(0.003, 0.05, 1_000) <= family.most_by_chance(1_000, 0.05)


def test_20_000_looks_at_a_quantile_on_its_limit_alarm_in_at_most_alpha_of_runs() -> None:
    runs = 200  # a thousand in benchmarks/error_rates.py
    assert error_rates.ever_over(0.05, 0.05, runs, quantile=True) <= family.most_by_chance(runs, 0.05)


def minutes_until_violated(true: float, runs: int, minutes: int, alpha: float) -> list[int | None]:
    """What the whole judge says of a 5xx share at 20 requests a minute, a look a minute."""
    dice = np.random.default_rng(20_261_123)
    found: list[int | None] = []
    for run in dice.binomial(20, true, (runs, minutes)):
        verdict = limit.keeps_within(0.003, [Tally(int(k), 20) for k in run], alpha=alpha, ended=False)
        at = verdict.facts["crossed_at_look"]
        found.append(at + 1 if isinstance(at, int) else None)
    return found


@pytest.mark.parametrize(("true", "minutes"), [(0.015, 35), (0.03, 14)])
def test_5xx_above_the_limit_are_violated_in_time_at_20_requests_a_minute(true: float, minutes: int) -> None:
    found = minutes_until_violated(true, 201, 300, ALPHA)
    assert sorted(m if m is not None else 301 for m in found)[100] <= minutes


@pytest.mark.parametrize("true", [0.0005, 0.003])
def test_a_day_within_the_5xx_limit_is_stopped_in_at_most_alpha_of_runs(true: float) -> None:
    stopped = sum(m is not None for m in minutes_until_violated(true, 400, 24 * 60, 0.01))
    assert stopped <= family.most_by_chance(400, 0.01)


def test_a_p95_that_one_in_ten_exceeds_is_violated_within_400_requests() -> None:
    dice = np.random.default_rng(20_261_123)
    found: list[int] = []
    for _ in range(201):
        windows = [Tally(int(slow), 1) for slow in dice.random(2_000) < 0.10]
        after = limit.quantile_keeps_within(1.5, windows, alpha=ALPHA, ended=False).facts["crossed_after"]
        found.append(after if isinstance(after, int) else 2_001)
    assert np.median(found) <= 400


@pytest.mark.parametrize(("share", "of"), [(0.003, 2_000), (0.003, 20_000), (0.05, 2_000)])
def test_the_share_that_the_verdict_prints_as_detectable_is_found_with_its_power(share: float, of: int) -> None:
    printed = limit.keeps_within(share, [Tally(0, of)], alpha=ALPHA).facts["detectable"]
    assert isinstance(printed, float)
    dice = np.random.default_rng(14)
    runs = dice.binomial(100, printed, (300, of // 100))
    missed = sum(
        limit.keeps_within(share, [Tally(int(k), 100) for k in run], alpha=ALPHA, ended=False).outcome
        is not Outcome.VIOLATED
        for run in runs
    )
    assert missed <= family.most_by_chance(300, 0.1)


def test_the_number_needed_is_enough_and_one_less_is_not() -> None:
    for hits in (1, 7, 40):
        needed = exact.needed_for_met(hits, 0.003, 0.05)
        assert exact.high_bound(hits, needed, 0.05) <= 0.003 < exact.high_bound(hits, needed - 1, 0.05)


def test_at_a_rate_above_the_limit_no_number_is_promised() -> None:
    verdict = once(4, 1_000, 0.003)
    assert verdict.facts["needed_at_this_rate"] is None
    assert "no number is enough" in verdict.because


def test_at_a_rate_below_the_limit_the_number_is_enough() -> None:
    verdict = once(2, 1_500, 0.003)
    more = verdict.facts["needed_at_this_rate"]
    assert isinstance(more, int)
    assert once(round(2 * (1_500 + more) / 1_500), 1_500 + more, 0.003).outcome is Outcome.MET


def test_the_facts_plot_the_interval_against_the_limit() -> None:
    facts = once(3, 2_000, 0.003).facts
    assert {"estimate", "low", "high", "limit_high", "n", "alpha", "unit", "guarded", "detectable"} <= set(facts)


@pytest.mark.parametrize(("hits", "of"), [(2, 1), (-1, 3), (0, -1)])
def test_counts_that_cannot_be_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="hits"):
        _ = Tally(hits, of)


@pytest.mark.parametrize("quantile", [0.0, 1.0])
def test_only_quantiles_inside_are_judged(quantile: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        _ = limit.quantile_keeps_within(1, [Tally(0, 9)], alpha=ALPHA, quantile=quantile)


windows = st.lists(
    st.integers(0, 400).flatmap(lambda of: st.builds(Tally, st.integers(0, of), st.just(of))), min_size=1, max_size=12
)
limits = st.sampled_from([0.001, 0.003, 0.05])


@settings(deadline=None, max_examples=150)
@given(windows, limits, st.booleans(), st.data())
def test_one_more_failure_never_improves_the_outcome(
    seen: list[Tally], share: float, ended: bool, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(seen) - 1))
    worse = [*seen]
    worse[at] = Tally(min(seen[at].hits + 1, seen[at].of), seen[at].of)
    before, after = (limit.keeps_within(share, w, alpha=ALPHA, ended=ended).outcome for w in (seen, worse))
    assert after >= before


@settings(deadline=None, max_examples=100)
@given(windows, limits, st.randoms(use_true_random=False))
def test_order_changes_neither_bounds_nor_needs(seen: list[Tally], share: float, dice: random.Random) -> None:
    shuffled = [*seen]
    dice.shuffle(shuffled)
    one, other = (limit.keeps_within(share, w, alpha=ALPHA) for w in (seen, shuffled))
    for fact in ("estimate", "low", "high", "n", "hits"):
        assert one.facts.get(fact) == other.facts.get(fact)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 50), st.integers(0, 5_000), limits)
def test_met_and_a_shown_violation_exclude_each_other(hits: int, good: int, share: float) -> None:
    verdict = once(hits, hits + good, share)
    if verdict.outcome is Outcome.MET:
        assert verdict.facts["high"] <= share  # pyright: ignore[reportOperatorIssue]
    if hits + good:
        facts = verdict.facts
        assert facts["low"] <= facts["estimate"] <= facts["high"]  # pyright: ignore[reportOperatorIssue]

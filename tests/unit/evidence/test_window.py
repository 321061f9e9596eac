"""One window: every request in exactly one place, sums exact in any order, quantiles with their interval."""

from __future__ import annotations

import math
import random  # noqa: TC003  hypothesis reads the annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.sample import Sample
from harness.evidence.window import Terms, Window, terms

TERMS = terms(1, (1.5, 0.3, 0.3), 0.01)


def sample(latency_s: float | None = 0.1, error: str = "", late_s: float = 0.0) -> Sample:
    return Sample(0.0, "load", "/chat", None, latency_s, error, late_s)


def window(*samples: Sample, under: Terms = TERMS) -> Window:
    made = Window(under)
    for one in samples:
        made.add(one)
    return made


SAMPLES = st.lists(
    st.builds(
        sample,
        st.none() | st.floats(0, 1e6) | st.just(math.nan),
        st.sampled_from(["", "", "5xx", "timeout", "capped"]),
        st.floats(-1, 100),
    ),
    max_size=60,
)


@given(SAMPLES, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_split_in_any_order_adds_up_to_the_same(samples: list[Sample], order: random.Random, parts: int) -> None:
    whole = window(*samples)
    shuffled = order.sample(samples, len(samples))
    made = Window(TERMS)
    for part in range(parts):
        stored = Window(TERMS)
        stored.take(window(*shuffled[part::parts]).columns())
        made.merge(stored)
    assert made == whole
    assert made.columns() == whole.columns()
    assert whole.n == len(samples) == whole.measured + whole.failed == whole.sent + whole.capped


def test_limits_are_counted_exactly_at_the_limit() -> None:
    made = window(sample(1.5), sample(math.nextafter(1.5, 2)), sample(0.3), sample(0.31), sample(None, "timeout"))
    assert made.terms.limits_us == (300_000, 1_500_000)
    assert (made.above(0.3), made.above(1.5)) == (3, 1)
    with pytest.raises(ValueError, match="one of the limits"):
        _ = made.above(1.6)


def test_a_failure_is_not_a_fast_answer() -> None:
    made = window(*[sample(0.1)] * 90, *[sample(0.001, "5xx")] * 10)
    fast, honest = made.quantile(0.95), made.quantile(0.95, failures_last=True)
    assert fast is not None
    assert fast.low < 0.1 <= fast.high
    assert honest is not None
    assert honest.low == math.inf
    assert (made.answered, made.failed, made.errors) == (100, 10, {"5xx": 10})


@pytest.mark.parametrize("latency", [math.nan, -0.1, math.inf, None])
def test_a_latency_that_is_none_is_an_error_and_no_zero(latency: float | None) -> None:
    made = window(sample(latency))
    assert (made.n, made.measured, made.failed, made.answered) == (1, 0, 1, 0)
    assert made.quantile(0.5) is None


def test_a_capped_request_was_never_sent() -> None:
    made = window(sample(2.0, "capped"), sample())
    assert (made.n, made.sent, made.capped, made.answered, made.failed) == (2, 1, 1, 1, 1)


def test_lateness_of_the_generator_is_counted_over_the_tolerance_and_its_largest_kept() -> None:
    made = window(*[sample(late_s=late) for late in (0.0, 0.01, 0.02, 0.5, -3.0, math.nan)])
    assert made.late == 3, "the one that is no number can't be shown to be in time"
    assert window(sample(late_s=0.5)).late_max_us == 500_000


@given(st.lists(st.floats(1e-5, 1e4), min_size=1, max_size=50), st.sampled_from([0.05, 0.5, 0.95, 0.99, 1.0]))
def test_the_true_quantile_lies_in_the_interval(latencies: list[float], share: float) -> None:
    got = window(*[sample(latency) for latency in latencies]).quantile(share)
    assert got is not None
    truth = sorted(latencies)[max(0, math.ceil(round(share * len(latencies), 9)) - 1)]
    assert got.low < truth <= got.high
    assert abs(got.value - truth) <= 0.0025 * truth * (1 + 1e-9)


def test_windows_under_other_terms_are_not_added() -> None:
    with pytest.raises(ValueError, match="can't be added"):
        window().merge(window(under=terms(1, (1.6,), 0.01)))
    with pytest.raises(ValueError, match="longer than 0"):
        _ = terms(0, (), 0.0)


def test_counts_without_latencies_are_counted_and_never_more_errors_than_requests() -> None:
    made = window()
    made.count(100, {"5xx": 2, "none": 0})
    assert (made.n, made.failed, made.measured, made.errors) == (100, 2, 0, {"5xx": 2})
    for n, errors in ((-1, {}), (1, {"5xx": 2}), (5, {"5xx": -1})):
        with pytest.raises(ValueError, match="wanted counts from 0"):
            made.count(n, errors)


def test_windows_begin_at_multiples_of_their_length_since_1970() -> None:
    minute = terms(60, (), 0.0)
    assert minute.start_ms(1_700_000_000.0) == 1_699_999_980_000
    assert minute.start_ms(1_699_999_980.0) == 1_699_999_980_000
    assert minute.start_ms(1_699_999_979.999) == 1_699_999_920_000

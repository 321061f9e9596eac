"""What a pod publishes about itself, from counts alone: percentiles, alerts, Prometheus text."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from sandbox.product import documents
from sandbox.product.metrics import RECENT, Metrics, percent, quantile_ms

if TYPE_CHECKING:
    from collections.abc import Callable


def firing(metrics: Metrics, *, redis_up: bool = True) -> list[str]:
    return [name for name, on in documents.alerts(metrics, redis_up=redis_up).items() if on]


def test_percentiles_are_nearest_rank_and_of_nothing_nothing() -> None:
    hundred = deque(i / 1000 for i in range(1, 101))
    assert [quantile_ms(hundred, share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert quantile_ms(deque([0.007]), 0.99) == 7
    assert quantile_ms(deque(), 0.5) is None
    assert percent(0, 0) is None


def test_percentiles_cover_the_last_thousand_requests_only() -> None:
    metrics = Metrics()
    metrics.latencies_s["regular"].extend([9.0] * 500 + [0.1] * RECENT)
    assert documents.observability(metrics, redis_up=True)["latency"]["regular"]["p99_ms"] == 100


def repairs(metrics: Metrics) -> None:
    for i in range(100):
        metrics.validation(["bad_block"] if i == 0 else [])


def errors(metrics: Metrics) -> None:
    for i in range(100):
        metrics.request(500 if i == 0 else 200, "/api/chat/ask", 0.1)


def slow(metrics: Metrics) -> None:
    metrics.latencies_s["regular"].extend([2.1] * 100)


def far_apart(metrics: Metrics) -> None:
    metrics.latencies_s["regular"].extend([0.5] * 100)
    metrics.latencies_s["enhanced"].extend([0.61] * 100)


def unsaved(metrics: Metrics) -> None:
    metrics.saves, metrics.save_errors = 999, 2


def unread(metrics: Metrics) -> None:
    for i in range(100):
        metrics.context(2, 0 if i == 0 else 2)


def ignored(metrics: Metrics) -> None:
    metrics.examples_served = 2000
    metrics.clicks_7d.add(10, 2000)


def invalid(metrics: Metrics) -> None:
    metrics.validation_failures = 1


@pytest.mark.parametrize(
    ("happens", "alert"),
    [
        (repairs, "SchemaRepairsHigh"),
        (errors, "HighErrorRate"),
        (slow, "HighLatency"),
        (far_apart, "LatencyDeltaHigh"),
        (unsaved, "PersistenceErrorsHigh"),
        (unread, "ConversationContextFailure"),
        (ignored, "LowUserEngagement"),
        (invalid, "SchemaFailuresHigh"),
    ],
)
def test_an_alert_fires_for_its_own_reason_alone(happens: Callable[[Metrics], None], alert: str) -> None:
    metrics = Metrics()
    assert firing(metrics) == []
    happens(metrics)
    assert firing(metrics) == [alert]
    assert firing(Metrics(), redis_up=False) == ["RedisDown"]


def test_probes_told_not_ready_are_no_errors() -> None:
    metrics = Metrics()
    metrics.request(503, "/readyz", 0.001)
    assert firing(metrics) == []


def test_histogram_buckets_are_cumulative_and_include_their_limit() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.3, 99.0):
        metrics.request(200, "/version", seconds)
    text = documents.prometheus(metrics, 'v"1', redis_up=True)
    buckets = {
        line.split('le="')[1].split('"')[0]: int(line.rpartition(" ")[2])
        for line in text.splitlines()
        if "_bucket{" in line
    }
    assert (buckets["0.005"], buckets["0.25"], buckets["0.5"], buckets["10.0"], buckets["+Inf"]) == (1, 1, 2, 2, 3)
    assert r'version="v\"1"' in text


@pytest.mark.parametrize(
    "series",
    [
        "schema_responses_validated_total",
        "schema_validation_failures_total",
        "schema_repairs_total",
        "history_persist_errors_total",
        "redis_up",
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "latency_p95_seconds",
        "msg_count_before",
    ],
)
def test_the_named_series_are_there(series: str) -> None:
    metrics = Metrics()
    metrics.request(200, "/api/chat/ask", 0.1)
    metrics.latencies_s["regular"].append(0.1)
    metrics.context(1, 0)
    assert f"\n{series}{{" in documents.prometheus(metrics, "v", redis_up=True)

"""The documents a pod publishes about itself: observability, schema figures, Prometheus text, alerts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.product.logs import now
from sandbox.product.metrics import LIMITS_S, percent, quantile_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sandbox.product.metrics import Metrics
    from sandbox.product.schema import Doc

SEVERITY = {
    "SchemaFailuresHigh": "page",
    "SchemaRepairsHigh": "warn",
    "PersistenceErrorsHigh": "page",
    "LatencyDeltaHigh": "warn",
    "HighErrorRate": "page",
    "HighLatency": "warn",
    "RedisDown": "page",
    "LowUserEngagement": "warn",
    "ConversationContextFailure": "page",
}
DELTA_MS = 100.0  # enhanced P95 may be this much above chat P95
ENOUGH_CLICKABLE = 1000  # examples shown before a click-through rate says anything


def delta_ms(metrics: Metrics) -> float | None:
    """Return enhanced P95 minus chat P95, or None while one of them has no samples."""
    regular = quantile_ms(metrics.latencies_s["regular"], 0.95)
    enhanced = quantile_ms(metrics.latencies_s["enhanced"], 0.95)
    return None if regular is None or enhanced is None else round(enhanced - regular, 2)


def alerts(metrics: Metrics, *, redis_up: bool, also: Collection[str] = ()) -> dict[str, bool]:
    """Return each alert and whether it fires now; without data only those fire that are named in `also`."""
    slowest = max((quantile_ms(held, 0.95) or 0.0 for held in metrics.latencies_s.values()), default=0.0)
    few_clicks = metrics.examples_served >= ENOUGH_CLICKABLE and (metrics.clicks_7d.share() or 0.0) < 0.01
    lost = metrics.context_asked and metrics.context_known / metrics.context_asked < 0.999
    firing = {
        "SchemaFailuresHigh": metrics.validation_failures > 0,
        "SchemaRepairsHigh": (metrics.repairs_24h.share() or 0.0) > 0.005,
        "PersistenceErrorsHigh": (percent(metrics.save_errors, metrics.saves + metrics.save_errors) or 0.0) > 0.1,
        "LatencyDeltaHigh": (delta_ms(metrics) or 0.0) > DELTA_MS,
        "HighErrorRate": (metrics.errors_5min.share() or 0.0) > 0.003,
        "HighLatency": slowest > 2000,
        "RedisDown": not redis_up,
        "LowUserEngagement": few_clicks,
        "ConversationContextFailure": bool(lost),
    }
    return {name: on or name in also for name, on in firing.items()}


def schema(metrics: Metrics) -> Doc:
    """Return the schema guard's figures."""
    return {
        "responses_validated_total": metrics.validated,
        "schema_validation_failures": metrics.validation_failures,
        "schema_repairs_total": metrics.repairs,
        "repair_rate_percent": percent(metrics.repairs, metrics.validated),
        "repair_reasons": dict(metrics.repair_reasons),
    }


def observability(metrics: Metrics, *, redis_up: bool, also: Collection[str] = ()) -> Doc:
    """Return the document of `/api/metrics/observability`; figures without samples are null."""
    firing = alerts(metrics, redis_up=redis_up, also=also)
    delta = delta_ms(metrics)
    return {
        "timestamp": now(),
        "uptime_seconds": round(time.monotonic() - metrics.started, 3),
        "schema": schema(metrics),
        "persistence": {
            "persistence_errors": metrics.save_errors,
            "persistence_success": metrics.saves,
            "error_rate_percent": percent(metrics.save_errors, metrics.saves + metrics.save_errors),
        },
        "latency": {
            **{tier: _quantiles(metrics, tier) for tier in metrics.latencies_s},
            "delta": {"p95_ms": delta, "is_acceptable": None if delta is None else delta <= DELTA_MS},
        },
        "alerts": {**firing, "active_alerts": [name for name, on in firing.items() if on]},
        "dynamic_prompts": {
            "examples_served_total": metrics.examples_served,
            "example_clicks_total": metrics.ui_events["example_clicked"],
            "suggested_action_clicks_total": metrics.ui_events["suggested_action_clicked"],
            "table_copies_total": metrics.ui_events["table_copy"],
            "table_exports_total": metrics.ui_events["table_export_csv"],
        },
        "feedback": {"positive": metrics.feedback["positive"], "negative": metrics.feedback["negative"]},
    }


def _quantiles(metrics: Metrics, tier: str) -> Doc:
    held = metrics.latencies_s[tier]
    return {f"p{share}_ms": quantile_ms(held, share / 100) for share in (50, 95, 99)}


def prometheus(metrics: Metrics, version: str, *, redis_up: bool, also: Collection[str] = ()) -> str:
    """Return the counters in Prometheus' text format; `version` is the build's commit."""
    return (
        "\n".join([*_counters(metrics, version, redis_up=redis_up, also=also), *_histograms(metrics, version)]) + "\n"
    )


def _counters(metrics: Metrics, version: str, *, redis_up: bool, also: Collection[str]) -> Iterator[str]:
    own = {"version": version}
    plain = {
        "schema_responses_validated_total": metrics.validated,
        "schema_validation_failures_total": metrics.validation_failures,
        "schema_repairs_total": metrics.repairs,
        "history_persist_errors_total": metrics.save_errors,
        "history_persist_success_total": metrics.saves,
        "rate_limited_total": metrics.rate_limited,
        "examples_served_total": metrics.examples_served,
    }
    for name, value in plain.items():
        yield from _series(name, "counter", [(own, value)])
    yield from _series("redis_up", "gauge", [(own, int(redis_up))])
    began = time.time() - (time.monotonic() - metrics.started)
    yield from _series("process_start_time_seconds", "gauge", [({}, began)])
    asked = [({"status": str(s), "path": path, **own}, n) for (s, path), n in sorted(metrics.requests.items())]
    yield from _series("http_requests_total", "counter", asked)
    events = [({"event_type": kind, **own}, n) for kind, n in sorted(metrics.ui_events.items())]
    yield from _series("ui_events_total", "counter", events)
    rated = [({"rating": kind, **own}, n) for kind, n in sorted(metrics.feedback.items())]
    yield from _series("user_feedback_total", "counter", rated)
    p95 = {tier: quantile_ms(held, 0.95) for tier, held in metrics.latencies_s.items()}
    slow = [({"endpoint": tier, **own}, ms / 1000) for tier, ms in p95.items() if ms is not None]
    yield from _series("latency_p95_seconds", "gauge", slow)
    known = [({"turn": turn, **own}, n) for turn, n in metrics.known_before.items()]
    yield from _series("msg_count_before", "gauge", known)
    firing = alerts(metrics, redis_up=redis_up, also=also)
    marked = [({"alertname": name, "severity": SEVERITY[name], **own}, int(on)) for name, on in firing.items()]
    yield from _series("alert_firing", "gauge", marked)


def _histograms(metrics: Metrics, version: str) -> Iterator[str]:
    yield "# TYPE http_request_duration_seconds histogram"
    for path, held in sorted(metrics.durations.items()):
        total = 0
        for limit, count in zip([*LIMITS_S, "+Inf"], held.counts, strict=True):
            total += count
            labels = _labels({"path": path, "version": version, "le": str(limit)})
            yield f"http_request_duration_seconds_bucket{labels} {total}"
        own = _labels({"path": path, "version": version})
        yield f"http_request_duration_seconds_sum{own} {held.sum:.6f}"
        yield f"http_request_duration_seconds_count{own} {total}"


def _series(
    name: str, kind: str, samples: list[tuple[dict[str, str], int]] | list[tuple[dict[str, str], float]]
) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {value}"


def _labels(labels: Mapping[str, str]) -> str:
    safe = {key: value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for key, value in labels.items()}
    return "{" + ",".join(f'{key}="{value}"' for key, value in safe.items()) + "}"

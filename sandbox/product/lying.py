"""A pod's figures as faults show them: counters that stand still or fall, documents that lie in form."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.product.metrics import Metrics

if TYPE_CHECKING:
    from sandbox.product.faults.facts import Figures
    from sandbox.product.schema import Doc

KEPT = frozenset({"timestamp", "uptime_seconds", "alerts", "dynamic_prompts", "feedback"})  # nothing to gate on
COUNTERS = ("validated", "validation_failures", "repairs", "saves", "save_errors", "rate_limited", "examples_served")
LEFT = 0.6  # of a counter that fell


def counted(metrics: Metrics, figures: Figures) -> Metrics:
    """Return the counters as they are shown; the pod's own stay as they are."""
    if figures == "frozen":
        shown = Metrics()
        shown.started, shown.latencies_s, shown.known_before = (
            metrics.started,
            metrics.latencies_s,
            metrics.known_before,
        )
        return shown
    if figures == "backwards":
        shown = copy.copy(metrics)
        for name in COUNTERS:
            setattr(shown, name, int(LEFT * getattr(metrics, name)))
        shown.requests = Counter({key: int(LEFT * count) for key, count in metrics.requests.items()})
        return shown
    return metrics


def told(doc: Doc, figures: Figures) -> Doc:
    """Return a document as it is told."""
    match figures:
        case "error":
            return {"error": "metrics are not available"}
        case "missing":
            return {key: value for key, value in doc.items() if key in KEPT}
        case "null" | "string" | "nan":
            return {key: value if key in KEPT else _figure(value, figures) for key, value in doc.items()}
        case _:
            return doc


def _figure(value: Any, figures: Figures) -> Any:
    if isinstance(value, dict):
        return {key: _figure(held, figures) for key, held in value.items()}  # type: ignore[reportUnknownVariableType]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    match figures:
        case "null":
            return None
        case "string":
            return str(value)
        case _:
            return float("inf") if isinstance(value, int) else float("nan")

"""Faults in what a pod publishes about itself: figures that lie, alerts that fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.when import burst, on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.when import Rule

FIGURES: Mapping[str, Rule] = {
    "metrics-error-200": on(figures="error"),
    "metrics-null": on(figures="null"),
    "metrics-string": on(figures="string"),
    "metrics-nan": on(figures="nan"),
    "metrics-missing": on(figures="missing"),
    "metrics-frozen": on(figures="frozen"),
    "counters-backwards": on(burst(5, 13), figures="backwards"),  # 13: no multiple of how often anybody reads
    "alert-page": on(burst(4, 20), alerts=frozenset({"RedisDown"})),
    "alert-warn": on(alerts=frozenset({"HighLatency"})),
}

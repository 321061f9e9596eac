"""Troubleshooting, latency: where does the time go?

Runbook lines TS-LAT-*. Reads only; each finding names its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import course, product, slos

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from fixtures.product import Product
    from harness.evidence.phase import Watch
    from harness.runbook import Line

pytestmark = pytest.mark.troubleshoot


@pytest.mark.runbook("TS-LAT-01")
def test_ts_lat_01_redis_answers_pong(symptoms: Watch, product_of: Product, decide: Decide) -> None:
    """Asked directly, not through what a pod believes."""
    decide(course.trusted(product.answers_pong(product_of.redis), symptoms.course))


@pytest.mark.runbook("TS-LAT-02")
def test_ts_lat_02_the_unified_pipeline_is_on(symptoms: Watch, product_of: Product, decide: Decide) -> None:
    """By the word of every pod, and by what its answers look like."""
    seen = symptoms.without_unified.sum
    decide(course.trusted(product.pipeline_is_on(product_of.flags, seen.of, seen.of - seen.hits), symptoms.course))


@pytest.mark.runbook("TS-LAT-03")
def test_ts_lat_03_response_times_are_within_their_limits_everywhere(
    line: Line, symptoms: Watch, alpha: float, decide: Decide
) -> None:
    """By endpoint and pod, since an average hides the one that is slow."""
    limits = {"chat": line.limits["p95_s"], "enhanced": line.limits["enhanced_p95_s"]}
    decide(slos.each_within(limits, symptoms.per_pod(limits), alpha=alpha))

"""Beyond the runbook: is what looks good really so?

Runbook lines BY-01, BY-02 and BY-06.
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


@pytest.mark.staging
@pytest.mark.canary
@pytest.mark.postdeploy
@pytest.mark.runbook("BY-01")
def test_by_01_answers_are_real(line: Line, watch: Watch, alpha: float, decide: Decide) -> None:
    """A canned apology with status 200 keeps every other figure good."""
    most = line.limits["share_percent"] / 100
    decide(slos.share(most, {"traffic": watch.unreal}, alpha=alpha, wording=slos.UNREAL))


@pytest.mark.staging
@pytest.mark.canary
@pytest.mark.runbook("BY-02")
def test_by_02_the_products_counters_move_with_the_traffic(watch: Watch, product_of: Product, decide: Decide) -> None:
    """Counters that nobody increments say that all is well."""
    traffic = product_of.traffic
    said = product.counters_move(
        product_of.documents, traffic.logged, traffic.ours, traffic.slack, per_restart=traffic.per_restart
    )
    decide(course.trusted(said, watch.course, holes=watch.undocumented))


@pytest.mark.staging
@pytest.mark.runbook("BY-06")
def test_by_06_the_latency_limits_hold_for_many_users_at_once(
    line: Line, soak: Watch, alpha: float, decide: Decide
) -> None:
    """A backend that serves one request at a time is fast as long as there is one."""
    limits = {"chat": line.limits["p95_s"], "enhanced": line.limits["enhanced_p95_s"]}
    decide(slos.each_within(limits, soak.at_once(limits), alpha=alpha))

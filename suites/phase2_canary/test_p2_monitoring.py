"""Phase 2, canary rollout: is the canary worse than stable?

Runbook lines P2-MON-*: both arms in the same moments, so that what strikes both does not count against one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import comparison

if TYPE_CHECKING:
    from fixtures.comparison import Comparison
    from fixtures.decide import Decide

pytestmark = pytest.mark.canary


@pytest.mark.runbook("P2-MON-01")
def test_p2_mon_01_the_canary_is_not_slower_than_stable(arms: Comparison, alpha: float, decide: Decide) -> None:
    """At the median and in the tail, on both endpoints, by our own traffic and by the logs."""
    decide(comparison.latency(arms.sides, arms.margins, alpha=alpha))


@pytest.mark.runbook("P2-MON-02")
def test_p2_mon_02_the_canary_does_not_fail_more_often_than_stable(
    arms: Comparison, alpha: float, decide: Decide
) -> None:
    """A difference of rates with bounds, not two rates that somebody compares by eye."""
    decide(comparison.failures(arms.sides, arms.margins, alpha=alpha))

"""Phase 1, staging soak: what it has to come to.

Runbook lines P1-PASS-01 and 02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import course, product, slos, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.decide import Decide
    from fixtures.product import Product
    from harness.evidence.phase import Watch

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-PASS-01")
def test_p1_pass_01_the_slos_held_in_every_slice_without_interruption(
    soak: Watch, alpha: float, alphas: Mapping[str, float], decide: Decide
) -> None:
    """An outage of two hours is invisible in a P95 over two days; a hole in the watch is no good time."""
    whole = slos.all_six("P1", soak.six, soak.limits, alphas)
    decide(watched.held_throughout(soak.course, soak.figures, whole, alpha=alpha))


@pytest.mark.runbook("P1-PASS-02")
def test_p1_pass_02_no_alert_of_severity_page_fired(soak: Watch, product_of: Product, decide: Decide) -> None:
    """An alert of unknown severity counts as a page."""
    seen, most_s = product_of.alerts, soak.course.largest_gap_s
    said = product.no_page(seen.looks, seen.pages, seen.warnings, seen.gaps, largest_gap_s=most_s)
    decide(course.trusted(said, soak.course))

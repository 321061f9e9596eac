"""Troubleshooting, schema: which answers does the guard have to mend, and which can't it?

Runbook lines TS-SCH-*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import course, product

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from fixtures.product import Product
    from harness.evidence.phase import Watch
    from harness.runbook import Line

pytestmark = pytest.mark.troubleshoot


@pytest.mark.runbook("TS-SCH-01")
def test_ts_sch_01_the_repair_rate_is_there_and_within_its_limit(
    line: Line, symptoms: Watch, product_of: Product, alpha: float, decide: Decide
) -> None:
    """A null is no rate."""
    need, most = line.limits.count("need_answers"), line.limits["share_percent"]
    said = product.repair_rate_within(product_of.documents, most, need, alpha=alpha)
    decide(course.trusted(said, symptoms.course, holes=symptoms.undocumented))


@pytest.mark.runbook("TS-SCH-02")
def test_ts_sch_02_no_validation_failure_keeps_coming_back(line: Line, symptoms: Watch, decide: Decide) -> None:
    """From every line of every pod, not from the last ten."""
    said = product.no_repeats(symptoms.failures, symptoms.logged_answers, line.limits.count("most_answers"))
    decide(course.trusted(said, symptoms.course, holes=symptoms.unlogged))

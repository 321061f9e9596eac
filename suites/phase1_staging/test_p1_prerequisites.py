"""Phase 1, staging soak: is what a soak stands on in place?

Runbook lines P1-PRE-01 and 02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import flags as judged
from harness.judge import monitors as watching

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from fixtures.flags import Flags
    from harness.judge.monitors import MonitorsSeen

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-PRE-01")
def test_p1_pre_01_every_flag_is_as_the_profile_expects(flags: Flags, decide: Decide) -> None:
    """Cluster, product and behaviour are three witnesses: any of them alone has lied before."""
    decide(judged.as_expected(flags.seen, flags.names, flags.expected))


@pytest.mark.runbook("P1-PRE-02")
def test_p1_pre_02_monitoring_answers_with_fresh_data_that_carries_the_series(
    monitors: MonitorsSeen, decide: Decide
) -> None:
    """An error with status 200 and yesterday's copy both look like a working dashboard."""
    decide(watching.works(monitors))

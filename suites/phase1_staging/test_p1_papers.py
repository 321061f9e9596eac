"""Phase 1, staging soak: what must have been decided before it.

Runbook line P1-PRE-03.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import papers

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.papers import Paper

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-PRE-03")
def test_p1_pre_03_rollback_was_drilled_for_this_build(drill_decision: Paper, decide: Decide) -> None:
    """The first rollback must not be the one that is needed: a drill of another build proves nothing of this one."""
    decide(papers.drilled(drill_decision))

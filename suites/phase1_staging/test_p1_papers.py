"""Phase 1, staging soak: what must have been decided for it.

Runbook lines P1-PRE-03, P1-PASS-03 and P1-PASS-04.
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


@pytest.mark.runbook("P1-PASS-03")
def test_p1_pass_03_the_bug_bash_of_this_build_ended_in_go(bugbash_decision: Paper, decide: Decide) -> None:
    """People use the page: a service that holds its SLOs behind a dead button has failed them."""
    decide(papers.holds(bugbash_decision))


@pytest.mark.runbook("P1-PASS-04")
def test_p1_pass_04_accessibility_of_this_build_ended_in_go(a11y_decision: Paper, decide: Decide) -> None:
    """Who can't use the page at all shows in no metric."""
    decide(papers.holds(a11y_decision))

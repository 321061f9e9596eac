"""Phase 3, full rollout: the checklist before it.

Runbook lines P3-CHK-01 to 05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import checklist, papers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.decide import Decide
    from harness.judge.checklist import Captured, ChangeLog, Receipts, Signed
    from harness.judge.papers import Able, Paper
    from harness.runbook import Line

pytestmark = pytest.mark.rollout


@pytest.mark.runbook("P3-CHK-01")
def test_p3_chk_01_the_canary_of_this_build_was_watched_long_enough_and_is_go(
    canary_decision: Paper, canary_for_s: float, decide: Decide
) -> None:
    """A GO of yesterday's build, or of an hour's watch, opens no way for this one."""
    decide(papers.covers(canary_decision, canary_for_s))


@pytest.mark.runbook("P3-CHK-02")
def test_p3_chk_02_rollback_was_drilled_and_can_be_done_now(
    drill_decision: Paper, rollback_now: Able, decide: Decide
) -> None:
    """A drill shows that it worked; rights and the old build show that it still will."""
    decide(papers.ready(drill_decision, rollback_now))


@pytest.mark.runbook("P3-CHK-03")
def test_p3_chk_03_the_dashboards_are_kept_and_fresh(
    line: Line, dashboards: Sequence[Captured], decide: Decide
) -> None:
    """A page that opens may show last week; its data says how old it is."""
    decide(checklist.dashboards_kept(dashboards, line.limits["age_min"] * 60))


@pytest.mark.runbook("P3-CHK-04")
def test_p3_chk_04_the_change_log_has_an_entry_for_this_version(
    version: str, change_log: ChangeLog, decide: Decide
) -> None:
    """A heading of its own with something below it; a mention is no entry."""
    decide(checklist.entry_for(version, change_log))


@pytest.mark.runbook("P3-CHK-05")
def test_p3_chk_05_on_call_knows_of_this_build(
    build: str, receipts: Receipts, on_call_statement: Signed, decide: Decide
) -> None:
    """A message that was sent is not one that arrived: a receipt says so, or a person signs it."""
    decide(checklist.on_call_knows(build, receipts, on_call_statement))

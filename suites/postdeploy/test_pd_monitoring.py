"""Post-deployment monitoring: does it stay as good as it was promised to be?

Runbook lines PD-*, but the one that needs a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import aftermath as judging
from harness.judge import slos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.aftermath import Aftermath
    from fixtures.decide import Decide
    from harness.runbook import Line

pytestmark = pytest.mark.postdeploy


@pytest.mark.runbook("PD-01")
def test_pd_01_repairs_settle_near_zero(line: Line, aftermath: Aftermath, alpha: float, decide: Decide) -> None:
    """A rate that stays just below its SLO has not settled."""
    decide(judging.settles(line.limits["end_share_percent"] / 100, aftermath.repaired, alpha=alpha))


@pytest.mark.context
@pytest.mark.runbook("PD-02")
def test_pd_02_later_turns_know_the_earlier_ones(
    line: Line, aftermath: Aftermath, alpha: float, decide: Decide
) -> None:
    """First turns can't remember anything and don't count; a line that does not say is no success."""
    most = 1 - line.limits["share_percent"] / 100
    decide(slos.share(most, aftermath.forgotten, alpha=alpha, wording=slos.FORGOTTEN))


@pytest.mark.runbook("PD-04")
def test_pd_04_sessions_are_completed_and_offers_clicked_as_before(
    line: Line, aftermath: Aftermath, alpha: float, decide: Decide
) -> None:
    """Against the figures that were kept before the rollout."""
    completed, clicked = line.limits["completion_margin_points"], line.limits["engagement_margin_points"]
    decide(judging.as_before(aftermath.business, completed / 100, clicked / 100, alpha=alpha))


@pytest.mark.runbook("PD-05")
def test_pd_05_requests_do_not_fail_more_often_than_before(
    line: Line, aftermath: Aftermath, alpha: float, decide: Decide
) -> None:
    """Every line of every pod's log is read, and parsed."""
    decide(judging.not_more(line.limits["margin_percent"] / 100, aftermath.failed, alpha=alpha))


@pytest.mark.runbook("PD-06")
def test_pd_06_all_of_it_was_watched_without_a_gap(
    aftermath: Aftermath, alphas: Mapping[str, float], alpha: float, decide: Decide
) -> None:
    """Figures over a hole look like any other figures."""
    decide(judging.held(aftermath.course, judging.all_of(aftermath.figures, aftermath.margins, alphas), alpha=alpha))

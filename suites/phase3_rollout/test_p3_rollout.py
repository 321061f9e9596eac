"""Phase 3, full rollout: half of the users, all of them, then stable itself; each step watched, taken back if worse.

Runbook lines P3-ROLL-*. They act: one rollout is carried out for all of them, after a drill of its taking itself back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import rollout as judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.decide import Decide
    from harness.judge.rolled import Rollout
    from harness.runbook import Line

pytestmark = [pytest.mark.rollout, pytest.mark.acts("deployment/stable and the canary's route")]


@pytest.mark.runbook("P3-ROLL-01")
def test_p3_roll_01_the_metrics_of_before_are_kept(rollout: Rollout, decide: Decide) -> None:
    """A document that answers 200 and says nothing would be no baseline for the days after."""
    decide(judge.snapshot_kept(rollout))


@pytest.mark.runbook("P3-ROLL-02")
def test_p3_roll_02_half_of_the_users_for_a_quarter_of_an_hour(
    line: Line, lines: Mapping[str, Line], rollout: Rollout, decide: Decide
) -> None:
    """Half of the answers, long enough and often enough to say that nothing got worse."""
    percent, minutes, give = (line.limits[name] for name in ("weight_percent", "watch_min", "give"))
    need = lines["P2-SLO-04"].limits.count("need_answers")
    decide(judge.half(rollout, percent, watch_min=minutes, give=give, need=need))


@pytest.mark.runbook("P3-ROLL-03")
def test_p3_roll_03_all_of_the_users(line: Line, rollout: Rollout, decide: Decide) -> None:
    """At 100 a single answer of the old build is one too many."""
    decide(judge.all_of_it(rollout, line.limits["weight_percent"]))


@pytest.mark.runbook("P3-ROLL-04")
def test_p3_roll_04_stable_carries_the_new_build_and_nobody_noticed(
    line: Line, rollout: Rollout, decide: Decide
) -> None:
    """Stable gets the build before the canary's route goes: the other way round takes everyone back to the old one."""
    decide(judge.promoted(rollout, line.limits.count("failed_requests")))


@pytest.mark.runbook("P3-ROLL-05")
def test_p3_roll_05_a_violation_is_taken_back_by_itself(violated_rollout: Rollout, decide: Decide) -> None:
    """A violation is declared at weight 50, and nobody touches anything."""
    decide(judge.takes_back_by_itself(violated_rollout))

"""Rollback: are users back in a safe state in time, is nothing lost, and does the canary go where it is sent?

Runbook lines RB-*. Each drill acts, is timed by what users get all the while, and puts back what it found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import rollback

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.drill import Drill
    from harness.runbook import Line
    from harness.target import Target

pytestmark = pytest.mark.rollback


@pytest.mark.runbook("RB-EMG-01")
@pytest.mark.acts("deployment/onesource", "ingress/onesource-canary")
def test_rb_emg_01_the_rollback_script_brings_users_to_the_safe_state_in_two_minutes(
    line: Line, emergency_by_script: Drill, target: Target, decide: Decide
) -> None:
    """A script that says success has said nothing: the last old answer is what counts."""
    within_s, settle_s = line.limits["within_s"], target.acting.settle_s
    decide(rollback.in_time(emergency_by_script, within_s, settle_s=settle_s))


@pytest.mark.runbook("RB-EMG-02")
@pytest.mark.acts("deployment/onesource", "ingress/onesource-canary")
def test_rb_emg_02_the_manual_steps_do_the_same_in_two_minutes(
    line: Line, emergency_by_hand: Drill, target: Target, decide: Decide
) -> None:
    """Flags alone would leave the canary's build in front of its users: its weight goes to 0, too."""
    within_s, settle_s = line.limits["within_s"], target.acting.settle_s
    decide(rollback.in_time(emergency_by_hand, within_s, settle_s=settle_s))


@pytest.mark.runbook("RB-EMG-03")
@pytest.mark.acts("deployment/onesource", "ingress/onesource-canary")
def test_rb_emg_03_an_emergency_rollback_loses_nothing_there_and_back(
    emergency_by_script: Drill, emergency_by_hand: Drill, decide: Decide
) -> None:
    """Conversations begun before are asked again on the fallback store, and once more after the way back."""
    decide(rollback.loses_nothing(emergency_by_script, emergency_by_hand))


@pytest.mark.runbook("RB-CAN-01")
@pytest.mark.acts("deployment/onesource-canary", "ingress/onesource-canary")
def test_rb_can_01_weight_0_leaves_nobody_on_the_canary_who_did_not_ask_for_it(
    canary_off: Drill, decide: Decide
) -> None:
    """The weight that is set says nothing about where users are: their answers are counted."""
    decide(rollback.zero_means_stable(canary_off))


@pytest.mark.runbook("RB-CAN-02")
@pytest.mark.acts("deployment/onesource-canary", "ingress/onesource-canary")
def test_rb_can_02_without_its_route_nobody_reaches_the_canary_not_even_by_a_pin(
    canary_removed: Drill, decide: Decide
) -> None:
    """The mark that looks like an off switch makes a second primary of it, and is never set."""
    decide(rollback.nobody_reaches_canary(canary_removed))


@pytest.mark.runbook("RB-STG-01")
@pytest.mark.acts("deployment/onesource-canary", "ingress/onesource-canary")
def test_rb_stg_01_the_staged_way_only_goes_down_and_stops_at_once_when_things_get_worse(
    line: Line, staged: Drill, target: Target, decide: Decide
) -> None:
    """A way that starts at 75 would first raise a canary that stands at 10."""
    names = ("first_percent", "second_percent", "third_percent", "fourth_percent", "last_percent")
    weights, acting = tuple(line.limits[name] for name in names), target.acting
    decide(rollback.only_down(staged, weights, watch_s=acting.staged_step_s, settle_s=acting.settle_s))

"""Escalation: who is called, and what is typed next?

Runbook line ES-01, judged after all others of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import escalation as judge

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.escalation import Plan
    from harness.runbook import Line


@pytest.mark.staging
@pytest.mark.canary
@pytest.mark.rollout
@pytest.mark.rollback
@pytest.mark.flags
@pytest.mark.postdeploy
@pytest.mark.bugbash
@pytest.mark.a11y
@pytest.mark.troubleshoot
@pytest.mark.runbook("ES-01")
def test_es_01_every_violated_line_names_who_is_called_and_what_to_type(
    line: Line, escalation: Plan, decide: Decide
) -> None:
    """Asked before it is needed: else a level without a person, or a command with a gap, is found at 3 a.m."""
    decide(judge.named(escalation, line.limits["l1_until_min"] * 60, line.limits["l2_until_min"] * 60))

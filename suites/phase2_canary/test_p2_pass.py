"""Phase 2, canary rollout: what it has to come to.

Runbook lines P2-PASS-*. The unit is the session: it belongs to one arm, or it says nothing about either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import comparison, slos, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.comparison import Comparison
    from fixtures.decide import Decide
    from harness.evidence.phase import Watch

pytestmark = pytest.mark.canary


@pytest.mark.runbook("P2-PASS-01")
def test_p2_pass_01_the_canarys_users_do_not_complain_more(arms: Comparison, alpha: float, decide: Decide) -> None:
    """Negative ratings by session."""
    decide(comparison.complaints(arms.sides, arms.margins, alpha=alpha))


@pytest.mark.runbook("P2-PASS-02")
def test_p2_pass_02_the_canarys_sessions_are_completed_as_often(arms: Comparison, alpha: float, decide: Decide) -> None:
    """Not fewer than on stable by more than the margin, shown, not merely not refuted."""
    decide(comparison.completion(arms.sides, arms.margins, alpha=alpha))


@pytest.mark.runbook("P2-PASS-03")
def test_p2_pass_03_the_first_token_comes_as_early(arms: Comparison, alpha: float, decide: Decide) -> None:
    """The first content of a stream, not its headers, relative to stable's."""
    decide(comparison.first_token(arms.sides, arms.margins, alpha=alpha))


@pytest.mark.runbook("P2-PASS-04")
def test_p2_pass_04_all_of_it_held_for_the_whole_time_with_enough_sessions(
    canary: Watch, arms: Comparison, alpha: float, alphas: Mapping[str, float], decide: Decide
) -> None:
    """So few sessions that a real loss would not show are no success."""
    six = slos.all_six("P2", canary.six, canary.limits, alphas)
    whole = six | comparison.all_of(arms.sides, arms.margins, alphas)
    held = watched.held_throughout(canary.course, canary.figures, whole, alpha=alpha)
    decide(watched.every({"throughout": held, "sessions": comparison.enough(arms.sides, arms.margins)}))

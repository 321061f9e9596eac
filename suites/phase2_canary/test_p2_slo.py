"""Phase 2, canary rollout: do the six SLOs hold on the canary alone?

Runbook lines P2-SLO-*: as our own traffic sees it, pinned to the arm, and as the pods' logs tell it of all users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import slos

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.evidence.phase import Watch
    from harness.runbook import Line

pytestmark = pytest.mark.canary


@pytest.mark.runbook("P2-SLO-01")
def test_p2_slo_01_one_chat_request_in_twenty_at_most_is_slow(
    line: Line, canary: Watch, alpha: float, decide: Decide
) -> None:
    """A tenth of the traffic is a tenth of the evidence: the bounds say whether it is enough."""
    most_s = line.limits["p95_s"]
    decide(slos.p95(most_s, canary.slow("chat", most_s), alpha=alpha))


@pytest.mark.runbook("P2-SLO-02")
def test_p2_slo_02_one_enhanced_request_in_twenty_at_most_is_slow(
    line: Line, canary: Watch, alpha: float, decide: Decide
) -> None:
    """Each endpoint has its own limit."""
    most_s = line.limits["p95_s"]
    decide(slos.p95(most_s, canary.slow("enhanced", most_s), alpha=alpha))


@pytest.mark.runbook("P2-SLO-03")
def test_p2_slo_03_enhanced_chat_is_not_much_slower_than_plain_chat(
    line: Line, canary: Watch, alpha: float, decide: Decide
) -> None:
    """Both on the canary, in the same moments."""
    decide(slos.delta(line.limits["delta_p95_s"], canary.enhanced_against_chat, alpha=alpha))


@pytest.mark.runbook("P2-SLO-04")
def test_p2_slo_04_hardly_a_request_fails(line: Line, canary: Watch, alpha: float, decide: Decide) -> None:
    """The limit is the same as on staging; the canary has no error budget of its own."""
    decide(slos.share(line.limits["share_percent"] / 100, canary.failed, alpha=alpha, wording=slos.FAILED))


@pytest.mark.runbook("P2-SLO-05")
def test_p2_slo_05_hardly_a_conversation_is_not_saved(line: Line, canary: Watch, alpha: float, decide: Decide) -> None:
    """By the counters of the canary's own pods, and by their logs."""
    decide(slos.share(line.limits["share_percent"] / 100, canary.unsaved, alpha=alpha, wording=slos.UNSAVED))


@pytest.mark.runbook("P2-SLO-06")
def test_p2_slo_06_hardly_an_answer_has_to_be_repaired(line: Line, canary: Watch, alpha: float, decide: Decide) -> None:
    """By the counters of the canary's own pods, and by their logs."""
    decide(slos.share(line.limits["share_percent"] / 100, canary.repaired, alpha=alpha, wording=slos.REPAIRED))

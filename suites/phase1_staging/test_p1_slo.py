"""Phase 1, staging soak: do the six SLOs hold over the whole of it?

Runbook lines P1-SLO-*. Every answer counts, those that never came as well; what our own traffic spoiled does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import slos

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.evidence.phase import Watch
    from harness.runbook import Line

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-SLO-01")
def test_p1_slo_01_one_chat_request_in_twenty_at_most_is_slow(
    line: Line, soak: Watch, alpha: float, decide: Decide
) -> None:
    """A P95 of fifty values says nothing; the share of slow requests has exact bounds."""
    most_s = line.limits["p95_s"]
    decide(slos.p95(most_s, soak.slow("chat", most_s), alpha=alpha))


@pytest.mark.runbook("P1-SLO-02")
def test_p1_slo_02_one_enhanced_request_in_twenty_at_most_is_slow(
    line: Line, soak: Watch, alpha: float, decide: Decide
) -> None:
    """Long prompts are part of it: they are what enhanced chat is for."""
    most_s = line.limits["p95_s"]
    decide(slos.p95(most_s, soak.slow("enhanced", most_s), alpha=alpha))


@pytest.mark.runbook("P1-SLO-03")
def test_p1_slo_03_enhanced_chat_is_not_much_slower_than_plain_chat(
    line: Line, soak: Watch, alpha: float, decide: Decide
) -> None:
    """Both are compared in the same moments, so that a busy minute does not decide it."""
    decide(slos.delta(line.limits["delta_p95_s"], soak.enhanced_against_chat, alpha=alpha))


@pytest.mark.runbook("P1-SLO-04")
def test_p1_slo_04_hardly_a_request_fails(line: Line, soak: Watch, alpha: float, decide: Decide) -> None:
    """Time-outs and refused connections are failures; digits in a log line are not."""
    decide(slos.share(line.limits["share_percent"] / 100, soak.failed, alpha=alpha, wording=slos.FAILED))


@pytest.mark.runbook("P1-SLO-05")
def test_p1_slo_05_hardly_a_conversation_is_not_saved(line: Line, soak: Watch, alpha: float, decide: Decide) -> None:
    """The product's counters and the pods' logs both have to say so."""
    decide(slos.share(line.limits["share_percent"] / 100, soak.unsaved, alpha=alpha, wording=slos.UNSAVED))


@pytest.mark.runbook("P1-SLO-06")
def test_p1_slo_06_hardly_an_answer_has_to_be_repaired(line: Line, soak: Watch, alpha: float, decide: Decide) -> None:
    """A line that merely carries the field is no repair."""
    decide(slos.share(line.limits["share_percent"] / 100, soak.repaired, alpha=alpha, wording=slos.REPAIRED))

"""Troubleshooting, context loss: does a conversation know what it was told?

Runbook line TS-CTX-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import memory

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.memory import Recollections
    from harness.runbook import Line

pytestmark = [pytest.mark.troubleshoot, pytest.mark.context]


@pytest.mark.runbook("TS-CTX-01")
def test_ts_ctx_01_a_fact_told_in_one_turn_is_recalled_in_later_ones(
    line: Line, recollections: Recollections, alpha: float, decide: Decide
) -> None:
    """The fact is new in each session and not in the question, so nothing but memory answers it."""
    decide(memory.remembers(recollections, turns=line.limits.count("turns"), alpha=alpha))

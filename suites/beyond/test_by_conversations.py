"""Beyond the runbook: are conversations safe from others, and from themselves?

Runbook line BY-03.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import isolation as judging

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.isolation import Isolation
    from harness.runbook import Line


@pytest.mark.staging
@pytest.mark.runbook("BY-03")
def test_by_03_conversations_are_isolated_and_lose_no_turn(line: Line, isolation: Isolation, decide: Decide) -> None:
    """An id is no secret: it stands in logs and links, and a page sends two turns at once."""
    foreign, lost = line.limits.count("foreign_reads"), line.limits.count("lost_turns")
    decide(judging.isolated(isolation, foreign_reads=foreign, lost_turns=lost))

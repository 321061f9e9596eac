"""Post-deployment monitoring: is an answer on the screen soon after it arrived?

Runbook line PD-03, in a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import rendering

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.page.finding import Excused
    from harness.judge.page.rendering import Renderings
    from harness.runbook import Line

pytestmark = pytest.mark.postdeploy


@pytest.mark.runbook("PD-03")
def test_pd_03_answers_are_drawn_at_once(line: Line, renderings: Renderings, excused: Excused, decide: Decide) -> None:
    """Timed in the page, from arrival to paint; a machine too busy to time a page says so instead of a figure."""
    decide(rendering.judge(renderings, excused, line.limits["p95_ms"], line.limits.count("need_renders")))

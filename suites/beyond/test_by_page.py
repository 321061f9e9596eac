"""Beyond the runbook: the page's memory, and its main controls at every size.

Runbook lines BY-04 and BY-05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import layout, remembering

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.page.finding import Excused
    from harness.judge.page.layout import LayoutSeen
    from harness.judge.page.remembering import RememberingSeen
    from harness.runbook import Line

pytestmark = pytest.mark.bugbash


@pytest.mark.context
@pytest.mark.runbook("BY-04")
def test_by_04_the_page_remembers_as_the_api_does(
    remembered: RememberingSeen, excused: Excused, decide: Decide
) -> None:
    """Memory that works through the API is no use to a page that forgets to name its conversation."""
    decide(remembering.judge(remembered, excused))


@pytest.mark.runbook("BY-05")
def test_by_05_main_controls_can_be_used_at_every_size(
    line: Line, layouts: LayoutSeen, excused: Excused, decide: Decide
) -> None:
    """A badge that floats over the send button does so at one width only."""
    decide(layout.judge(layouts, excused, tuple(line.limits.count(name) for name in line.limits)))

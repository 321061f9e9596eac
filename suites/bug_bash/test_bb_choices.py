"""Bug bash: what the page offers to ask, and how long all of it took.

Runbook lines BB-06 to BB-08.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import actions, examples
from harness.judge.page import bash_time as taken

if TYPE_CHECKING:
    from fixtures.bash_time import BashTime
    from fixtures.decide import Decide
    from harness.judge.page.actions import ActionsSeen
    from harness.judge.page.examples import ExamplesSeen
    from harness.judge.page.finding import Excused
    from harness.runbook import Line

pytestmark = pytest.mark.bugbash


@pytest.mark.runbook("BB-06")
def test_bb_06_a_suggested_action_asks_what_it_says_once(
    suggested: ActionsSeen, excused: Excused, decide: Decide
) -> None:
    """By click, double click and keyboard: each is one question, and exactly the button's."""
    decide(actions.judge(suggested, excused))


@pytest.mark.runbook("BB-07")
def test_bb_07_landing_examples_are_fresh_and_work(offered: ExamplesSeen, excused: Excused, decide: Decide) -> None:
    """A fixed list stands in when the service fails, so shown is not fresh."""
    decide(examples.judge(offered, excused))


@pytest.mark.runbook("BB-08")
def test_bb_08_the_bash_began_and_ended_in_time(line: Line, bash_time: BashTime, decide: Decide) -> None:
    """Judged when all others have ended: a bash that drags on is one that nobody waits for."""
    decide(
        taken.judge(
            bash_time.deployed_at,
            bash_time.began_at,
            bash_time.ended_at,
            line.limits["start_within_min"],
            line.limits["done_within_min"],
            why=bash_time.why,
        )
    )

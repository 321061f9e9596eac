"""Accessibility: rules, keyboard, focus, screen readers, contrast.

Runbook lines AX-01 to AX-05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import axe, contrast, keyboard, rings, spoken_names

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.page.axe import AxeSeen
    from harness.judge.page.contrast import ContrastSeen
    from harness.judge.page.finding import Excused
    from harness.judge.page.keyboard import Keyboard
    from harness.judge.page.rings import RingsSeen
    from harness.judge.page.spoken_names import SpokenNames
    from harness.runbook import Line

pytestmark = pytest.mark.a11y


@pytest.mark.runbook("AX-01")
def test_ax_01_automated_rules_find_nothing_in_any_state(
    rules_applied: AxeSeen, excused: Excused, decide: Decide
) -> None:
    """Run in every frame, theme and state; what the rules can't decide is not taken for good."""
    decide(axe.judge(rules_applied, excused))


@pytest.mark.runbook("AX-02")
def test_ax_02_the_keyboard_reaches_everything_and_gets_away_again(
    walked: Keyboard, excused: Excused, decide: Decide
) -> None:
    """Real keys from a stop before the page to one behind it, and back."""
    decide(keyboard.judge(walked, excused))


@pytest.mark.runbook("AX-03")
def test_ax_03_focus_can_be_seen_wherever_it_is(
    line: Line, focus_shown: RingsSeen, excused: Excused, decide: Decide
) -> None:
    """By pixels: a style that names a ring does not yet show one."""
    decide(rings.judge(focus_shown, excused, line.limits["contrast"]))


@pytest.mark.runbook("AX-04")
def test_ax_04_a_screen_reader_gets_names_and_hears_answers(
    spoken: SpokenNames, excused: Excused, decide: Decide
) -> None:
    """From the accessibility tree, which is what readers read."""
    decide(spoken_names.judge(spoken, excused))


@pytest.mark.runbook("AX-05")
def test_ax_05_contrast_holds_in_every_theme_and_state(
    line: Line, colours: ContrastSeen, excused: Excused, decide: Decide
) -> None:
    """Where colours alone can't tell, pixels do."""
    decide(
        contrast.judge(
            colours,
            excused,
            text=line.limits["text_contrast"],
            large=line.limits["large_text_contrast"],
            control=line.limits["control_contrast"],
        )
    )

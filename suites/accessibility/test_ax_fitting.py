"""Accessibility: windows, zoom, fingers and motion.

Runbook lines AX-06 to AX-09.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import motion, reflow, targets, zoom

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.page.finding import Excused
    from harness.judge.page.motion import MotionSeen
    from harness.judge.page.reflow import ReflowSeen
    from harness.judge.page.targets import TargetsSeen
    from harness.judge.page.zoom import ZoomSeen
    from harness.runbook import Line

pytestmark = pytest.mark.a11y


@pytest.mark.runbook("AX-06")
def test_ax_06_a_narrow_window_holds_everything(
    line: Line, narrow: ReflowSeen, excused: Excused, decide: Decide
) -> None:
    """320 px is a phone, and a desktop at 400%."""
    decide(reflow.judge(narrow, excused, line.limits["width_px"]))


@pytest.mark.runbook("AX-07")
def test_ax_07_twice_as_large_is_still_whole(enlarged: ZoomSeen, excused: Excused, decide: Decide) -> None:
    """The page enlarged, and its text alone."""
    decide(zoom.judge(enlarged, excused))


@pytest.mark.runbook("AX-08")
def test_ax_08_what_is_pressed_is_large_enough(
    line: Line, pressable: TargetsSeen, excused: Excused, decide: Decide
) -> None:
    """Fingers are wider than pointers."""
    decide(targets.judge(pressable, excused, line.limits["least_px"]))


@pytest.mark.runbook("AX-09")
def test_ax_09_nothing_moves_where_less_motion_is_asked_for(
    line: Line, moving: MotionSeen, excused: Excused, decide: Decide
) -> None:
    """Animations make some people ill; the system's setting is their only word."""
    decide(motion.judge(moving, excused, line.limits["longest_ms"]))

"""Small targets and the room that excuses them, without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.targets import Target, TargetPage, TargetsSeen, judge
from harness.verdict import Outcome, Reason

TODAY = Excused("2026-01-01")


def target(x: float, y: float, width: float = 16, height: float = 16, name: str = "a") -> Target:
    return Target(Spot(f"#{name}", "button", name, box=(x, y, width, height)))


def seen(*targets: Target) -> TargetsSeen:
    return TargetsSeen((TargetPage("1280 px, landing", targets),), Around())


BESIDE = target(18, 0, name="b")  # its middle is 18 px from that of the first


@pytest.mark.parametrize(
    "targets",
    [
        (target(0, 0, 24, 24), target(24, 0, 24, 24)),
        (target(0, 0, 23.9, 24), target(23.9, 0, 24, 24)),  # rounding
        (target(0, 0),),
        (target(0, 0), target(24, 0)),  # circles that touch
        (target(0, 0), target(20, -4, 60, 24)),  # a circle that touches a large one
        (replace(target(0, 0), inline=True), replace(BESIDE, inline=True)),
        (replace(target(0, 0), native=True), replace(BESIDE, native=True)),
        (target(0, 0), replace(BESIDE, layer="footer")),
        (target(0, 0, 100, 40), replace(target(80, 12), parent=0)),  # a button within a card that can be pressed
    ],
)
def test_what_is_large_or_has_room_is_met(targets: tuple[Target, ...]) -> None:
    verdict = judge(seen(*targets), TODAY)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == len(targets)


@pytest.mark.parametrize(
    "targets",
    [
        (target(0, 0, 300, 15), target(0, 17, 300, 15, "b")),  # lines
        (target(0, 0), BESIDE),
        (target(0, 0), target(17, -4, 60, 24, "b")),
        (target(0, 0), replace(BESIDE, inline=True)),  # exempt itself, it takes the room of another
    ],
)
def test_what_is_small_and_crowded_is_found(targets: tuple[Target, ...]) -> None:
    verdict = judge(seen(*targets), TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert "with button 'b' (#b) too near to excuse it [1280 px, landing]" in verdict.because


def test_the_limit_is_the_runbooks() -> None:
    assert judge(seen(target(0, 0, 30, 30), target(30, 0, 30, 30)), TODAY, least_px=44).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("nothing", [TargetsSeen((), Around()), seen()])
def test_nothing_seen_is_never_met(nothing: TargetsSeen) -> None:
    assert judge(nothing, TODAY).reason is Reason.NO_DATA

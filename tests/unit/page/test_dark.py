"""BB-05 alone: each finding from its record, and a page where all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.dark import Control, DarkSeen, Reloaded, judge
from harness.judge.page.finding import Excused, Spot
from harness.judge.page.paint import Icon, Surface, Text
from harness.verdict import Outcome, Reason

EXCUSED = Excused("2026-01-01")
PAPER = (255.0, 255.0, 255.0, 1.0, 1.0)
CARD = (243.0, 245.0, 248.0, 1.0, 1.0)
NIGHT = (20.0, 23.0, 28.0, 1.0, 1.0)
MIDDLING = (170.0, 170.0, 170.0, 1.0, 1.0)
PALE = (232.0, 234.0, 237.0, 1.0)
DIM = (60.0, 60.0, 60.0, 1.0)
BUTTON = Spot("#theme", "button", "Dark theme")


def text(colour: tuple[float, float, float, float] = PALE, **more: Any) -> Text:
    return Text(Spot("p"), more.pop("kind", "text"), "A line", colour, (NIGHT,), **more)


GOOD = DarkSeen(
    light=1.0,
    dark=0.009,
    canvas=(18.0, 18.0, 18.0, 1.0),
    in_light=(Surface(Spot("#card"), (CARD,), "the answer"), Surface(Spot("#mid"), (MIDDLING,))),
    in_dark=(Surface(Spot("#card"), (NIGHT,), "the answer"),),
    texts=(text(),),
    icons=(Icon(Spot("svg"), (PALE,), (NIGHT,)),),
    parts=("the answer",),
    control_light=Control(BUTTON, {"aria-pressed": "false"}),
    control_dark=Control(BUTTON, {"aria-pressed": "true"}),
    reloaded=Reloaded(0.009, 0.009, 0.009),
    back=1.0,
    system=0.009,
)


def rules(seen: DarkSeen) -> list[str]:
    found: Any = judge(seen, EXCUSED).facts["findings"]
    return [one["rule"] for one in found]


def test_a_dark_theme_that_reaches_everything_is_met() -> None:
    verdict = judge(GOOD, EXCUSED)
    assert verdict.outcome is Outcome.MET
    assert "3 surfaces, texts and icons in dark looked at" in verdict.because
    assert "components: the answer" in verdict.because


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"dark": 0.95}, "theme-unchanged"),
        ({"in_dark": (Surface(Spot("#card"), (PAPER,)),)}, "light-surface"),
        ({"in_dark": (Surface(Spot("#new"), (PAPER,), control=True),)}, "light-surface"),
        ({"in_dark": (Surface(Spot("#mid"), (MIDDLING,)),)}, "light-surface"),
        ({"in_dark": (Surface(Spot("#picture"), (NIGHT,), picture=True, seen=0.9),)}, "light-surface"),
        ({"texts": (text(DIM),)}, "text-unreadable"),
        ({"texts": (text(DIM, kind="placeholder"),)}, "placeholder-unreadable"),
        ({"icons": (Icon(Spot("svg"), (DIM,), (NIGHT,)),)}, "icon-unseen"),
        ({"icons": (Icon(Spot("svg"), (), (NIGHT,), seen=1.1),)}, "icon-unseen"),
        ({"canvas": (255.0, 255.0, 255.0, 1.0)}, "color-scheme"),
        ({"control_dark": GOOD.control_light}, "theme-state-untold"),
        ({"control_dark": GOOD.control_light, "control_light": GOOD.control_dark}, "theme-state-wrong"),
        ({"reloaded": Reloaded(1.0)}, "theme-lost"),
        ({"reloaded": Reloaded(0.009, 1.0, 0.009)}, "theme-flash"),
        ({"system": 1.0}, "system-ignored"),
        ({"back": 0.009}, "theme-no-return"),
    ],
)
def test_each_defect_is_one_finding(change: dict[str, Any], rule: str) -> None:
    seen = replace(GOOD, **change)
    assert rules(seen) == [rule]
    assert judge(seen, EXCUSED).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    "change",
    [
        {"in_dark": (Surface(Spot("#new"), (MIDDLING,)),)},  # not there in light: nothing to hold it against
        {"in_dark": (Surface(Spot("#mid"), (MIDDLING,), control=True),)},  # an accent may be lighter in dark
        {"in_dark": (Surface(Spot("#picture"), (PAPER,), picture=True),)},  # nobody could tell
        {"texts": (text(DIM, exempt=True),)},
        {"texts": (text(DIM, doubts=("a gradient",)),)},  # another line's
        {"icons": (Icon(Spot("svg"), (DIM,), (NIGHT,), exempt=True),)},
        {"control_dark": Control(replace(BUTTON, name="Light theme"), {"aria-pressed": "false"})},
        {"control_light": None, "control_dark": None},  # the system's alone
        {"reloaded": Reloaded(0.009, 1.0, 1.0)},  # the root is not what paints the ground
        {"reloaded": None, "back": None, "system": None},
    ],
)
def test_what_is_right_is_not_found(change: dict[str, Any]) -> None:
    assert rules(replace(GOOD, **change)) == []


def test_an_icon_whose_pixels_nearly_suffice_is_for_a_person() -> None:
    verdict = judge(replace(GOOD, icons=(Icon(Spot("svg"), (), (NIGHT,), seen=2.5),)), EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)


def test_a_page_that_stays_as_it_is_says_nothing_else() -> None:
    assert rules(replace(GOOD, dark=1.0, system=1.0, reloaded=Reloaded(1.0))) == ["theme-unchanged"]


def test_nothing_seen_is_never_met() -> None:
    verdict = judge(DarkSeen(light=1.0, dark=0.0), EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)

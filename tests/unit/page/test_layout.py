"""Main controls at several widths, without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.layout import Control, Layout, LayoutSeen, judge
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from harness.verdict import Verdict

TODAY = Excused("2026-01-01")
FIELD = Spot("#question", "textbox", "Your question", box=(16, 700, 700, 66))
BUTTON = Spot("#send", "button", "Send", box=(730, 720, 80, 44))
COMPOSER = Control("ui.composer", FIELD, 16, 716)
SEND = Control("ui.send", BUTTON, 730, 810)


def seen(*controls: Control, width: float = 1280) -> LayoutSeen:
    return LayoutSeen((Layout(f"{width:.0f} px, landing", width, controls),), Around())


def at(control: Control, *box: float) -> Control:
    x, y, width, height = box
    return replace(control, spot=replace(control.spot or FIELD, box=(x, y, width, height)), left=x, right=x + width)


def rules(verdict: Verdict) -> list[str]:
    findings = cast("Any", verdict.facts["findings"])
    return [one["rule"] for one in findings]


@pytest.mark.parametrize(
    "controls",
    [
        (COMPOSER, SEND),
        (COMPOSER, at(SEND, 620, 715, 80, 44)),  # a button in a field
        (COMPOSER, at(SEND, 715.5, 720, 80, 44)),  # rounding
    ],
)
def test_controls_that_have_their_places_are_met(controls: tuple[Control, ...]) -> None:
    verdict = judge(seen(*controls), TODAY, widths_px=(1280,))
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == 2


@pytest.mark.parametrize(
    ("rule", "says", "controls"),
    [
        ("gone", "'ui.send' is not to be seen", (COMPOSER, replace(SEND, spot=None))),
        ("outside", "10 px past the right side", (COMPOSER, at(SEND, 1210, 720, 80, 44))),
        ("outside", "20 px past the left side", (at(SEND, -20, 720, 80, 44),)),
        (
            "covered",
            "div covers button 'Send' (#send) at 2 of 5 points",
            (COMPOSER, replace(SEND, covered=("div", "div"))),
        ),
        ("covered", "the edge of the window covers", (COMPOSER, replace(SEND, covered=("",)))),
        ("not-clickable", "can't be clicked: element is not stable", (replace(SEND, refused="element is not stable"),)),
        ("overlap", "lie 16 px on each other", (COMPOSER, at(SEND, 700, 720, 80, 44))),
        ("overlap", "lie 44 px on each other", (at(COMPOSER, 600, 720, 100, 44), at(SEND, 610, 720, 80, 44))),
    ],
)
def test_what_nobody_can_use_is_found(rule: str, says: str, controls: tuple[Control, ...]) -> None:
    verdict = judge(seen(*controls), TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == [rule]
    assert says in verdict.because
    assert "[1280 px, landing]" in verdict.because


@pytest.mark.parametrize("nothing", [LayoutSeen((), Around()), seen()])
def test_nothing_seen_is_never_met(nothing: LayoutSeen) -> None:
    assert judge(nothing, TODAY).reason is Reason.NO_DATA


def test_a_width_that_was_left_out_is_never_met() -> None:
    assert judge(seen(COMPOSER), TODAY, widths_px=(320, 1280)).reason is Reason.NO_DATA

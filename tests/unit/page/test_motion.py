"""Motion that nobody wants, without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.motion import Drift, Glide, Motion, MotionSeen, judge
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from harness.verdict import Verdict

TODAY = Excused("2026-01-01")
TITLE = Spot("h1", "h1", "OneSource")
STILL = MotionSeen(reduced=True, watched=80, motions=(), drifts=(), glides=(), around=Around())
SLIDE = Motion(TITLE, "CSSAnimation", "arrive", ("transform",), 400.0)
FADE = Motion(TITLE, "CSSTransition", "opacity", ("opacity", "backgroundColor", "color"), 400.0)


def rules(verdict: Verdict) -> list[str]:
    findings = cast("Any", verdict.facts["findings"])
    return [one["rule"] for one in findings]


@pytest.mark.parametrize(
    "seen",
    [
        STILL,
        replace(STILL, motions=(FADE, replace(FADE, endless=True))),
        replace(STILL, motions=(replace(SLIDE, ms=100.0),)),
        replace(STILL, drifts=(Drift(TITLE, 2, 20, 40.0),)),  # it arrived late
        replace(STILL, drifts=(Drift(TITLE, 20, 20, 0.5),)),
    ],
)
def test_what_keeps_still_is_met(seen: MotionSeen) -> None:
    verdict = judge(seen, TODAY)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == 80


@pytest.mark.parametrize(
    ("rule", "says", "seen"),
    [
        ("animated", "changes its transform for 400 ms (CSSAnimation 'arrive')", replace(STILL, motions=(SLIDE,))),
        ("animated", "without end", replace(STILL, motions=(replace(SLIDE, ms=0.0, endless=True),))),
        (
            "animated",
            "backgroundPositionX",
            replace(STILL, motions=(replace(SLIDE, properties=("backgroundPositionX",)),)),
        ),
        ("animated", "400 ms", replace(STILL, motions=(SLIDE, SLIDE))),  # one defect, however often it ran
        ("drifts", "moved in 18 of 20 frames, by 8 px", replace(STILL, drifts=(Drift(TITLE, 18, 20, 8.0),))),
        ("glides", "by its style", replace(STILL, glides=(Glide(Spot("html")), Glide(Spot("html"))))),
        ("glides", "a script calls scrollIntoView", replace(STILL, glides=(Glide(Spot("div"), "scrollIntoView"),))),
    ],
)
def test_what_moves_is_found_once(rule: str, says: str, seen: MotionSeen) -> None:
    verdict = judge(seen, TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == [rule]
    assert says in verdict.because


def test_an_endless_animation_is_told_once_although_its_box_moves_too() -> None:
    seen = replace(STILL, motions=(replace(SLIDE, endless=True),), drifts=(Drift(TITLE, 20, 20, 4.0),))
    assert rules(judge(seen, TODAY)) == ["animated"]


@pytest.mark.parametrize("seen", [replace(STILL, watched=0), replace(STILL, reduced=False)])
def test_nothing_seen_is_never_met(seen: MotionSeen) -> None:
    assert judge(seen, TODAY).reason is Reason.NO_DATA

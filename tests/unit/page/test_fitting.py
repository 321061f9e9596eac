"""What a lack of room does to a page, without a browser: reflow and zoom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page import reflow, zoom
from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.fitting import Crammed, Cut, Fitted, Laid, Overlap, Past
from harness.judge.page.reflow import ReflowSeen
from harness.judge.page.zoom import ZoomSeen
from harness.verdict import Outcome, Reason
from tests.unit.page.rules import signing

if TYPE_CHECKING:
    from harness.verdict import Verdict

TODAY = Excused("2026-01-01")
SEND = Spot("#send", "button", "Send", box=(200, 400, 80, 44))
TITLE = Spot("h3", "h3", "In answer to", box=(20, 20, 280, 24))
USUAL = Laid(1280, 1280, texts=30, controls=(SEND,))
NARROW = replace(USUAL, width=320, wide=320)
CUT = Cut(TITLE, "h3", 20.0, "y")
OVERLAP = Overlap(SEND, TITLE, 9.0)
CRAMMED = Crammed(TITLE, 20.0, 32.0)


def narrow(seen: Laid, usual: Laid = USUAL) -> ReflowSeen:
    return ReflowSeen((Fitted("320 px, landing", seen, usual),), Around())


def rules(verdict: Verdict) -> list[str]:
    findings = cast("Any", verdict.facts["findings"])
    return [one["rule"] for one in findings]


def test_a_page_that_fits_is_met() -> None:
    verdict = reflow.judge(narrow(NARROW), TODAY)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == 31


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ("sideways", replace(NARROW, wide=352)),
        ("sideways", replace(NARROW, wide=352, past=(Past(TITLE, 32.0),))),
        ("sticks-out", replace(NARROW, past=(Past(TITLE, 32.0),))),
        ("sticks-out", replace(NARROW, past=(Past(TITLE, 32.0, "article"),))),
        ("cut", replace(NARROW, cut=(CUT,))),
        ("overlap", replace(NARROW, overlaps=(OVERLAP,))),
        ("crammed", replace(NARROW, crammed=(CRAMMED,))),
        ("lost", replace(NARROW, controls=())),
    ],
)
def test_what_does_not_fit_is_found(rule: str, seen: Laid) -> None:
    verdict = reflow.judge(narrow(seen), TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == [rule]
    assert "[320 px, landing]" in verdict.because


def test_a_page_too_wide_names_what_reaches_furthest() -> None:
    seen = replace(NARROW, wide=400, past=(Past(SEND, 3.0), Past(TITLE, 80.0)))
    assert (
        "400 px wide in a window of 320 px, because of h3 'In answer to'" in reflow.judge(narrow(seen), TODAY).because
    )


@pytest.mark.parametrize(
    "both",
    [
        replace(NARROW, cut=(CUT,)),
        replace(NARROW, overlaps=(OVERLAP,)),
        replace(NARROW, crammed=(CRAMMED,)),
        replace(NARROW, past=(Past(TITLE, 9.0, "nav"),)),
    ],
)
def test_what_a_desktop_shows_too_is_not_for_want_of_room(both: Laid) -> None:
    assert reflow.judge(narrow(both, replace(both, width=1280, wide=1280)), TODAY).outcome is Outcome.MET


@pytest.mark.parametrize(
    "seen",
    [
        replace(NARROW, cut=(replace(CUT, meant=True),)),  # an ellipsis
        replace(NARROW, controls=(Spot("#menu", "button", "Menu"),)),  # which may hold what is gone
    ],
)
def test_what_may_be_elsewhere_is_for_a_person(seen: Laid) -> None:
    verdict = reflow.judge(narrow(seen), TODAY)
    assert verdict.reason is Reason.NEEDS_SIGNOFF
    assert reflow.judge(narrow(seen), signing(TODAY, verdict)).outcome is Outcome.MET


@pytest.mark.parametrize("seen", [ReflowSeen((), Around()), narrow(Laid(320, 320), Laid()), narrow(USUAL)])
def test_reflow_that_was_not_seen_is_never_met(seen: ReflowSeen) -> None:
    assert reflow.judge(seen, TODAY).reason is Reason.NO_DATA


def test_a_scroll_bar_may_take_its_part_of_the_window() -> None:
    assert reflow.judge(narrow(replace(NARROW, width=305, wide=305)), TODAY).outcome is Outcome.MET


HALF = Fitted("zoomed to 200%, landing", replace(USUAL, width=640, wide=640), USUAL)
LARGE = Fitted("text at 200%, landing", USUAL, USUAL)


def test_zoom_is_met_when_both_ways_fit() -> None:
    verdict = zoom.judge(ZoomSeen((HALF,), (LARGE,), Around()), TODAY)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == 62


@pytest.mark.parametrize(
    "seen",
    [
        ZoomSeen((replace(HALF, seen=replace(HALF.seen, cut=(CUT,))),), (LARGE,), Around()),
        ZoomSeen((HALF,), (replace(LARGE, seen=replace(USUAL, cut=(CUT,))),), Around()),
    ],
)
def test_either_way_to_enlarge_can_fail(seen: ZoomSeen) -> None:
    verdict = zoom.judge(seen, TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert "20 px off the height of h3 'In answer to'" in verdict.because


@pytest.mark.parametrize(
    "seen", [ZoomSeen((), (), Around()), ZoomSeen((HALF,), (), Around()), ZoomSeen((), (LARGE,), Around())]
)
def test_zoom_that_was_not_seen_both_ways_is_never_met(seen: ZoomSeen) -> None:
    assert zoom.judge(seen, TODAY).reason is Reason.NO_DATA

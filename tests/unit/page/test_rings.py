"""The judge of focus rings: what each stop comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.finding import Around, Excused, KnownFinding, Spot
from harness.judge.page.ring_pixels import Change
from harness.judge.page.rings import RingsSeen, Stop, judge, shows
from harness.verdict import Outcome, Reason, Verdict
from tests.unit.page.rules import signing

TODAY = Excused("2026-01-01")
STATE = "light, landing"
GOOD = Stop(Spot("#send", "button", "Send"), STATE, 96.0, Change(1200, 1200, 6.4, 6.4))
NONE = replace(GOOD, ring=Change())
PALE = replace(GOOD, ring=Change(400, 0, 1.4, 1.45))


def judged(*stops: Stop, states: tuple[str, ...] = (STATE,), excused: Excused = TODAY, **limits: float) -> Verdict:
    return judge(RingsSeen(stops, states, Around()), excused, **limits)


def found(verdict: Verdict, where: str = "findings") -> list[Any]:
    rows: Any = verdict.facts[where]
    return list(rows)


@pytest.mark.parametrize(
    ("stop", "kind"),
    [
        (GOOD, "ok"),
        (NONE, "none"),
        (PALE, "weak"),
        (replace(GOOD, ring=Change(9, 9, 1.0, 21.0)), "weak"),
        (replace(NONE, caret=True), "caret-only"),
        (replace(PALE, caret=True), "weak"),
        (replace(NONE, elsewhere=40), "remote"),
        (replace(NONE, unseen=True), "unseen"),
        (replace(GOOD, unseen=True), "ok"),
        (replace(GOOD, trouble="gone"), "unsure"),
    ],
)
def test_a_stop_shows(stop: Stop, kind: str) -> None:
    assert shows(stop) == kind


@pytest.mark.parametrize(
    ("stop", "rule", "criterion", "says"),
    [
        (NONE, "ring-none", "2.4.7", "button 'Send' (#send) shows nothing"),
        (PALE, "ring-weak", "1.4.11", "0 px change by 3:1 or more where 96 are needed, the best of 400 by 1.45:1"),
        (replace(NONE, covered="footer"), "focus-covered", "2.4.11", "all of it lies behind footer"),
        (replace(PALE, covered="footer"), "focus-covered", "2.4.11", "all of it lies behind footer"),
    ],
)
def test_a_bad_stop_is_found(stop: Stop, rule: str, criterion: str, says: str) -> None:
    verdict = judged(GOOD, stop)
    (one,) = found(verdict)
    assert (verdict.outcome, one["rule"], one["state"]) == (Outcome.VIOLATED, rule, STATE)
    assert criterion in one["criterion"]
    assert says in one["says"]
    assert says in verdict.because


@pytest.mark.parametrize(
    ("stop", "rule"),
    [
        (replace(NONE, elsewhere=40), "ring-elsewhere"),
        (replace(PALE, caret=True), "ring-weak"),
        (replace(GOOD, trouble="without focus it is gone"), "ring-unsure"),
        (replace(GOOD, covered="div"), "focus-covered"),
    ],
)
def test_what_pixels_cannot_settle_is_signed_by_a_person(stop: Stop, rule: str) -> None:
    verdict = judged(GOOD, stop)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)
    assert [one["rule"] for one in found(verdict, "to_look_at")] == [rule]
    assert judged(GOOD, stop, excused=signing(TODAY, verdict)).outcome is Outcome.MET


def test_a_caret_alone_is_a_fact_and_an_unseen_stop_another_lines() -> None:
    verdict = judged(GOOD, replace(NONE, caret=True), replace(NONE, unseen=True, covered="div"))
    assert verdict.outcome is Outcome.MET
    assert "the weakest ring has 6.40:1, 1 show a caret alone, 1 can't be seen themselves" in verdict.because
    assert [row["shows"] for row in found(verdict, "stops")] == ["ok", "caret-only", "unseen"]


def test_the_limit_is_the_callers() -> None:
    assert judged(GOOD, contrast=7.0).outcome is Outcome.VIOLATED
    assert judged(PALE, contrast=1.3).outcome is Outcome.MET


def test_a_state_without_a_stop_is_found() -> None:
    verdict = judged(GOOD, states=(STATE, "dark, landing"))
    (one,) = found(verdict)
    assert (verdict.outcome, one["rule"], one["state"]) == (Outcome.VIOLATED, "no-stop", "dark, landing")


def test_nothing_seen_is_never_met() -> None:
    assert judged(states=()).reason is Reason.NO_DATA
    assert judged().outcome is Outcome.VIOLATED


def test_a_known_ring_is_excused_in_its_state_only() -> None:
    known = KnownFinding("ring-none", "#send", "A. Owner", "a new design comes", "2026-06-01", state="light")
    excused = replace(TODAY, known=(known,))
    assert judged(NONE, excused=excused).outcome is Outcome.MET
    assert judged(NONE, replace(NONE, state="dark, landing"), excused=excused).outcome is Outcome.VIOLATED
    assert judged(GOOD, excused=excused).reason is Reason.STALE

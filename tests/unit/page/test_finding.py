"""What a line's findings come to: known ones, expired ones, those that vanished, those that a person has to see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.finding import Around, Excused, Finding, KnownFinding, Picture, Spot, decide, joined, mark_of
from harness.verdict import Outcome, Reason, Verdict

TODAY = "2026-01-01"
BUTTON = Spot("#send", "button", "Send")
FINDING = Finding("button-name", "the button 'Send' has no name", BUTTON, state="dark, landing")
KNOWN = KnownFinding("button-name", "#send", "ui team", "fixed with the next release", "2026-06-30")
DOUBT = Finding("contrast", "the ground of 'Send' is a picture", BUTTON, certain=False)


def decided(
    *findings: Finding,
    known: tuple[KnownFinding, ...] = (),
    signed: str = "",
    checked: int = 5,
    around: Around | None = None,
) -> Verdict:
    statement = f"looked at {mark_of([one for one in findings if not one.certain])}" if signed else ""
    excused = Excused(TODAY, known, signed, statement)
    return decide(findings, around or Around(), excused, checked=checked, of="buttons")


def facts(verdict: Verdict) -> Any:
    return verdict.facts


def test_nothing_found_is_met_and_says_how_much_was_looked_at() -> None:
    verdict = decided()
    assert verdict.outcome is Outcome.MET
    assert verdict.because == "5 buttons looked at, nothing found"


def test_a_finding_is_said_with_its_state() -> None:
    verdict = decided(FINDING)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.because == "1 of 5 buttons: the button 'Send' has no name [dark, landing]"
    assert facts(verdict)["findings"][0]["spot"]["where"] == "#send"


def test_two_findings_are_said_and_the_others_counted() -> None:
    verdict = decided(*(Finding("r", f"number {i}") for i in range(4)))
    assert verdict.because == "4 of 5 buttons: number 0; number 1; and 2 more"


@pytest.mark.parametrize("findings", [(), (DOUBT,)])
def test_nothing_looked_at_is_never_met(findings: tuple[Finding, ...]) -> None:
    verdict = decided(*findings, checked=0, signed="Ann")
    assert verdict.reason is Reason.NO_DATA


def test_what_is_there_without_being_counted_is_still_a_finding() -> None:
    assert decided(FINDING, checked=0).outcome is Outcome.VIOLATED


def test_a_known_finding_is_counted_and_not_hidden() -> None:
    verdict = decided(FINDING, known=(KNOWN,))
    assert verdict.outcome is Outcome.MET
    assert "1 known" in verdict.because
    (known,) = facts(verdict)["known"]
    assert (known["says"], known["known"]["owner"]) == (FINDING.says, "ui team")


@pytest.mark.parametrize(
    ("today", "met"), [("2026-06-30", True), ("2026-06-30T23:00:00Z", True), ("2026-07-01", False)]
)
def test_a_known_finding_counts_again_once_it_has_expired(today: str, met: bool) -> None:
    verdict = decide([FINDING], Around(), Excused(today, (KNOWN,)), checked=5, of="buttons")
    assert verdict.outcome is (Outcome.MET if met else Outcome.VIOLATED)


@pytest.mark.parametrize("expires", ["2026-06-30", "2025-06-30"])
def test_a_known_finding_that_is_gone_makes_its_entry_stale(expires: str) -> None:
    gone = KnownFinding("button-name", "#send", "ui team", "old", expires)
    verdict = decided(known=(gone,))
    assert verdict.reason is Reason.STALE
    assert "button-name at #send (ui team: old) is gone" in verdict.because
    assert facts(verdict)["gone"][0]["where"] == "#send"


def test_the_same_defect_on_another_element_is_new_and_the_old_entry_gone() -> None:
    moved = Finding("button-name", "the button 'Copy' has no name", Spot("#copy"))
    verdict = decided(moved, known=(KNOWN,))
    assert verdict.outcome is Outcome.VIOLATED
    assert facts(verdict)["gone"][0]["where"] == "#send"


def test_one_that_was_mended_and_one_that_came_do_not_cancel_out() -> None:
    other = KnownFinding("button-name", "#new", "ui team", "soon", "2026-06-30")
    came = Finding("button-name", "the button 'Copy' has no name", Spot("#copy"))
    verdict = decided(FINDING, came, known=(KNOWN, other))
    assert verdict.outcome is Outcome.VIOLATED
    assert [one["spot"]["where"] for one in facts(verdict)["findings"]] == ["#copy"]
    assert [one["where"] for one in facts(verdict)["gone"]] == ["#new"]
    assert len(facts(verdict)["known"]) == 1


@pytest.mark.parametrize(
    ("known", "covers"),
    [
        (KnownFinding("button-name", "#send", "o", "r", "2026-06-30", "dark"), True),
        (KnownFinding("button-name", "#send", "o", "r", "2026-06-30", "light"), False),
        (KnownFinding("link-name", "#send", "o", "r", "2026-06-30"), False),
        (KnownFinding("button-name", "#new", "o", "r", "2026-06-30"), False),
    ],
)
def test_an_entry_covers_its_rule_its_element_and_its_state_alone(known: KnownFinding, covers: bool) -> None:
    assert known.covers(FINDING) is covers


def test_a_doubt_needs_a_person_and_is_met_once_somebody_signed() -> None:
    verdict = decided(DOUBT)
    assert verdict.reason is Reason.NEEDS_SIGNOFF
    assert "a person has to look and sign: gate attest" in verdict.because
    signed = decided(DOUBT, signed="Ann")
    assert signed.outcome is Outcome.MET
    assert "1 looked at by Ann" in signed.because
    assert facts(signed)["to_look_at"][0]["rule"] == "contrast"


@pytest.mark.parametrize(
    "now",
    [
        (DOUBT, replace(DOUBT, spot=Spot("#other"))),  # one more
        (replace(DOUBT, state="dark"),),  # the same in another state
        (replace(DOUBT, says="the ground of 'Send' is another picture"),),
        (replace(DOUBT, rule="other"),),
    ],
)
def test_a_signature_is_for_what_was_looked_at_and_for_nothing_that_came_since(now: tuple[Finding, ...]) -> None:
    excused = Excused(TODAY, signed="Ann", statement=f"looked at {mark_of([DOUBT])} and found nothing wrong")
    assert decide([DOUBT], Around(), excused, checked=5, of="buttons").outcome is Outcome.MET
    later = decide(now, Around(), excused, checked=5, of="buttons")
    assert later.reason is Reason.NEEDS_SIGNOFF
    assert mark_of(now) in later.because  # what has to be signed now


def test_the_order_of_findings_makes_no_other_mark() -> None:
    assert mark_of([DOUBT, FINDING]) == mark_of([FINDING, DOUBT]) != mark_of([DOUBT])


def test_nobody_can_sign_a_certain_finding_away() -> None:
    assert decided(DOUBT, FINDING, signed="Ann").outcome is Outcome.VIOLATED


def test_a_stale_entry_is_not_signed_away_either() -> None:
    assert decided(DOUBT, known=(KNOWN,), signed="Ann").reason is Reason.STALE


@pytest.mark.parametrize(
    ("around", "rule"),
    [(Around(foreign=("cdn.example",)), "foreign-host"), (Around(errors=("x is not defined",)), "script-error")],
)
def test_foreign_hosts_and_script_errors_are_findings_whatever_was_looked_for(around: Around, rule: str) -> None:
    verdict = decided(around=around)
    assert verdict.outcome is Outcome.VIOLATED
    assert [one["rule"] for one in facts(verdict)["findings"]] == [rule]


def test_a_known_script_error_is_excused_like_any_other() -> None:
    known = KnownFinding("script-error", "the page", "ui team", "harmless", "2026-06-30")
    assert decided(known=(known,), around=Around(errors=("x",))).outcome is Outcome.MET


def test_what_several_tabs_had_around_them_is_told_once() -> None:
    one = Around({"browser": "c"}, (Picture("a", "a.png", 1, 1),), ("e", "f"), ("h",), 1.5)
    two = Around({"axe-core": "4"}, (Picture("b", "b.png", 1, 1),), ("e",), ("h", "i"), 2.0)
    both = joined(one, two)
    assert both.versions == {"browser": "c", "axe-core": "4"}
    assert [picture.file for picture in both.pictures] == ["a.png", "b.png"]
    assert (both.errors, both.foreign, both.took_s) == (("e", "f"), ("h", "i"), 3.5)


LANDING, DARK, RELOADED = (
    Picture(name, f"BB-05-{name}.png", 1280, 800, state)
    for name, state in (("landing", "light, 1280 px"), ("dark", "dark, 1280 px"), ("reloaded", "dark, 1280 px"))
)
PICTURED = Around(pictures=(LANDING, DARK, RELOADED))


@pytest.mark.parametrize(
    ("state", "picture"),
    [("light, 1280 px", LANDING), ("dark", RELOADED), ("light, landing", LANDING), ("", RELOADED)],
)
def test_what_is_wrong_with_the_whole_page_is_shown_in_the_picture_most_like_its_state(
    state: str, picture: Picture
) -> None:
    verdict = decided(Finding("theme-lost", "the theme is lost", state=state), around=PICTURED)
    (found,) = facts(verdict)["findings"]
    assert (found["spot"]["picture"], found["spot"]["box"]) == (picture.file, None)


def test_an_element_keeps_the_picture_that_its_look_gave_it() -> None:
    pictured = replace(FINDING, spot=replace(BUTTON, picture="own.png", box=(1.0, 2.0, 3.0, 4.0)))
    (found,) = facts(decided(pictured, around=PICTURED))["findings"]
    assert (found["spot"]["picture"], found["spot"]["box"]) == ("own.png", (1.0, 2.0, 3.0, 4.0))


def test_a_picture_changes_neither_what_is_known_nor_what_was_signed() -> None:
    assert decided(FINDING, known=(KNOWN,), around=PICTURED).outcome is Outcome.MET
    assert decided(DOUBT, signed="Ann", around=PICTURED).outcome is Outcome.MET


def test_an_error_of_a_script_says_what_to_do_about_it() -> None:
    (found,) = facts(decided(around=replace(PICTURED, errors=("x is not defined",))))["findings"]
    assert all(found[key] for key in ("wanted", "got", "fix"))
    assert found["spot"]["picture"] == RELOADED.file

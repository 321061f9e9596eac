"""The judge of automated rules alone: what axe is sure of, what it is not, and what was never examined."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import msgspec
import pytest

from harness.judge.page import criteria
from harness.judge.page.axe import FOREIGN, PAGES, THEMES, UNEXAMINED, UNTESTED, AxeResult, AxeSeen, Run, judge
from harness.judge.page.finding import Around, Excused, KnownFinding
from harness.verdict import Outcome, Reason, Verdict

EXCUSED = Excused("2026-01-01")
AROUND = Around({"axe-core": "4.12.1"})
NAMELESS = AxeResult(
    "button-name",
    "violation",
    "#send",
    "button",
    impact="critical",
    help="Buttons must have discernible text",
    help_url="https://example.org/button-name",
    tags=("cat.name-role-value", "wcag2a", "wcag412"),
    html="<button></button>",
    summary="Fix any of the following:\n  Element has no text\n  aria-label attribute does not exist",
    box=(1.0, 2.0, 3.0, 4.0),
)
LOST = AxeResult("aria-valid-attr-value", "incomplete", "#landing", tags=("wcag412",), summary="Fix it:\n  unknown id")


def seen(*hits: tuple[str, str, str, AxeResult], left_out: tuple[str, str] = ("", "")) -> AxeSeen:
    """A look at both themes and all pages, in which each hit is a theme, a page, a condition and a result."""
    runs = [
        Run(theme, page, "", 30, tuple(hit[3] for hit in hits if hit[:3] == (theme, page, "")))
        for theme, page in product(THEMES, PAGES)
        if (theme, page) != left_out
    ]
    runs += [Run(theme, page, condition, 5, (result,)) for theme, page, condition, result in hits if condition]
    return AxeSeen(tuple(runs), unchanged=40, shown=("table",), closed=1, around=AROUND)


def facts(verdict: Verdict) -> Any:
    return verdict.facts


def rules(verdict: Verdict) -> list[str]:
    return [one["rule"] for one in (*facts(verdict)["findings"], *facts(verdict)["to_look_at"])]


def test_no_result_anywhere_is_met_with_the_version_and_how_much_was_examined() -> None:
    verdict = judge(seen(), EXCUSED)
    assert verdict.outcome is Outcome.MET
    assert verdict.because.startswith("46 states of the page looked at, nothing found; axe-core 4.12.1, up to 30 rules")
    assert facts(verdict)["axe"]["custom_elements_without_open_root"] == 1
    assert len(facts(verdict)["axe"]["runs"]) == 6


def test_a_violation_is_said_with_its_criterion_its_reasons_and_what_to_do() -> None:
    verdict = judge(seen(("light", "landing", "", NAMELESS)), EXCUSED)
    (found,) = facts(verdict)["findings"]
    assert verdict.outcome is Outcome.VIOLATED
    assert found["says"] == (
        "button (#send) breaks axe's rule button-name: Element has no text; aria-label attribute does not exist"
    )
    assert found["criterion"] == "WCAG 4.1.2 Name, Role, Value (A)"
    assert found["state"] == "light, landing"
    assert "https://example.org/button-name" in found["fix"]


@pytest.mark.parametrize(
    ("hits", "state"),
    [
        ([("light", "landing", ""), ("dark", "landing", "")], "light and dark, landing"),
        ([("dark", "error", "button 'Send' hovered")], "dark, error, button 'Send' hovered"),
        ([("light", "landing", ""), ("light", "landing", "button 'Send' focused")], "light, landing"),
        (
            [("light", "landing", ""), ("dark", "error", "link 'x' hovered")],
            "light, landing; dark, error, link 'x' hovered",
        ),
    ],
)
def test_the_same_element_in_several_states_is_one_finding(hits: list[tuple[str, str, str]], state: str) -> None:
    verdict = judge(seen(*((*hit, NAMELESS) for hit in hits)), EXCUSED)
    (found,) = facts(verdict)["findings"]
    assert found["state"] == state


def test_two_elements_of_one_rule_are_two_findings() -> None:
    verdict = judge(
        seen(("light", "landing", "", NAMELESS), ("light", "landing", "", replace(NAMELESS, where="#new"))), EXCUSED
    )
    assert [one["spot"]["where"] for one in facts(verdict)["findings"]] == ["#send", "#new"]


def test_the_spot_is_that_of_a_picture_where_one_was_taken() -> None:
    pictured = replace(NAMELESS, picture="AX-01-1.png", box=(5.0, 6.0, 7.0, 8.0))
    verdict = judge(seen(("light", "landing", "", NAMELESS), ("dark", "landing", "", pictured)), EXCUSED)
    spot = facts(verdict)["findings"][0]["spot"]
    assert (spot["picture"], tuple(spot["box"])) == ("AX-01-1.png", (5.0, 6.0, 7.0, 8.0))


def test_a_known_violation_is_covered_by_rule_element_and_theme() -> None:
    known = KnownFinding("button-name", "#send", "ui team", "soon", "2026-06-30", "dark")
    for theme, outcome in (("dark", Outcome.MET), ("light", Outcome.VIOLATED)):
        verdict = judge(seen((theme, "landing", "", NAMELESS)), Excused("2026-01-01", (known,)))
        assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (replace(LOST, lost=("aria-labelledby",)), Outcome.VIOLATED),
        (replace(LOST, lost=("aria-describedby", "aria-controls")), Outcome.VIOLATED),
        (replace(LOST, lost=("aria-controls",)), Outcome.UNKNOWN),
        (LOST, Outcome.UNKNOWN),
        (replace(LOST, rule="duplicate-id-aria", lost=("aria-labelledby",)), Outcome.UNKNOWN),
        (AxeResult(UNTESTED, "incomplete", "iframe"), Outcome.VIOLATED),
        (AxeResult(FOREIGN, "incomplete", "iframe", summary="ads.example"), Outcome.UNKNOWN),
    ],
)
def test_what_axe_is_not_sure_of_is_settled_by_the_record_or_by_a_person(result: AxeResult, outcome: Outcome) -> None:
    verdict = judge(seen(("light", "landing", "", result)), EXCUSED)
    assert verdict.outcome is outcome
    assert rules(verdict) == [result.rule]
    assert verdict.reason in {None, Reason.NEEDS_SIGNOFF}


def test_a_foreign_frame_is_named_with_its_host() -> None:
    result = AxeResult(FOREIGN, "incomplete", "iframe", summary="ads.example")
    verdict = judge(seen(("light", "landing", "", result)), EXCUSED)
    assert "the frame iframe belongs to ads.example and was not examined" in verdict.because


def test_a_theme_that_was_not_examined_is_for_a_person_to_look_at() -> None:
    verdict = judge(seen(left_out=("dark", "error")), EXCUSED)
    assert verdict.reason is Reason.NEEDS_SIGNOFF
    assert rules(verdict) == [UNEXAMINED]
    assert "no rule was applied to the page in dark, error" in verdict.because


@pytest.mark.parametrize(
    "record",
    [
        AxeSeen(),
        AxeSeen(unchanged=40),
        AxeSeen(tuple(Run(theme, page) for theme, page in product(THEMES, PAGES)), unchanged=40),
    ],
    ids=["no run", "states alone", "no rule applied"],
)
def test_nothing_seen_is_never_met(record: AxeSeen) -> None:
    assert judge(record, EXCUSED).reason is Reason.NO_DATA
    assert judge(record, replace(EXCUSED, signed="Ann")).reason is Reason.NO_DATA


def test_a_record_survives_being_written_and_read() -> None:
    record = seen(("light", "landing", "", NAMELESS))
    assert msgspec.json.decode(msgspec.json.encode(record), type=AxeSeen) == record


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1.4.3", "WCAG 1.4.3 Contrast (Minimum) (AA)"),
        ("2.4.7", "WCAG 2.4.7 Focus Visible (AA)"),
        ("9.9.9", "WCAG 9.9.9"),
    ],
)
def test_a_criterion_is_called_by_its_name(number: str, name: str) -> None:
    assert criteria.named(number) == name


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (("wcag2a", "wcag21aa", "wcag111", "section508.22.a"), "WCAG 1.1.1 Non-text Content (A)"),
        (("wcag21aa", "wcag1412"), "WCAG 1.4.12 Text Spacing (AA)"),
        (("wcag211", "wcag213"), "WCAG 2.1.1 Keyboard (A)"),
        (("wcag213",), "WCAG 2.1.3 Keyboard (No Exception) (AAA)"),
        (("wcag244", "wcag412"), "WCAG 2.4.4 Link Purpose (In Context) (A); WCAG 4.1.2 Name, Role, Value (A)"),
        (("best-practice",), ""),
    ],
)
def test_axe_s_tags_name_the_criteria(tags: tuple[str, ...], names: str) -> None:
    assert criteria.of_tags(tags) == names


POPUP = (
    "Fix all of the following:\n  Unable to determine if aria-controls referenced ID exists on the page while using "
    'aria-haspopup: aria-controls="menu"'
)


def test_what_a_control_with_a_pop_up_names_needs_nobody_to_look_for_when_it_is_there() -> None:
    there = replace(LOST, summary=POPUP)
    assert judge(seen(("light", "landing", "", there)), EXCUSED).outcome is Outcome.MET


@pytest.mark.parametrize(
    "doubt",
    [
        replace(LOST, summary=POPUP, lost=("aria-controls",)),
        replace(LOST, summary=POPUP + "\n  aria-current value is invalid"),
        replace(LOST, summary="Fix all of the following:\n  Unable to determine something else"),
        replace(LOST, rule="aria-allowed-role", summary=POPUP),
    ],
    ids=["it is not there", "and something else", "something else", "another rule"],
)
def test_of_other_doubts_a_person_is_asked(doubt: AxeResult) -> None:
    verdict = judge(seen(("light", "landing", "", doubt)), EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)

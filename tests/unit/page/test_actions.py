"""Suggested actions, judged: each rule, and that nothing seen is never MET."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.actions import ActionsSeen, Turn, judge, offers
from harness.judge.page.asked import Asked, Sent
from harness.judge.page.choice import CLICK, DOUBLE, ENTER, Choice, Pressed, markup, once, placeholder
from harness.judge.page.finding import Around, Excused, Finding, Spot
from harness.verdict import Outcome, Reason, Verdict

TODAY = Excused("2026-01-01")
LABELS = ("Show it as a table", "List the first steps", "What are the risks?")


def asked(question: str, *labels: str, **more: Any) -> Asked:
    actions = [{"label": label, **more} for label in labels]
    return Asked(question, CLICK, (Sent(question, "s", 200),), {"blocks": [], "meta": {"suggested_actions": actions}})


def choices(*labels: str, **more: Any) -> tuple[Choice, ...]:
    spots = [Spot(f"#b{place}", "button", label) for place, label in enumerate(labels)]
    return tuple(Choice(spot.name, spot, place, **more) for place, spot in enumerate(spots))


def turn(question: str, *labels: str, how: str = "typed") -> Turn:
    return Turn(how, asked(question, *labels), choices(*labels))


def press(how: str, label: str, *sent: str, **more: Any) -> Turn:
    """The turn after a press; without anything sent there is no answer either."""
    questions = tuple(Sent(question, "s", 200) for question in sent)
    document: Any = asked(label, *LABELS).document if sent else {}
    choice = Choice(label, Spot("#b2", "button", label), 2)
    made = Pressed(how, choice, Asked(label, how, questions, document), 1, **more)
    return Turn(how, made.asked, choices(*LABELS), pressed=made)


def said(*turns: Turn, flag: bool | None = True) -> Verdict:
    return judge(ActionsSeen(flag, turns, Around()), TODAY)


def rules(verdict: Verdict) -> set[str]:
    found: Any = verdict.facts["findings"]
    return {one["rule"] for one in found}


def test_offers_that_are_shown_and_ask_themselves_once_are_met() -> None:
    verdict = said(turn("How do I plan?", *LABELS), press(CLICK, "Why?", "Why?"))
    assert rules(verdict) == set()
    assert (verdict.outcome, verdict.facts["checked"]) == (Outcome.MET, 6)
    assert "each asked its own question once by click" in verdict.because


def test_nothing_seen_is_never_met() -> None:
    assert said(flag=None).reason is Reason.NO_DATA
    assert said(turn("How?"), flag=None).reason is Reason.NO_DATA
    assert said(flag=False).reason is Reason.NO_DATA
    assert said(turn("How?")).outcome is Outcome.VIOLATED
    assert rules(said(turn("How?"))) == {"none-offered"}


@pytest.mark.parametrize(
    ("shown", "rule"),
    [
        ((), "not-shown"),
        (choices(LABELS[0], LABELS[1]), "missing"),
        (choices(*LABELS, "Tell me more"), "not-offered"),
        (choices(*LABELS, LABELS[0].upper()), "twice"),
        (choices(*LABELS, ""), "no-text"),
        (choices(*LABELS, usable=False), "not-usable"),
        (choices(*LABELS, "How do I plan?"), "asks-the-same"),
        (choices(*LABELS, "**Bold** one"), "markup-left"),
        (choices(*LABELS, "Plan {subject}"), "placeholder-left"),
    ],
)
def test_what_is_shown_is_what_the_answer_offers_in_words(shown: tuple[Choice, ...], rule: str) -> None:
    verdict = said(replace(turn("How do I plan?", *LABELS), shown=shown))
    assert verdict.outcome is Outcome.VIOLATED
    assert rule in rules(verdict)


def test_offers_without_a_group_are_told_apart_from_none() -> None:
    loose = replace(turn("How?", *LABELS), shown=(), loose=choices(*LABELS))
    assert rules(said(loose)) == {"no-group"}


def test_what_is_left_of_earlier_answers_or_usable_meanwhile_is_a_finding() -> None:
    first = turn("How do I plan?", *LABELS)
    after = press(CLICK, "Why?", "Why?")
    assert rules(said(first, replace(after, old=choices("Old one", newest=False)))) == {"old-left"}
    busy = press(CLICK, "Why?", "Why?", meanwhile=choices("Old one"))
    assert rules(said(first, busy)) == {"usable-while-busy"}
    asleep = press(CLICK, "Why?", "Why?", meanwhile=choices("Old one", usable=False))
    assert rules(said(first, asleep)) == set()


@pytest.mark.parametrize(
    ("pressed", "rule"),
    [
        (press(CLICK, "Why?", "Why?", "Why?"), "sent-twice"),
        (press(DOUBLE, "Why?", "Why?", "Why?"), "sent-twice-by-double-click"),
        (press(CLICK, "Why?", "why not?"), "other-text"),
        (press(CLICK, "Why?"), "dead"),
    ],
)
def test_a_press_asks_its_own_text_once(pressed: Turn, rule: str) -> None:
    assert rules(said(turn("How do I plan?", *LABELS), pressed)) == {rule}


def test_a_button_that_only_the_mouse_can_press_is_dead_by_keyboard() -> None:
    verdict = said(turn("How do I plan?", *LABELS), press(CLICK, "Why?", "Why?"), press(ENTER, "Why?"))
    assert rules(verdict) == {"dead-by-keyboard"}
    assert "WCAG 2.1.1" in str(verdict.facts["findings"])


def test_a_question_that_was_not_answered_is_a_finding_with_its_status() -> None:
    broken = press(CLICK, "Why?", "Why?")
    assert broken.pressed is not None
    failed = replace(broken.pressed.asked, sent=(Sent("Why?", "s", 503),), document={})
    broken = replace(broken, asked=failed, shown=(), pressed=replace(broken.pressed, asked=failed))
    verdict = said(turn("How do I plan?", *LABELS), broken)
    assert rules(verdict) == {"no-answer"}
    assert "status 503" in verdict.because


def test_an_offer_may_stand_for_a_longer_question() -> None:
    first = Turn("typed", asked("How?", "Table", payload="Put it into a table"), choices("Table"))
    assert offers(first.asked)[0].asks == "Put it into a table"
    assert rules(said(first, press(CLICK, "Table", "Put it into a table"))) == set()
    assert rules(said(first, press(CLICK, "Table", "Table"))) == {"other-text"}


def test_with_the_flag_off_nothing_may_be_shown() -> None:
    assert said(turn("How?"), flag=False).outcome is Outcome.MET
    assert rules(said(replace(turn("How?"), shown=choices("Tell me more")), flag=False)) == {"shown-though-off"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Show **bold** words", "**bold**"),
        ("Call `f()`", "`f()`"),
        ("See [this](/x)", "[this](/x)"),
        ("Risks &amp; costs", "&amp;"),
        ("<b>Risks</b>", "<b>"),
        ("## Risks", "## "),
        ("R&D costs", ""),
        ("What is Vec<u8>?", ""),
        ("How does __init__ work?", ""),
        ("What is 2**3?", ""),
    ],
)
def test_markup_is_told_from_text(text: str, left: str) -> None:
    assert markup(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Plan {subject}", "{subject}"),
        ("Plan {{ subject }}", "{{ subject }}"),
        ("Plan %(what)s", "%(what)s"),
        ("[object Object]", "[object Object]"),
        ("undefined", "undefined"),
        ("What is undefined behaviour?", ""),
        ("Save 5% soon", ""),
    ],
)
def test_what_nobody_filled_in_is_told_from_text(text: str, left: str) -> None:
    assert placeholder(text) == left


def test_findings_of_one_rule_become_one_with_all_states() -> None:
    found = once([Finding("a", "x", state="load 1"), Finding("b", "y"), Finding("a", "z", state="load 2")])
    assert [(one.rule, one.says, one.state) for one in found] == [("a", "x", "load 1, load 2"), ("b", "y", "")]

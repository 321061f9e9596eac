"""Landing examples, judged: each rule, and that nothing seen is never MET."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.asked import Asked, Sent
from harness.judge.page.choice import CLICK, ENTER, Choice, Pressed
from harness.judge.page.examples import ExamplesSeen, Given, Load, judge
from harness.judge.page.finding import Around, Excused, Spot
from harness.verdict import Outcome, Reason, Verdict

TODAY = Excused("2026-01-01")
PATH = "/api/prompts/examples"
ONE = ("How do I plan?", "What helps?", "Which steps?")
OTHER = ("How do I sleep?", "What helps?", "Which steps?")


def choices(*texts: str) -> tuple[Choice, ...]:
    return tuple(Choice(text, Spot(f"#e{place}", "button", text), place) for place, text in enumerate(texts))


def load(*texts: str) -> Load:
    return Load(Given(200, texts), choices(*texts))


def press(text: str, *sent: str, how: str = CLICK) -> Pressed:
    questions = tuple(Sent(question, "", 200) for question in sent)
    return Pressed(how, Choice(text, place=2), Asked(text, how, questions, {"blocks": []} if sent else {}))


def said(*loads: Load, flag: bool | None = True, path: str = PATH) -> Verdict:
    return judge(ExamplesSeen(flag, path, loads, Around()), TODAY)


def rules(verdict: Verdict) -> set[str]:
    found: Any = verdict.facts["findings"]
    return {one["rule"] for one in found}


def test_examples_of_the_service_that_differ_between_loads_are_met() -> None:
    used = replace(load(*OTHER), typed=choices(*OTHER), pressed=press(OTHER[2], OTHER[2]))
    verdict = said(load(*ONE), used)
    assert rules(verdict) == set()
    assert verdict.outcome is Outcome.MET
    assert "6 examples in 2 loads looked at" in verdict.because
    assert "2 different lists in 2 loads" in verdict.because


def test_nothing_seen_is_never_met() -> None:
    assert said().reason is Reason.NO_DATA
    verdict = said(load(), load())
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == {"too-few"}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (load(*ONE[:2]), "too-few"),
        (load(*ONE, ""), "no-text"),
        (load(*ONE, ONE[0]), "twice"),
        (load(*ONE, "How do I plan {subject}?"), "placeholder-left"),
        (load(*ONE, "**Plan**"), "markup-left"),
        (replace(load(*ONE), given=Given(200, OTHER)), "list-of-its-own"),
        (replace(load(*ONE), given=Given(503)), "list-of-its-own"),
        (replace(load(*ONE), given=None), "list-of-its-own"),
        (replace(load(*ONE), typed=choices(*ONE[::-1])), "reshuffled"),
        (replace(load(*ONE), pressed=press(ONE[2])), "dead"),
        (replace(load(*ONE), pressed=press(ONE[2], ONE[2], ONE[2])), "sent-twice"),
        (replace(load(*ONE), pressed=press(ONE[2], ONE[0])), "other-text"),
    ],
)
def test_each_defect_of_a_load_is_a_finding_of_its_rule(changed: Load, rule: str) -> None:
    verdict = said(load(*OTHER), changed)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == {rule}


def test_an_example_that_only_the_mouse_can_press_is_dead_by_keyboard() -> None:
    entered = replace(load(*ONE), pressed=press(ONE[2], how=ENTER))
    clicked = replace(load(*OTHER), pressed=press(OTHER[2], OTHER[2]))
    assert rules(said(entered, clicked)) == {"dead-by-keyboard"}


def test_a_landing_that_goes_away_while_somebody_types_is_no_change() -> None:
    assert rules(said(load(*OTHER), replace(load(*ONE), typed=()))) == set()


def test_the_same_examples_in_each_load_are_stale_with_the_probability_of_chance() -> None:
    verdict = said(*[load(*ONE)] * 8)
    assert rules(verdict) == {"same-on-each-load"}
    assert "at most 0.8%" in verdict.because
    assert said(load(*ONE)).outcome is Outcome.MET  # one load alone tells nothing of it


def test_where_nobody_knows_the_flag_a_person_says_whether_the_same_examples_are_right() -> None:
    assert said(*[load(*ONE)] * 8, flag=None).reason is Reason.NEEDS_SIGNOFF


def test_with_the_flag_off_one_list_is_right_also_the_pages_own() -> None:
    own = Load(None, choices(*ONE))
    assert said(own, own, flag=False).outcome is Outcome.MET
    assert rules(said(load(*ONE), load(*OTHER), flag=False)) == {"differs-though-off"}


def test_without_an_address_of_the_service_its_lists_are_not_compared() -> None:
    assert said(Load(None, choices(*ONE)), Load(None, choices(*OTHER)), path="").outcome is Outcome.MET


def test_the_same_defect_in_all_loads_is_one_finding_that_names_them() -> None:
    own = replace(load(*ONE), given=None)
    found: Any = said(own, replace(own, shown=choices(*OTHER))).facts["findings"]
    assert [one["state"] for one in found] == ["load 1, load 2"]

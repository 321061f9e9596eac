"""A good-looking answer that is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.observe.load.substance import CANNED, REMEMBERED, REPEATED, UNRELATED, Substance
from harness.observe.load.validity import Answer
from harness.target import Answers

BATTERIES = "Let us work on batteries, number 1-0. What comes next?"
TIDES = "Let us work on tides, number 2-0. What comes next?"


def answer(text: str, title: str = "An answer to it") -> Answer:
    meta = {"schema": "v2", "session_id": "s", "tier": "regular", "tokens_used": 7}
    body: dict[str, Any] = {"title": title, "blocks": [{"type": "markdown", "content": text}], "meta": meta}
    return msgspec.convert(body, Answer)


def substance(*apologies: str) -> Substance:
    return Substance(apologies or Answers().apologies)


def test_an_answer_to_its_question_is_one() -> None:
    assert substance().kind(answer("Batteries wear out."), BATTERIES) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Batteries: please TRY AGAIN LATER.",
        "We can't help with that right now.",
        "We can\u2019t help with that right now.",
        "Something\nwent  wrong with batteries.",
    ],
)
def test_an_apology_is_none_however_it_is_set(text: str) -> None:
    assert substance().kind(answer(text), BATTERIES) == CANNED
    assert substance().kind(answer("Batteries.", title=text), BATTERIES) == CANNED


def test_an_apology_without_words_makes_no_answer_canned() -> None:
    assert substance("", "  ").kind(answer("Batteries wear out."), BATTERIES) == ""


def test_the_same_text_for_another_question_is_repeated() -> None:
    seen, same = substance(), answer("Batteries and tides.")
    assert seen.kind(same, BATTERIES) == ""
    assert seen.kind(same, TIDES) == REPEATED
    assert seen.kind(answer("batteries AND tides."), TIDES) == REPEATED
    assert seen.kind(same, BATTERIES) == ""


def test_a_text_about_something_else_is_unrelated() -> None:
    assert substance().kind(answer("Tides come and go."), BATTERIES) == UNRELATED
    assert substance().kind(answer("What comes next with this number?"), BATTERIES) == UNRELATED
    assert substance().kind(answer(""), BATTERIES) == UNRELATED


def test_a_question_without_a_word_to_look_for_is_not_judged_by_it() -> None:
    assert substance().kind(answer("Yes."), "And so?") == ""


def test_texts_are_forgotten_in_time_and_not_before() -> None:
    seen, same = substance(), answer("Batteries and tides.")
    assert seen.kind(same, BATTERIES) == ""
    for number in range(REMEMBERED - 1):
        assert seen.kind(answer(f"Tides {number}."), TIDES) == ""
    assert seen.kind(same, TIDES) == REPEATED
    for number in range(REMEMBERED):
        assert seen.kind(answer(f"More tides {number}."), TIDES) == ""
    assert seen.kind(same, TIDES) == ""

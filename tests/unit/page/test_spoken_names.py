"""The judge of what screen readers get: names, roles, tables, states, and the news."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.announced import Refused, Told
from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.spoken_names import Named, ReadTable, SpokenNames, Toggle, judge
from harness.verdict import Outcome, Reason, Verdict

TODAY = Excused("2026-01-01")
SPOT = Spot("#it", "button", "It")
SEND = Named(SPOT, "landing", "button", "Send", "Send")
PICTURE = Named(SPOT, "landing", "image", "Three stages, each feeding the next")
TABLE = ReadTable(SPOT, "conversation", ("Drink", "Price"), True, "Drinks", ("Drink", "Price"), (2, 2, 2))
DARK = Toggle(SPOT, "conversation", "aria-pressed", "true")
TOLD = Told(SPOT, "conversation", "polite", "polite", 4, 0, False, ("The answer is complete.",))
REFUSED = Refused(SPOT, "refused", ("The server could not answer (500).",))
GOOD = SpokenNames((SEND,), (PICTURE,), (TABLE,), (DARK,), TOLD, REFUSED, Around())


def judged(**changed: Any) -> Verdict:
    return judge(replace(GOOD, **changed), TODAY)


def found(verdict: Verdict, where: str = "findings") -> list[Any]:
    rows: Any = verdict.facts[where]
    return list(rows)


def test_all_that_is_heard_is_met_and_counted() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.MET
    assert "4 controls, images, tables and states" in verdict.because
    assert "announced (polite)" in verdict.because


@pytest.mark.parametrize(
    ("control", "rule", "criterion"),
    [
        (replace(SEND, role="generic"), "no-role", "4.1.2"),
        (replace(SEND, role="none", name=""), "no-role", "4.1.2"),
        (replace(SEND, name=" ", text=""), "no-name", "4.1.2"),
        (replace(SEND, name="content_copy", text=""), "icon-name", "4.1.2"),
        (replace(SEND, name="send", text="", icons=("send",)), "icon-name", "4.1.2"),
        (replace(SEND, name="send Send", icons=("send",)), "icon-name", "4.1.2"),
        (replace(SEND, name="\ue14d", text="\ue14d"), "symbol-name", "4.1.2"),
        (replace(SEND, name="\u00d7", text="\u00d7"), "symbol-name", "4.1.2"),
        (replace(SEND, name="send.svg", text=""), "file-name", "4.1.2"),
        (replace(SEND, name="Submit"), "label-not-in-name", "2.5.3"),
    ],
)
def test_a_control_that_is_not_heard_as_it_is_seen(control: Named, rule: str, criterion: str) -> None:
    verdict = judged(controls=(SEND, control))
    (one,) = found(verdict)
    assert verdict.outcome is Outcome.VIOLATED
    assert one["rule"] == rule
    assert criterion in one["criterion"]


@pytest.mark.parametrize(
    "control",
    [
        replace(SEND, name="Send the question"),
        replace(SEND, name="send", text="SEND "),
        replace(SEND, name="Send", text="Send…"),
        replace(SEND, name="Export CSV", text="Export  CSV"),
        replace(SEND, name="Explain snake_case", text="Explain snake_case"),
        replace(SEND, name="Copy", text="", icons=("content_copy",)),
        replace(SEND, role="generic", name="", text="", scrolls=True),
        replace(SEND, role="region", name="Drinks", text="Tea 2.50"),
        replace(SEND, name="问题", text="问题"),
    ],
)
def test_a_control_that_is_heard(control: Named) -> None:
    assert judged(controls=(control,)).outcome is Outcome.MET


def test_whether_an_emoji_is_name_enough_a_person_says() -> None:
    verdict = judged(controls=(replace(SEND, name="👍", text="👍"),))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)
    assert found(verdict, "to_look_at")[0]["rule"] == "symbol-name"


@pytest.mark.parametrize(("name", "rule"), [("", "image-no-alt"), ("diagram.svg", "file-name")])
def test_an_image_without_words(name: str, rule: str) -> None:
    (one,) = found(judged(images=(replace(PICTURE, name=name),)))
    assert one["rule"] == rule
    assert "1.1.1" in one["criterion"]


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (ReadTable(SPOT, "conversation", ("Drink", "Price"), found=False), "table-not-read"),
        (replace(TABLE, name=""), "table-no-name"),
        (replace(TABLE, headers=()), "headers-not-read"),
        (replace(TABLE, headers=("Drink", " ")), "headers-not-read"),
        (replace(TABLE, cells=(2, 2, 1)), "cells-not-in-columns"),
    ],
)
def test_a_table_that_a_reader_can_not_follow(table: ReadTable, rule: str) -> None:
    (one,) = found(judged(tables=(table,)))
    assert one["rule"] == rule
    assert "1.3.1" in one["criterion"]


def test_a_column_without_a_header_in_the_answer_needs_none() -> None:
    table = replace(TABLE, wanted=("", "Price"), headers=("", "Price"))
    assert judged(tables=(table,)).outcome is Outcome.MET


def test_a_state_that_is_not_told() -> None:
    (one,) = found(judged(toggles=(replace(DARK, after="false"),)))
    assert one["rule"] == "state-not-told"


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (replace(TOLD, live="", in_tree="", said=()), "answer-not-announced"),
        (replace(TOLD, in_tree="", said=()), "answer-not-announced"),
        (replace(TOLD, changes=0, said=()), "answer-not-announced"),
        (replace(TOLD, busy=True), "busy-stays"),
    ],
)
def test_an_answer_that_nobody_is_told_of(told: Told, rule: str) -> None:
    verdict = judged(told=told)
    assert verdict.outcome is Outcome.VIOLATED
    assert [one["rule"] for one in found(verdict)] == [rule]


@pytest.mark.parametrize("told", [replace(TOLD, said=()), replace(TOLD, live="", in_tree="", changes=0)])
def test_either_a_region_around_the_answer_or_a_status_is_enough(told: Told) -> None:
    assert judged(told=told).outcome is Outcome.MET


def test_whether_an_answer_in_pieces_can_be_followed_a_person_says() -> None:
    verdict = judged(told=replace(TOLD, pieces=9))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)


@pytest.mark.parametrize(
    ("refused", "rule"),
    [
        (Refused(SPOT, "refused", (), ("The server could not answer (500).",)), "error-not-announced"),
        (Refused(SPOT, "refused"), "error-not-told"),
    ],
)
def test_an_error_that_nobody_is_told_of(refused: Refused, rule: str) -> None:
    (one,) = found(judged(refused=refused))
    assert one["rule"] == rule
    assert "4.1.3" in one["criterion"]


def test_nothing_seen_is_never_met() -> None:
    verdict = judged(controls=())
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)

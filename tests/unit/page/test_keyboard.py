"""The judge of the keyboard: each thing that can be wrong with a walk there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.finding import Around, Excused, KnownFinding, Spot
from harness.judge.page.keyboard import Keyboard, judge
from harness.judge.page.keyboard_walk import Control, Opened, Visit, Walk
from harness.verdict import Outcome, Reason, Verdict

TODAY = Excused("2026-01-01")


def control(i: int, **more: Any) -> Control:
    box = (0.0, 40.0 * i, 100.0, 20.0)
    return Control(Spot(f"#c{i}", "button", f"Button {i}", "top.png", box), box, **more)


def visits(*at: int) -> tuple[Visit, ...]:
    return tuple(Visit(i, Spot(f"#c{i}", "button", f"Button {i}")) for i in at)


FOUR = tuple(control(i) for i in range(4))
GOOD = Walk("landing", FOUR, (), visits(0, 1, 2, 3), True, visits(3, 2, 1, 0), True)
RADIOS = (control(0), control(1, group=0), control(2, group=0), control(3))


def judged(*walks: Walk, excused: Excused = TODAY) -> Verdict:
    return judge(Keyboard(walks, Around()), excused)


def found(verdict: Verdict) -> list[Any]:
    rows: Any = verdict.facts["findings"]
    return list(rows)


def test_a_walk_there_and_back_is_met_and_counted() -> None:
    verdict = judged(GOOD, replace(GOOD, state="conversation"))
    assert verdict.outcome is Outcome.MET
    assert "8 controls looked at" in verdict.because
    assert "16 stops in 2 walks" in verdict.because


@pytest.mark.parametrize(
    ("walk", "rule", "where", "says"),
    [
        (replace(GOOD, forward=visits(0, 1, 3), backward=visits(3, 1, 0)), "never-reached", "#c2", "'Button 2'"),
        (replace(GOOD, suspects=(Spot("#s", "span", "More"),)), "mouse-only", "#s", "only a mouse can use span 'More'"),
        (
            replace(GOOD, controls=(*FOUR[:3], replace(FOUR[3], tabindex=5))),
            "positive-tabindex",
            "#c3",
            "has tabindex 5",
        ),
        (
            replace(GOOD, forward=visits(0, 1, 1, 1, 1), left=False, backward=(), returned=False),
            "keyboard-trap",
            "#c1",
            "never leaves button 'Button 1' (#c1); 2 of 4 controls are out of reach",
        ),
        (
            replace(GOOD, forward=visits(0, 1, 2, 1, 2, 1, 2), left=False, backward=(), returned=False),
            "keyboard-trap",
            "#c2",
            "goes round button 'Button 1' (#c1), button 'Button 2' (#c2) and never leaves them; 1 of 4",
        ),
        (
            replace(GOOD, forward=(*visits(0), *(Visit(-1),) * 4), left=False, backward=(), returned=False),
            "focus-lost",
            "the page",
            "leads to nothing",
        ),
        (Walk("landing", FOUR), "nothing-reached", "the page", "reaches nothing"),
        (
            replace(GOOD, forward=visits(0, 1, 2, 1, 3), backward=visits(3, 1, 2, 1, 0)),
            "stop-repeats",
            "#c1",
            "twice",
        ),
        (replace(GOOD, forward=visits(1, 2, 3, 0), backward=visits(0, 3, 2, 1)), "order-jumps", "#c0", "100 px below"),
        (replace(GOOD, backward=visits(3, 2, 2, 2, 2), returned=False), "no-way-back", "#c2", "never leave"),
        (replace(GOOD, backward=visits(3, 1, 2, 0)), "back-differs", "#c1", "(4 stops there, 4 back)"),
        (replace(GOOD, backward=visits(3, 2, 0)), "back-differs", "#c1", "(4 stops there, 3 back)"),
        (replace(GOOD, opened=(Opened(1, opened=False),)), "opener-dead", "#c1", "opens nothing"),
        (replace(GOOD, opened=(Opened(1, True, closed=False),)), "popup-stays", "#c1", "Escape does not close"),
        (replace(GOOD, opened=(Opened(1, True, closed=False, kept=True),)), "keyboard-trap", "#c1", "keeps focus"),
        (replace(GOOD, opened=(Opened(1, True, back=False),)), "focus-not-back", "#c1", "does not come back"),
        (
            replace(GOOD, controls=RADIOS, forward=visits(0, 1, 3), backward=visits(3, 2, 0)),
            "arrows-dead",
            "#c2",
            "arrow",
        ),
    ],
)
def test_what_is_wrong_is_found_once(walk: Walk, rule: str, where: str, says: str) -> None:
    verdict = judged(walk)
    assert verdict.outcome is Outcome.VIOLATED
    assert [(one["rule"], one["spot"]["where"]) for one in found(verdict)] == [(rule, where)]
    assert says in verdict.because
    assert found(verdict)[0]["state"] == "landing"


@pytest.mark.parametrize(
    ("hidden", "says", "criterion"),
    [
        ("aria-hidden", "is hidden from screen readers", "4.1.2"),
        ("not drawn", "is not drawn", "2.4.7"),
        ("outside", "lies outside of the window", "2.4.7"),
        ("covered", "is covered by something else", "2.4.11"),
    ],
)
def test_a_stop_that_nobody_sees_is_found(hidden: str, says: str, criterion: str) -> None:
    unseen = Visit(4, Spot("#faded", "button", "Top"), hidden)
    walk = replace(GOOD, forward=(*GOOD.forward, unseen), backward=(unseen, *GOOD.backward))
    (one,) = found(judged(walk))
    assert (one["rule"], one["spot"]["where"]) == ("focus-hidden", "#faded")
    assert says in one["says"]
    assert criterion in one["criterion"]


@pytest.mark.parametrize(
    "walk",
    [
        # radio buttons are one stop, entered at either end, if the arrow keys reach the rest
        replace(GOOD, controls=RADIOS, forward=visits(0, 1, 3), backward=visits(3, 2, 0), arrowed=(2,)),
        # a frame of another origin holds stops that can't be told apart
        replace(GOOD, forward=(*visits(0, 1), *(Visit(4, Spot("iframe"), inner=True),) * 3, *visits(2, 3)),
                backward=(*visits(3, 2), *(Visit(4, Spot("iframe"), inner=True),) * 2, *visits(1, 0))),
        # what has no size until it has focus says nothing of the order
        replace(GOOD, controls=(*FOUR[:3], replace(FOUR[3], place=(0.0, -90.0, 1.0, 1.0)))),
        replace(GOOD, opened=(Opened(1, True),)),
    ],
    ids=["radios", "frame", "skip link", "popup"],
)  # fmt: skip
def test_what_is_right_is_met(walk: Walk) -> None:
    assert judged(walk).outcome is Outcome.MET


def test_the_same_defect_in_two_states_is_one_finding_with_both() -> None:
    walk = replace(GOOD, opened=(Opened(1, opened=False),))
    (one,) = found(judged(walk, replace(walk, state="conversation")))
    assert one["state"] == "landing; conversation"


def test_a_known_finding_is_excused() -> None:
    known = KnownFinding("opener-dead", "#c1", "team", "next week", "2026-02-01")
    walk = replace(GOOD, opened=(Opened(1, opened=False),))
    assert judged(walk, excused=Excused("2026-01-01", (known,))).outcome is Outcome.MET


def test_nothing_seen_is_never_met() -> None:
    verdict = judged()
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert judged(Walk("landing")).outcome is Outcome.VIOLATED

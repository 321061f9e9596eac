"""Memory through the page, judged: each rule, and that nothing seen is never MET."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.asked import Sent
from harness.judge.page.finding import Around, Excused
from harness.judge.page.remembering import AGAIN, ASIDE, NEW, RECALL, TELL, RememberingSeen, Turn, judge
from harness.verdict import Outcome, Reason, Verdict

TODAY = Excused("2026-01-01")
VALUE = "K4-M7P-38"


def turn(name: str, session: str = "s", answered: str = "s", *, knows: bool = False) -> Turn:
    text = f"It is {VALUE}." if knows else "Nothing was said of it."
    return Turn(name, Sent("What?", session, 200), answered, text, knows, knows, knows)


GOOD = {
    TELL: turn(TELL, session=""),
    ASIDE: turn(ASIDE),
    RECALL: turn(RECALL, knows=True),
    NEW: turn(NEW, session="", answered="t"),
    AGAIN: turn(AGAIN, session="", answered="u"),
}


def said(*changed: Turn, names: tuple[str, ...] = ("session_id",)) -> Verdict:
    turns = GOOD | {one.name: one for one in changed}
    return judge(RememberingSeen(VALUE, names, tuple(turns.values()), Around()), TODAY)


def rules(verdict: Verdict) -> set[str]:
    found: Any = verdict.facts["findings"]
    return {one["rule"] for one in found}


def test_a_fact_that_is_recalled_and_not_known_anew_is_met() -> None:
    verdict = said()
    assert (verdict.outcome, verdict.facts["checked"]) == (Outcome.MET, 4)
    assert "after a reload it is not known" in verdict.because


def test_nothing_seen_is_never_met() -> None:
    verdict = judge(RememberingSeen(VALUE, ("session_id",), (), Around()), TODAY)
    assert verdict.reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (turn(RECALL, session="", knows=True), "no-session"),
        (turn(ASIDE, session="t"), "other-session"),
        (turn(RECALL), "forgotten"),
        (replace(turn(RECALL), written=True), "not-shown"),
        (turn(NEW, session="s"), "session-kept"),
        (turn(NEW, session="", knows=True), "told-anew"),
    ],
)
def test_each_defect_is_a_finding_of_its_rule(changed: Turn, rule: str) -> None:
    verdict = said(changed)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == {rule}


def test_a_page_that_names_conversations_itself_is_held_to_its_own_name() -> None:
    own = [turn(TELL, session="mine", answered=""), turn(ASIDE, session="mine"), turn(RECALL, "mine", knows=True)]
    assert said(*own).outcome is Outcome.MET
    assert rules(said(*own[:2], turn(RECALL, "other", knows=True))) == {"other-session"}


def test_a_target_whose_questions_name_no_conversation_is_judged_by_what_it_remembers() -> None:
    silent = [turn(ASIDE, session=""), turn(RECALL, session="", knows=True)]
    assert said(*silent, names=()).outcome is Outcome.MET
    assert rules(said(*silent[:1], turn(RECALL, session=""), names=())) == {"forgotten"}


def test_what_is_said_after_a_reload_is_kept_and_not_judged() -> None:
    verdict = said(turn(AGAIN, knows=True))
    assert verdict.outcome is Outcome.MET
    assert "after a reload it is known" in verdict.because

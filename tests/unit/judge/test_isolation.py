"""Foreign reads and turns side by side: one case is proof, silence is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.isolation import ANOTHER, NEED_READS, NEED_TURNS, NOBODY, ForeignRead, Isolation, Turn, isolated
from harness.verdict import Outcome, Reason, Verdict

READ = ForeignRead("s", ANOTHER, "Where is my boat moored?", "K7-Q2R-94", "no such conversation", 404, known=True)
TOLD = Turn("t", "My boat mooring is K7-Q2R-94.", "Where is my boat moored?", "K7-Q2R-94", "At K7-Q2R-94.", True)
READS = (*[READ] * 12, *[replace(READ, reader=NOBODY)] * 12)
TURNS = (*[TOLD] * 36, *[replace(TOLD, beside=False)] * 6)
GOOD = Isolation(READS, TURNS, seed=7)


def judged(seen: Isolation) -> Verdict:
    return isolated(seen, foreign_reads=0, lost_turns=0)


def test_refused_reads_and_recalled_turns_are_met_with_what_they_bound() -> None:
    verdict = judged(GOOD)
    assert verdict.outcome is Outcome.MET
    assert verdict.because == (
        "0 of 24 foreign reads learnt anything (at most 11.7%), "
        "0 of 42 turns were lost, 36 of them side by side (at most 6.88%)"
    )
    assert (verdict.facts["refused"], verdict.facts["reads_by_another_user"], verdict.facts["seed"]) == (24, 12, 7)


def test_an_answer_that_knows_nothing_is_as_good_as_a_refusal() -> None:
    answered = tuple(replace(one, status=200, answer="Nothing was said so far.") for one in READS)
    verdict = judged(replace(GOOD, reads=answered))
    assert (verdict.outcome, verdict.facts["refused"]) == (Outcome.MET, 0)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_one_leak_is_violated_whatever_the_status(status: int) -> None:
    leak = replace(READ, status=status, answer="You said K7-Q2R-94.", leaked=True, error="HTTP 500" * (status == 500))
    verdict = judged(replace(GOOD, reads=(*READS, leak)))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.because == (
        "1 of 25 foreign reads were told the owner's fact, such as another user asking 'Where is my boat moored?': "
        "'You said K7-Q2R-94.'"
    )


def test_one_lost_turn_is_violated_and_named() -> None:
    lost = replace(TOLD, remembered=False, answer="Nothing was said of it.")
    verdict = judged(replace(GOOD, turns=(*TURNS, lost)))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.because == (
        "1 of 43 turns were lost, such as 'My boat mooring is K7-Q2R-94.', asked 'Where is my boat moored?': "
        "'Nothing was said of it.'"
    )
    assert verdict.facts["lost_turns"] == 1


def test_both_are_said_at_once() -> None:
    bad = Isolation((replace(READ, leaked=True),), (replace(TOLD, remembered=False),))
    verdict = judged(bad)
    assert verdict.outcome is Outcome.VIOLATED
    assert "foreign reads" in verdict.because
    assert "turns were lost" in verdict.because


def test_a_limit_above_zero_is_kept() -> None:
    seen = replace(GOOD, turns=(*TURNS, replace(TOLD, remembered=False)))
    assert isolated(seen, foreign_reads=0, lost_turns=1).outcome is Outcome.MET


def test_a_turn_that_was_not_answered_was_not_lost() -> None:
    broken = replace(TOLD, remembered=False, error="telling: timeout")
    verdict = judged(replace(GOOD, turns=(*TURNS, broken)))
    assert (verdict.outcome, verdict.facts["turns"]) == (Outcome.MET, 42)
    assert verdict.facts["unanswered"] == {"telling: timeout": 1}


def test_a_read_of_what_its_owner_does_not_know_either_shows_nothing() -> None:
    unknown = tuple(replace(one, known=False) for one in READS)
    verdict = judged(replace(GOOD, reads=unknown))
    assert verdict.reason is Reason.NO_DATA
    assert verdict.because == f"0 reads by another user, {NEED_READS} needed; 24 owners were not told their own fact"


def test_reads_without_a_token_are_no_other_users() -> None:
    seen = Isolation(READS[12:], TURNS, "1 bearer tokens, two users need two: give token_file more lines")
    verdict = judged(seen)
    assert verdict.reason is Reason.NO_DATA
    assert "give token_file more lines" in verdict.because


def test_too_few_of_either_are_too_small_a_sample() -> None:
    reads = judged(replace(GOOD, reads=READS[: NEED_READS - 1]))
    turns = judged(replace(GOOD, turns=TURNS[: NEED_TURNS - 1]))
    assert {reads.reason, turns.reason} == {Reason.SAMPLE_TOO_SMALL}
    assert reads.because.startswith("9 reads by another user, 10 needed")
    assert turns.because.startswith("19 turns side by side, 20 needed")


def test_reads_refused_for_their_rate_are_the_generators_fault() -> None:
    limited = tuple(replace(one, status=429, error="rate-limited") for one in READS)
    verdict = judged(replace(GOOD, reads=limited))
    assert verdict.reason is Reason.GENERATOR_INVALID
    assert verdict.because.endswith("rate-limited (24); name more users in token_file")


def test_nothing_tried_is_no_data_with_its_reason() -> None:
    verdict = judged(Isolation(trouble="the collector ended without having tried it"))
    assert verdict.reason is Reason.NO_DATA
    assert "the collector ended without having tried it" in verdict.because
    assert verdict.facts["reads_high"] is None

"""A session is counted when it has ended, once, on the arm of its requests; what was not seen to its end is not."""

from __future__ import annotations

from harness.evidence import names
from harness.observe.logs.sessions import SETTLE_S, SKEW_S, Sessions
from tests.unit.logs.kept import Kept

IDLE_S = 1800.0
START_S = 1_000_000.0


def made(most: int = 1000) -> tuple[Kept, Sessions]:
    kept = Kept()
    return kept, Sessions(kept, IDLE_S, START_S, most)


def at(seconds: float) -> float:
    return START_S + seconds


def test_a_session_that_says_so_is_completed_and_counts_at_its_last_request() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.request("a", at(40), "stable", 2, 40)
    sessions.event("a", "completed", at(45), 45)
    sessions.tick(46)
    assert not kept.counts, "feedback may still come"
    sessions.tick(45 + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (1, {})}
    assert kept.sums(names.FEEDBACK) == {"stable": (1, {})}
    assert kept.sums(names.MIXED) == {"stable": (1, {})}
    assert kept.sums(names.CLICKS) == {}
    assert {count.at_s for count in kept.counts} == {at(40)}
    assert {count.endpoint for count in kept.counts} == {names.FROM_LOGS}
    sessions.finish(9999)
    assert len(kept.counts) == 3
    assert sessions.tallied.ended == 1


def test_a_session_without_a_request_for_long_is_abandoned_and_feedback_does_not_prolong_it() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "canary", 1, 10)
    sessions.event("a", "negative", at(1000), 1000)
    sessions.tick(10 + IDLE_S)
    assert len(sessions) == 1
    sessions.tick(10 + IDLE_S + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"canary": (1, {"abandoned": 1})}
    assert kept.sums(names.FEEDBACK) == {"canary": (1, {"negative": 1})}


def test_feedback_and_requests_that_are_read_after_the_end_belong_to_it() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.event("a", "completed", at(20), 20)
    sessions.event("a", "negative", at(22), 22)
    sessions.request("a", at(19), "stable", 2, 23)
    sessions.tick(20 + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (1, {})}
    assert kept.sums(names.FEEDBACK) == {"stable": (1, {"negative": 1})}
    assert kept.counts[0].at_s == at(19)


def test_a_request_after_the_end_begins_another_session() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.event("a", "completed", at(20), 20)
    sessions.request("a", at(20 + SKEW_S + 1), "stable", 2, 27)
    sessions.tick(9999)
    assert kept.sums(names.SESSIONS) == {"stable": (2, {"abandoned": 1})}


def test_a_request_after_a_long_silence_begins_another_session_though_both_were_read_at_once() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 5000)
    sessions.request("a", at(10 + IDLE_S), "stable", 2, 5000)
    sessions.event("a", "completed", at(11 + IDLE_S), 5000)
    sessions.tick(5000 + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (2, {"abandoned": 1})}


def test_an_end_that_is_read_before_its_begin_is_its_end() -> None:
    kept, sessions = made()
    sessions.event("a", "completed", at(12), 12)
    sessions.request("a", at(10), "stable", 1, 13)
    sessions.tick(13 + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (1, {})}


def test_an_end_of_long_before_is_not_that_of_a_new_session() -> None:
    kept, sessions = made()
    sessions.event("a", "completed", at(12), 12)
    sessions.request("a", at(100), "stable", 1, 100)
    sessions.tick(9999)
    assert kept.sums(names.SESSIONS) == {"stable": (1, {"abandoned": 1})}


def test_a_session_on_both_arms_is_mixed_and_nothing_else() -> None:
    kept, sessions = made()
    sessions.event("a", "shown", at(9), 9)
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.request("a", at(11), "canary", 2, 11)
    sessions.request("a", at(12), "stable", 3, 12)
    sessions.event("a", "completed", at(13), 13)
    sessions.tick(9999)
    assert kept.sums(names.MIXED) == {None: (1, {"mixed": 1})}
    assert {count.stream for count in kept.counts} == {names.MIXED}
    assert sessions.tallied.mixed == 1


def test_a_session_of_which_one_request_names_no_version_is_of_no_arm() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.request("a", at(11), None, 2, 11)
    sessions.tick(9999)
    assert kept.sums(names.SESSIONS) == {None: (1, {"abandoned": 1})}
    assert kept.sums(names.MIXED) == {None: (1, {})}


def test_examples_shown_before_the_first_request_are_held_back_for_it() -> None:
    kept, sessions = made()
    for session in ("clicked", "ignored", "never asks"):
        sessions.event(session, "shown", at(5), 5)
    for session in ("clicked", "ignored", "not shown"):
        sessions.request(session, at(1000), "stable", 1, 1000)
    sessions.event("clicked", "clicked", at(1001), 1001)
    sessions.event("not shown", "clicked", at(1001), 1001)
    sessions.tick(9999)
    assert kept.sums(names.CLICKS) == {"stable": (2, {"unclicked": 1})}
    assert kept.sums(names.SESSIONS) == {"stable": (3, {"abandoned": 3})}
    assert sessions.tallied.late == 1


def test_a_session_that_was_under_way_at_the_start_is_counted_nowhere() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 4, 10)
    sessions.request("skewed", at(10), "stable", 2, 10)
    sessions.request("skewed", at(9), "stable", 1, 11)
    sessions.request("back", at(2 * IDLE_S), "stable", 3, 2 * IDLE_S)
    sessions.tick(99999)
    assert kept.sums(names.SESSIONS) == {"stable": (2, {"abandoned": 2})}
    assert sessions.tallied.partial == 1


def test_at_the_finish_what_may_still_go_on_is_neither_completed_nor_abandoned() -> None:
    kept, sessions = made()
    sessions.request("old", at(10), "stable", 1, 10)
    sessions.request("young", at(500), "stable", 1, 500)
    sessions.request("done", at(600), "stable", 1, 600)
    sessions.event("done", "completed", at(601), 601)
    sessions.finish(10 + IDLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (2, {"abandoned": 1})}
    assert (sessions.tallied.unfinished, len(sessions)) == (1, 0)


def test_while_a_pod_is_not_read_no_session_counts_as_idle() -> None:
    kept, sessions = made()
    sessions.request("a", at(10), "stable", 1, 10)
    sessions.tick(9999, sure=False)
    assert not kept.counts
    sessions.event("a", "completed", at(15), 9999)
    sessions.tick(9999 + SETTLE_S)
    assert kept.sums(names.SESSIONS) == {"stable": (1, {})}


def test_beyond_the_bound_the_oldest_end_as_unknown_and_a_gap_says_so() -> None:
    kept, sessions = made(most=3)
    for i in range(5):
        sessions.request(f"s{i}", at(i), "stable", 1, i)
        sessions.event(f"u{i}", "shown", at(i), i)
    assert len(sessions) == 3
    sessions.tick(5)
    assert kept.gaps == [(names.SESSIONS, at(0), at(1), "more than 3 sessions were open at once")]
    sessions.tick(9999)
    assert kept.sums(names.SESSIONS) == {"stable": (3, {"abandoned": 3})}
    assert len(kept.gaps) == 1
    assert (sessions.tallied.lost, sessions.tallied.late) == (2, 5)

"""The guard of a rollout: how often it is wrong, how soon it is right, and when it measures nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.judge import eprocess
from harness.judge.drill import Seen
from harness.judge.guarding import WATCHES, Guard, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS, OTHER = "d812c1f4b4a57a69f15c95aa8b9603989376de6b", "82caa1dbba750ae1d365fbcf6f9500f17769f60e"
LIMITS = Limits(failed=0.003, slow_s=1.5)


def ask(at_s: float, *, commit: str = OURS, error: str = "", took_s: float = 0.1, late_s: float = 0.0) -> Seen:
    return Seen(at_s, at_s + late_s, at_s + took_s, "chat", error, commit)


def guard() -> Guard:
    return Guard(LIMITS, (OURS,))


def good(count: int, from_s: float = 0.0, per_s: float = 100.0) -> Iterator[Seen]:
    return (ask(from_s + number / per_s) for number in range(count))


def test_a_candidate_at_its_limits_is_hardly_ever_taken_back() -> None:
    random, taken = np.random.default_rng(4), 0
    for _ in range(40):
        one = guard()
        bad = random.random(4_000) < LIMITS.failed
        taken += bool(one.feed(ask(n / 100, error="HTTP 500" if is_bad else "") for n, is_bad in enumerate(bad)))
    assert taken <= 2  # alpha is 1%: more than 2 of 40 has a probability below 0.8%


def test_each_watch_of_each_share_has_its_part_of_alpha_and_no_more() -> None:
    each = LIMITS.alpha / 3 / WATCHES
    enough = next(n for n in range(1, 50) if eprocess.log_e(n, n, LIMITS.failed) >= -math.log(each))
    crossed = [
        bool(guard().feed(ask(n / 100, error="HTTP 500") for n in range(count))) for count in (enough - 1, enough)
    ]
    assert crossed == [False, True]


@pytest.mark.parametrize("before", [0, 5_000, 90_000])
def test_a_burst_of_5_percent_is_seen_within_a_few_hundred_answers_whatever_went_well_before(before: int) -> None:
    one, random = guard(), np.random.default_rng(before)
    assert one.feed(good(before)) == ""
    one.renew(before / 100)
    burst = (ask((before + n) / 100, error="HTTP 503" if random.random() < 0.05 else "") for n in range(600))
    said = next((said for row in burst if (said := one.feed([row]))), "")
    assert "chats with the candidate failed (" in said
    assert said.endswith("), wanted at most 0.3%")


def test_a_burst_long_after_the_last_change_is_seen_by_the_watch_of_that_minute() -> None:
    one = guard()
    assert one.feed(good(90_000)) == ""  # fifteen minutes without a failure
    said = one.feed(ask(900 + n / 100, error="" if n % 20 else "HTTP 503") for n in range(600))
    assert "chats with the candidate failed" in said


def test_slow_answers_cross_with_their_figures() -> None:
    said = guard().feed(ask(n / 10, took_s=1.6 if n % 5 == 0 else 0.2) for n in range(400))
    assert "of the candidate's chat answers took longer than 1.5 s" in said
    assert said.endswith("wanted at most 5%")


def test_stable_that_fails_and_is_slow_is_not_the_candidate() -> None:
    rows = [ask(n / 10, commit=OTHER, error="HTTP 500", took_s=3.0) for n in range(300)]
    one = guard()
    assert one.feed(rows) == ""
    assert (one.answers, one.failed) == (0, 0)


def test_a_failure_that_names_no_build_counts_against_the_candidate() -> None:
    one = guard()
    assert one.feed([*good(100), *(ask(1 + n / 10, commit="", error="refused") for n in range(8))])
    assert one.failed == 8


def test_an_ask_that_left_late_says_nothing_of_how_slow_the_target_is() -> None:
    rows = [ask(n / 10, took_s=3.0, late_s=2.9) for n in range(300)]
    assert guard().feed(rows) == ""


def test_a_stream_that_says_nothing_a_silent_candidate_and_late_asks_measure_nothing() -> None:
    one = guard()
    _ = one.feed(good(100))
    assert one.blind(5.0, expects=True) == ""
    assert one.blind(12.0, expects=False).startswith("no request of the users' stream has ended for 11 s")
    _ = one.feed(ask(1 + n / 10, commit=OTHER) for n in range(110))
    assert one.blind(12.0, expects=False) == ""
    assert one.blind(12.0, expects=True).startswith("the candidate has given no answer for 11 s")
    one.expect(12.0)
    assert one.blind(12.0, expects=True) == ""
    _ = one.feed(ask(12 + n / 10, late_s=0.5) for n in range(100))
    assert "left more than 0.25 s late: the machine that asks is too busy" in one.blind(22.0, expects=True)


def test_the_facts_carry_every_count_and_limit() -> None:
    one = guard()
    _ = one.feed([*good(10), ask(1.0, error="timeout")])
    assert one.facts() == {
        "failed": 1,
        "chats": 11,
        "others_failed": 0,
        "others": 0,
        "failed_limit": 0.003,
        "slow": 0,
        "timed": 10,
        "slow_s": 1.5,
        "slow_limit": 0.05,
        "alpha": 0.01,
    }


def test_failed_chats_do_not_drown_in_asks_that_never_fail() -> None:
    rows = [ask(n / 10, error="" if n % 40 else "HTTP 500") for n in range(400)]
    others = [Seen(row.due_s, row.sent_s, row.done_s, "version", "", OURS) for row in rows for _ in range(9)]
    said = guard().feed(sorted([*rows, *others], key=lambda row: row.done_s))
    assert "chats with the candidate failed" in said


def test_version_asks_that_fail_count_too() -> None:
    rows = [Seen(n / 10, n / 10, n / 10 + 0.1, "version", "HTTP 502" if n % 10 == 0 else "", OURS) for n in range(300)]
    assert "version asks to the candidate failed" in guard().feed(rows)

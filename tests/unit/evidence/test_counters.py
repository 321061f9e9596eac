"""Counters: what they rose by, or why that can't be told; never a zero in its place."""

from __future__ import annotations

import math

import pytest

from harness.evidence.counters import Counters, First, Increase, NoData


def test_a_counter_counts_from_its_first_reading() -> None:
    counters = Counters()
    assert counters.read("pod-a", 0, 100, "1") == First(0)
    assert counters.read("pod-a", 60, 130, "1") == Increase(30, 0, 60)
    assert counters.read("pod-a", 120, 130, "1") == Increase(0, 60, 120)


def test_a_restarted_pod_counts_from_zero_and_says_that_something_is_lost() -> None:
    counters = Counters()
    _ = counters.read("pod-a", 0, 100, "1")
    assert counters.read("pod-a", 60, 7, "2") == Increase(7, 0, 60, restarted=True)
    assert counters.read("pod-a", 120, 9, "2") == Increase(2, 60, 120)


def test_a_restart_is_seen_even_if_the_new_count_is_higher() -> None:
    counters = Counters()
    _ = counters.read("pod-a", 0, 5, "1")
    assert counters.read("pod-a", 60, 70, "2") == Increase(70, 0, 60, restarted=True)


@pytest.mark.parametrize(("life", "said"), [("1", "without a restart"), (None, "nothing tells of a restart")])
def test_a_counter_that_goes_back_without_a_restart_is_no_data_from_then_on(life: str | None, said: str) -> None:
    counters = Counters()
    _ = counters.read("pod-a", 0, 100, life)
    first = counters.read("pod-a", 60, 40, life)
    assert isinstance(first, NoData)
    assert "went back from 100 to 40" in first.why
    assert said in first.why
    assert counters.read("pod-a", 120, 500, life) == first, "not even when it rises again"
    assert counters.read("pod-b", 120, 1, life) == First(120), "others are believed"
    if life:
        assert counters.read("pod-a", 180, 3, "2") == Increase(3, 0, 180, restarted=True)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null"),
        ("12", "text"),
        ({"error": "x"}, "an object"),
        ([1], "a list"),
        (True, "true or false"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-1, "negative"),
        (2.0**60, "too large"),
    ],
)
def test_a_value_that_is_no_count_is_no_data_with_the_reason_and_costs_nothing_that_was_counted(
    value: object, said: str
) -> None:
    counters = Counters()
    assert isinstance(counters.read("pod-a", 0, value, "1"), NoData)
    _ = counters.read("pod-a", 10, 100, "1")
    got = counters.read("pod-a", 60, value, "1")
    assert isinstance(got, NoData)
    assert said in got.why
    assert got.why.startswith("pod-a: ")
    assert counters.read("pod-a", 120, 130, "1") == Increase(30, 10, 120)


def test_a_document_that_does_not_get_younger_is_stale() -> None:
    counters = Counters()
    _ = counters.read("pod-a", 60, 1, "1")
    got = counters.read("pod-a", 60, 2, "1")
    assert isinstance(got, NoData)
    assert "stale" in got.why


def test_pods_that_take_turns_under_one_name_are_not_restarts() -> None:
    counters = Counters()
    _ = counters.read("address", 0, 100, "pod-a")
    assert counters.read("address", 1, 50, "pod-b") == Increase(50, 0, 1, restarted=True)
    for at, life in ((2, "pod-a"), (3, "pod-b"), (4, "pod-a")):
        got = counters.read("address", at, 101, life)
        assert isinstance(got, NoData)
        assert "several processes" in got.why

"""Flags in all places: agreement, what the profile expects, and places that tell nothing."""

from __future__ import annotations

import pytest

from harness.judge.flags import FlagsSeen, Value, agree, as_expected, plain
from harness.verdict import Outcome, Reason

FLAGS = ("DYNAMIC", "STORE")
EXPECTED = {"DYNAMIC": "1", "STORE": "redis"}
GOOD = (
    Value("DYNAMIC", "configmap/config", "cluster", "true"),
    Value("DYNAMIC", "pod a", "product", "true"),
    Value("DYNAMIC", "examples of the ingress", "behaviour", "true", shown=2, of=2),
    Value("STORE", "configmap/config", "cluster", "redis"),
    Value("STORE", "pod a", "product", "redis"),
)


def seen(*more: Value) -> FlagsSeen:
    return FlagsSeen("staging", "2026-01-01T00:00:00Z", (*GOOD, *more), ("a",), "")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("1", "true"),
        (" True ", "true"),
        ("on", "true"),
        ("YES", "true"),
        (True, "true"),
        ("0", "false"),
        ("off", "false"),
        (False, "false"),
        ("Mongo", "mongo"),
        ("  ", ""),
        ("2", "2"),
    ],
)
def test_a_value_is_compared_in_one_form(value: object, wanted: str) -> None:
    assert plain(value) == wanted


def test_places_that_agree_as_the_profile_expects_are_met() -> None:
    for verdict in (agree(seen(), FLAGS), as_expected(seen(), FLAGS, EXPECTED)):
        assert verdict.outcome is Outcome.MET
        assert "DYNAMIC true, STORE redis" in verdict.because
    assert agree(seen(), FLAGS).facts["pods"] == ["a"]


def test_a_pod_that_says_otherwise_is_named_with_both_values() -> None:
    verdict = agree(seen(Value("DYNAMIC", "pod b", "product", "false")), FLAGS)
    assert verdict.outcome is Outcome.VIOLATED
    assert "false by pod b" in verdict.because
    assert "true by configmap/config and pod a" in verdict.because


def test_behaviour_that_comes_and_goes_is_a_disagreement_with_its_counts() -> None:
    verdict = agree(seen(Value("DYNAMIC", "answers through the ingress", "behaviour", "mixed", shown=7, of=12)), FLAGS)
    assert verdict.outcome is Outcome.VIOLATED
    assert "mixed by answers through the ingress (7 of 12)" in verdict.because


def test_a_place_that_tells_nothing_is_unknown_but_a_difference_elsewhere_still_counts() -> None:
    silent = Value("STORE", "pod b", "product", why="HTTP 500")
    verdict = agree(seen(silent), FLAGS)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "STORE: pod b: HTTP 500" in verdict.because
    assert agree(seen(silent, Value("STORE", "pod c", "product", "mongo")), FLAGS).outcome is Outcome.VIOLATED
    assert as_expected(seen(silent), FLAGS, EXPECTED).reason is Reason.NO_DATA


def test_a_flag_that_nothing_was_read_of_in_the_cluster_is_unknown() -> None:
    verdict = agree(seen(), (*FLAGS, "OTHER"))
    assert verdict.reason is Reason.NO_DATA
    assert "OTHER: nothing was read of the cluster" in verdict.because


def test_another_value_than_the_profile_expects_is_violated_though_all_agree() -> None:
    verdict = as_expected(seen(), FLAGS, EXPECTED | {"STORE": "mongo"})
    assert verdict.outcome is Outcome.VIOLATED
    assert "STORE: wanted mongo, got redis by configmap/config and pod a" in verdict.because


def test_a_profile_that_expects_nothing_or_not_of_each_flag_is_unknown() -> None:
    verdict = as_expected(seen(), FLAGS, {})
    assert (verdict.reason, verdict.because) == (Reason.NO_DATA, "the profile names no flags for this environment")
    assert "STORE: the profile does not say" in as_expected(seen(), FLAGS, {"DYNAMIC": "1"}).because
    verdict = as_expected(seen(), FLAGS, EXPECTED | {"NEW": "1"})
    assert verdict.reason is Reason.NO_DATA
    assert "NEW: expected, but none of the profile's flags" in verdict.because


@pytest.mark.parametrize("nothing", [FlagsSeen("staging", trouble="no time"), FlagsSeen("staging")])
def test_nothing_read_is_unknown(nothing: FlagsSeen) -> None:
    for verdict in (agree(nothing, FLAGS), as_expected(nothing, FLAGS, EXPECTED)):
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
        assert "the flags were not read" in verdict.because

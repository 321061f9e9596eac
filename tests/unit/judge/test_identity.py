"""The right cluster, the right builds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harness.judge.identity import Named, Pod, arms_are_what_they_claim, digest_of, same_cluster, same_commit
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from harness.judge.answers import Arm


@dataclass(frozen=True)
class Built:
    digest: str
    commit: str


OLD, NEW, THIRD = (f"sha256:{letter * 64}" for letter in "abc")
BUILDS: dict[Arm, Built] = {"stable": Built(OLD, "1" * 40), "canary": Built(NEW, "2" * 40)}
PODS: dict[Arm, list[Pod]] = {
    "stable": [Pod("s-1", OLD, ready=True), Pod("s-2", OLD, ready=True)],
    "canary": [Pod("c-1", NEW, ready=True)],
}
ANSWERS = [Named("1" * 40, "1" * 40, 900), Named("2" * 40, "2" * 40, 100)]


def test_arms_that_run_and_name_their_builds_are_met() -> None:
    assert arms_are_what_they_claim(PODS, BUILDS, ANSWERS).outcome is Outcome.MET


@pytest.mark.parametrize(("arm", "digest"), [("canary", OLD), ("stable", NEW), ("canary", THIRD)])
def test_a_ready_pod_with_another_digest_is_violated_and_named(arm: Arm, digest: str) -> None:
    pods: dict[Arm, list[Pod]] = {**PODS, arm: [*PODS[arm], Pod("odd-one", digest, ready=True)]}
    verdict = arms_are_what_they_claim(pods, BUILDS, ANSWERS)
    assert verdict.outcome is Outcome.VIOLATED
    assert "odd-one" in verdict.because
    assert digest[:19] in verdict.because


def test_a_pod_that_takes_no_traffic_does_not_count() -> None:
    pods: dict[Arm, list[Pod]] = {**PODS, "canary": [*PODS["canary"], Pod("coming", THIRD, ready=False)]}
    assert arms_are_what_they_claim(pods, BUILDS, ANSWERS).outcome is Outcome.MET


@pytest.mark.parametrize("answer", [Named("3" * 40, None, 1), Named(None, "3" * 40, 1), Named("1" * 40, "2" * 40, 1)])
def test_answers_of_a_third_version_or_of_two_at_once_are_violated(answer: Named) -> None:
    assert arms_are_what_they_claim(PODS, BUILDS, [*ANSWERS, answer]).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("pods", "answers"),
    [
        ({}, ANSWERS),
        (PODS | {"canary": []}, ANSWERS),
        (PODS | {"canary": [Pod("c-1", NEW, ready=False)]}, ANSWERS),
        (PODS | {"canary": [Pod("c-1", "", ready=True)]}, ANSWERS),
        (PODS, []),
        (PODS, ANSWERS[:1]),
        (PODS, ANSWERS[1:]),
        (PODS, [ANSWERS[0], Named("2" * 40, None, 0)]),
    ],
)
def test_what_was_not_seen_is_unknown(pods: dict[Arm, list[Pod]], answers: list[Named]) -> None:
    verdict = arms_are_what_they_claim(pods, BUILDS, answers)
    assert verdict.reason is Reason.NO_DATA


@pytest.mark.parametrize(
    "builds",
    [
        {},
        {"stable": BUILDS["stable"]},
        BUILDS | {"canary": Built("", "2" * 40)},
        BUILDS | {"canary": Built(NEW, "1" * 40)},
        BUILDS | {"canary": Built(OLD, "2" * 40)},
    ],
)
def test_builds_that_cannot_be_told_apart_decide_nothing(builds: dict[Arm, Built]) -> None:
    assert arms_are_what_they_claim(PODS, builds, ANSWERS).reason is Reason.NO_DATA


def test_a_commit_may_be_shortened_but_not_to_a_guess() -> None:
    assert same_commit("82caa1d", "82caa1dbba750ae1d365fbcf6f9500f17769f60e")
    assert not same_commit("82caa1", "82caa1dbba750ae1d365fbcf6f9500f17769f60e")
    assert not same_commit("v1.14.0", "v1.14.0-rc1")
    assert not same_commit("", "")


@pytest.mark.parametrize(
    "reference", [OLD, f"repo/name@{OLD}", f"docker-pullable://repo/name@{OLD}", f"containerd://{OLD}"]
)
def test_a_digest_is_found_in_every_way_of_writing_it(reference: str) -> None:
    assert digest_of(reference) == OLD


def test_an_image_without_digest_has_none() -> None:
    assert digest_of("repo/name:v1") == ""


@pytest.mark.parametrize(
    ("found", "pinned", "outcome"),
    [
        ("uid-1", "uid-1", Outcome.MET),
        ("uid-2", "uid-1", Outcome.VIOLATED),
        (None, "uid-1", Outcome.UNKNOWN),
        ("", "uid-1", Outcome.UNKNOWN),
        ("uid-1", "", Outcome.UNKNOWN),
        (None, "", Outcome.UNKNOWN),
    ],
)
def test_only_the_pinned_cluster_is_met(found: str | None, pinned: str, outcome: Outcome) -> None:
    assert same_cluster(found, pinned, "production").outcome is outcome


def test_an_unreadable_cluster_says_why() -> None:
    assert "HTTP 403" in same_cluster(None, "uid-1", "production", "HTTP 403 Forbidden").because

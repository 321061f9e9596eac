"""Rolled out completely and steady: each way to fall short, and each way not to know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.deployed import Deployed, Rollout, RunningPod, rolled_out
from harness.verdict import Outcome, Reason, Verdict

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
ROLLED = Rollout("onesource", 3, 3, 2, 2, 2, 2, 2)
PODS = tuple(RunningPod(name, "rs-2", f"repo@{DIGEST}", ready=True) for name in ("a", "b"))
BEFORE = Deployed("before", (ROLLED,), PODS, {"rs-1": 0})
AFTER = replace(BEFORE, when="after")


def judged(before: Deployed = BEFORE, after: Deployed = AFTER, digest: str = DIGEST, **counted: int) -> Verdict:
    return rolled_out((before, after), digest, restarts=0, counted=counted)


def test_a_complete_rollout_without_a_restart_is_met() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.MET
    assert "all 2 pods run" in verdict.because
    assert "with 0 restarts" in verdict.because


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"observed": 2}, "generation 3 not acted upon yet"),
        ({"updated": 1}, "1 updated, wanted 2"),
        ({"ready": 1}, "1 ready, wanted 2"),
        ({"available": 1}, "1 available, wanted 2"),
        ({"total": 3}, "3 total, wanted 2"),
        ({"paused": True}, "is paused"),
        ({"wanted": 0, "updated": 0, "ready": 0, "available": 0, "total": 0}, "wants no pods"),
    ],
)
def test_a_deployment_that_has_not_what_it_wants_is_violated_at_either_reading(
    change: dict[str, int], said: str
) -> None:
    broken = (replace(ROLLED, **change),)
    for verdict in (judged(replace(BEFORE, rollouts=broken)), judged(after=replace(AFTER, rollouts=broken))):
        assert verdict.outcome is Outcome.VIOLATED
        assert said in verdict.because


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        (replace(PODS[1], digest=OTHER), "pod b runs"),
        (replace(PODS[1], waiting="CrashLoopBackOff"), "pod b is in CrashLoopBackOff"),
        (replace(PODS[1], restarts=1), "1 restarts, wanted at most 0: pod b 1"),
    ],
)
def test_a_pod_of_another_image_or_one_that_restarts_is_violated(pod: RunningPod, said: str) -> None:
    verdict = judged(after=replace(AFTER, pods=(PODS[0], pod)))
    assert verdict.outcome is Outcome.VIOLATED
    assert said in verdict.because


def test_a_restart_that_only_the_watch_saw_counts_and_is_not_counted_twice() -> None:
    assert "pod gone 2" in judged(gone=2).because
    twice = replace(AFTER, pods=(PODS[0], replace(PODS[1], restarts=1)))
    assert rolled_out((BEFORE, twice), DIGEST, restarts=1, counted={"b": 1}).outcome is Outcome.MET


def test_an_old_replica_set_with_pods_is_violated() -> None:
    assert "old ReplicaSet rs-1 still has 1 pods" in judged(after=replace(AFTER, old={"rs-1": 1})).because


def test_a_pod_on_its_way_out_is_not_held_against_the_rollout() -> None:
    leaving = RunningPod("old", "rs-1", OTHER, leaving=True)
    assert judged(replace(BEFORE, pods=(*PODS, leaving))).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("before", "after", "digest", "said"),
    [
        (Deployed("before", trouble="HTTP 403"), AFTER, DIGEST, "before: HTTP 403"),
        (BEFORE, Deployed("after", trouble="not read"), DIGEST, "after: not read"),
        (BEFORE, AFTER, "", "names no digest"),
        (replace(BEFORE, pods=()), AFTER, DIGEST, "no pod was read"),
        (replace(BEFORE, pods=(replace(PODS[0], digest=""), PODS[1])), AFTER, DIGEST, "pod a reports no digest"),
        (replace(BEFORE, rollouts=(replace(ROLLED, ready=None),)), AFTER, DIGEST, "does not say ready"),
    ],
)
def test_what_could_not_be_read_is_unknown(before: Deployed, after: Deployed, digest: str, said: str) -> None:
    verdict = judged(before, after, digest)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert said in verdict.because


def test_no_reading_at_all_is_unknown() -> None:
    assert rolled_out((), DIGEST, restarts=0).reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("pod", "outcome"),
    [
        (RunningPod("drill", digest=OTHER), Outcome.VIOLATED),
        (RunningPod("drill"), Outcome.VIOLATED),
        (RunningPod("drill", digest=DIGEST), Outcome.MET),
        (RunningPod("drill", digest=OTHER, leaving=True), Outcome.MET),
    ],
)
def test_a_canary_that_a_drill_left_awake_answers_users_with_another_build(pod: RunningPod, outcome: Outcome) -> None:
    verdict = judged(replace(BEFORE, beside=(pod,)))
    assert verdict.outcome is outcome
    assert ("pod drill runs beside it" in verdict.because) is (outcome is Outcome.VIOLATED)

"""A rollout as a snapshot tells it."""

from __future__ import annotations

from typing import Any

from harness.judge.deployed import Rollout, RunningPod
from harness.observe.deployed import asleep, read, under_test
from harness.target import Environment
from tests.unit.observe.objects import owned, pod, snapshot

DIGEST = "sha256:" + "a" * 64


def deployment(**status: Any) -> dict[str, Any]:
    made = owned("onesource")
    made["metadata"]["generation"] = 4
    made["spec"] = {"replicas": 2}
    full = {
        "observedGeneration": 4,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
    }
    return made | {"status": full | status}


def replica_set(name: str, revision: str, replicas: int) -> dict[str, Any]:
    made = owned(name, "onesource")
    made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": revision}
    return made | {"status": {"replicas": replicas}}


SETS = [replica_set("rs-9", "9", 0), replica_set("rs-10", "10", 2)]


def test_a_deployment_its_pods_and_its_old_replica_sets_are_read() -> None:
    crashing = pod("b", "rs-10", DIGEST, ready=False, restarts=3)
    crashing["status"]["containerStatuses"][1]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    found = read(
        "before",
        snapshot(deployments=[deployment()], replicasets=SETS, pods=[pod("a", "rs-10", DIGEST), crashing]),
        ("onesource",),
    )
    assert found.trouble == ""
    assert found.rollouts == (Rollout("onesource", 4, 4, 2, 2, 2, 2, 2),)
    assert found.old == {"rs-9": 0}
    assert found.pods == (
        RunningPod("a", "", DIGEST, ready=True),
        RunningPod("b", "", DIGEST, ready=False, restarts=3, waiting="CrashLoopBackOff"),
    )


def test_the_newest_replica_set_is_told_by_its_revision_as_a_number() -> None:
    found = read("x", snapshot(deployments=[deployment()], replicasets=SETS[::-1], pods=[]), ("onesource",))
    assert found.old == {"rs-9": 0}


def test_counts_that_the_api_leaves_out_are_zero_and_a_missing_status_is_not_told() -> None:
    bare = deployment()
    bare["status"] = {"observedGeneration": 4}
    (rollout,) = read("x", snapshot(deployments=[bare], replicasets=[], pods=[]), ("onesource",)).rollouts
    assert (rollout.updated, rollout.ready) == (0, 0)
    del bare["status"]
    (rollout,) = read("x", snapshot(deployments=[bare], replicasets=[], pods=[]), ("onesource",)).rollouts
    assert (rollout.observed, rollout.ready) == (None, None)


def test_what_can_not_be_read_is_trouble() -> None:
    assert "HTTP 403" in read("x", snapshot(deployments=[], replicasets=[], pods="HTTP 403"), ("onesource",)).trouble
    assert read("x", snapshot(deployments=[], replicasets=[], pods=[]), ("onesource",)).trouble == (
        "there is no deployment/onesource"
    )
    odd = deployment(replicas="two")
    assert "unexpected shape" in read("x", snapshot(deployments=[odd], replicasets=[], pods=[]), ("onesource",)).trouble
    assert "names no Deployment" in read("x", snapshot(deployments=[], replicasets=[], pods=[]), ()).trouble


def test_the_build_under_test_runs_in_the_stable_deployment_of_staging() -> None:
    assert under_test(Environment(deployments={"stable": "a", "canary": "b"})) == ("a",)
    assert under_test(Environment(deployments={"canary": "b"})) == ("b",)
    assert under_test(Environment()) == ()


def test_a_canary_beside_it_is_asleep_or_its_pods_are_told() -> None:
    both = Environment(deployments={"stable": "onesource", "canary": "drill"})
    assert (asleep(both), asleep(Environment(deployments={"stable": "onesource"}))) == (("drill",), ())
    awake = snapshot(
        deployments=[deployment(), owned("drill")],
        replicasets=[*SETS, owned("rs-drill", "drill")],
        pods=[pod("a", "rs-10", DIGEST), pod("woken", "rs-drill", DIGEST)],
    )
    found = read("x", awake, under_test(both), asleep(both))
    assert [one.name for one in found.pods] == ["a"]
    assert [one.name for one in found.beside] == ["woken"]

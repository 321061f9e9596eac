"""Answers are only counted together while what answered them stayed the same."""

from __future__ import annotations

import pytest

from harness.observe.snapshot import ClusterSnapshot
from harness.observe.steady import moved
from harness.target import Environment, NginxRouting
from tests.unit.observe.objects import MARKED, Obj, ingress, owned, pod, snapshot

PRODUCTION = Environment(
    routing=NginxRouting(primary="main", canary="main-canary"), deployments={"stable": "main", "canary": "next"}
)


def found(weight: str = "10", digest: str = "sha256:new", name: str = "p1", restarts: int = 0) -> ClusterSnapshot:
    rules = ingress("main-canary", "onesource-canary", MARKED | {"canary-weight": weight})
    pods: list[Obj] = [pod(name, "next-1", digest, restarts=restarts)]
    owners: dict[str, list[Obj] | str] = {"deployments": [owned("next")], "replicasets": [owned("next-1", "next")]}
    return snapshot(ingress("main", "onesource"), rules, pods=pods, **owners)


def test_pods_may_come_and_go_with_the_same_digest() -> None:
    assert moved(PRODUCTION, found(name="p1"), found(name="p2")) == ""
    assert moved(PRODUCTION, found(restarts=3), found(restarts=3)) == ""
    assert moved(PRODUCTION, found(name="p1"), found(name="p2", restarts=1)) == ""


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (found(weight="20"), "changed while it was watched: weight: 10.0 -> 20.0"),
        (found(digest="sha256:newer"), "changed while it was watched: canary digests: sha256:new -> sha256:newer"),
        (found(restarts=1), "changed while it was watched: pod p1 restarted"),
        (ClusterSnapshot(error="refused"), "the cluster could not be read again afterwards: refused"),
    ],
    ids=["weight", "digest", "restart", "unreadable"],
)
def test_a_change_is_named(after: ClusterSnapshot, said: str) -> None:
    assert moved(PRODUCTION, found(), after) == said


def test_a_first_reading_that_failed_is_not_held_against_the_second() -> None:
    assert moved(PRODUCTION, ClusterSnapshot(error="refused"), found()) == ""

"""What the controllers do beyond the recorded rollouts: scale, pause, undo, recreate, count, clean up."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.cluster import progress, rollout
from sandbox.cluster.objects import condition_of, deleting, scaled
from sandbox.cluster.replicasets import expendable
from sandbox.cluster.revisions import revision, template_hash
from sandbox.kube.reading import part
from tests.sandbox.clusters import (
    change,
    control_plane,
    deployment,
    pods,
    reasons,
    service,
    set_env,
    store,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sandbox.kube.store import Obj, Store


def play(tmp_path: Path, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with control_plane(tmp_path) as held:
            await scenario(held)

    asyncio.run(run())


def complete(held: Store, name: str = "web") -> bool:
    found = held.get("deployments", "default", name)
    return progress.complete(found, part(found, "status")) and not any(deleting(pod) for pod in held.list("pods"))


def sizes(held: Store) -> list[int]:
    """Sizes of the ReplicaSets by revision."""
    return [rollout.wanted(one) for one in sorted(held.list("replicasets"), key=revision)]


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [
        ("25%", "25%", 4, (1, 1)),
        ("25%", "25%", 3, (1, 0)),  # surge rounds up, unavailable down
        ("10%", "10%", 1, (1, 0)),
        (0, "10%", 5, (0, 1)),  # both zero after rounding: one may be unavailable, or nothing could move
        (2, 9, 3, (2, 3)),  # never more unavailable than there are
        ("100%", 0, 3, (3, 0)),
    ],
)
def test_surge_rounds_up_and_unavailable_rounds_down(
    surge: int | str, unavailable: int | str, replicas: int, expected: tuple[int, int]
) -> None:
    rules = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    one = deployment(replicas=replicas, strategy=rules)
    assert (rollout.max_surge(one), rollout.max_unavailable(one)) == expected


def test_a_share_that_is_no_percentage_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted an integer or a percentage, got '3'"):
        _ = scaled("3", 10, up=True)


def test_the_same_template_hashes_alike_whatever_the_order_of_its_keys() -> None:
    assert template_hash({"a": 1, "b": {"c": 2, "d": 3}}) == template_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert template_hash({"a": 1}) != template_hash({"a": 1}, collisions=1)
    assert set(template_hash({"a": 1})) <= set("456789bcdf")


def a_pod(name: str, *, ready: bool, age_s: int, node: str = "node-1") -> Obj:
    held = store()
    now = held.now().timestamp()
    born = held.now().fromtimestamp(now - age_s, tz=held.now().tzinfo).strftime("%Y-%m-%dT%H:%M:%SZ")
    conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": born}]
    meta = {"name": name, "uid": name, "creationTimestamp": born}
    return {"metadata": meta, "spec": {"nodeName": node}, "status": {"phase": "Running", "conditions": conditions}}


def test_pods_that_serve_nobody_go_first_and_then_the_young() -> None:
    now = store().now()
    found = [
        a_pod("old", ready=True, age_s=5000),
        a_pod("young", ready=True, age_s=20),
        a_pod("unready", ready=False, age_s=9000),
        a_pod("unbound", ready=False, age_s=9000, node=""),
    ]
    order = [pod["metadata"]["name"] for pod in sorted(found, key=lambda pod: expendable(pod, now))]
    assert order == ["unbound", "unready", "young", "old"]


def test_an_undo_uses_the_old_replica_set_again_and_gives_it_the_next_revision(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=2))
        await until(lambda: complete(held))
        first = held.list("replicasets")[0]["metadata"]
        set_env(held, FLAG="0")
        await until(lambda: complete(held))
        assert revision(held.get("deployments", "default", "web")) == 2

        def back(spec: Obj) -> None:
            del spec["template"]["spec"]["containers"][0]["env"]

        change(held, back)
        await until(lambda: complete(held))
        again = held.get("replicasets", "default", first["name"])
        assert again["metadata"]["uid"] == first["uid"]
        assert (revision(again), revision(held.get("deployments", "default", "web"))) == (3, 3)
        assert again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
        assert sizes(held) == [0, 2]

    play(tmp_path, scenario)


def test_a_paused_deployment_scales_but_does_not_roll(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=1))
        await until(lambda: complete(held))
        change(held, lambda spec: spec.update(paused=True, replicas=3))
        set_env(held, FLAG="0")
        await until(lambda: len(pods(held)) == 3)
        assert sizes(held) == [3]
        condition = condition_of(held.get("deployments", "default", "web")["status"], "Progressing")
        assert condition is not None
        assert (condition["status"], condition["reason"]) == ("Unknown", "DeploymentPaused")
        change(held, lambda spec: spec.pop("paused"))
        await until(lambda: complete(held))
        assert sizes(held) == [0, 3]

    play(tmp_path, scenario)


def test_scaling_in_the_middle_of_a_rollout_is_shared_in_proportion(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        rules = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}
        _ = held.create("deployments", deployment(replicas=10, strategy=rules, image="v1"))
        await until(lambda: complete(held))
        change(held, lambda spec: spec["template"]["spec"]["containers"][0].update(image="bad"))
        await until(lambda: sizes(held) == [8, 5])
        change(held, lambda spec: spec.update(replicas=15))
        # Kubernetes' own documentation has this very example: of 5 more, 3 go to the old and 2 to the new
        await until(lambda: sizes(held) == [11, 7])

    play(tmp_path, scenario)


def test_recreate_starts_no_new_pod_before_the_last_old_one_is_gone(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=2, strategy={"type": "Recreate"}))
        await until(lambda: complete(held))
        together: set[int] = set()

        def look(_: Any) -> None:
            together.add(len({pod["metadata"]["labels"]["pod-template-hash"] for pod in held.list("pods")}))

        held.subscribe("pods", look)
        set_env(held, FLAG="0")
        await until(lambda: complete(held))
        assert together == {0, 1}

    play(tmp_path, scenario)


def test_a_ready_pod_is_available_only_after_min_ready_seconds(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=1, minReadySeconds=2))
        await until(lambda: part(held.get("deployments", "default", "web"), "status").get("readyReplicas") == 1)
        status = held.get("deployments", "default", "web")["status"]
        assert "availableReplicas" not in status
        assert status["unavailableReplicas"] == 1
        await until(lambda: complete(held))

    play(tmp_path, scenario)


def test_old_replica_sets_beyond_the_history_limit_go(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(revisionHistoryLimit=1))
        for turn in range(4):
            set_env(held, TURN=str(turn))
            await until(lambda: complete(held))
        await until(lambda: len(held.list("replicasets")) == 2)
        assert [revision(one) for one in sorted(held.list("replicasets"), key=revision)] == [3, 4]

    play(tmp_path, scenario)


def test_what_a_deleted_deployment_owned_goes_with_it(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=2))
        _ = held.create("services", service())
        await until(lambda: complete(held) and held.list("endpointslices"))
        _ = held.delete("deployments", "default", "web")
        _ = held.delete("services", "default", "web")
        await until(lambda: not any(held.list(kind) for kind in ("replicasets", "pods", "endpointslices")))

    play(tmp_path, scenario)


def test_a_foreground_deletion_removes_the_pods_before_the_deployment(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=2))
        await until(lambda: complete(held))
        gone: list[str] = []
        for kind in ("deployments", "replicasets", "pods"):
            held.subscribe(kind, lambda event: gone.append(event.resource) if event.type == "DELETED" else None)

        def mark(obj: Obj) -> None:
            obj["metadata"] |= {"deletionTimestamp": held.timestamp(), "finalizers": ["foregroundDeletion"]}

        _ = held.mutate("deployments", "default", "web", mark)
        await until(lambda: not held.list("deployments"))
        assert gone == ["pods", "pods", "replicasets", "deployments"]

    play(tmp_path, scenario)


def test_a_namespace_goes_with_everything_in_it(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        meta = {"name": "default"}
        _ = held.create("namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": meta, "spec": {}})
        _ = held.create("deployments", deployment())
        await until(lambda: complete(held))
        stamp = held.timestamp()
        _ = held.mutate("namespaces", "", "default", lambda obj: obj["metadata"].update(deletionTimestamp=stamp))
        await until(lambda: not held.list("namespaces"))
        assert not held.list("pods")

    play(tmp_path, scenario)


def test_a_replica_set_adopts_matching_pods_and_replaces_those_that_stop_matching(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=1))
        await until(lambda: complete(held))
        name = pods(held)[0]["metadata"]["name"]
        _ = held.mutate("pods", "default", name, lambda pod: pod["metadata"]["labels"].pop("pod-template-hash"))
        await until(lambda: len(held.list("pods")) == 2)
        assert not held.get("pods", "default", name)["metadata"]["ownerReferences"]
        mark = held.list("replicasets")[0]["metadata"]["labels"]["pod-template-hash"]
        _ = held.mutate(
            "pods", "default", name, lambda pod: pod["metadata"]["labels"].update({"pod-template-hash": mark})
        )
        await until(lambda: len(held.list("pods")) == 1)

    play(tmp_path, scenario)


def test_repeated_events_are_counted_instead_of_repeated(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=0))
        for replicas in (1, 0, 1, 0):
            change(held, lambda spec, to=replicas: spec.update(replicas=to))
            await until(lambda to=replicas: len(held.list("pods")) == to)
        counts = Counter(
            {
                event["message"].split(" from ")[1]: event["count"]
                for event in held.list("events")
                if event["reason"] == "ScalingReplicaSet"
            }
        )
        assert counts == {"0 to 1": 2, "1 to 0": 2}
        assert len(reasons(held, "Deployment")) == 2

    play(tmp_path, scenario)


def test_a_port_name_means_the_pods_own_port_and_numbers_stay(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        _ = held.create("deployments", deployment(replicas=2))
        _ = held.create("services", service())
        await until(lambda: complete(held))
        await until(lambda: len(held.list("endpointslices")[0]["endpoints"]) == 2)
        found = held.list("endpointslices")
        assert len(found) == 1
        assert found[0]["ports"] == [{"name": "http", "port": 8001, "protocol": "TCP"}]
        assert found[0]["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
        assert (tmp_path / "dns.json").read_text() == '{"web.default": [["127.0.0.1", 8001], ["127.0.0.1", 8001]]}'

    play(tmp_path, scenario)


def test_a_service_without_a_selector_keeps_the_endpoints_it_was_given(tmp_path: Path) -> None:
    async def scenario(held: Store) -> None:
        meta = {"name": "mine", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}}
        given = {"metadata": meta, "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": []}
        _ = held.create("endpointslices", given)
        _ = held.create("services", {**service(), "spec": {"ports": [{"port": 80}]}})
        await asyncio.sleep(0.05)
        assert [one["metadata"]["name"] for one in held.list("endpointslices")] == ["mine"]

    play(tmp_path, scenario)

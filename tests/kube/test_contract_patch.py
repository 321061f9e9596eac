"""Contract: the four kinds of patch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kube.objects import configmap, container_of, deployment

if TYPE_CHECKING:
    from sandbox.kube.store import Obj
    from tests.kube.cluster import Cluster


@pytest.fixture
def patched(cluster: Cluster) -> Any:
    """Patch a Deployment's only container strategically and return it."""
    _ = cluster.create("deployments", deployment())

    def patch(**fields: Any) -> Obj:
        body = {"spec": {"template": {"spec": {"containers": [{"name": "main", **fields}]}}}}
        answer = cluster.api.patch(cluster.path("deployments", "web"), body, "strategic")
        assert answer.status == 200, answer.body
        return container_of(answer.body)

    return patch


def _env(container: Obj) -> list[tuple[str, str]]:
    return [(row["name"], row["value"]) for row in container["env"]]


def test_a_strategic_patch_merges_env_by_name(patched: Any) -> None:
    container = patched(env=[{"name": "B", "value": "new"}])
    assert _env(container) == [("A", "1"), ("B", "new")]
    assert container["image"] == "example:1"


def test_a_strategic_patch_puts_new_entries_in_front(patched: Any) -> None:
    assert _env(patched(env=[{"name": "C", "value": "3"}])) == [("C", "3"), ("A", "1"), ("B", "2")]


def test_a_strategic_patch_orders_entries_as_told(patched: Any) -> None:
    order = [{"name": "A"}, {"name": "B"}, {"name": "C"}]
    container = patched(env=[{"name": "C", "value": "3"}], **{"$setElementOrder/env": order})
    assert _env(container) == [("A", "1"), ("B", "2"), ("C", "3")]


def test_a_strategic_patch_deletes_an_entry(patched: Any) -> None:
    assert _env(patched(env=[{"name": "A", "$patch": "delete"}])) == [("B", "2")]


def test_a_strategic_patch_replaces_a_list(patched: Any) -> None:
    assert _env(patched(env=[{"$patch": "replace"}, {"name": "Z", "value": "9"}])) == [("Z", "9")]


def test_a_strategic_patch_removes_with_null(patched: Any) -> None:
    assert "env" not in patched(env=None)


def test_a_strategic_patch_merges_ports_by_number(patched: Any) -> None:
    ports = patched(ports=[{"containerPort": 81, "name": "admin"}])["ports"]
    assert sorted(port["containerPort"] for port in ports) == [80, 81]


def test_a_strategic_patch_replaces_lists_without_a_key(patched: Any) -> None:
    _ = patched(command=["a", "b"])
    assert patched(command=["c"])["command"] == ["c"]


def test_retain_keys_drops_what_is_not_named(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    strategy = {"$retainKeys": ["type"], "type": "Recreate"}
    answer = cluster.api.patch(cluster.path("deployments", "web"), {"spec": {"strategy": strategy}}, "strategic")
    assert answer.body["spec"]["strategy"] == {"type": "Recreate"}


def test_finalizers_are_united_and_dropped_by_value(cluster: Cluster) -> None:
    body = configmap("a")
    body["metadata"]["finalizers"] = ["example.com/a"]
    _ = cluster.create("configmaps", body)
    path = cluster.path("configmaps", "a")
    both = cluster.api.patch(path, {"metadata": {"finalizers": ["example.com/b"]}}, "strategic").body
    assert sorted(both["metadata"]["finalizers"]) == ["example.com/a", "example.com/b"]
    drop = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a", "example.com/b"]}}
    assert "finalizers" not in cluster.api.patch(path, drop, "strategic").body["metadata"]


def test_a_merge_patch_replaces_lists_and_removes_with_null(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a", {"x": "1", "y": "2"}))
    change = {"metadata": {"labels": {"x": None, "z": "3"}}}
    labels = cluster.api.patch(cluster.path("configmaps", "a"), change).body["metadata"]["labels"]
    assert labels == {"y": "2", "z": "3"}


@pytest.mark.parametrize(
    ("operations", "data"),
    [
        ([{"op": "add", "path": "/data/a~1b", "value": "x"}], {"key": "value", "a/b": "x"}),
        ([{"op": "replace", "path": "/data/key", "value": "x"}], {"key": "x"}),
        ([{"op": "move", "from": "/data/key", "path": "/data/other"}], {"other": "value"}),
        ([{"op": "copy", "from": "/data/key", "path": "/data/other"}], {"key": "value", "other": "value"}),
        ([{"op": "test", "path": "/data/key", "value": "value"}, {"op": "remove", "path": "/data/key"}], None),
    ],
    ids=["add", "replace", "move", "copy", "test and remove"],
)
def test_a_json_patch_does_what_rfc_6902_says(cluster: Cluster, operations: Any, data: Any) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    answer = cluster.api.patch(cluster.path("configmaps", "a"), operations, "json")
    if data is not None and "a/b" in data:
        assert answer.status == 422  # a slash is no key of a ConfigMap: the path was understood
        return
    assert answer.status == 200
    assert answer.body.get("data") == data


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/data/key", "value": "other"},
        {"op": "remove", "path": "/data/missing"},
        {"op": "replace", "path": "/data/missing", "value": "x"},
        {"op": "add", "path": "/missing/deeper", "value": "x"},
    ],
)
def test_a_json_patch_that_does_not_apply_changes_nothing(cluster: Cluster, operation: Any) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    path = cluster.path("configmaps", "a")
    first = {"op": "add", "path": "/data/new", "value": "x"}
    assert cluster.api.patch(path, [first, operation], "json").status == 422
    assert cluster.api.get(path).body["data"] == {"key": "value"}


def _apply(cluster: Cluster, data: dict[str, str], manager: str, *, force: bool = False) -> Any:
    body = configmap("a", None, **data)
    query = f"?fieldManager={manager}&force={str(force).lower()}"
    return cluster.api.patch(cluster.path("configmaps", "a") + query, body, "apply")


def test_apply_creates_then_owns_what_it_says(cluster: Cluster) -> None:
    assert _apply(cluster, {"x": "1", "y": "1"}, "one").status == 201
    assert _apply(cluster, {"z": "1"}, "two").status == 200
    assert _apply(cluster, {"x": "1"}, "one").body["data"] == {"x": "1", "z": "1"}


def test_apply_refuses_to_overrule_another_manager_unless_forced(cluster: Cluster) -> None:
    _ = _apply(cluster, {"x": "1"}, "one")
    refused = _apply(cluster, {"x": "2"}, "two")
    assert (refused.status, refused.body["reason"]) == (409, "Conflict")
    assert refused.body["message"] == 'Apply failed with 1 conflict: conflict with "one" using v1: .data.x'
    assert _apply(cluster, {"x": "2"}, "two", force=True).body["data"] == {"x": "2"}


def test_apply_needs_a_manager(cluster: Cluster) -> None:
    answer = cluster.api.patch(cluster.path("configmaps", "a"), configmap("a"), "apply")
    assert answer.status == 422
    assert "fieldManager: Required value" in answer.body["message"]


def test_apply_merges_containers_by_name(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    container = {"name": "main", "env": [{"name": "C", "value": "3"}]}
    spec = {"template": {"spec": {"containers": [container]}}}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    answer = cluster.api.patch(cluster.path("deployments", "web") + "?fieldManager=one", body, "apply")
    assert sorted(_env(container_of(answer.body))) == [("A", "1"), ("B", "2"), ("C", "3")]

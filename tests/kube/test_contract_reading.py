"""Contract: lists, selectors, pages, tables and watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kube.objects import configmap, deployment

if TYPE_CHECKING:
    from tests.kube.cluster import Cluster

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def four(cluster: Cluster) -> Cluster:
    """Four ConfigMaps with labels."""
    labels = [{"tier": "x"}, {"tier": "y"}, {"tier": "z", "extra": "1"}, {"extra": "1"}]
    for name, row in zip(NAMES, labels, strict=True):
        _ = cluster.create("configmaps", configmap(name, {"contract": "1", **row}))
    return cluster


def _names(cluster: Cluster, query: str) -> list[str]:
    answer = cluster.api.get(f"{cluster.path('configmaps')}?{query}")
    assert answer.status == 200, answer.body
    return [item["metadata"]["name"] for item in answer.body["items"]]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier%3Dx", "a"),
        ("tier%3D%3Dx", "a"),
        ("tier%21%3Dx", "bcd"),
        ("tier+in+(x,y)", "ab"),
        ("tier+notin+(x,y)", "cd"),
        ("extra", "cd"),
        ("%21tier", "d"),
        ("extra,tier", "c"),
        ("tier+in+(x,z),extra", "c"),
    ],
)
def test_a_label_selector_selects(four: Cluster, selector: str, names: str) -> None:
    assert _names(four, f"labelSelector=contract,{selector}") == list(names)


@pytest.mark.parametrize(("selector", "names"), [("metadata.name%3Db", "b"), ("metadata.name%21%3Db", "acd")])
def test_a_field_selector_selects(four: Cluster, selector: str, names: str) -> None:
    assert _names(four, f"labelSelector=contract&fieldSelector={selector}") == list(names)


def test_pages_show_one_moment_even_when_the_world_moves_on(four: Cluster) -> None:
    first = four.api.get(f"{four.path('configmaps')}?limit=2").body
    total = len(_names(four, ""))
    assert first["metadata"]["remainingItemCount"] == total - 2
    _ = four.create("configmaps", configmap("e"))
    _ = four.api.delete(four.path("configmaps", "d"))
    names = [item["metadata"]["name"] for item in first["items"]]
    page = four.api.get(f"{four.path('configmaps')}?limit=50&continue={first['metadata']['continue']}").body
    names += [item["metadata"]["name"] for item in page["items"]]
    assert [name for name in names if name in {*NAMES, "e"}] == list(NAMES)
    assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_an_exact_version_shows_the_past(four: Cluster) -> None:
    version = four.api.get(four.path("configmaps")).body["metadata"]["resourceVersion"]
    _ = four.api.delete(four.path("configmaps", "a"))
    query = f"labelSelector=contract&resourceVersion={version}&resourceVersionMatch=Exact"
    assert _names(four, query) == list(NAMES)


def test_list_items_leave_out_kind_and_version(four: Cluster) -> None:
    body = four.api.get(four.path("configmaps")).body
    assert (body["kind"], body["apiVersion"]) == ("ConfigMapList", "v1")
    assert all("kind" not in item for item in body["items"])


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.mark.parametrize(
    ("plural", "columns"),
    [
        ("pods", ["Name", "Ready", "Status", "Restarts", "Age"]),
        ("deployments", ["Name", "Ready", "Up-to-date", "Available", "Age"]),
        ("replicasets", ["Name", "Desired", "Current", "Ready", "Age"]),
        ("services", ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"]),
        ("ingresses", ["Name", "Class", "Hosts", "Address", "Ports", "Age"]),
        ("configmaps", ["Name", "Data", "Age"]),
        ("secrets", ["Name", "Type", "Data", "Age"]),
        ("events", ["Last Seen", "Type", "Reason", "Object", "Message"]),
        ("endpointslices", ["Name", "AddressType", "Ports", "Endpoints", "Age"]),
        ("leases", ["Name", "Holder", "Age"]),
    ],
)
def test_a_table_has_kubectls_columns(cluster: Cluster, plural: str, columns: list[str]) -> None:
    table = cluster.api.get(cluster.path(plural), Accept=TABLE).body
    assert table["kind"] == "Table"
    assert [row["name"] for row in table["columnDefinitions"] if row["priority"] == 0] == columns


def test_a_row_carries_metadata_unless_asked_otherwise(four: Cluster) -> None:
    path = f"{four.path('configmaps')}?fieldSelector=metadata.name%3Da"
    row = four.api.get(path, Accept=TABLE).body["rows"][0]
    assert row["cells"][:2] == ["a", 1]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert four.api.get(f"{path}&includeObject=Object", Accept=TABLE).body["rows"][0]["object"]["data"]
    assert "object" not in four.api.get(f"{path}&includeObject=None", Accept=TABLE).body["rows"][0]


def test_metadata_alone_can_be_asked_for(four: Cluster) -> None:
    accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
    body = four.api.get(four.path("configmaps", "a"), Accept=accept).body
    assert body["kind"] == "PartialObjectMetadata"
    assert "data" not in body


def _seen(events: list[dict[str, dict[str, dict[str, str]]]]) -> list[tuple[str, str]]:
    return [(str(e["type"]), e["object"]["metadata"].get("name", "")) for e in events]


def test_a_watch_resumes_after_a_version_without_loss(four: Cluster) -> None:
    version = four.api.get(four.path("configmaps")).body["metadata"]["resourceVersion"]
    _ = four.api.patch(four.path("configmaps", "a"), {"data": {"key": "1"}})
    _ = four.api.patch(four.path("configmaps", "a"), {"data": {"key": "2"}})
    _ = four.api.delete(four.path("configmaps", "b"))
    _ = four.create("configmaps", configmap("f"))
    events = four.events("configmaps", f"resourceVersion={version}&timeoutSeconds=1")
    assert _seen(events) == [("MODIFIED", "a"), ("MODIFIED", "a"), ("DELETED", "b"), ("ADDED", "f")]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))
    assert [event["object"]["data"]["key"] for event in events[:2]] == ["1", "2"]


def test_a_watch_from_nowhere_begins_with_what_there_is(four: Cluster) -> None:
    events = four.events("configmaps", "labelSelector=contract&timeoutSeconds=1")
    assert sorted(_seen(events)) == [("ADDED", name) for name in NAMES]


def test_a_watch_list_ends_its_beginning_with_a_bookmark(four: Cluster) -> None:
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1"
    events = four.events("configmaps", f"labelSelector=contract&{query}")
    assert sorted(_seen(events[:4])) == [("ADDED", name) for name in NAMES]
    mark = events[4]
    assert mark["type"] == "BOOKMARK"
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(mark["object"]["metadata"]["resourceVersion"]) > 0


def test_what_leaves_a_watchs_selection_is_deleted_for_it(four: Cluster) -> None:
    version = four.api.get(four.path("configmaps")).body["metadata"]["resourceVersion"]
    _ = four.api.patch(four.path("configmaps", "a"), {"metadata": {"labels": {"tier": "y"}}})
    _ = four.api.patch(four.path("configmaps", "a"), {"metadata": {"labels": {"tier": "x"}}})
    _ = four.api.patch(four.path("configmaps", "b"), {"data": {"key": "1"}})
    events = four.events("configmaps", f"labelSelector=tier%3Dx&resourceVersion={version}&timeoutSeconds=1")
    assert _seen(events) == [("DELETED", "a"), ("ADDED", "a")]


def test_a_watch_of_one_name_sees_that_one(four: Cluster) -> None:
    query = "fieldSelector=metadata.name%3Dc&timeoutSeconds=1"
    assert _seen(four.events("configmaps", query)) == [("ADDED", "c")]


def test_a_watched_table_names_its_columns_once(cluster: Cluster) -> None:
    for name in ("a", "b"):
        _ = cluster.create("deployments", deployment(name))
    path = f"{cluster.path('deployments')}?watch=true&timeoutSeconds=1"
    lines = cluster.api.get(path, Accept=TABLE).body.splitlines()
    assert len(lines) >= 2
    assert [('"columnDefinitions":[{' in line) for line in lines[:2]] == [True, False]


def test_nobody_without_rights_reads_anything(cluster: Cluster) -> None:
    answer = cluster.api.get(cluster.path("pods"), Impersonate_User="contract-nobody")
    assert (answer.status, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == (
        'pods is forbidden: User "contract-nobody" cannot list resource "pods" in API group "" '
        f'in the namespace "{cluster.namespace}"'
    )


def test_a_bad_token_is_nobody(cluster: Cluster) -> None:
    answer = cluster.api.get(cluster.path("pods"), Authorization="Bearer nonsense")
    assert (answer.status, answer.body["message"]) == (401, "Unauthorized")


@pytest.mark.parametrize(("path", "text"), [("/readyz", "ok"), ("/livez", "ok"), ("/healthz", "ok")])
def test_health_is_one_word(cluster: Cluster, path: str, text: str) -> None:
    assert cluster.api.get(path).body == text

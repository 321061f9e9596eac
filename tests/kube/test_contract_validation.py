"""Contract: what the API refuses, and how it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kube.objects import configmap, container_of, deployment, ingress

if TYPE_CHECKING:
    from sandbox.kube.store import Obj
    from tests.kube.cluster import Cluster


def _set(obj: Obj, path: str, value: Any) -> None:
    *steps, last = path.split("/")
    for step in steps:
        obj = obj[int(step)] if step.isdigit() else obj[step]  # type: ignore[index]
    obj[last] = value


CONTAINER = "spec/template/spec/containers/0"


@pytest.mark.parametrize(
    ("field", "path", "value"),
    [
        ("metadata.name", "metadata/name", "Bad_Name"),
        ("metadata.labels", "metadata/labels", {"app": "not valid"}),
        ("spec.replicas", "spec/replicas", -1),
        ("spec.selector", "spec/selector", {}),
        ("spec.template.metadata.labels", "spec/template/metadata/labels", {"app": "other"}),
        ("spec.template.spec.containers", "spec/template/spec/containers", []),
        ("spec.template.spec.containers[0].name", f"{CONTAINER}/name", "Bad_Name"),
        ("spec.template.spec.containers[0].image", f"{CONTAINER}/image", ""),
        ("spec.template.spec.containers[0].ports[0].containerPort", f"{CONTAINER}/ports/0/containerPort", 70000),
        ("spec.template.spec.restartPolicy", "spec/template/spec/restartPolicy", "Never"),
        ("spec.strategy.type", "spec/strategy", {"type": "Sideways"}),
    ],
)
def test_a_broken_deployment_names_the_field(cluster: Cluster, field: str, path: str, value: Any) -> None:
    body = deployment()
    _set(body, path, value)
    answer = cluster.api.post(cluster.path("deployments"), body)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    assert field in {cause["field"] for cause in answer.body["details"]["causes"]}


@pytest.mark.parametrize(
    ("field", "path", "value"),
    [
        ("spec", "spec", {}),
        ("spec.rules[0].http.paths[0].pathType", "spec/rules/0/http/paths/0/pathType", None),
        ("spec.rules[0].http.paths[0].path", "spec/rules/0/http/paths/0/path", "no-slash"),
        ("spec.rules[0].host", "spec/rules/0/host", "Not A Host"),
        ("spec.rules[0].http.paths[0].backend.service.name", "spec/rules/0/http/paths/0/backend/service/name", ""),
    ],
)
def test_a_broken_ingress_names_the_field(cluster: Cluster, field: str, path: str, value: Any) -> None:
    body = ingress()
    _set(body, path, value)
    answer = cluster.api.post(cluster.path("ingresses"), body)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    assert field in {cause["field"] for cause in answer.body["details"]["causes"]}


def test_a_deployments_selector_is_fixed(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    labels = {"app": "other"}
    change = {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}
    answer = cluster.api.patch(cluster.path("deployments", "web"), change)
    assert answer.status == 422
    assert "field is immutable" in answer.body["message"]


def _annotate(cluster: Cluster, kind: str) -> Any:
    _ = cluster.create("ingresses", ingress())
    path = cluster.path("ingresses", "web")
    return cluster.api.patch(path, {"metadata": {"annotations": {"canary-weight": 20}}}, kind)


@pytest.mark.parametrize("kind", ["merge", "strategic"])
def test_an_annotation_is_text_and_never_a_number(cluster: Cluster, kind: str) -> None:
    answer = _annotate(cluster, kind)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    why = {"merge": "cannot unmarshal number into Go struct field", "strategic": "cannot convert int64 to string"}
    assert why[kind] in answer.body["message"]


@pytest.mark.parametrize(("path", "value"), [(f"{CONTAINER}/env/0/value", 0), ("spec/replicas", "3")])
def test_a_value_of_the_wrong_type_is_refused(cluster: Cluster, path: str, value: Any) -> None:
    body = deployment()
    _set(body, path, value)
    answer = cluster.api.post(cluster.path("deployments"), body)
    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")
    assert "cannot unmarshal" in answer.body["message"]


def test_unknown_fields_are_refused_warned_of_or_dropped_as_asked(cluster: Cluster) -> None:
    body = deployment()
    container_of(body)["imagee"] = "typo"
    path = cluster.path("deployments")
    strict = cluster.api.post(f"{path}?fieldValidation=Strict", body)
    assert strict.status == 400
    assert 'unknown field "spec.template.spec.containers[0].imagee"' in strict.body["message"]
    warned = cluster.api.post(f"{path}?fieldValidation=Warn&dryRun=All", body)
    assert warned.status == 201
    assert 'unknown field "spec.template.spec.containers[0].imagee"' in warned.headers["Warning"].replace('\\"', '"')
    ignored = cluster.api.post(f"{path}?fieldValidation=Ignore&dryRun=All", body)
    assert "Warning" not in ignored.headers
    assert "imagee" not in container_of(ignored.body)


def test_a_patch_that_adds_an_unknown_field_is_refused_when_strict(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    answer = cluster.api.patch(cluster.path("configmaps", "a") + "?fieldValidation=Strict", {"dataa": {"x": "y"}})
    assert answer.status == 422
    assert 'unknown field "dataa"' in answer.body["message"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("labelSelector=a%3D%3D%3Db", 400),
        ("labelSelector=a+in+b", 400),
        ("fieldSelector=spec.bogus%3D1", 400),
        ("limit=x", 400),
        ("watch=true&sendInitialEvents=true", 422),
        ("resourceVersionMatch=Exact", 422),
        ("resourceVersion=999999999999999&resourceVersionMatch=NotOlderThan&timeoutSeconds=1", 504),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(cluster: Cluster, query: str, status: int) -> None:
    assert cluster.api.get(f"{cluster.path('configmaps')}?{query}").status == status


def test_a_missing_method_and_a_missing_resource_are_told_apart(cluster: Cluster) -> None:
    assert cluster.api.call("POST", "/api/v1/namespaces/default/configmaps/x", "{}").status == 405
    assert cluster.api.get("/apis/apps/v1/namespaces/default/widgets").status == 404
    assert cluster.api.get("/nowhere").status == 404


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("merge", "[]"),
        ("strategic", '{"metadata": {"ownerReferences": [1]}}'),
        ("json", "[1]"),
        ("json", '[{"op": "remove", "path": ""}]'),
        ("json", '[{"op": "move", "path": "/data"}]'),
        ("json", "{}"),
        ("apply", '{"apiVersion": 1}'),
    ],
    ids=lambda value: value.replace('"', ""),
)
def test_a_patch_that_makes_no_sense_is_the_clients_fault(cluster: Cluster, kind: str, body: str) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    answer = cluster.api.patch(cluster.path("configmaps", "a") + "?fieldManager=one", body, kind)
    assert 400 <= answer.status < 500
    assert answer.body["kind"] == "Status"


def test_a_label_without_a_value_is_empty(cluster: Cluster) -> None:
    body = configmap("a")
    body["metadata"]["labels"] = {"x": None}
    assert cluster.create("configmaps", body)["metadata"]["labels"] == {"x": ""}

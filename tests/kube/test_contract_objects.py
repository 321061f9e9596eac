"""Contract: creating, reading, changing and deleting objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.kube.objects import configmap, container_of, deployment, ingress

if TYPE_CHECKING:
    from tests.kube.cluster import Cluster, Pod


def test_a_new_object_gets_uid_version_and_time(cluster: Cluster) -> None:
    meta = cluster.create("configmaps", configmap("a"))["metadata"]
    assert re.fullmatch(r"[0-9a-f-]{36}", meta["uid"])
    assert meta["resourceVersion"].isdigit()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", meta["creationTimestamp"])
    assert meta["namespace"] == cluster.namespace


def test_generate_name_adds_five_letters(cluster: Cluster) -> None:
    body = configmap("x")
    body["metadata"] = {"generateName": "job-"}
    names = {cluster.create("configmaps", body)["metadata"]["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch(r"job-[a-z0-9]{5}", name) for name in names)


def test_a_name_can_be_taken_once(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    again = cluster.api.post(cluster.path("configmaps"), configmap("a"))
    assert (again.status, again.body["reason"]) == (409, "AlreadyExists")
    assert again.body["message"] == 'configmaps "a" already exists'


def test_objects_of_a_missing_namespace_are_refused(cluster: Cluster) -> None:
    answer = cluster.api.post("/api/v1/namespaces/contract-missing/configmaps", configmap("a"))
    assert (answer.status, answer.body["message"]) == (404, 'namespaces "contract-missing" not found')


def test_the_path_and_the_object_have_to_agree_on_the_namespace(cluster: Cluster) -> None:
    body = configmap("a")
    body["metadata"]["namespace"] = "default"
    answer = cluster.api.post(cluster.path("configmaps"), body)
    assert answer.status == 400
    assert "does not match the namespace" in answer.body["message"]


def test_the_path_and_the_object_have_to_agree_on_the_name(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    answer = cluster.api.put(cluster.path("configmaps", "a"), configmap("b"))
    assert answer.status == 400
    assert "does not match the name on the URL" in answer.body["message"]


def test_a_stale_version_conflicts(cluster: Cluster) -> None:
    made = cluster.create("configmaps", configmap("a"))
    assert cluster.api.patch(cluster.path("configmaps", "a"), {"data": {"key": "new"}}).status == 200
    made["data"] = {"key": "old"}
    answer = cluster.api.put(cluster.path("configmaps", "a"), made)
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    assert answer.body["message"].startswith('Operation cannot be fulfilled on configmaps "a": the object has been')


def test_a_change_that_changes_nothing_keeps_the_version(cluster: Cluster) -> None:
    made = cluster.create("configmaps", configmap("a"))
    same = cluster.api.patch(cluster.path("configmaps", "a"), {"data": {"key": "value"}})
    assert same.body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_the_server_owns_uid_and_creation_time(cluster: Cluster) -> None:
    made = cluster.create("configmaps", configmap("a"))
    path = cluster.path("configmaps", "a")
    kept = cluster.api.patch(path, {"metadata": {"creationTimestamp": "2000-01-01T00:00:00Z"}})
    assert kept.body["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    refused = cluster.api.patch(path, {"metadata": {"uid": "other"}})
    assert (refused.status, refused.body["reason"]) == (409, "Conflict")


def test_generation_counts_changes_of_the_spec_only(cluster: Cluster) -> None:
    made = cluster.create("ingresses", ingress())
    path = cluster.path("ingresses", "web")
    assert made["metadata"]["generation"] == 1
    noted = cluster.api.patch(path, {"metadata": {"annotations": {"note": "x"}}}).body
    assert noted["metadata"]["generation"] == 1
    moved = cluster.api.patch(path, {"spec": {"ingressClassName": "other"}}).body
    assert moved["metadata"]["generation"] == 2


def test_a_deployments_generation_counts_its_annotations_too(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    path = cluster.path("deployments", "web")
    assert cluster.api.patch(path, {"metadata": {"annotations": {"note": "x"}}}).body["metadata"]["generation"] == 2
    assert cluster.api.patch(path, {"metadata": {"labels": {"note": "x"}}}).body["metadata"]["generation"] == 2


def test_status_is_written_through_its_own_path_only(cluster: Cluster) -> None:
    _ = cluster.create("ingresses", ingress())
    path, status = cluster.path("ingresses", "web"), {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}
    assert cluster.api.patch(path, status).body["status"] == {"loadBalancer": {}}
    both = status | {"spec": {"ingressClassName": "other"}}
    written = cluster.api.patch(f"{path}/status", both).body
    assert written["status"]["loadBalancer"]["ingress"] == [{"ip": "10.0.0.1"}]
    assert written["spec"]["ingressClassName"] == "contract"
    assert written["metadata"]["generation"] == 1


def test_scale_is_the_deployments_replica_count(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    path = cluster.path("deployments", "web")
    scale = cluster.api.get(f"{path}/scale").body
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["spec"] == {}  # zero is left out
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}


def test_scaling_keeps_to_versions_and_rules(cluster: Cluster) -> None:
    _ = cluster.create("deployments", deployment())
    path = cluster.path("deployments", "web")
    stale = cluster.api.get(f"{path}/scale").body
    _ = cluster.api.patch(path, {"metadata": {"labels": {"x": "y"}}})
    _ = cluster.api.patch(path, {"spec": {"paused": True}})  # so that nothing starts on a real cluster
    assert cluster.api.put(f"{path}/scale", stale | {"spec": {"replicas": 1}}).status == 409
    assert cluster.api.patch(f"{path}/scale", {"spec": {"replicas": -1}}).status == 422
    grown = cluster.api.patch(f"{path}/scale", {"spec": {"replicas": 1}})
    assert grown.body["spec"] == {"replicas": 1}
    assert cluster.api.get(path).body["spec"]["replicas"] == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_a_dry_run_answers_and_stores_nothing(cluster: Cluster, method: str) -> None:
    if method == "POST":
        answer = cluster.api.post(cluster.path("configmaps") + "?dryRun=All", configmap("a"))
        assert answer.status == 201
        assert cluster.api.get(cluster.path("configmaps", "a")).status == 404
        return
    made = cluster.create("configmaps", configmap("a"))
    path = cluster.path("configmaps", "a")
    changed = made | {"data": {"key": "other"}}
    answer = cluster.api.put(f"{path}?dryRun=All", changed) if method == "PUT" else None
    answer = answer or cluster.api.patch(f"{path}?dryRun=All", {"data": {"key": "other"}})
    assert answer.body["data"] == {"key": "other"}
    assert cluster.api.get(path).body["data"] == {"key": "value"}


def test_a_dry_deletion_deletes_nothing(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    assert cluster.api.delete(cluster.path("configmaps", "a") + "?dryRun=All").status == 200
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}
    assert cluster.api.delete(cluster.path("configmaps", "a"), options).status == 200
    assert cluster.api.get(cluster.path("configmaps", "a")).status == 200


def test_deleting_answers_success_once(cluster: Cluster) -> None:
    made = cluster.create("configmaps", configmap("a"))
    answer = cluster.api.delete(cluster.path("configmaps", "a"))
    assert (answer.status, answer.body["status"]) == (200, "Success")
    assert answer.body["details"]["uid"] == made["metadata"]["uid"]
    assert cluster.api.delete(cluster.path("configmaps", "a")).status == 404


def test_deleting_keeps_to_its_preconditions(cluster: Cluster) -> None:
    _ = cluster.create("configmaps", configmap("a"))
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "other"}}
    answer = cluster.api.delete(cluster.path("configmaps", "a"), options)
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")


def test_a_finalizer_delays_the_end(cluster: Cluster) -> None:
    body = configmap("a")
    body["metadata"]["finalizers"] = ["example.com/wait"]
    _ = cluster.create("configmaps", body)
    path = cluster.path("configmaps", "a")
    assert cluster.api.delete(path).status == 200
    assert cluster.api.get(path).body["metadata"]["deletionTimestamp"]
    _ = cluster.api.patch(path, {"metadata": {"finalizers": None}})
    assert cluster.api.get(path).status == 404


def test_deleting_a_selection_deletes_exactly_that(cluster: Cluster) -> None:
    for name in ("a", "b", "c"):
        _ = cluster.create("configmaps", configmap(name, {"kind": "x" if name != "c" else "y"}))
    answer = cluster.api.delete(cluster.path("configmaps") + "?labelSelector=kind%3Dx")
    assert answer.status == 200
    left = cluster.api.get(cluster.path("configmaps") + "?labelSelector=kind").body["items"]
    assert [item["metadata"]["name"] for item in left] == ["c"]


@pytest.mark.needs_running_pods
def test_a_pod_ends_gracefully_or_at_once(running_pod: Pod) -> None:
    path, cluster = running_pod.path, running_pod.cluster
    ending = cluster.api.delete(path).body
    assert ending["kind"] == "Pod"
    assert ending["metadata"]["deletionGracePeriodSeconds"] == 1
    assert ending["metadata"]["deletionTimestamp"]
    assert cluster.api.delete(f"{path}?gracePeriodSeconds=0").status in {200, 404}
    assert cluster.api.get(path).status == 404


def test_the_api_fills_in_what_a_deployment_leaves_out(cluster: Cluster) -> None:
    made = cluster.create("deployments", deployment())
    spec, container = made["spec"], container_of(made)
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 30
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["ports"] == [{"name": "http", "containerPort": 80, "protocol": "TCP"}]


def test_the_api_fills_in_what_a_service_leaves_out(cluster: Cluster) -> None:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
    made = cluster.create("services", body)["spec"]
    assert made["ports"] == [{"protocol": "TCP", "port": 80, "targetPort": 80}]
    assert (made["type"], made["sessionAffinity"]) == ("ClusterIP", "None")
    assert made["clusterIPs"] == [made["clusterIP"]]

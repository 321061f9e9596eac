"""The official Python client on our server: CRUD, errors, and watches that survive 410 Gone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.kube.objects import configmap, deployment, ingress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kube.backend import Backend

kubernetes: Any = importlib.import_module("kubernetes")  # it ships no types
client, watch, ApiException = kubernetes.client, kubernetes.watch, kubernetes.client.ApiException


@pytest.fixture
def connection(backend: Backend) -> Iterator[Any]:
    """The client of an administrator, from the kubeconfig we write."""
    loaded: Any = kubernetes.config.new_client_from_config(config_file=str(backend.kubeconfig), context="admin")
    yield loaded
    loaded.close()


def test_the_client_reads_and_writes(connection: Any) -> None:
    core, apps, networking = (
        client.CoreV1Api(connection),
        client.AppsV1Api(connection),
        client.NetworkingV1Api(connection),
    )
    _ = core.create_namespaced_config_map("default", configmap("a"))
    _ = apps.create_namespaced_deployment("default", deployment(replicas=2))
    _ = networking.create_namespaced_ingress("default", ingress(note="x"))
    read = apps.read_namespaced_deployment("web", "default")
    assert read.spec.template.spec.containers[0].env[0].name == "A"
    read.spec.replicas = 3
    assert apps.replace_namespaced_deployment("web", "default", read).metadata.generation == 2
    scaled = apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 1}})
    assert scaled.spec.replicas == 1
    patched = networking.patch_namespaced_ingress("web", "default", {"metadata": {"annotations": {"note": "y"}}})
    assert patched.metadata.annotations == {"note": "y"}
    assert [item.metadata.name for item in core.list_namespaced_config_map("default").items] == ["a"]
    _ = networking.delete_namespaced_ingress("web", "default")
    assert networking.list_ingress_for_all_namespaces().items == []


def test_the_client_tells_refusals_apart(backend: Backend, connection: Any) -> None:
    core = client.CoreV1Api(connection)
    with pytest.raises(ApiException) as missing:
        _ = core.read_namespaced_pod("nope", "default")
    assert (missing.value.status, missing.value.reason) == (404, "Not Found")
    made = core.create_namespaced_config_map("default", configmap("a"))
    _ = core.patch_namespaced_config_map("a", "default", {"data": {"key": "1"}})
    with pytest.raises(ApiException) as stale:
        _ = core.replace_namespaced_config_map("a", "default", made)
    assert stale.value.status == 409
    reader: Any = kubernetes.config.new_client_from_config(config_file=str(backend.kubeconfig), context="reader")
    with pytest.raises(ApiException) as refused:
        _ = client.AppsV1Api(reader).patch_namespaced_deployment("web", "default", {})
    reader.close()
    assert refused.value.status == 403


def test_the_client_asks_about_its_rights(connection: Any) -> None:
    attributes = client.V1ResourceAttributes(namespace="default", verb="patch", group="apps", resource="deployments")
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
    assert client.AuthorizationV1Api(connection).create_self_subject_access_review(review).status.allowed


def test_the_client_discovers_what_there_is(connection: Any, tmp_path: Any) -> None:
    dynamic: Any = kubernetes.dynamic.DynamicClient(connection, cache_file=str(tmp_path / "cache"))
    resource = dynamic.resources.get(api_version="networking.k8s.io/v1", kind="Ingress")
    _ = resource.create(namespace="default", body=ingress())
    assert resource.get(name="web", namespace="default").spec.ingressClassName == "contract"


def test_a_watch_resumes_where_it_ended(connection: Any) -> None:
    core = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map("default").metadata.resource_version
    seen: list[str] = []
    for name in ("a", "b"):
        _ = core.create_namespaced_config_map("default", configmap(name))
        stream = watch.Watch()
        for event in stream.stream(
            core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=1
        ):
            seen.append(event["object"].metadata.name)
            version = event["object"].metadata.resource_version
            stream.stop()
    assert seen == ["a", "b"]


def _watched(core: Any, version: str) -> list[tuple[str, str]]:
    """Return what a watch of one second sees after a version."""
    stream = watch.Watch().stream(
        core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=1
    )
    return [(event["type"], event["object"].metadata.name) for event in stream]


def test_a_watch_from_a_forgotten_version_is_gone(backend: Backend, connection: Any) -> None:
    core = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map("default").metadata.resource_version
    _ = core.create_namespaced_config_map("default", configmap("a"))
    _ = backend.on_loop(lambda store: store.compact())
    with pytest.raises(ApiException) as gone:
        _ = _watched(core, version)
    assert gone.value.status == 410
    assert "too old resource version" in str(gone.value)


def test_listing_and_watching_across_a_410_loses_nothing(backend: Backend, connection: Any) -> None:
    """What every watcher does: list, watch, and on 410 list again; what happened in between is listed then."""
    core = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map("default").metadata.resource_version
    _ = core.create_namespaced_config_map("default", configmap("missed"))
    _ = backend.on_loop(lambda store: store.compact())
    with pytest.raises(ApiException, match="410"):
        _ = _watched(core, version)
    again = core.list_namespaced_config_map("default")
    assert [item.metadata.name for item in again.items] == ["missed"]
    _ = core.create_namespaced_config_map("default", configmap("next"))
    assert _watched(core, again.metadata.resource_version) == [("ADDED", "next")]


def test_an_exact_list_from_a_forgotten_version_is_gone(backend: Backend, connection: Any) -> None:
    core = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map("default").metadata.resource_version
    _ = core.create_namespaced_config_map("default", configmap("a"))
    _ = backend.on_loop(lambda store: store.compact())
    with pytest.raises(ApiException) as gone:
        _ = core.list_namespaced_config_map("default", resource_version=version, resource_version_match="Exact")
    assert gone.value.status == 410

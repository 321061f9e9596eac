"""Fixtures of the contract: the API under test, a namespace to work in, and a pod that runs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.kube.backend import Api, Backend, scratch
from tests.kube.cluster import Cluster, Pod, real_api

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs_running_pods: a real cluster must run KUBE_CONTRACT_IMAGE for this test")


@pytest.fixture
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Our API server with an empty cluster."""
    with Backend(tmp_path_factory.mktemp("kube")) as running:
        yield running


@pytest.fixture
def api(backend: Backend) -> Iterator[Api]:
    """An administrator of our API server."""
    client = backend.api()
    yield client
    client.close()


@pytest.fixture(scope="session")
def contract_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Backend | None]]:
    """An administrator of the API under contract, and our backend if it is ours."""
    kubeconfig = os.environ.get("KUBE_CONTRACT_KUBECONFIG")
    if kubeconfig:
        client = real_api(kubeconfig)
        yield client, None
        client.close()
        return
    with Backend(tmp_path_factory.mktemp("contract"), lens=lambda _, obj: obj) as running:  # as in the sandbox
        client = running.api()
        yield client, running
        client.close()


@pytest.fixture
def cluster(contract_api: tuple[Api, Backend | None]) -> Iterator[Cluster]:
    """The API under contract with a namespace of this test's own."""
    client, running = contract_api
    made = Cluster(client, scratch(), running)
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}}
    assert client.post("/api/v1/namespaces", body).status == 201
    yield made
    assert client.delete(f"/api/v1/namespaces/{made.namespace}").status == 200


@pytest.fixture
def running_pod(cluster: Cluster) -> Pod:
    """A pod that runs and has written three lines: ours is written by hand, a real cluster has to run it."""
    if cluster.backend is not None:
        return cluster.write_pod()
    image = os.environ.get("KUBE_CONTRACT_IMAGE")
    if not image:
        pytest.fail(
            "this test needs running pods: set KUBE_CONTRACT_IMAGE to an image with sh that the cluster can run"
        )
    pod = cluster.run_pod(image)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if pod.object()["status"].get("phase") == "Running":
            return pod
        _ = pod.cluster.api.get(f"{pod.path}?watch=true&timeoutSeconds=1")
    pytest.fail(f"this test needs running pods: {image} did not start within 60 s: {pod.object()['status']}")

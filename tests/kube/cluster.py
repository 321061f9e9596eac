"""A namespace of the API under contract, and the pods a test may need in it."""

from __future__ import annotations

import datetime
import importlib
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.kube.backend import Api

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.kube.store import Obj
    from tests.kube.backend import Backend


kubernetes: Any = importlib.import_module("kubernetes.config")  # it ships no types


@dataclass(frozen=True, slots=True)
class Cluster:
    """An API, a namespace in it, and our backend where it is ours."""

    api: Api
    namespace: str
    backend: Backend | None

    def path(self, plural: str, name: str = "") -> str:
        """Return the path of a resource in this namespace."""
        group = {
            "deployments": "apis/apps/v1",
            "replicasets": "apis/apps/v1",
            "ingresses": "apis/networking.k8s.io/v1",
            "endpointslices": "apis/discovery.k8s.io/v1",
            "leases": "apis/coordination.k8s.io/v1",
        }.get(plural, "api/v1")
        base = f"/{group}/namespaces/{self.namespace}/{plural}"
        return f"{base}/{name}" if name else base

    def create(self, plural: str, obj: Obj, query: str = "") -> Obj:
        """Create an object and return it."""
        answer = self.api.post(self.path(plural) + query, obj)
        assert answer.status == 201, answer.body
        return answer.body

    def events(self, plural: str, query: str) -> list[Obj]:
        """Watch for the time the query says; return the events."""
        text = self.api.client.get(f"{self.path(plural)}?watch=true&{query}", timeout=60).text
        return [json.loads(line) for line in text.splitlines()]

    def write_pod(self) -> Pod:
        """Put a running pod with three lines of log into our store, as its controllers would."""
        assert self.backend is not None
        running = self.backend
        now = datetime.datetime.now(datetime.UTC)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        made: Obj = running.on_loop(lambda store: store.create("pods", _pod(self.namespace, stamp)))
        folder = running.logs / f"{self.namespace}_talker_{made['metadata']['uid']}" / "main"
        folder.mkdir(parents=True)
        lines = [(30, "one"), (20, "two"), (1, "three")]
        text = "".join(
            f"{(now - datetime.timedelta(seconds=age)).strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z stdout F {word}\n"
            for age, word in lines
        )
        _ = (folder / "0.log").write_text(text)
        return Pod(self, folder / "0.log")

    def run_pod(self, image: str) -> Pod:
        """Ask a real cluster for such a pod."""
        script = "echo one; sleep 10; echo two; sleep 19; echo three; sleep 3600"
        container = {"name": "main", "image": image, "command": ["sh", "-c", script]}
        meta = {"name": "talker", "labels": {"app": "talker"}}
        spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
        _ = self.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        return Pod(self, None)


@dataclass(frozen=True, slots=True)
class Pod:
    """A running pod called talker with one container, main; `log` is its file where we write it."""

    cluster: Cluster
    log: Path | None

    @property
    def path(self) -> str:
        """Return its path in the API."""
        return self.cluster.path("pods", "talker")

    def object(self) -> Obj:
        """Return it as it is now."""
        return self.cluster.api.get(self.path).body


def _pod(namespace: str, stamp: str) -> Obj:
    state: dict[str, Any] = {"name": "main", "image": "talker:1", "ready": True, "restartCount": 0}
    state |= {"state": {"running": {"startedAt": stamp}}, "lastState": {}, "started": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "talker", "namespace": namespace, "labels": {"app": "talker"}, "generation": 1},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "main", "image": "talker:1"}],
            "terminationGracePeriodSeconds": 1,
        },
        "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [state]},
    }


def real_api(kubeconfig: str) -> Api:
    """Return a client of the current context of a kubeconfig."""
    client: Any = kubernetes.new_client_from_config(config_file=kubeconfig)
    settings = client.configuration
    tls = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    if settings.cert_file:
        tls.load_cert_chain(settings.cert_file, settings.key_file)
    auth = settings.auth_settings().get(
        "BearerToken", {}
    )  # a token, or nothing when a client certificate says who we are
    token: str = auth.get("value") or ""
    return Api(settings.host, tls, {"Authorization": token} if token else {})

"""The real Traefik, unmodified, on our server: its nginx provider reads the Ingresses and splits the traffic."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.kube.backend import TOKENS, Backend
from tests.kube.test_lens import Lie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.kube.store import Obj
    from tests.kube.backend import Api

TRAEFIK = Path(sys.executable).with_name("traefik")
OPTION = "--providers.kubernetesingressnginx"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"


class Canary(Lie):
    """A lens that shows Traefik another canary weight."""

    def __call__(self, user: str, obj: Obj) -> Obj | None:
        """Change the weight for Traefik alone."""
        if user == "traefik" and self.weight is not None and obj["metadata"]["name"] == "canary":
            obj["metadata"]["annotations"][WEIGHT] = self.weight
        return obj


class Arm(http.server.BaseHTTPRequestHandler):
    """A backend that says its name."""

    name = ""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.name)))
        self.end_headers()
        _ = self.wfile.write(self.name.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
        """Keep quiet."""


def _arm(name: str) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type(name, (Arm,), {"name": name}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _route(api: Api, name: str, port: int, annotations: dict[str, str]) -> None:
    """Create Service, EndpointSlice and Ingress of one arm."""
    ports = [{"name": "http", "port": 80}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}}
    assert api.post("/api/v1/namespaces/default/services", service).status == 201
    labels = {"kubernetes.io/service-name": name}
    endpoints = [{"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}]
    slice_: Obj = {"kind": "EndpointSlice", "metadata": {"name": f"{name}-1", "labels": labels}, "addressType": "IPv4"}
    slice_ |= {"ports": [{"name": "http", "port": port, "protocol": "TCP"}], "endpoints": endpoints}
    assert api.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice_).status == 201
    backend = {"service": {"name": name, "port": {"number": 80}}}
    rule = {"host": "arms.invalid", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule]}
    meta = {"name": name, "annotations": annotations}
    assert api.post(INGRESSES, {"kind": "Ingress", "metadata": meta, "spec": spec}).status == 201


class Front:
    """Traefik in front of two arms, a tenth to the canary."""

    def __init__(self, backend: Backend, lens: Canary, url: str) -> None:
        self.backend, self.lens, self.url = backend, lens, url
        self.api = backend.api()

    def split(self) -> Counter[str]:
        """Return which arm answered each of 100 asks."""
        with httpx.Client(headers={"Host": "arms.invalid"}) as client:
            return Counter(client.get(self.url).text for _ in range(100))

    def until(self, canary: int) -> None:
        """Wait until exactly that many of 100 asks reach the canary."""
        ends = time.monotonic() + 10
        seen: Counter[str] = Counter()
        while time.monotonic() < ends:
            try:
                seen = self.split()
            except httpx.TransportError:
                seen = Counter()  # not listening yet
            if seen["canary"] == canary and seen["stable"] == 100 - canary:
                return
            _ = threading.Event().wait(0.1)
        pytest.fail(f"wanted {canary} of 100 on the canary, got {dict(seen)}")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """Traefik as the sandbox starts it."""
    lens, port = Canary(), _free_port()
    arms = {name: _arm(name) for name in ("stable", "canary")}
    with Backend(tmp_path, lens=lens) as backend:
        made = Front(backend, lens, f"http://127.0.0.1:{port}/")
        spec = {"kind": "IngressClass", "metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}
        assert made.api.post("/apis/networking.k8s.io/v1/ingressclasses", spec).status == 201
        canary = {"nginx.ingress.kubernetes.io/canary": "true", WEIGHT: "10"}
        for name, annotations in (("stable", {}), ("canary", canary)):
            _route(made.api, name, arms[name].server_address[1], annotations)
        process = _traefik(backend, tmp_path, port)
        try:
            yield made
        finally:
            process.terminate()
            _ = process.wait(10)
            made.api.close()
    for arm in arms.values():
        arm.shutdown()
        arm.server_close()


def _traefik(backend: Backend, folder: Path, port: int) -> subprocess.Popen[bytes]:
    token = folder / "token"
    _ = token.write_text(TOKENS["traefik"])
    command = [
        f"{OPTION}=true",
        f"{OPTION}.endpoint={backend.url}",
        f"{OPTION}.token={token}",
        f"{OPTION}.certauthfilepath={backend.pki.ca}",
        f"{OPTION}.httpentrypoint=web",
        "--providers.providersthrottleduration=50ms",
        f"--entrypoints.web.address=127.0.0.1:{port}",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]
    env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}  # it would win over the token
    return subprocess.Popen([TRAEFIK, *command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_traefik_splits_as_the_annotations_say_and_the_lens_lets_it_see(front: Front) -> None:
    front.until(canary=10)
    changed = front.api.patch(f"{INGRESSES}/canary", {"metadata": {"annotations": {WEIGHT: "20"}}})
    assert changed.status == 200
    front.until(canary=20)
    front.lens.weight = "50"
    front.backend.relens()
    front.until(canary=50)
    front.lens.weight = None
    front.backend.relens()
    front.until(canary=20)
    assert front.api.delete(f"{INGRESSES}/canary").status == 200
    front.until(canary=0)

"""What the tests of the controllers and of the node share: a cluster without an API server in front."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from sandbox.cluster.controlplane import ControlPlane
from sandbox.cluster.events import Recorder
from sandbox.cluster.manager import Cluster
from sandbox.cluster.objects import deleting, is_true, key_of
from sandbox.images import Image, digest_of
from sandbox.images import pull as pull_real
from sandbox.kube.store import Store
from sandbox.state import claim_subnet
from sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path

    from sandbox.kube.store import Event, Obj

SERVER = """
import json, os, socket
print("starting", os.environ["POD_NAME"])
server = socket.create_server((os.environ["POD_IP"], 8001), backlog=64)
while True:
    client, _ = server.accept()
    path = client.recv(4096).split()[1].decode()
    closed = os.path.exists(os.environ.get("CLOSED", "/nonexistent"))
    code = "503 No" if path == "/readyz" and closed else "200 OK"
    body = json.dumps(dict(os.environ)).encode()
    client.sendall(f"HTTP/1.1 {code}\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
    client.close()
    print("asked", path)
"""
WEB = "test/web:1"
CRASHING = "test/crashing:1"
STUBBORN = "test/stubborn:1"
_STUBBORN = (
    "import os, signal, subprocess, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('child', subprocess.Popen(['sleep', '1000']).pid)\n"
    "time.sleep(1000)"
)


def pull(name: str) -> Image | None:
    """Return the test's images besides the real ones."""
    programs = {WEB: SERVER, STUBBORN: _STUBBORN, CRASHING: "print('no such setting'); raise SystemExit(3)"}
    if name in programs:
        return Image(name, digest_of(name), (sys.executable, "-I", "-S", "-c", programs[name]), {"BAKED": "in"})
    return pull_real(name)


def store() -> Store:
    """Return an empty store on the machine's clock."""
    return Store(lambda: datetime.datetime.now(datetime.UTC))


def deployment(name: str = "web", *, image: str = WEB, **spec: Any) -> Obj:
    """Return a Deployment as the API server would have stored it."""
    probe = {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1, "timeoutSeconds": 1}
    container: Obj = {"name": "main", "image": image, "ports": [{"name": "http", "containerPort": 8001}]}
    container |= {"readinessProbe": probe | {"failureThreshold": 1}}
    template: Obj = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    template["spec"]["terminationGracePeriodSeconds"] = 2
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    whole: Obj = {"replicas": 1, "strategy": strategy, "selector": {"matchLabels": {"app": name}}}
    whole |= {"template": template, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600} | spec
    meta = {"name": name, "namespace": "default", "generation": 1, "labels": {"app": name}}
    return {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": meta, "spec": whole}


def service(name: str = "web") -> Obj:
    """Return a Service that selects the pods of the Deployment of the same name."""
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    meta = {"name": name, "namespace": "default"}
    return {"kind": "Service", "apiVersion": "v1", "metadata": meta, "spec": spec}


def change(held: Store, edit: Callable[[Obj], object], name: str = "web") -> None:
    """Edit a Deployment's spec as a patch through the API does."""

    def apply(obj: Obj) -> None:
        _ = edit(obj["spec"])
        obj["metadata"]["generation"] += 1

    assert held.mutate("deployments", "default", name, apply) is not None


def set_env(held: Store, name: str = "web", **env: str) -> None:
    """Do what `kubectl set env` does."""
    entries = [{"name": key, "value": value} for key, value in env.items()]
    change(held, lambda spec: spec["template"]["spec"]["containers"][0].update(env=entries), name)


async def until(holds: Callable[[], object], within_s: float = 8.0) -> None:
    """Wait until something holds; fail with the time-out if it does not."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  the test looks from outside; the store has nobody to tell it
            await asyncio.sleep(0.01)


def pods(held: Store, name: str = "web") -> list[Obj]:
    """Return the pods of a Deployment that are not being deleted."""
    found = [pod for pod in held.list("pods") if pod["metadata"]["labels"].get("app") == name]
    return [pod for pod in found if not deleting(pod)]


def reasons(held: Store, kind: str) -> list[str]:
    """Return the reasons of the events about objects of a kind, oldest first."""
    about = [event for event in held.list("events") if event["involvedObject"]["kind"] == kind]
    return [event["reason"] for event in sorted(about, key=lambda event: int(event["metadata"]["resourceVersion"]))]


def ready_endpoints(held: Store) -> list[str]:
    """Return the addresses that a load balancer may use."""
    slices = held.list("endpointslices")
    return [e["addresses"][0] for one in slices for e in one["endpoints"] if e["conditions"]["ready"]]


@dataclass
class StandIn:
    """A stand-in for kubelet, as in the recording: pods get ready and go after a while; those of image `bad` don't."""

    held: Store
    ready_s: float = 0.15
    gone_s: float = 0.04
    _seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def start(self) -> None:
        """Listen."""
        self.held.subscribe("pods", self._changed)

    def _changed(self, event: Event) -> None:
        pod = event.obj
        if event.type == "DELETED" or not pod["spec"].get("nodeName"):
            return
        step = "end" if deleting(pod) else "start"
        if (pod["metadata"]["uid"], step) in self._seen:
            return
        self._seen.add((pod["metadata"]["uid"], step))
        delay, act = (self.gone_s, self._end) if step == "end" else (self.ready_s, self._run)
        _ = asyncio.get_running_loop().call_later(delay, act, key_of(pod))

    def _run(self, key: tuple[str, str]) -> None:
        now = self.held.timestamp()

        def run(pod: Obj) -> None:
            ready = "False" if "bad" in pod["spec"]["containers"][0]["image"] else "True"
            conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": now}]
            pod["status"] |= {"phase": "Running", "conditions": conditions, "podIP": "127.0.0.1"}

        _ = self.held.mutate("pods", *key, run)

    def _end(self, key: tuple[str, str]) -> None:
        def end(pod: Obj) -> None:
            pod["metadata"]["deletionGracePeriodSeconds"] = 0

        _ = self.held.mutate("pods", *key, end)
        _ = self.held.delete("pods", *key)


@contextlib.asynccontextmanager
async def control_plane(tmp_path: Path) -> AsyncGenerator[Store]:
    """Run the controllers with the stand-in for the node."""
    held = store()
    controllers = ControlPlane(held, Recorder(held), tmp_path / "dns.json")
    StandIn(held).start()
    controllers.start()
    try:
        yield held
    finally:
        await controllers.stop()


@dataclass(frozen=True)
class Lab:
    """A running cluster with real processes."""

    store: Store
    cluster: Cluster
    switches: Switches

    async def settle(self, within_s: float = 10.0) -> None:
        """Wait until all Deployments are complete."""
        assert await self.cluster.settled(within_s), [one["status"] for one in self.store.list("deployments")]


@contextlib.asynccontextmanager
async def lab(tmp_path: Path) -> AsyncGenerator[Lab]:
    """Run a whole cluster."""
    held, switches = store(), Switches(tmp_path / "faults.json")
    subnet, claim = claim_subnet()
    cluster = Cluster(
        held, state=tmp_path / "state", subnet=subnet, switches=switches, node_env={"NODE": "here"}, pull=pull
    )
    await cluster.start()
    try:
        yield Lab(held, cluster, switches)
    finally:
        await cluster.stop()
        claim.close()


def ready(pod: Obj) -> bool:
    """Tell whether a pod is Ready."""
    return is_true(pod, "Ready")


async def get(address: str, path: str = "/env") -> bytes:
    """Ask a pod; raises OSError when it does not answer."""
    reader, writer = await asyncio.open_connection(address, 8001)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    if not answer:
        raise ConnectionError("closed without an answer")
    return answer


def play(tmp_path: Path, scenario: Callable[[Lab], Awaitable[None]]) -> None:
    """Run a scenario in a cluster; afterwards no process of it may be left."""
    before = set(psutil.Process().children(recursive=True))

    async def run() -> None:
        async with lab(tmp_path) as one:
            await scenario(one)

    asyncio.run(run())
    assert set(psutil.Process().children(recursive=True)) <= before


def container(pod: Obj) -> Obj:
    """Return the status of a pod's only container."""
    return pod["status"]["containerStatuses"][0]


def address(pod: Obj) -> str:
    """Return a pod's address."""
    return pod["status"]["podIP"]


async def environment(pod: Obj) -> dict[str, str]:
    """Ask a pod for the environment it runs in."""
    return json.loads((await get(address(pod))).partition(b"\r\n\r\n")[2])


def template(spec: Obj) -> Obj:
    """Return the only container of a Deployment's spec."""
    return spec["template"]["spec"]["containers"][0]


def process_of(pod: Obj) -> psutil.Process:
    """The process that listens where the pod says it is."""
    for child in psutil.Process().children():
        alive = child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        if alive and child.environ().get("POD_NAME") == pod["metadata"]["name"]:
            return child
    raise AssertionError(f"no process of {pod['metadata']['name']}")

"""Pods with metrics documents behind a Kubernetes API's proxy, all in one small server; and a sink that remembers."""

from __future__ import annotations

import asyncio
import copy
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from harness.clock import FakeClock
from harness.observe.documents import DocumentReader
from harness.target import Documents, Environment, Target
from tests.unit.observe.servers import kubeconfig, serving

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from harness.evidence.sample import Sample
    from harness.evidence.sink import Count
    from harness.judge.answers import Arm
    from harness.observe.documents import Look

START_S = FakeClock().wall().timestamp()
GOOD: dict[str, Any] = {
    "timestamp": "2026-01-01T00:00:00+00:00",
    "uptime_seconds": 1000.0,
    "schema": {"responses_validated_total": 100, "schema_repairs_total": 1, "repair_rate_percent": 0.1},
    "persistence": {"persistence_errors": 0, "persistence_success": 200, "error_rate_percent": 0.0},
    "latency": {"regular": {"p95_ms": 800.0}, "enhanced": {"p95_ms": 850.0}, "delta": {"p95_ms": -3.5}},
    "alerts": {"HighLatency": False, "active_alerts": []},
}


def document(**changes: Any) -> dict[str, Any]:
    """A good document; `schema__schema_repairs_total=None` changes one place of it."""
    made = copy.deepcopy(GOOD)
    for place, value in changes.items():
        *path, last = place.split("__")
        inner = made
        for part in path:
            inner = inner[part]
        inner[last] = value
    return made


@dataclass
class Pod:
    """One pod: what it answers by path, and what the API knows of it."""

    name: str
    uid: str = ""
    restarts: int = 0
    running: bool = True
    leaving: bool = False
    down: bool = False
    page: bool = False  # 200 HTML to everything
    answers: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.uid = self.uid or f"uid-{self.name}"
        self.answers = {
            "/api/metrics/observability": document(),
            "/healthz": {"status": "ok"},
            "/version": {"feature_flags": {"unified_pipeline": True}},
        } | self.answers

    @property
    def document(self) -> Any:
        return self.answers["/api/metrics/observability"]

    @document.setter
    def document(self, value: Any) -> None:
        self.answers["/api/metrics/observability"] = value

    def serve(self, path: str) -> web.Response:
        if self.page:
            return web.Response(text="<!doctype html><html></html>", content_type="text/html")
        found = self.answers.get(path, 404)
        if isinstance(found, int):
            return web.Response(status=found, text="no such page")
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="application/json")
        return web.json_response(found)

    def listed(self) -> dict[str, Any]:
        state: dict[str, Any] = {"running": {}} if self.running else {"waiting": {}}
        status = {"name": "main", "restartCount": self.restarts, "ready": self.running, "state": state}
        meta = {"name": self.name, "uid": self.uid} | ({"deletionTimestamp": "now"} if self.leaving else {})
        containers = [{"name": "main", "ports": [{"containerPort": 8001}]}, {"name": "side"}]
        return {"metadata": meta, "spec": {"containers": containers}, "status": {"containerStatuses": [status]}}


class Cluster:
    """The API: its list of pods, its proxy, and the ingress at every other path, which reaches the first pod."""

    def __init__(self, *pods: Pod) -> None:
        self.pods = list(pods)
        self.refuses = 0  # a status that the API gives to everything
        self.no_proxy = False
        self.tokens: set[str | None] = set()

    def app(self) -> web.Application:
        app = web.Application()
        base = "/api/v1/namespaces/default/pods"
        _ = app.router.add_get(base, self._list)
        _ = app.router.add_get(base + "/{where}/proxy/{path:.*}", self._proxy)
        _ = app.router.add_get("/{path:.*}", self._ingress)
        return app

    async def _list(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization"))
        if self.refuses:
            return _status(self.refuses, "no")
        assert request.query["labelSelector"] == "app=onesource,component=backend"
        return web.json_response({"items": [pod.listed() for pod in self.pods]})

    async def _proxy(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization"))
        if self.no_proxy:
            return _status(403, "pods/proxy is forbidden")
        name, _, port = request.match_info["where"].partition(":")
        assert port == "8001"
        pod = next((pod for pod in self.pods if pod.name == name), None)
        if pod is None:
            return _status(404, f'pods "{name}" not found')
        if pod.down:
            return _status(503, "error trying to reach service: dial tcp 10.0.0.9:8001: connect: connection refused")
        return pod.serve("/" + request.match_info["path"])

    async def _ingress(self, request: web.Request) -> web.Response:
        pod = next((pod for pod in self.pods if not pod.down), None)
        return web.Response(status=503) if pod is None else pod.serve(request.path)


def _status(code: int, message: str) -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return web.json_response(body, status=code)


class Kept:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.counts: list[Count] = []
        self.gaps: list[tuple[str, float, float, str]] = []
        self.notes: dict[str, Any] = {}

    def sample(self, sample: Sample) -> None:
        raise AssertionError(sample)

    def count(self, count: Count) -> None:
        self.counts.append(count)

    def gap(self, stream: str, from_s: float, to_s: float, why: str) -> None:
        self.gaps.append((stream, from_s - START_S, to_s - START_S, why))

    def note(self, name: str, body: object, error: str = "") -> None:
        del error
        self.notes[name] = json.loads(msgspec.json.encode(body))

    def of(self, stream: str) -> list[tuple[float, int, dict[str, int]]]:
        return [(one.at_s - START_S, one.n, dict(one.errors)) for one in self.counts if one.stream == stream]

    def holes(self, stream: str) -> list[tuple[float, float, str]]:
        return [(start, end, why) for of, start, end, why in self.gaps if of == stream]


class Bench:
    """A reader on a fake cluster; time passes by hand."""

    def __init__(self, cluster: Cluster, environment: Environment, **metrics: Any) -> None:
        self.cluster, self.environment, self.sink, self.clock = cluster, environment, Kept(), FakeClock()
        self.target = Target("t", {"production": environment}, metrics=Documents(**metrics))
        self.arms: dict[str, Arm] = {"a": "stable", "b": "canary"}
        self.reader = DocumentReader(self.target, environment, self.sink, self.clock, arm_of_pod=self.arms.get)
        self.loop = asyncio.new_event_loop()

    def look(self, after_s: float = 15.0) -> Look:
        """Let time pass, for the pods too, and read."""
        self.clock.sleep(after_s)
        for pod in self.cluster.pods:
            found = pod.document
            if isinstance(found, dict) and "uptime_seconds" in found and found["uptime_seconds"] is not None:
                found["uptime_seconds"] += after_s
        return self.loop.run_until_complete(self.reader.look())

    def close(self) -> None:
        self.loop.run_until_complete(self.reader.close())
        self.loop.close()


@contextmanager
def bench(folder: Path, *pods: Pod, **metrics: Any) -> Generator[Bench]:
    """Serve pods and give a reader on them."""
    cluster = Cluster(*pods)
    with serving(cluster.app) as url:
        made = Bench(cluster, Environment(url=url, kubeconfig=str(kubeconfig(folder, url)), context="prod"), **metrics)
        try:
            yield made
        finally:
            made.close()

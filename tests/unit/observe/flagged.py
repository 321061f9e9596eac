"""A cluster and the product in it, in one small server: what is configured, what pods say, and what they do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from harness.target import Environment, Target
from tests.unit.observe.servers import kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "unified_pipeline": "USE_UNIFIED_PIPELINE",
    "conv_store_primary": "CONV_STORE_PRIMARY",
    "conv_dual_write": "CONV_DUAL_WRITE",
    "dynamic_prompts": "FEATURE_DYNAMIC_PROMPTS",
    "suggested_actions": "FEATURE_SUGGESTED_ACTIONS",
}
ON: dict[str, Any] = dict.fromkeys(NAMES, True) | {"conv_store_primary": "redis"}
CONFIG = dict.fromkeys(NAMES.values(), "1") | {"CONV_STORE_PRIMARY": "redis", "PASSWORD": "hush"}
STATIC = ["How do I plan?", "What helps?"]


@dataclass
class Pod:
    name: str
    says: dict[str, Any] = field(default_factory=lambda: dict(ON))
    env: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    examples: bool = True
    actions: bool = True
    unified: bool = True
    version: int = 200
    leaving: bool = False


@dataclass
class Product:
    """Pods behind one address, each asked in turn; what the API lists of them."""

    pods: list[Pod] = field(default_factory=lambda: [Pod("a"), Pod("b")])
    env: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    env_from: list[dict[str, Any]] = field(default_factory=lambda: [{"configMapRef": {"name": "config"}}])
    maps: dict[str, dict[str, str]] = field(default_factory=lambda: {"config": dict(CONFIG)})
    apology: bool = False
    page: str = "<!doctype html><html></html>"
    replicas: int = 2
    posts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self._turn = itertools.count()
        self._seed = itertools.count(1)

    def app(self) -> web.Application:
        app = web.Application()
        base = "/api/v1/namespaces/default"
        _ = app.router.add_get("/apis/apps/v1/namespaces/default/deployments/onesource", self._deployment)
        _ = app.router.add_get(base + "/configmaps/{name}", self._map)
        _ = app.router.add_get(base + "/pods", self._pods)
        _ = app.router.add_get(base + "/pods/{where}/proxy/{path:.*}", self._proxy)
        _ = app.router.add_get("/", self._page)
        _ = app.router.add_post("/api/chat/ask", self._chat)
        _ = app.router.add_get("/{path:.*}", self._ingress)
        return app

    async def _deployment(self, _: web.Request) -> web.Response:
        side = {"name": "side", "env": [{"name": "CONV_STORE_PRIMARY", "value": "other"}]}
        main = {
            "name": "main",
            "ports": [{"containerPort": 8001}],
            "env": [{"name": "TOKEN", "value": "hush"}, *self.env],
            "envFrom": self.env_from,
        }
        spec = {"replicas": self.replicas, "template": {"spec": {"containers": [side, main]}}}
        return web.json_response({"metadata": {"name": "onesource"}, "spec": spec})

    async def _map(self, request: web.Request) -> web.Response:
        found = self.maps.get(request.match_info["name"])
        return _status(403) if found is None else web.json_response({"data": found})

    async def _pods(self, _: web.Request) -> web.Response:
        return web.json_response({"items": [self._listed(pod) for pod in self.pods]})

    def _listed(self, pod: Pod) -> dict[str, Any]:
        meta = {"name": pod.name, "uid": pod.name} | ({"deletionTimestamp": "now"} if pod.leaving else {})
        status: dict[str, Any] = {"name": "main", "ready": True, "state": {"running": {}}}
        containers = [{"name": "main", "ports": [{"containerPort": 8001}], "env": pod.env}]
        return {"metadata": meta, "spec": {"containers": containers}, "status": {"containerStatuses": [status]}}

    async def _proxy(self, request: web.Request) -> web.Response:
        name, _, port = request.match_info["where"].partition(":")
        assert port == "8001"
        pod = next(pod for pod in self.pods if pod.name == name)
        return self._answer(pod, "/" + request.match_info["path"])

    async def _ingress(self, request: web.Request) -> web.Response:
        return self._answer(self._next(), request.path)

    def _next(self) -> Pod:
        return self.pods[next(self._turn) % len(self.pods)]

    def _answer(self, pod: Pod, path: str) -> web.Response:
        if path == "/version":
            if pod.version != 200:
                return web.Response(status=pod.version)
            return web.json_response({"feature_flags": pod.says})
        if path == "/api/prompts/examples":
            seed = next(self._seed) if pod.examples else None
            return web.json_response({"examples": [f"Example {seed}?"] if seed else STATIC, "seed": seed})
        return web.Response(status=404)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=self.page, content_type="text/html")

    async def _chat(self, request: web.Request) -> web.Response:
        pod, asked = self._next(), await request.json()
        self.posts.append(asked)
        text = "Please try again later" if self.apology else f"About {asked['question']}"
        meta: dict[str, Any] = {"schema": "v2", "session_id": asked["session_id"], "tier": "r", "tokens_used": 1}
        answer: dict[str, Any] = {"title": "In answer to that", "blocks": [{"type": "markdown", "content": text}]}
        if pod.actions:
            meta["suggested_actions"] = [{"label": "Show it as a table"}]
        if pod.unified:
            answer["summary"] = text
        return web.json_response(answer | {"meta": meta})


def _status(code: int) -> web.Response:
    return web.json_response({"kind": "Status", "apiVersion": "v1", "code": code}, status=code)


def environment(folder: Path, at: str, **more: Any) -> Environment:
    config = str(kubeconfig(folder, at))
    given: dict[str, Any] = {"url": at, "kubeconfig": config, "context": "prod", "deployments": {"stable": "onesource"}}
    return Environment(**(given | more))


def target(there: Environment, **more: Any) -> Target:
    return Target("shop", {"staging": there}, **more)

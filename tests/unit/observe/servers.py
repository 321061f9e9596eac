"""Real servers for tests: a product with two versions behind weights and pins, and a small Kubernetes API."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Mapping
    from pathlib import Path

OLD, NEW = "1" * 40, "2" * 40


@dataclass
class Product:
    """What a target does; every request it got is kept."""

    every: int = 10  # one of so many plain asks goes to the canary
    always: str = ""  # the only version, if set
    named: bool = True
    status: int = 200
    page: bool = False  # answers 200 HTML to everything
    hang: bool = False
    seen: list[web.Request] = field(default_factory=list[web.Request])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self._draw = itertools.count(1)

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_route("*", "/{path:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if self.hang:
            await asyncio.sleep(60)
        if self.page:
            return web.Response(text="<html></html>", content_type="text/html")
        if request.path not in {"/version", "/api/chat/ask"}:
            return web.Response(status=404, text="no such page")
        if request.method == "POST":
            self.bodies.append(await request.json())
        version = self.version(request)
        document = {"version": {"git_commit": version}} if self.named else {"ok": True}
        headers = {"X-Onesource-Version": version} if self.named else {}
        response = web.json_response(document, status=self.status, headers=headers)
        if request.method == "POST":
            response.set_cookie("affinity", "canary" if version == NEW else "stable")
        return response

    def version(self, request: web.Request) -> str:
        if self.always:
            return self.always
        pin = request.headers.get("X-Canary") or request.cookies.get("canary")
        if pin in {"always", "never"}:
            return NEW if pin == "always" else OLD
        return NEW if next(self._draw) % self.every == 0 else OLD


class Api:
    """A Kubernetes API that lists what it is given; a resource given as a number answers that status."""

    def __init__(self, lists: Mapping[str, list[dict[str, Any]] | int], uid: str = "uid-1") -> None:
        self.lists = dict(lists)
        self.uid = uid
        self.tokens: set[str | None] = set()

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_get("/{path:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization"))
        if request.path.endswith("/namespaces/kube-system"):
            return web.json_response({"metadata": {"name": "kube-system", "uid": self.uid}})
        given = self.lists.get(request.path.rsplit("/", 1)[1], 404)
        if isinstance(given, int):
            return web.json_response({"kind": "Status", "code": given}, status=given)
        at = int(request.query.get("continue", "0"))
        more = {"continue": str(at + 2)} if at + 2 < len(given) else {}
        return web.json_response({"metadata": more, "items": given[at : at + 2]})


@contextmanager
def serving(app: Callable[[], web.Application]) -> Generator[str]:
    """Serve on a free port in a thread of its own; give the address."""
    ready, stop, where = threading.Event(), asyncio.Event(), list[str]()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        runner = web.AppRunner(app(), shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        where.append(f"http://{host}:{port}")
        ready.set()
        _ = await stop.wait()
        await runner.cleanup()

    def run(work: Callable[[], Awaitable[None]]) -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(work())
        loop.close()

    thread = threading.Thread(target=run, args=(serve,), daemon=True)
    thread.start()
    assert ready.wait(5), "the test's server did not start"
    try:
        yield where[0]
    finally:
        _ = loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kubeconfig(folder: Path, url: str, token: str = "hush") -> Path:
    path = folder / "kubeconfig"
    _ = path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": token}}],
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
            }
        ),
        encoding="utf-8",
    )
    return path

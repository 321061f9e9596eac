"""Pods that are nothing but counters of ours, and the truth about them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from tests.prometheus.server import free_port

if TYPE_CHECKING:
    from types import TracebackType

    from tests.prometheus.server import Server

EDGES = ("0.5", "1", "1.5", "1.6", "2.5", "+Inf")
SECONDS = "http_request_duration_seconds_bucket"


@dataclass(slots=True)
class Pod:
    """One scraped address; `values` are what it shows."""

    app: str
    name: str
    version: str
    edges: tuple[str, ...] = EDGES
    tells_start: bool = True
    started: float = field(default_factory=lambda: time.time() - 3600)
    values: Counter[str] = field(default_factory=Counter[str])
    port: int = field(default_factory=free_port)
    answers: bool = True

    def __post_init__(self) -> None:
        self._plain()

    def ask(self, path: str, seconds: float, status: int = 200) -> None:
        """Count one request."""
        own = f'path="{path}",version="{self.version}"'
        self.values[f'http_requests_total{{status="{status}",{own}}}'] += 1
        for edge in self.edges:
            self.values[f'{SECONDS}{{le="{edge}",{own}}}'] += int(seconds <= float(edge))

    def restart(self) -> None:
        """Begin anew."""
        self.started = time.time()
        self.values.clear()
        self._plain()

    def page(self) -> str:
        lines = [f"{name} {value}" for name, value in self.values.items()]
        lines += [f"process_start_time_seconds {self.started:.3f}"] if self.tells_start else []
        return "\n".join(lines) + "\n"

    @property
    def address(self) -> tuple[str, dict[str, str]]:
        return f"127.0.0.1:{self.port}", {"app": self.app, "pod": self.name}

    def _plain(self) -> None:
        for name in ("history_persist_errors_total", "history_persist_success_total"):
            self.values[f'{name}{{version="{self.version}"}}'] = 0
        for name in ("schema_responses_validated_total", "schema_repairs_total"):
            self.values[f'{name}{{version="{self.version}"}}'] = 0


class Pods:
    """Serves pods to a Prometheus for the length of an `async with`."""

    def __init__(self, server: Server, *pods: Pod) -> None:
        self._server = server
        self._pods = list(pods)
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Pods:
        for pod in self._pods:
            await self._serve(pod)
        self._tell()
        await self.scraped()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.scrape([])
        for runner in self._runners:
            await runner.cleanup()

    async def add(self, pod: Pod) -> None:
        self._pods.append(pod)
        await self._serve(pod)
        self._tell()
        await self.scraped()

    def remove(self, pod: Pod) -> None:
        """Let it be found no more; it goes on answering."""
        self._pods.remove(pod)
        self._tell()

    async def scraped(self) -> None:
        """Wait until the server has stored a scrape of each pod that began after now."""
        apps = "|".join(sorted({pod.app for pod in self._pods}))
        newer = {"query": f'count(timestamp(up{{app=~"{apps}"}}) > {time.time():.3f})'}
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            stored = 0
            while stored < len(self._pods):
                await asyncio.sleep(0.05)
                async with session.get(f"{self._server.url}/api/v1/query", params=newer) as answer:
                    result = (await answer.json())["data"]["result"]
                stored = int(result[0]["value"][1]) if result else 0

    def _tell(self) -> None:
        self._server.scrape([pod.address for pod in self._pods])

    async def _serve(self, pod: Pod) -> None:
        async def metrics(_: web.Request) -> web.Response:
            return web.Response(text=pod.page()) if pod.answers else web.Response(status=500)

        app = web.Application()
        _ = app.router.add_get("/metrics", metrics)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", pod.port).start()
        self._runners.append(runner)

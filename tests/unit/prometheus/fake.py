"""A Prometheus that answers what a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

EMPTY: Mapping[str, object] = {"resultType": "matrix", "result": []}
RULE = {"groups": [{"rules": [{"name": "RedisDown", "type": "alerting", "health": "ok"}]}]}


@dataclass(slots=True)
class Fake:
    """Answers by question; `series` are the raw samples of a window."""

    series: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    alerts: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    fired: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    rules: Mapping[str, object] = field(default_factory=lambda: RULE)
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    headers: list[Mapping[str, str]] = field(default_factory=list["Mapping[str, str]"])
    asked: list[str] = field(default_factory=list[str])
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Fake:
        app = web.Application()
        _ = app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.asked.append(request.path)
        question = request.path.removeprefix("/api/v1/")
        if question in self.instead:
            status, body = self.instead[question]
            return web.Response(status=status, body=body, headers={"Location": f"{self.url}/elsewhere"})
        form = await request.post()
        if question == "query":
            if str(form["query"]).startswith("last_over_time"):
                instant = [{**one, "value": [float(str(form["time"])), "1"]} for one in self.fired]
                return _whole({"resultType": "vector", "result": instant})
            return _whole({"resultType": "matrix", "result": self.series})
        return _whole({"alerts": {"alerts": self.alerts}, "rules": self.rules}.get(question, EMPTY))


def _whole(data: object) -> web.Response:
    return web.Response(body=msgspec.json.encode({"status": "success", "data": data}), content_type="application/json")

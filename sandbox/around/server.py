"""One small server in place of the team's other services, on an address of its own."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.around import dashboards, papers

if TYPE_CHECKING:
    from sandbox.switches import Switches

_STALE = frozenset({"dashboards-stale", "snapshot-stale"})
BEHIND_S = 7200.0  # nobody has fed a stale dashboard for two hours, and nobody will


class Around:
    """Serves at `url` from `start` to `stop`; faults show in the next answer."""

    def __init__(self, switches: Switches) -> None:
        """Read the faults from the switches."""
        self._switches = switches
        self._runner: web.AppRunner | None = None
        self._delivered_at = ""
        self.url = ""

    async def start(self) -> None:
        """Listen on any free port of this machine's loopback address."""
        now = datetime.datetime.now(datetime.UTC)
        self._delivered_at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
        app = web.Application()
        _ = app.router.add_get("/dashboards/{name}.json", self._dashboard)
        _ = app.router.add_get("/CHANGELOG.md", self._changelog)
        _ = app.router.add_get("/receipts", self._receipts)
        _ = app.router.add_get("/roster", self._roster)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _dashboard(self, request: web.Request) -> web.Response:
        active, name = self._switches.active(), request.match_info["name"]
        if name not in dashboards.DASHBOARDS:
            raise web.HTTPNotFound
        fed_s = self._switches.since_s - BEHIND_S if _STALE & active else time.time()
        shown = dashboards.document(name, fed_s, empty="dashboard-empty" in active)
        return web.json_response(shown, headers={"Cache-Control": "no-store"})

    async def _changelog(self, _: web.Request) -> web.Response:
        return web.Response(text=papers.changelog(self._switches.active()), content_type="text/markdown")

    async def _receipts(self, _: web.Request) -> web.Response:
        return web.json_response(papers.receipts(self._switches.active(), self._delivered_at))

    async def _roster(self, _: web.Request) -> web.Response:
        return web.json_response(papers.roster(self._switches.active()))

"""The switchboard as a socket: `python -m sandbox fault on|off NAME` talks to a running sandbox through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.sandbox import Sandbox


async def serve(sandbox: Sandbox) -> web.AppRunner:
    """Listen on the state folder's socket; PUT /faults replaces the active set and answers when it took effect."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(sorted(sandbox.active()))

    async def put(request: web.Request) -> web.Response:
        try:
            await sandbox.switch(await request.json())
        except ValueError as trouble:
            return web.json_response({"error": str(trouble)}, status=400)
        return web.json_response(sorted(sandbox.active()))

    app = web.Application()
    _ = app.router.add_get("/faults", show)
    _ = app.router.add_put("/faults", put)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(sandbox.state / "control.sock")).start()
    return runner


async def faults(state: Path, wanted: frozenset[str] | None = None) -> list[str]:
    """Return the active faults of a running sandbox, after setting them if `wanted` is given."""
    connector = aiohttp.UnixConnector(str(state / "control.sock"))
    async with aiohttp.ClientSession("http://sandbox", connector=connector) as session:
        asked = session.get("/faults") if wanted is None else session.put("/faults", json=sorted(wanted))
        async with asked as answer:
            said = await answer.json()
            if answer.status != 200:
                raise ValueError(said["error"])
            return list(said)

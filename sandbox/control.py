"""The switchboard as a socket: `python -m sandbox fault on|off NAME` talks to a running sandbox through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.sandbox import Sandbox


async def serve(sandbox: Sandbox) -> web.AppRunner:
    """Listen on the state folder's socket.

    PUT /faults replaces the active set, PUT /users the rate of users; each answers when it took effect.
    """

    async def show(_: web.Request) -> web.Response:
        return web.json_response(sorted(sandbox.active()))

    async def put(request: web.Request) -> web.Response:
        try:
            await sandbox.switch(await request.json())
        except ValueError as trouble:
            return web.json_response({"error": str(trouble)}, status=400)
        return web.json_response(sorted(sandbox.active()))

    async def come(request: web.Request) -> web.Response:
        try:
            await sandbox.let_come(float(await request.json()))
        except (TypeError, ValueError) as trouble:
            return web.json_response({"error": str(trouble)}, status=400)
        return web.json_response(sandbox.users_per_s)

    app = web.Application()
    _ = app.router.add_get("/faults", show)
    _ = app.router.add_put("/faults", put)
    _ = app.router.add_put("/users", come)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(sandbox.state / "control.sock")).start()
    return runner


async def faults(state: Path, wanted: frozenset[str] | None = None) -> list[str]:
    """Return the active faults of a running sandbox, after setting them if `wanted` is given."""
    return list(await _said(state, "/faults", None if wanted is None else sorted(wanted)))


async def users(state: Path, per_s: float) -> float:
    """Let users come at that rate to a running sandbox; return the rate."""
    return float(await _said(state, "/users", per_s))


async def _said(state: Path, path: str, wanted: object) -> Any:
    """Ask a running sandbox, or tell it what is wanted; ValueError with what it says when it refuses."""
    connector = aiohttp.UnixConnector(str(state / "control.sock"))
    async with aiohttp.ClientSession("http://sandbox", connector=connector) as session:
        asked = session.get(path) if wanted is None else session.put(path, json=wanted)
        async with asked as answer:
            said = await answer.json()
            if answer.status != 200:
                raise ValueError(said["error"])
            return said

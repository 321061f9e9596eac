"""CPU per routing ask: the client that sends thousands beside the one for functional probes, same server, same run."""

from __future__ import annotations

import asyncio
import resource
import threading
from typing import TYPE_CHECKING

import aiohttp
import httpx
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ASKS = 2000
IN_FLIGHT = 16


def measure() -> dict[str, object]:
    """Return milliseconds of CPU per ask for aiohttp and httpx, and their ratio."""
    port, stop = _server()
    url = f"http://127.0.0.1:{port}/version"
    rounds = [(_cost(_aiohttp(url)), _cost(_httpx(url))) for _ in range(3)]
    stop()
    ours, theirs = (min(pair[i] for pair in rounds) for i in (0, 1))
    return {"aiohttp_ms": round(ours, 3), "httpx_ms": round(theirs, 3), "httpx_over_aiohttp": round(theirs / ours, 1)}


def _cost(asks: Callable[[], Awaitable[None]]) -> float:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_THREAD)
        return used.ru_utime + used.ru_stime

    before = spent()
    asyncio.run(_awaited(asks))
    return (spent() - before) / ASKS * 1000


async def _awaited(asks: Callable[[], Awaitable[None]]) -> None:
    await asks()


def _aiohttp(url: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def ask() -> None:
                async with session.get(url) as answer:
                    _ = await answer.read()

            await _in_flight(ask)

    return run


def _httpx(url: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        async with httpx.AsyncClient() as session:

            async def ask() -> None:
                _ = await session.get(url)

            await _in_flight(ask)

    return run


async def _in_flight(ask: Callable[[], Awaitable[None]]) -> None:
    left = iter(range(ASKS))

    async def one() -> None:
        for _ in left:
            await ask()

    _ = await asyncio.gather(*(one() for _ in range(IN_FLIGHT)))


def _server() -> tuple[int, Callable[[], None]]:
    """Serve a small JSON answer from another thread, so that only the client's CPU is counted."""
    ready = threading.Event()
    ended = asyncio.Event()
    found: dict[str, object] = {}

    async def serve() -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.json_response({"version": {"git_commit": "0" * 40}})

        app = web.Application()
        _ = app.router.add_get("/version", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found["port"] = runner.addresses[0][1]
        found["loop"] = asyncio.get_running_loop()
        ready.set()
        _ = await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    _ = ready.wait(10)
    loop = found["loop"]
    assert isinstance(loop, asyncio.AbstractEventLoop)

    def stop() -> None:
        _ = loop.call_soon_threadsafe(ended.set)
        thread.join(10)

    port = found["port"]
    assert isinstance(port, int)
    return port, stop

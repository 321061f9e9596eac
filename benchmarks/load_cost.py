"""CPU per load request at 64 connections: the load engine, aiohttp bare and httpx; same server, same run."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import resource
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx

from harness.clock import SystemClock
from harness.observe.arms import Teller
from harness.observe.load.engine import Engine, Sinks
from harness.observe.load.plan import Plan, Scenario
from harness.observe.load.sending import Where
from harness.target import ArmFrom, Build

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from multiprocessing.connection import Connection

    from harness.evidence.sample import Sample
    from harness.observe.load.plan import Endpoint

CONNECTIONS = 64
DELAY_S = 0.08  # of enhanced answers: at the rate below as many are in flight as there are connections
RATE_PER_S = CONNECTIONS / DELAY_S
SECONDS = 4.0
HTTPX_REQUESTS = 640  # dear enough to be measured on fewer
ROUNDS = 3
TURNS = 60
PATHS: dict[Endpoint, str] = {"chat": "/api/chat/ask", "enhanced": "/api/chat/ask-enhanced"}
BODY = b'{"question":"What comes next?"}'


def measure() -> dict[str, object]:
    """Return milliseconds of CPU per request: all that the engine does for one, and the bare clients beside it."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    try:
        rounds = [[asyncio.run(cost(url)) for cost in (_crowded, _bare, _httpx, _paced)] for _ in range(ROUNDS)]
    finally:
        server.kill()
        server.join()
    engine, bare, httpx_ms, paced = (min(one[i] for one in rounds) for i in range(4))
    return {
        "connections": CONNECTIONS,
        "engine_ms": round(engine, 3),
        "engine_paced_ms": round(paced, 3),
        "aiohttp_bare_ms": round(bare, 3),
        "httpx_ms": round(httpx_ms, 3),
        "httpx_over_engine": round(httpx_ms / engine, 1),
    }


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _crowded(url: str) -> float:
    """Run as many conversations as there are connections, without thought: the next turn follows the answer."""
    crowd = Scenario("crowd", turns=TURNS, sessions=CONNECTIONS)
    return await _engine(url, Plan(1.0, (crowd,)), 0.5, drain_s=60.0)


async def _paced(url: str) -> float:
    """Run an even load of as many requests in flight: each wakes the loop by itself, which the kernel charges for."""
    return await _engine(url, Plan(RATE_PER_S, (Scenario("one", "enhanced"),)), SECONDS)


async def _engine(url: str, plan: Plan, seconds: float, drain_s: float = 0.0) -> float:
    """Run a plan: schedule, question, request, schema and session check, arm, counts, samples."""
    teller = Teller(ArmFrom(), {"stable": Build("sha256:a", "1" * 40), "canary": Build("sha256:b", "2" * 40)})
    errors = Counter[str]()

    def keep(sample: Sample) -> None:
        errors[sample.error] += 1

    engine = Engine(plan, Where(url, PATHS, teller, in_flight=4 * CONNECTIONS), SystemClock(), Sinks(sample=keep))
    before = _spent()
    ran = await engine.run(seconds, drain_s=drain_s)
    spent = _spent() - before
    assert set(errors) == {""}, errors
    return spent / ran.total.scheduled * 1000


async def _bare(url: str) -> float:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def one() -> None:
            async with session.post(url + PATHS["chat"], data=BODY) as answer:
                _ = await answer.read()

        return await _closed(one, CONNECTIONS * TURNS)


async def _httpx(url: str) -> float:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=CONNECTIONS), timeout=60) as client:

        async def one() -> None:
            _ = await client.post(url + PATHS["chat"], content=BODY)

        return await _closed(one, HTTPX_REQUESTS)


async def _closed(one: Callable[[], Awaitable[None]], requests: int) -> float:
    """Ask from as many workers as there are connections; opening them is not counted here."""

    async def crowd(each: int) -> None:
        async def work() -> None:
            for _ in range(each):
                await one()

        _ = await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    await crowd(1)
    before = _spent()
    await crowd(requests // CONNECTIONS)
    return (_spent() - before) / (requests // CONNECTIONS * CONNECTIONS) * 1000


class _Server(asyncio.Protocol):
    """Answers with a v2 document of the session, enhanced requests after a while, as cheaply as Python can."""

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._out: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer when the body is there: it ends with the only closing brace."""
        self._data += data
        if not self._data.endswith(b"}"):
            return
        found = _SESSION.search(self._data)
        document = _DOCUMENT.replace(b"SESSION", found[1] if found else b"none")
        answer = _HEAD + b"\r\nContent-Length: %d\r\n\r\n" % len(document) + document
        if self._data.startswith(_SLOW):
            _ = asyncio.get_running_loop().call_later(DELAY_S, self._out.write, answer)
        else:
            self._out.write(answer)
        self._data = b""


_SLOW = b"POST /api/chat/ask-enhanced "
_SESSION = re.compile(rb'"session_id":"([^"]*)"')
_DOCUMENT = json.dumps(
    {
        "title": "An answer to a question",
        "blocks": [{"type": "markdown", "content": "Words of an answer. " * 40}],
        "meta": {"schema": "v2", "session_id": "SESSION", "tier": "regular", "tokens_used": 200},
    }
).encode()
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Onesource-Version: " + b"1" * 40


def _serve(told: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


if __name__ == "__main__":
    print(json.dumps(measure()))

"""PING, and everything that is no PONG."""

from __future__ import annotations

import asyncio

import pytest

from harness.observe.documents import ping
from tests.unit.observe.servers import free_port


def _said(answer: bytes | None) -> str:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readexactly(14))
        if answer is None:
            _ = await reader.read()  # until the other side gives up
        else:
            writer.write(answer)
        writer.close()

    async def ask() -> str:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            said = await ping(f"127.0.0.1:{port}", 0.3)
            await asyncio.sleep(0.05)  # until the server's side is closed, too
            return said

    said = asyncio.run(ask())
    assert asked == [b"*1\r\n$4\r\nPING\r\n"]
    return said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"+PONG\r\n", ""),
        (b"-NOAUTH Authentication required.\r\n", "an answer but no PONG: it wants credentials"),
        (b"-LOADING Redis is loading\r\n", "an answer but no PONG: error LOADING"),
        (b"", "closed without an answer"),
        (b"HTTP/1.1 400 Bad Request\r\n", "an answer that is no PONG"),
        (b"x" * 4096, "an answer that is no Redis answer"),
        (None, "timeout: no answer in 0.3 s"),
    ],
)
def test_only_pong_is_pong(answer: bytes | None, said: str) -> None:
    assert _said(answer) == said


def test_who_can_not_be_reached_is_named_by_kind() -> None:
    assert asyncio.run(ping(f"127.0.0.1:{free_port()}", 1)) == "refused"
    assert asyncio.run(ping("none.invalid:6379", 3)) == "unknown host"
    for bad in ("", "host", "host:x", ":1", "host:99999"):
        assert asyncio.run(ping(bad, 1)) == "bad address, wanted host:port"

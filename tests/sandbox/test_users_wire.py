"""The users' own HTTP: answers of every form, connections that are kept, broken and closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox.users import wire
from sandbox.users.wire import Answer, Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"


class Script:
    """A server that answers each request with the next of its texts; None hangs up."""

    def __init__(self, *answers: bytes | None, step: int = 1 << 20) -> None:
        self._answers = list(answers)
        self._step = step
        self.requests: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")), b":0")
                self.requests.append(head + await reader.readexactly(int(length.partition(b":")[2])))
                answer = self._answers.pop(0)
                if answer is None:
                    return
                for at in range(0, len(answer), self._step):
                    writer.write(answer[at : at + self._step])
                    await writer.drain()
                    await asyncio.sleep(0)
                if b"Connection: close" in answer or b"no length" in answer:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


def play(script: Script, scenario: Callable[[Wire], Awaitable[None]]) -> None:
    async def run() -> None:
        server = await asyncio.start_server(script, "127.0.0.1", 0)
        client = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            await scenario(client)
        finally:
            client.close()
            server.close()

    asyncio.run(run())


async def get(client: Wire) -> Answer:
    return await client.request("GET", "/x?n=1", "A: b\r\n")


def test_one_connection_serves_one_request_after_the_other() -> None:
    script = Script(OK, OK)

    async def scenario(client: Wire) -> None:
        answer = await client.request("POST", "/x", "A: b\r\n", b'{"n": 1}')
        assert (answer.status, answer.body) == (200, b"ok")
        assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
        assert (await get(client)).header("content-length") == "2"

    play(script, scenario)
    assert script.connections == 1
    first, second = script.requests
    assert first.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert first.endswith(b'\r\nContent-Length: 8\r\nA: b\r\n\r\n{"n": 1}')
    assert b"Content-Length" not in second


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6;x=1\r\nab\r\n\r\n\r\n3\r\ncde\r\n0\r\n\r\n"


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_chunks_are_put_together_however_they_arrive(step: int) -> None:
    script = Script(CHUNKS, OK, step=step)

    async def scenario(client: Wire) -> None:
        assert (await get(client)).body == b"ab\r\n\r\ncde"
        assert (await get(client)).body == b"ok"

    play(script, scenario)
    assert script.connections == 1


def test_a_connection_that_was_announced_to_close_is_not_used_again() -> None:
    closing = OK.replace(b"\r\nSet", b"\r\nConnection: close\r\nSet", 1)
    script = Script(closing, b"HTTP/1.1 200 OK\r\n\r\nno length", OK)

    async def scenario(client: Wire) -> None:
        assert [(await get(client)).body for _ in range(3)] == [b"ok", b"no length", b"ok"]

    play(script, scenario)
    assert script.connections == 3


def test_an_answer_without_a_body_is_whole_with_its_head() -> None:
    script = Script(b"HTTP/1.1 204 No Content\r\n\r\n", OK)

    async def scenario(client: Wire) -> None:
        assert [(await get(client)).status for _ in range(2)] == [204, 200]

    play(script, scenario)
    assert script.connections == 1


@pytest.mark.parametrize("answer", [None, OK[:-1], b"garbage\r\n\r\n", CHUNKS[:-9]])
def test_half_an_answer_or_none_is_an_error_and_the_next_one_is_asked_elsewhere(answer: bytes | None) -> None:
    script = Script(answer, OK)

    async def scenario(client: Wire) -> None:
        with pytest.raises((WireError, TimeoutError)):
            async with asyncio.timeout(0.3):
                _ = await get(client)
        assert (await get(client)).body == b"ok"

    play(script, scenario)
    assert script.connections == 2


def test_connections_that_were_idle_for_long_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IDLE_S", -1.0)
    script = Script(OK, OK)

    async def scenario(client: Wire) -> None:
        assert [(await get(client)).status for _ in range(2)] == [200, 200]

    play(script, scenario)
    assert script.connections == 2


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1/path"])
def test_a_url_that_is_not_plain_http_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="want http://HOST:PORT"):
        _ = Wire(url)

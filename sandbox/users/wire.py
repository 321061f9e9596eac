"""HTTP/1.1 over kept connections, no more than users need: hundreds of requests a second at a few percent of a core.

A general client costs three times as much, and what users cost is missing to what is measured on the same machine.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHIN_S = 10.0
IDLE_S = 15.0  # a connection that nobody used for so long may well be closed on the other side
_END = b"\r\n\r\n"
_BODILESS = frozenset({204, 304})


class WireError(OSError):
    """No whole answer came: the connection broke, or what came is no HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in order (names in lower case) and the whole body."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of a name in lower case."""
        return next((value for key, value in self.headers if key == name), None)


class _Line(asyncio.Protocol):
    """One connection: at most one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._head: tuple[int, list[tuple[str, str]]] | None = None
        self._left: int | None = None  # bytes of the body still to come; None: in chunks, or until the end
        self._chunked = False
        self.reusable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        self.transport = None
        if self._waiting is None or self._waiting.done():
            return
        if exc is None and self._head is not None and self._left is None and not self._chunked:
            self._done(bytes(self._buffer))  # a body without a length ends with its connection
        else:
            self._waiting.set_exception(WireError(f"connection lost before the answer's end: {exc or 'closed'}"))

    def send(self, request: bytes) -> asyncio.Future[Answer]:
        """Write a request; the future gets its answer."""
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        if self.transport is None:
            waiting.set_exception(WireError("connection closed"))
        else:
            self.transport.write(request)
        return waiting

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():  # nobody asked
            self.hang_up()
            return
        self._buffer += data
        try:
            self._read()
        except ValueError as trouble:
            self._waiting.set_exception(WireError(f"no HTTP answer: {trouble}"))
            self.hang_up()

    def _read(self) -> None:
        if self._head is None:
            end = self._buffer.find(_END)
            if end < 0:
                return
            self._begin(bytes(self._buffer[:end]))
            del self._buffer[: end + len(_END)]
        if self._chunked:
            body = _unchunked(self._buffer)
            if body is not None:
                self._done(body)
        elif self._left is not None and len(self._buffer) >= self._left:
            self._done(bytes(self._buffer[: self._left]))

    def _begin(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ", 2)
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        if not version.startswith("HTTP/1."):
            raise ValueError(first[:40])
        self._head = int(status), headers
        self._left, self._chunked = None, False
        for name, value in headers:
            if name == "content-length":
                self._left = int(value)
            elif name == "transfer-encoding":
                self._chunked = value.lower() == "chunked"
            elif name == "connection" and value.lower() == "close":
                self.reusable = False
        if self._head[0] in _BODILESS:
            self._left = 0
        if self._left is None and not self._chunked:
            self.reusable = False

    def _done(self, body: bytes) -> None:
        assert self._waiting is not None
        assert self._head is not None
        status, headers = self._head
        self._head = None
        self._buffer.clear()
        self._waiting.set_result(Answer(status, headers, body))

    def hang_up(self) -> None:
        """Drop the connection; it is of no use any more."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()


def _unchunked(raw: bytearray) -> bytes | None:
    """Return a body sent in chunks without their lengths; None while it is not whole. ValueError if it is none."""
    if not raw.endswith(_END):  # cheap: the last chunk is empty, and so are trailers here
        return None
    pieces: list[bytes] = []
    at = 0
    while True:
        end = raw.find(b"\r\n", at)
        if end < 0:
            return None
        size = int(bytes(raw[at:end]).partition(b";")[0], 16)
        at = end + 2
        if size == 0:
            return b"".join(pieces)
        if at + size + 2 > len(raw):
            return None
        pieces.append(bytes(raw[at : at + size]))
        at += size + 2


class Wire:
    """Connections to one server, taken again as soon as an answer is whole."""

    def __init__(self, url: str) -> None:
        """Prepare for `http://HOST[:PORT]`; ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError(f"url: want http://HOST:PORT without a path, got {url}")
        self._host, self._port = parts.hostname, parts.port or 80
        self._named = parts.netloc
        self._idle: deque[_Line] = deque()

    async def request(self, method: str, path: str, headers: str, body: bytes = b"") -> Answer:
        """Send one request, its further headers as lines that end in CRLF; OSError (WireError) or TimeoutError."""
        length = f"Content-Length: {len(body)}\r\n" if method != "GET" else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._named}\r\n{length}{headers}\r\n"
        line: _Line | None = None
        try:
            async with asyncio.timeout(WITHIN_S):
                line = self._free() or await self._connect()
                answer = await line.send(head.encode() + body)
        except BaseException:
            if line is not None:
                line.hang_up()
            raise
        if line.reusable:
            line.idle_since = asyncio.get_running_loop().time()
            self._idle.append(line)
        else:
            line.hang_up()
        return answer

    def _free(self) -> _Line | None:
        oldest = asyncio.get_running_loop().time() - IDLE_S
        while self._idle and (not self._idle[0].reusable or self._idle[0].idle_since < oldest):
            self._idle.popleft().hang_up()
        while self._idle:
            line = self._idle.pop()  # the one used last is the least likely to be closed
            if line.reusable:
                return line
        return None

    async def _connect(self) -> _Line:
        _, line = await asyncio.get_running_loop().create_connection(_Line, self._host, self._port)
        return line

    def close(self) -> None:
        """Hang up all connections that are not in use."""
        while self._idle:
            self._idle.pop().hang_up()

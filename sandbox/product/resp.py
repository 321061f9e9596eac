"""A Redis client in one screen: pipelined commands over one connection that comes back by itself.

The `redis` package would serve, but importing it costs a pod 20 MB and 0.2 s; a pod needs five commands.
Protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import TypeAlias

Reply: TypeAlias = "int | bytes | list[Reply] | ReplyError | None"

TIMEOUT_S = 2.0  # a store in the same cluster answers in under a millisecond; a machine that is busy takes longer


class StoreDownError(Exception):
    """The store can't be reached or does not answer."""


class ReplyError(Exception):
    """The server understood and refused."""


class Names:
    """Where a service is now, as the cluster's DNS would say: looked up for each connection."""

    def __init__(self, dns: str | None, namespace: str, service: str) -> None:
        """Take `service` as "name" (looked up in the file `dns`) or as "host:port" (taken as it is)."""
        self._dns = Path(dns) if dns else None
        self._service, _, port = service.partition(":")
        self._port = int(port) if port.isdigit() else None
        self._key = f"{self._service}.{namespace}"

    def addresses(self) -> list[tuple[str, int]]:
        """Return the addresses that answer for the service, possibly none."""
        if self._port is not None:
            return [(self._service, self._port)]
        if self._dns is None:
            return []
        try:
            known = json.loads(self._dns.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [(str(host), int(port)) for host, port in known.get(self._key, [])]


class Client:
    """One connection; commands from any number of tasks are answered in order."""

    def __init__(self, names: Names) -> None:
        """Connect at the first command."""
        self._names = names
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._connecting = asyncio.Lock()

    async def call(self, *words: str | int) -> Reply:
        """Send one command and return its reply; StoreDownError when there is none in time."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                writer = self._writer or await self._connect()
                answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
                self._waiting.append(answer)
                writer.write(encode(words))
                reply = await answer
        except (OSError, TimeoutError) as error:
            self.close()  # later replies would answer the wrong command
            raise StoreDownError(str(error) or "no answer in time") from error
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def close(self) -> None:
        """Drop the connection; commands under way fail."""
        if self._reading is not None:
            _ = self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self._reading = self._writer = None
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(ConnectionResetError("connection lost"))

    async def _connect(self) -> asyncio.StreamWriter:
        async with self._connecting:
            if self._writer is not None:
                return self._writer
            failure = OSError("no such service, or no endpoint of it")
            for host, port in self._names.addresses():
                try:
                    reader, writer = await asyncio.open_connection(host, port)
                except OSError as error:
                    failure = error
                    continue
                self._writer = writer
                self._reading = asyncio.create_task(self._read(reader))
                return writer
            raise failure

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                reply = await decode(reader)
                if not self._waiting:
                    break
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(reply)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        self._reading = None  # this task is ending: nothing to cancel
        self.close()


def encode(words: tuple[str | int, ...]) -> bytes:
    """Return a command as the protocol writes it: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        raw = str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)


async def decode(reader: asyncio.StreamReader) -> Reply:
    """Read one reply; ValueError when it is none, IncompleteReadError at the end of the stream."""
    line = await reader.readuntil(b"\r\n")
    kind, rest = line[:1], line[1:-2]
    if kind == b"+":
        return rest
    if kind == b"-":
        return ReplyError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        size = int(rest)
        return (await reader.readexactly(size + 2))[:-2] if size >= 0 else None
    if kind == b"*":
        return [await decode(reader) for _ in range(int(rest))]
    raise ValueError(f"no reply of the protocol starts with {kind!r}")

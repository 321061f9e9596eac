"""One PING to a Redis, in its own protocol, without a client library."""

from __future__ import annotations

import asyncio

from harness.judge.product import LOCKED
from harness.observe.asks import kind_of

_LONGEST = 512  # bytes of an answer's first line


async def ping(address: str, timeout_s: float) -> str:
    """Return "" if host:port answers PONG in time, else in words what it did instead."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        return "bad address, wanted host:port"
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST)
            writer.write(b"*1\r\n$4\r\nPING\r\n")
            await writer.drain()
            line = await reader.readline()
    except TimeoutError:
        return f"timeout: no answer in {timeout_s:g} s"
    except ValueError:
        return "an answer that is no Redis answer"
    except OSError as trouble:
        return _kind(trouble)
    finally:
        if writer is not None:
            writer.close()
    return _meant(line)


def _kind(trouble: OSError) -> str:
    return "unknown host" if type(trouble).__name__ == "gaierror" else kind_of(trouble)


def _meant(line: bytes) -> str:
    """Say what an answer's first line means; of errors their code alone."""
    if line == b"+PONG\r\n":
        return ""
    if not line:
        return "closed without an answer"
    if line.startswith((b"-NOAUTH", b"-NOPERM")):
        return LOCKED
    if line.startswith(b"-"):
        code = line[1:].split(b" ", 1)[0].strip()[:24].decode("ascii", "replace")
        return f"an answer but no PONG: error {code}"
    return "an answer that is no PONG"

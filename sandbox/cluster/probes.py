"""Probes: what a kubelet asks a container, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sandbox.kube.reading import rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.kube.store import Obj

EAGER_S = 0.1  # a container that is not ready yet is asked this often at first, not every periodSeconds:
EAGER_GROWTH = 1.3  # in the sandbox a rollout should last as long as its processes need, not a probe's period
EAGER_MOST_S = 1.0
MOST_BODY = 10240


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe found; `says` is how kubelet words a failure."""

    ok: bool
    says: str = ""


def port_number(port: int | str, container: Obj) -> int:
    """Return a probe's port: a number, or the name of one of the container's ports."""
    if isinstance(port, int):
        return port
    for known in rows(container, "ports"):
        if known.get("name") == port:
            return int(known["containerPort"])
    if port.isdigit():
        return int(port)
    raise ValueError(f"couldn't find port: {port}")


async def _get(host: str, port: int, path: str, headers: str) -> Answer:
    """Ask one HTTP/1.1 GET; 200 to 399 is good. A session per probe would cost ten times as much."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode())
        status = (await reader.readline()).split(b" ", 2)
        code = int(status[1]) if len(status) > 1 and status[1].isdigit() else 0
        _ = await reader.read(MOST_BODY)  # let it finish: hanging up early looks like an error in its log
    finally:
        writer.close()
    if code == 0:
        return Answer(ok=False, says=f'Get "http://{host}:{port}{path}": malformed HTTP response')
    return Answer(200 <= code < 400, f"HTTP probe failed with statuscode: {code}")


async def _http(action: Obj, ip: str, container: Obj) -> Answer:
    host, port = action.get("host") or ip, port_number(action["port"], container)
    path = action.get("path") or "/"
    headers = {"Host": f"{host}:{port}", "User-Agent": "kube-probe/1.36", "Accept": "*/*", "Connection": "close"}
    headers |= {entry["name"]: entry["value"] for entry in rows(action, "httpHeaders")}
    try:
        return await _get(host, port, path, "".join(f"{name}: {value}\r\n" for name, value in headers.items()))
    except OSError as error:
        why = "connect: connection refused" if isinstance(error, ConnectionRefusedError) else str(error)
        return Answer(ok=False, says=f'Get "http://{host}:{port}{path}": dial tcp {host}:{port}: {why}')


async def _tcp(action: Obj, ip: str, container: Obj) -> Answer:
    host, port = action.get("host") or ip, port_number(action["port"], container)
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        why = "connect: connection refused" if isinstance(error, ConnectionRefusedError) else str(error)
        return Answer(ok=False, says=f"dial tcp {host}:{port}: {why}")
    writer.close()
    return Answer(ok=True)


async def ask(probe: Obj, ip: str, container: Obj) -> Answer:
    """Run one probe (httpGet or tcpSocket) within its timeoutSeconds."""
    try:
        async with asyncio.timeout(float(probe.get("timeoutSeconds", 1))):
            if "httpGet" in probe:
                return await _http(probe["httpGet"], ip, container)
            if "tcpSocket" in probe:
                return await _tcp(probe["tcpSocket"], ip, container)
    except TimeoutError:
        return Answer(ok=False, says="context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    except ValueError as error:
        return Answer(ok=False, says=str(error))
    return Answer(ok=False, says=f"this node runs httpGet and tcpSocket probes only, got {sorted(probe)}")


class Decided(Protocol):
    """What is told when enough answers in a row agree."""

    def __call__(self, good: bool, answer: Answer, /) -> None:  # noqa: FBT001  a callback's only news
        """Take the result and the answer that decided it."""
        ...


class Streak:
    """Answers in a row against the thresholds: a single odd answer does not turn the result."""

    def __init__(self, probe: Obj, *, good: bool) -> None:
        """Start from a result that holds until a threshold says otherwise."""
        self._needed = {True: int(probe.get("successThreshold", 1)), False: int(probe.get("failureThreshold", 3))}
        self.good = good
        self._last: bool | None = None
        self._run = 0

    def add(self, *, ok: bool) -> bool:
        """Take one answer; tell whether this many in a row decide (again) for `ok`."""
        self._run = self._run + 1 if ok is self._last else 1
        self._last = ok
        if self._run < self._needed[ok]:
            return False
        self.good = ok
        return True


async def run(
    probe: Obj,
    ask_once: Callable[[], Awaitable[Answer]],
    decided: Decided,
    failed: Callable[[Answer], None],
    *,
    eager: bool,
) -> None:
    """Probe until cancelled.

    `decided(good, answer)` is called whenever a threshold is reached, `failed` for failures, at most
    once per period and not within the first, in which a process may well still be starting.
    `eager`: nothing is known to be good yet, so ask often until it is.
    """
    period = float(probe.get("periodSeconds", 10))
    streak = Streak(probe, good=not eager)
    loop = asyncio.get_running_loop()
    pause = EAGER_S
    await asyncio.sleep(float(probe.get("initialDelaySeconds", 0)))
    complained = loop.time()
    if not eager:
        await asyncio.sleep(period)
    while True:
        answer = await ask_once()
        if not answer.ok and loop.time() - complained >= period:
            complained = loop.time()
            failed(answer)
        if streak.add(ok=answer.ok):
            decided(answer.ok, answer)
        if eager and not streak.good:
            pause = min(pause * EAGER_GROWTH, EAGER_MOST_S, period)
            await asyncio.sleep(pause)
        else:
            pause = EAGER_S
            await asyncio.sleep(period)

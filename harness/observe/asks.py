"""Ask a target and keep every answer as a probe: no retry, no redirect, at a bounded rate.

Connections are kept alive and shared, as an ingress sees them from a proxy or a page: the split is drawn per
request, not per connection. The client's own silent resend on a connection that the server has closed is off.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from harness.evidence.rows import Probe
from harness.judge.answers import RATE_LIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.abc import AbstractCookieJar

    from harness.clock import Clock
    from harness.observe.arms import Teller
    from harness.observe.routing.ask import Door
    from harness.target import Arm, Probes

TIMEOUT = "timeout"
MANNERS = {"User-Agent": "onesource-verify/0.1.0", "X-Onesource-Synthetic": "1", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to make, and where its probe belongs."""

    stream: str
    seq: int
    url: URL | str
    headers: Mapping[str, str]
    wanted: Arm | None = None
    question: Mapping[str, str] | None = None  # POST this as JSON; None: GET
    conversation: str = ""
    turn: int = 0


class Asker:
    """Makes requests for all streams of a run: one rate, one cap on requests in flight, one clock."""

    def __init__(self, limits: Probes, teller: Teller, clock: Clock, keep: Callable[[Probe], None]) -> None:
        """Ask within a profile's limits; `keep` gets every probe. Offsets count from now."""
        self._limits = limits
        self._teller = teller
        self._clock = clock
        self._keep = keep
        self._start = clock.now()
        self._next = self._start
        self._free = asyncio.Semaphore(limits.in_flight)
        self._silence = _Silence(limits.in_flight)
        self._pool: aiohttp.TCPConnector | None = None
        self._stateless: aiohttp.ClientSession | None = None
        self.heard = False  # whether anybody ever answered

    async def __aenter__(self) -> Asker:
        """Open the shared connections."""
        self._pool = aiohttp.TCPConnector(limit=self._limits.in_flight)
        self._stateless = self.session(aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        if self._stateless is not None:
            await self._stateless.close()
        if self._pool is not None:
            await self._pool.close()

    def session(self, jar: AbstractCookieJar) -> aiohttp.ClientSession:
        """Return a session with its own cookies on the shared connections."""
        session = aiohttp.ClientSession(
            connector=self._pool,
            connector_owner=False,
            cookie_jar=jar,
            headers=MANNERS,
            timeout=aiohttp.ClientTimeout(total=self._limits.timeout_s),
            auto_decompress=True,
        )
        session._retry_connection = False  # noqa: SLF001  the only switch for it
        return session

    async def many(self, stream: str, door: Door, path: str, count: int) -> str:
        """Ask `count` times without cookies of its own; return "" or why it stopped before.

        As many time-outs in a row as requests fit in flight end it: a silent target would cost minutes and
        say nothing more.
        """
        headers = dict(door.headers)
        if door.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in door.cookies.items())
        url = address(door.url + path)
        numbers = itertools.count()
        silence = _Silence(min(self._limits.in_flight, count))
        session = self._stateless
        assert session is not None, "use the asker as a context manager"

        async def work() -> None:
            while not silence.total and (seq := next(numbers)) < count:
                probe = await self.one(session, Ask(stream, seq, url, headers, door.wanted))
                if probe is None:
                    return
                silence.heard(probe)

        _ = await asyncio.gather(*(work() for _ in range(min(self._limits.in_flight, count))))
        return silence.said or self.silent

    @property
    def silent(self) -> str:
        """Why nothing more is asked by any stream, "" as long as the target says anything at all."""
        return f"the target is silent: {self._silence.said}" if self._silence.total else ""

    async def one(self, session: aiohttp.ClientSession, ask: Ask) -> Probe | None:
        """Make one request when it is due; keep and return its probe, None if the target has gone silent."""
        due = self._next
        self._next = max(due, self._clock.now()) + 1 / self._limits.rate_per_s
        if (ahead := due - self._clock.now()) > 0:
            await asyncio.sleep(ahead)
        async with self._free:
            if self._silence.total:
                return None
            probe = await self._send(session, ask, due)
        self._silence.heard(probe)
        self.heard = self.heard or probe.status is not None
        self._keep(probe)
        return probe

    async def _send(self, session: aiohttp.ClientSession, ask: Ask, due: float) -> Probe:
        sent = self._clock.now()
        status = commit = body_commit = arm = None
        error = ""
        try:
            async with session.request(
                "GET" if ask.question is None else "POST",
                ask.url,
                headers=ask.headers,
                json=ask.question,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
                status = answer.status
                commit = self._teller.header(answer.headers)
                body_commit = self._teller.body(body, answer.content_type)
                arm = self._teller.arm(commit, body_commit)
                error = RATE_LIMITED if status == 429 else ""
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
            status, error = None, kind_of(trouble)
        return Probe(
            stream=ask.stream,
            seq=ask.seq,
            due_s=due - self._start,
            sent_s=sent - self._start,
            latency_s=self._clock.now() - sent,
            status=status,
            commit=commit,
            body_commit=body_commit,
            arm=arm,
            error=error,
            wanted=ask.wanted,
            conversation=ask.conversation,
            turn=ask.turn,
        )


class _Silence:
    """Count time-outs in a row."""

    def __init__(self, enough: int) -> None:
        self._enough = enough
        self._row = 0
        self.total = False  # once so, always so

    def heard(self, probe: Probe) -> None:
        """Take note of one probe."""
        self._row = self._row + 1 if probe.error == TIMEOUT else 0
        self.total = self.total or self._row >= self._enough > 0

    @property
    def said(self) -> str:
        """Why the asking stopped, "" if it did not."""
        return f"stopped after {self._enough} time-outs in a row" if self.total else ""


def address(text: str) -> URL | str:
    """Return the address parsed once for all asks, or as it is: asking it then fails as a bad address."""
    try:
        return URL(text)
    except ValueError:
        return text


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, TIMEOUT),
    (aiohttp.ClientConnectorDNSError, "unknown host"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (BrokenPipeError, "reset"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientPayloadError, "cut off"),
    (ValueError, "bad address"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ClientOSError, "reset"),
)


def kind_of(trouble: BaseException) -> str:
    """Return the kind of a failed request, in one or two words."""
    inner = getattr(trouble, "os_error", None)
    for one in (inner, trouble):
        for kind, said in _KINDS:
            if isinstance(one, kind):
                return said
    return "failed"

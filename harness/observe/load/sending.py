"""Send one request and say what came of it: the cheap way, never twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import aiohttp
import msgspec

from harness.judge.answers import RATE_LIMITED
from harness.observe.asks import MANNERS, address, kind_of
from harness.observe.load.sse import Reader, Stamps, StreamFields
from harness.observe.load.validity import INVALID, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import SimpleNamespace

    from yarl import URL

    from harness.clock import Clock
    from harness.observe.arms import Teller
    from harness.observe.load.plan import Endpoint
    from harness.observe.load.validity import Answer
    from harness.target import Arm

CUT_OFF = "cut off"
_STREAM = "text/event-stream"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Where:
    """What load is sent to: addresses by endpoint, who asks, and how answers are read.

    `bearer` gives the token of the moment, asked before each request that needs one (48 h outlive a token).
    `headers` go with every request (a pin, for instance). `in_flight` is the declared cap.
    """

    url: str
    paths: Mapping[Endpoint, str]
    teller: Teller
    in_flight: int = 256
    timeout_s: float = 10.0
    bearer: Callable[[], str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    stream: StreamFields = field(default_factory=StreamFields)


@dataclass(slots=True)
class Talk:
    """One user's conversation: its session and the cookies that keep it on its arm."""

    session_id: str
    cookies: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Got:
    """What came back: `whole` when an answer arrived to its end, whatever it says; `error` "" for a good one."""

    whole: bool = False
    error: str = ""
    arm: Arm | None = None
    end_s: float = 0.0
    stamps: Stamps | None = None
    answer: Answer | None = None
    body: bytes = b""


class Sender:
    """Two pools of kept connections, one for streamed answers: only those pay for tracing."""

    def __init__(self, where: Where, clock: Clock) -> None:
        """Prepare addresses and headers once."""
        self._where = where
        self._now = clock.now
        self._urls: dict[Endpoint, URL | str] = {e: address(where.url + path) for e, path in where.paths.items()}
        self._encode = msgspec.json.Encoder().encode
        self._headers: dict[bool, dict[str, str]] = {
            streamed: {**(MANNERS | {"Accept": _STREAM} if streamed else MANNERS), **_JSON, **where.headers}
            for streamed in (False, True)
        }

    async def __aenter__(self) -> Sender:
        """Open the pools; a cap of our own stands before them, so theirs is off."""
        self._plain = self._session(())
        self._streams = self._session((_tracing(self._now),))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the pools."""
        await self._plain.close()
        await self._streams.close()

    def _session(self, traces: tuple[aiohttp.TraceConfig, ...]) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._where.timeout_s),
            skip_auto_headers=("User-Agent", "Accept"),
            trace_configs=list(traces),
        )
        session._retry_connection = False  # noqa: SLF001  the only switch for it
        return session

    async def send(self, endpoint: Endpoint, question: str, talk: Talk, due: float, *, streamed: bool) -> Got:
        """Ask once; never raises for what a target or a network does."""
        headers = self._headers[streamed]
        if talk.cookies or endpoint == "enhanced":
            headers = dict(headers)
            if talk.cookies:
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in talk.cookies.items())
            if endpoint == "enhanced" and self._where.bearer is not None:
                headers["Authorization"] = f"Bearer {self._where.bearer()}"
        got = Got(stamps=Stamps(due) if streamed else None)
        try:
            async with (self._streams if streamed else self._plain).post(
                self._urls[endpoint],
                data=self._encode({"question": question, "session_id": talk.session_id}),
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=got.stamps,
            ) as answer:
                await self._read(answer, talk, got)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            got.whole, got.error = False, kind_of(problem)
        got.end_s = self._now()
        if got.stamps is not None and got.whole:
            got.stamps.last_s = got.end_s - due
        return got

    async def _read(self, answer: aiohttp.ClientResponse, talk: Talk, got: Got) -> None:
        status, headers = answer.status, answer.headers
        if "Set-Cookie" in headers:
            talk.cookies.update((name, morsel.value) for name, morsel in answer.cookies.items())
        commit = self._where.teller.header(headers)
        got.arm = self._where.teller.arm(commit, None)
        if got.stamps is not None and status == 200 and answer.content_type == _STREAM:
            got.stamps.headers_s = self._now() - got.stamps.due_s
            body = await self._stream(answer, got.stamps)
        else:
            body = await answer.read()
        if got.arm is None and status == 200:
            got.arm = self._where.teller.arm(commit, self._where.teller.body(body or b"", "json"))
        got.whole = body is not None
        if body is None:
            got.error = CUT_OFF
        elif status == 200:
            got.error, got.answer = read(body, talk.session_id)
            got.body = body
            if got.stamps is not None and got.stamps.first_content_s is None:
                got.error = got.error or INVALID  # asked for a stream, got an answer without one
        else:
            got.error = _refusal(status)

    async def _stream(self, answer: aiohttp.ClientResponse, stamps: Stamps) -> bytes | None:
        """Read events to the end; return the whole answer among them, None if the stream ends without one."""
        reader = Reader(self._where.stream, stamps)
        async for piece in answer.content.iter_any():
            if not reader.feed(piece, self._now() - stamps.due_s):
                return None
        return reader.answer or None


def _refusal(status: int) -> str:
    if status == 429:
        return RATE_LIMITED
    return "5xx" if status >= 500 else f"HTTP {status}"


def _tracing(now: Callable[[], float]) -> aiohttp.TraceConfig:
    """Return a trace that stamps how long opening a connection took."""
    config = aiohttp.TraceConfig()

    async def start(_: object, context: SimpleNamespace, __: object) -> None:
        context.began = now()

    async def end(_: object, context: SimpleNamespace, __: object) -> None:
        stamps = cast("Stamps | None", context.trace_request_ctx)
        if stamps is not None:
            stamps.connect_s = now() - context.began

    config.on_connection_create_start.append(start)
    config.on_connection_create_end.append(end)
    return config

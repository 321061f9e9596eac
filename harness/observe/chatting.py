"""One turn of a conversation at a time: who asks, through which door, and what was answered; never sent twice."""

from __future__ import annotations

import asyncio
import math
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from harness.judge.answers import RATE_LIMITED
from harness.observe.arms import Teller
from harness.observe.asks import MANNERS, address, kind_of
from harness.observe.load import validity
from harness.observe.spoken import words
from harness.observe.talks import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.clock import Clock
    from harness.target import Target

OUT_OF_TIME, APOLOGY = "out of time", "apology"
LONGEST = 2000  # bytes of what is no answer
AT_ONCE = 16  # requests under way; more wait, since nobody judges how fast these are


def session_id() -> str:
    """Return the id of a conversation that nobody ever held, named as ours."""
    return f"{PREFIX}{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody in a conversation: its id, the address and headers used, the token, and the cookies kept so far.

    `fresh`: a new connection for each turn and no cookie, so that the target chooses anew who answers.
    """

    session_id: str
    url: str
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: dict[str, str] = field(default_factory=dict[str, str])
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `error` is "" for a valid answer of this conversation, else its kind.

    `text` is all that an answer says in words, or the beginning of whatever came in its place.
    """

    error: str = ""
    status: int | None = None
    text: str = ""
    commit: str = ""
    body: bytes = field(default=b"", repr=False)


class Pace:
    """Lets so many requests a second go, each at its own instant or several at the same one."""

    def __init__(self, per_s: float, clock: Clock) -> None:
        """Begin now."""
        self._per_s, self._clock = per_s, clock
        self._next = clock.now()

    async def book(self, count: int = 1) -> None:
        """Wait for the turn of `count` requests that leave together."""
        due = max(self._next, self._clock.now())
        self._next = due + count / self._per_s
        if (ahead := due - self._clock.now()) > 0:
            await asyncio.sleep(ahead)


class Chatter:
    """Asks questions in conversations; use as an async context manager."""

    def __init__(self, target: Target, clock: Clock, *, per_s: float = math.inf, within_s: float = math.inf) -> None:
        """Ask at most `per_s` questions a second, and none once `within_s` are over."""
        self._target, self._clock = target, clock
        self._teller = Teller(target.arm_from, target.builds)
        self._apologies = tuple(text.casefold() for text in target.answers.apologies if text.strip())
        self._until = clock.now() + within_s
        self._encode = msgspec.json.Encoder().encode
        self._free = asyncio.Semaphore(AT_ONCE)
        self.pace = Pace(per_s, clock)

    async def __aenter__(self) -> Chatter:
        """Open connections."""
        self._kept, self._fresh = self._session(once=False), self._session(once=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._kept.close()
        await self._fresh.close()

    def _session(self, *, once: bool) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=once),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=MANNERS,
            timeout=aiohttp.ClientTimeout(total=self._target.probes.timeout_s),
        )
        session._retry_connection = False  # noqa: SLF001  the only switch for it
        return session

    async def ask(self, voice: Voice, question: str, *, booked: bool = False) -> Reply:
        """Ask once; never raises for what a target or a network does. `booked`: its turn has come already."""
        if not booked:
            await self.pace.book()
        async with self._free:
            if self._clock.now() >= self._until:
                return Reply(OUT_OF_TIME)
            return await self._send(voice, question)

    async def _send(self, voice: Voice, question: str) -> Reply:
        headers = {"Content-Type": "application/json", **voice.headers}
        if voice.token:
            headers["Authorization"] = f"Bearer {voice.token}"
        if voice.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in voice.cookies.items())
        try:
            async with (self._fresh if voice.fresh else self._kept).post(
                address(voice.url + self._target.api.ask),
                data=self._encode({"question": question, "session_id": voice.session_id}),
                headers=headers,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
                if not voice.fresh:
                    voice.cookies.update((name, morsel.value) for name, morsel in answer.cookies.items())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
            return Reply(kind_of(trouble))
        return self._reply(answer, body, voice)

    def _reply(self, answer: aiohttp.ClientResponse, body: bytes, voice: Voice) -> Reply:
        text = words(body) or body[:LONGEST].decode("utf-8", "replace")
        header, inside = self._teller.header(answer.headers), self._teller.body(body, answer.content_type)
        commit = {"header": header, "body": inside, "none": None}[self._target.arm_from.kind]
        error = validity.trouble(body, voice.session_id) if answer.status == 200 else f"HTTP {answer.status}"
        if answer.status == 429:
            error = RATE_LIMITED
        elif not error and any(apology in text.casefold() for apology in self._apologies):
            error = APOLOGY
        return Reply(error, answer.status, text, commit or "", body)

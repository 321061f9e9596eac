"""What one user of the stream asks, and what the answer says of builds, flags and pipeline; never sent twice."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import msgspec

from harness.judge.answers import RATE_LIMITED
from harness.observe.asks import MANNERS, address, kind_of
from harness.observe.load.validity import INVALID, trouble
from harness.observe.talks import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from yarl import URL

    from harness.observe.arms import Teller
    from harness.observe.routing.ask import Door
    from harness.target import Flag, Target

TOPICS: Final = ("solar power", "a weekly budget", "train travel", "home networks", "bread baking", "remote work")
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: `error` is "" for a good answer; empty and None where an answer says nothing."""

    error: str = ""
    commit: str = ""
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    unified: bool | None = None


class Mouth:
    """Asks on connections that are kept alive and shared; use as an async context manager."""

    def __init__(self, target: Target, version_path: str, bearer: Callable[[], str], teller: Teller) -> None:
        """Prepare; `bearer` gives the next user's token, "" for anonymous ones."""
        self._target, self._teller = target, teller
        self._version_path, self._bearer = version_path, bearer
        self._encode = msgspec.json.Encoder().encode
        self._nonce, self._numbers = uuid.uuid4().hex[:16], itertools.count()
        self._known: dict[str, URL | str] = {}

    async def __aenter__(self) -> Mouth:
        """Open the connections; a cap of the stream's own stands before them, so theirs is off."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=MANNERS,
            timeout=aiohttp.ClientTimeout(total=self._target.probes.timeout_s),
        )
        self._session._retry_connection = False  # noqa: SLF001  the only switch for it
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._session.close()

    async def chat(self, door: Door) -> Said:
        """Ask a question in a session of its own; never raises for what a target or a network does."""
        number = next(self._numbers)
        session_id = f"{PREFIX}{self._nonce}-{number}"
        question = f"What is worth knowing about {TOPICS[number % len(TOPICS)]}, number {number}?"
        token = self._bearer()
        headers = {**_JSON, **door.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        asked = self._encode({"question": question, "session_id": session_id})
        status, body, commit, error = await self._send("POST", door.url + self._target.api.ask, headers, asked)
        error = error or refusal(status) or trouble(body, session_id)
        if error:
            return Said(error, commit)
        place = self._target.answers.unified
        return Said(
            "", commit, unified=place in msgspec.json.decode(body, type=dict[str, msgspec.Raw]) if place else None
        )

    async def version(self, door: Door) -> Said:
        """Ask for the version, pinned as the door is; never raises for what a target or a network does."""
        headers = dict(door.headers)
        if door.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in door.cookies.items())
        status, body, commit, error = await self._send("GET", door.url + self._version_path, headers, None)
        error = error or refusal(status)
        document = None if error else document_of(body)
        if document is None:
            return Said(error or INVALID, commit)
        return Said("", commit, shown(document, self._target.flags))

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None
    ) -> tuple[int, bytes, str, str]:
        """Return status, body, commit and "", or the kind of failure."""
        if url not in self._known:
            self._known[url] = address(url)
        try:
            async with self._session.request(
                method, self._known[url], headers=headers, data=data, allow_redirects=False
            ) as answer:
                body = await answer.read()
                return answer.status, body, self._commit(answer, body), ""
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            return 0, b"", "", kind_of(problem)

    def _commit(self, answer: aiohttp.ClientResponse, body: bytes) -> str:
        match self._target.arm_from.kind:
            case "header":
                return self._teller.header(answer.headers) or ""
            case "body":
                return self._teller.body(body, answer.content_type) or ""
            case "none":
                return ""


def refusal(status: int) -> str:
    """Return "" for a status that carries an answer, else what it is called."""
    if status == 429:
        return RATE_LIMITED
    return "" if status in {0, 200} else f"HTTP {status}"


def document_of(body: bytes) -> dict[str, Any] | None:
    """Return a version document; None for a page, for what is no object, and for a failure that is sent as 200."""
    try:
        found = cast("object", msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    document = cast("dict[str, Any]", found) if isinstance(found, dict) else None
    return document if document and "error" not in document else None


def shown(document: Mapping[str, Any], flags: Sequence[Flag]) -> dict[str, str]:
    """Return what a version document says of each flag, as text by the flag's env name; flags it omits are left out."""
    found: dict[str, str] = {}
    for flag in flags:
        said = next((text for place in flag.shown if (text := _text_at(document, place)) is not None), None)
        if said is not None:
            found[flag.env] = said
    return found


def _text_at(document: object, place: str) -> str | None:
    for key in place.split("."):
        if not isinstance(document, dict):
            return None
        document = cast("dict[str, object]", document).get(key)
    if isinstance(document, bool):
        return str(document).lower()
    return str(document) if isinstance(document, str | int | float) else None

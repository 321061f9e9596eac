"""Questions to a Prometheus server: no retry, no redirect, and an answer that is not whole is none."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

import aiohttp
import msgspec
from yarl import URL

from harness.errors import UsageError
from harness.observe.asks import MANNERS, kind_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from harness.target import Prometheus

TIMEOUT_S: Final = 20.0
LARGEST: Final = 256 * 2**20  # bytes of one answer; more is a selector that picks too much
_SAID: Final = 200  # characters of a server's own words

T = TypeVar("T")


class NoAnswerError(Exception):
    """Nothing can be told from an answer; its text is one line and holds no credential."""


class Series(msgspec.Struct):
    """One series: its labels, and (seconds of UTC, value as text) for each sample or instant."""

    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class Alert(msgspec.Struct):
    """One alert that is pending or firing."""

    labels: dict[str, str]
    state: str


class Rule(msgspec.Struct):
    """One rule and whether its last evaluation went well: ok, err, unknown."""

    name: str = ""
    type: str = ""
    health: str = "unknown"


class _Vector(msgspec.Struct, rename="camel"):
    result_type: str
    result: list[Series]


class _Alerts(msgspec.Struct):
    alerts: list[Alert]


class _Group(msgspec.Struct):
    rules: list[Rule] = []


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _Envelope(msgspec.Struct, rename="camel"):
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error_type: str = ""
    error: str = ""
    warnings: list[str] | None = None


class Token:
    """A bearer token in a file, read again when the file changes; it shows in nothing but the request."""

    def __init__(self, file: str) -> None:
        """Name the file; "" for a server that wants no token."""
        self._file = Path(file) if file else None
        self._stamp: tuple[int, int, int] | None = None
        self._text = ""

    def headers(self) -> dict[str, str]:
        """Return the header to send; NoAnswerError if the file can't be read or holds no token."""
        if self._file is None:
            return {}
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._text, self._stamp = self._file.read_text(encoding="utf-8").strip(), stamp
        except (OSError, UnicodeDecodeError) as trouble:
            self._stamp = None
            why = trouble.strerror if isinstance(trouble, OSError) else "not text"
            raise NoAnswerError(f"the token file {self._file}: {why}") from None
        if not self._text or not self._text.isascii() or not self._text.isprintable() or " " in self._text:
            raise NoAnswerError(f"the token file {self._file}: wanted one token, one line, got something else")
        return {"Authorization": f"Bearer {self._text}"}

    def hide(self, text: str) -> str:
        """Return a text without the token."""
        return text.replace(self._text, "[token]") if self._text else text


class Api:
    """One server, asked by what a profile says of it."""

    def __init__(self, server: Prometheus, timeout_s: float = TIMEOUT_S) -> None:
        """Take the address and the token's file; UsageError if the address is none."""
        try:
            url = URL(server.url.rstrip("/") + "/")
        except ValueError:
            url = URL()
        if url.scheme not in {"http", "https"} or not url.host or url.user or url.password or url.query_string:
            raise UsageError(
                "profile: prometheus.url: wanted http(s)://HOST[:PORT][/PREFIX] without user, password or query, "
                "got something else; credentials go into token_file"
            )
        self._url = url
        self._token = Token(server.token_file)
        self._timeout_s = timeout_s

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Session]:
        """Open connections for one reading: between two of them a kept one would have been closed by the server."""
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        async with aiohttp.ClientSession(
            headers=MANNERS, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            session._retry_connection = False  # noqa: SLF001  the only switch for it
            yield Session(session, self._url, self._token)


class Session:
    """The questions."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, token: Token) -> None:
        """Ask through an open session."""
        self._session = session
        self._url = url
        self._token = token

    async def samples(self, expression: str, at_s: float, window: str) -> list[Series]:
        """Return every sample that was stored in the window that ends at an instant, with its own time."""
        form = {"query": f"{expression}[{window}]", "time": _instant(at_s)}
        return await self._series("query", form, "matrix")

    async def instant(self, expression: str, at_s: float) -> list[Series]:
        """Return what an expression is at an instant; the answer has to be about that very instant."""
        found = await self._series("query", {"query": expression, "time": _instant(at_s)}, "vector")
        for series in found:
            if series.value is None or abs(series.value[0] - at_s) > 0.002:
                got = "nothing" if series.value is None else _instant(series.value[0])
                raise NoAnswerError(f"prometheus query: wanted an answer for {_instant(at_s)}, got one for {got}")
        return found

    async def range(self, expression: str, from_s: float, to_s: float, step_s: float) -> list[Series]:
        """Return what an expression was at each step of a stretch, both ends included."""
        form = {"query": expression, "start": _instant(from_s), "end": _instant(to_s), "step": f"{step_s:.3f}"}
        return await self._series("query_range", form, "matrix")

    async def alerts(self) -> list[Alert]:
        """Return what is pending or firing now."""
        return self._typed(await self._ask("alerts", None), "alerts", _Alerts).alerts

    async def rules(self) -> list[Rule]:
        """Return the alerting rules."""
        groups = self._typed(await self._ask("rules", None, {"type": "alert"}), "rules", _Groups).groups
        return [rule for group in groups for rule in group.rules if rule.type in {"alerting", ""}]

    async def _series(self, where: str, form: dict[str, str], kind: str) -> list[Series]:
        got = self._typed(await self._ask(where, form), where, _Vector)
        if got.result_type != kind:
            raise NoAnswerError(f"prometheus {where}: wanted a {kind}, got a {got.result_type}")
        return got.result

    async def _ask(self, where: str, form: dict[str, str] | None, query: dict[str, str] | None = None) -> msgspec.Raw:
        """Return the data of a whole answer."""
        url = (self._url / "api/v1" / where).with_query(query)
        headers = self._token.headers()
        try:
            async with self._session.request(
                "GET" if form is None else "POST", url, data=form, headers=headers, allow_redirects=False
            ) as answer:
                status, body = answer.status, await _read(answer, where)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
            raise NoAnswerError(f"prometheus {where}: no answer: {kind_of(trouble)}") from None
        try:
            envelope = msgspec.json.decode(body, type=_Envelope)
        except msgspec.MsgspecError:
            raise NoAnswerError(
                f"prometheus {where}: HTTP {status}, wanted JSON with a status, got something else"
            ) from None
        if status // 100 != 2 or envelope.status != "success":
            raise NoAnswerError(self._said(f"prometheus {where}: HTTP {status} {envelope.error_type}", envelope.error))
        if envelope.warnings:
            raise NoAnswerError(self._said(f"prometheus {where}: answered with a warning", envelope.warnings[0]))
        return envelope.data

    def _typed(self, data: msgspec.Raw, where: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as trouble:
            raise NoAnswerError(self._said(f"prometheus {where}: an answer of another shape", str(trouble))) from None

    def _said(self, what: str, words: str) -> str:
        """Add a server's words, in one line: a proxy may repeat the token in them."""
        line = " ".join(self._token.hide(words).split())
        return f"{what}: {line[:_SAID]}" if line else what


async def _read(answer: aiohttp.ClientResponse, where: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in cast("AsyncIterator[bytes]", answer.content.iter_any()):
        size += len(part)
        if size > LARGEST:
            raise NoAnswerError(f"prometheus {where}: wanted at most {LARGEST} bytes, got more; narrow the selector")
        parts.append(part)
    return b"".join(parts)


def _instant(at_s: float) -> str:
    return f"{at_s:.3f}"

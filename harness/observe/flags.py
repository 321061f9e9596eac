"""Read every feature flag wherever it can be told: as configured, by each pod's word, and by what the product does.

A pod's flags are fixed when it starts. A ConfigMap that was changed since shows here as what it is: a value that nobody
runs with yet.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from harness.judge.flags import FlagsSeen, Value, plain
from harness.observe import behaviour, configured
from harness.observe.asks import MANNERS
from harness.observe.collector.ending import in_background
from harness.observe.documents.figures import document_of, look_up
from harness.observe.documents.reader import fetch, open_pods
from harness.observe.pods import TIMEOUT_S, listed, one_each

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import TypeAlias

    from harness.clock import Clock
    from harness.observe.behaviour import Told
    from harness.observe.pods import PodHttp, Reply
    from harness.target import Environment, Flag, Target

    Ask: TypeAlias = Callable[[str], Awaitable[Reply]]

INGRESS: Final = "the ingress"
LOOKS: Final = 4  # at the ingress' version document: behind it each may be another pod's
PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(slots=True)
class _Gathered:
    """What places said, as it came in."""

    values: list[Value] = field(default_factory=list[Value])
    texts: list[str] = field(default_factory=list[str])

    def behaved(self, flag: Flag, place: str, by: Told) -> None:
        """Keep what behaviour tells of a flag."""
        self.values.append(Value(flag.env, place, "behaviour", by.value, by.why, by.shown, by.of))
        self.texts += by.texts


async def read(
    name: str, environment: Environment, target: Target, clock: Clock, *, texts: Sequence[str] = ()
) -> FlagsSeen:
    """Return what every place says now. `texts` are looked for in the page: what a flag that is off must not show.

    Nothing is raised for what a target or a network does: a place that tells nothing says why.
    """
    at = clock.wall().isoformat(timespec="milliseconds")
    configuration = asyncio.ensure_future(in_background(lambda: configured.read(environment, target)))
    of_pods, through = _Gathered(), _Gathered()
    async with AsyncExitStack() as stack:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers=MANNERS, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        )
        session._retry_connection = False  # noqa: SLF001  the only switch for it
        pods, trouble = await open_pods(environment)
        if pods is not None:
            _ = stack.push_async_exit(pods)
        names, _, (page, shows) = await asyncio.gather(
            _of_pods(pods, trouble, target, of_pods),
            _through(session, environment, target, through),
            _page(session, environment, texts),
        )
        values = dict.fromkeys((*await configuration, *of_pods.values, *through.values))
    return FlagsSeen(name, at, tuple(values), names, page, shows, tuple(dict.fromkeys(through.texts)))


def read_now(
    name: str, environment: Environment, target: Target, clock: Clock, *, texts: Sequence[str] = ()
) -> FlagsSeen:
    """Return the same, for whoever has no loop: a drill, a command."""
    return asyncio.run(read(name, environment, target, clock, texts=texts))


async def _of_pods(pods: PodHttp | None, trouble: str, target: Target, into: _Gathered) -> tuple[str, ...]:
    """Ask every pod for its word, and for its examples; return the pods."""
    found, trouble = ([], trouble) if pods is None else await listed(pods, target.logs.selector)
    there = [one for one in one_each(found, target.metrics.port) if one.running and not one.leaving]
    if pods is None or not there:
        why = trouble or "no pod runs"
        into.values += [Value(flag.env, "the pods", "product", why=why) for flag in target.flags if flag.shown]
        return ()
    port = target.metrics.port
    _ = await asyncio.gather(*(_place(f"pod {one.pod}", _of(pods, one.pod, port), target, into) for one in there))
    return tuple(one.pod for one in there)


def _of(pods: PodHttp, pod: str, port: int) -> Ask:
    async def ask(path: str) -> Reply:
        return await pods.ask(pod, port, path)

    return ask


async def _through(session: aiohttp.ClientSession, environment: Environment, target: Target, into: _Gathered) -> None:
    """Ask as users do: for the version several times, for examples, and questions."""
    if not environment.url:
        why = "the profile gives no address"
        into.values += [Value(flag.env, INGRESS, "product", why=why) for flag in target.flags if flag.shown]
        return

    async def ask(path: str) -> Reply:
        return await fetch(session, environment.url + path)

    async def answers() -> None:
        asked = [flag for flag in target.flags if flag.shows in {"actions", "unified"}]
        told = await behaviour.answers(session, environment.url, target, behaviour.ANSWERS if asked else 0)
        for flag in asked:
            by = behaviour.actions(told) if flag.shows == "actions" else behaviour.unified(told)
            into.behaved(flag, f"answers through {INGRESS}", by)

    again = (_version(INGRESS, ask, target, into) for _ in range(LOOKS - 1))
    _ = await asyncio.gather(answers(), _place(INGRESS, ask, target, into), *again)


async def _place(place: str, ask: Ask, target: Target, into: _Gathered) -> None:
    """Keep what a pod, or the ingress, says of the flags, and how its examples come."""
    await _version(place, ask, target, into)
    for flag in (flag for flag in target.flags if flag.shows == "examples"):
        into.behaved(flag, f"examples of {place}", await behaviour.examples(ask))


async def _version(place: str, ask: Ask, target: Target, into: _Gathered) -> None:
    """Keep what the version document says of the flags; the first candidate that gives one counts."""
    found: dict[str, Any] | str = "the profile names no path for the version"
    for path in target.api.version:
        found = document_of(await ask(path))
        if not isinstance(found, str):
            break
        found = f"{path}: {found}"
    into.values += [_shown(flag, place, found) for flag in target.flags if flag.shown]


def _shown(flag: Flag, place: str, document: dict[str, Any] | str) -> Value:
    if isinstance(document, str):
        return Value(flag.env, place, "product", why=document)
    for location in flag.shown:
        there, value = look_up(document, location)
        if there and isinstance(value, bool | str | int | float) and str(value).strip():
            return Value(flag.env, place, "product", plain(value))
        if there:
            return Value(flag.env, place, "product", why=f"{location} is {type(value).__name__}, wanted a value")
    return Value(flag.env, place, "product", why=f"missing, looked for {' and '.join(flag.shown)}")


async def _page(
    session: aiohttp.ClientSession, environment: Environment, texts: Iterable[str]
) -> tuple[str, tuple[str, ...]]:
    """Return what is wrong with the page that `GET /` serves, and which of the texts stand in it."""
    if not environment.url:
        return "the profile gives no address", ()
    reply = await fetch(session, environment.url + "/")
    if reply.status != 200:
        return reply.error or f"HTTP {reply.status}", ()
    if reply.content_type not in PAGE_TYPES:
        return f"HTTP 200 with {reply.content_type or 'no content type'}, wanted a page", ()
    served = reply.body.decode(errors="replace")
    return "", tuple(text for text in texts if text in served)

"""Read what people watch a rollout by: each monitoring address of the profile twice, and Prometheus if there is one."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Final

import aiohttp

from harness.errors import UsageError
from harness.judge.monitors import Carried, MonitorSeen, MonitorsSeen, Queried, Reading
from harness.observe.asks import MANNERS
from harness.observe.carrying import in_document, in_text, instant
from harness.observe.documents.figures import document_of, look_up
from harness.observe.documents.reader import fetch
from harness.observe.logs.times import utc
from harness.observe.pods import TIMEOUT_S
from harness.observe.prometheus.api import Api, NoAnswerError
from harness.observe.prometheus.naming import Naming, milliseconds, picked

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.observe.pods import Reply
    from harness.target import Environment, Monitor, Prometheus, Target

MOST_APART_S: Final = 3.0  # between the two readings of an address
RECENT_STEPS: Final = 3  # of Prometheus: how old the last sample of a series may be
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")


async def read(name: str, environment: Environment, target: Target, clock: Clock) -> MonitorsSeen:
    """Return what every address said at two times; nothing is raised for what a target or a network does."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(headers=MANNERS | {"Accept": "*/*"}, timeout=timeout) as session:
        asked = [_twice(session, one, _address(one, environment, target), clock) for one in environment.monitors]
        seen = await asyncio.gather(*asked)
    server = environment.prometheus
    queried = () if server is None else await _queried(server, clock)
    return MonitorsSeen(name, tuple(seen), queried, 0.0 if server is None else RECENT_STEPS * server.step_s)


def _address(one: Monitor, environment: Environment, target: Target) -> str:
    return one.url.replace("{url}", environment.url).replace("{around}", target.around)


async def _twice(session: aiohttp.ClientSession, one: Monitor, url: str, clock: Clock) -> MonitorSeen:
    first = _reading(one, await fetch(session, url), clock.wall().timestamp())
    await asyncio.sleep(min(one.every_s, MOST_APART_S))
    second = _reading(one, await fetch(session, url), clock.wall().timestamp())
    return MonitorSeen(one.name, url, one.every_s, (first, second))


def _reading(one: Monitor, reply: Reply, at_s: float) -> Reading:
    if not reply.asked:
        return Reading(at_s, reply.error, asked=False)
    seen = hashlib.sha256(reply.body).hexdigest()
    if one.kind == "json":
        found = document_of(reply)
        if isinstance(found, str):
            return Reading(at_s, found)
        carried = {name: in_document(found, name) for name in one.carries}
        return Reading(at_s, stamp_s=instant(look_up(found, one.timestamp)[1]), carried=carried, print=seen)
    if said := _no_text(reply, page=one.kind == "page"):
        return Reading(at_s, said)
    text = reply.body.decode(errors="replace")
    if one.kind == "page":
        carried = {name: Carried(1.0) if name in text else Carried(why="not in the page") for name in one.carries}
        stamps = [at for word in _TIME.findall(text) if (at := utc(word)) is not None]
        return Reading(at_s, stamp_s=max(stamps, default=None), carried=carried, print=seen)
    return Reading(at_s, carried={name: in_text(text, name) for name in one.carries}, print=seen)


def _no_text(reply: Reply, *, page: bool) -> str:
    """Return what a reply is instead of a text (or a page), "" if it is one."""
    if reply.status is None:
        return reply.error
    if reply.status != 200:
        return f"HTTP {reply.status}"
    html = "html" in reply.content_type or reply.body.lstrip()[:1] == b"<"
    if page:
        return "" if html else f"HTTP 200 with {reply.content_type or 'no content type'}, wanted a page"
    if html:
        return "HTTP 200 with HTML, a page in place of metrics"
    if reply.body.lstrip()[:1] == b"{":
        return "HTTP 200 with JSON in place of metrics"
    return "" if reply.body.strip() else "HTTP 200 with nothing in it"


async def _queried(server: Prometheus, clock: Clock) -> tuple[Queried, ...]:
    """Ask a Prometheus server for each series that the gate reads."""
    names = Naming().counters
    at_s = round(clock.wall().timestamp(), 3)
    window = milliseconds(RECENT_STEPS * server.step_s)
    found: list[Queried] = []
    try:
        async with Api(server, TIMEOUT_S).session() as session:
            for name in names:
                series = await session.samples(picked((name,), server.selector), at_s, window)
                last = max((when for one in series for when, _ in one.values), default=None)
                why = f"no sample in {RECENT_STEPS * server.step_s:g} s"
                found.append(Queried(name, why=why) if last is None else Queried(name, max(0.0, at_s - last)))
    except (NoAnswerError, UsageError) as trouble:
        found += [Queried(name, why=str(trouble)) for name in names[len(found) :]]
    return tuple(found)

"""Ask every pod and the ingress for their health, and every pod for the flag it runs with; a page is no answer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import msgspec

from harness.judge.said import Health
from harness.observe.asks import MANNERS
from harness.observe.documents.figures import document_of, look_up
from harness.observe.documents.reader import fetch, open_pods
from harness.observe.documents.seen import HEALTH, HealthSeen
from harness.observe.pods import TIMEOUT_S, PodHttp, Reply, listed, one_each

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.evidence.sink import Sink
    from harness.observe.logs.api import Container
    from harness.target import Environment, Target

    Ask = Callable[[str], Awaitable[Reply]]

KEYS = ("status", "health", "state", "ok", "healthy")
GOOD = frozenset({"ok", "okay", "healthy", "up", "pass", "passing", "alive", "live", "ready", "running", "success"})
FLAG_PLACES = ("feature_flags.unified_pipeline", "flags.unified_pipeline")


async def health(
    environment: Environment, target: Target, *, pods: PodHttp | None = None, sink: Sink | None = None
) -> HealthSeen:
    """Ask every pod and the ingress at once; give `pods` to share a connection, a sink to have it noted."""
    async with AsyncExitStack() as stack:
        trouble = ""
        if pods is None:
            pods, trouble = await open_pods(environment)
            if pods is not None:
                _ = stack.push_async_exit(pods)
        seen = await _all(pods, trouble, environment, target)
    if sink is not None:
        sink.note(HEALTH, msgspec.to_builtins(seen), seen.trouble)
    return seen


async def _all(pods: PodHttp | None, trouble: str, environment: Environment, target: Target) -> HealthSeen:
    found, trouble = ([], trouble) if pods is None else await listed(pods, target.logs.selector)
    there = [one for one in one_each(found, target.metrics.port) if not one.leaving]
    trouble = trouble or ("" if there else "every pod is on its way out")
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(headers=MANNERS, timeout=timeout) as session:

        async def through(path: str) -> Reply:
            return await fetch(session, environment.url + path)

        asks = [] if pods is None else [(one.pod, _of_pod(pods, one, target.metrics.port)) for one in there]
        *answers, ingress = await asyncio.gather(
            *(_health(name, ask, target.api.health) for name, ask in asks),
            _health("", through, target.api.health) if environment.url else _unasked(),
        )
        flags = await asyncio.gather(*(_flag(ask, target.api.version) for _, ask in asks))
    said = {name: flag for (name, _), flag in zip(asks, flags, strict=True)}
    ready = {one.pod: one.ready for one in there}
    return HealthSeen(
        (*(replace(one, ready=ready.get(one.pod)) for one in answers), ingress),
        {name: on for name, (on, _) in said.items()},
        {name: why for name, (_, why) in said.items() if why},
        trouble,
    )


def _of_pod(pods: PodHttp, one: Container, port: int) -> Ask:
    async def ask(path: str) -> Reply:
        return await pods.ask(one.pod, port, path)

    return ask


async def _unasked() -> Health:
    return Health("", good=False, said="the profile gives no address", asked=False)


async def _health(name: str, ask: Ask, paths: tuple[str, ...]) -> Health:
    """Return the first candidate's good answer; if there is none, the first that is more than a 404."""
    answers = [await _one(name, ask, path) for path in paths[:1]]
    for path in paths[1:]:
        if answers[-1].good:
            break
        answers.append(await _one(name, ask, path))
    if not answers:
        return Health(name, good=False, said="the profile names no path for health", asked=False)
    if answers[-1].good:
        return answers[-1]
    return next((one for one in answers if one.status != 404), answers[0])


async def _one(name: str, ask: Ask, path: str) -> Health:
    reply = await ask(path)
    said = spoken(reply)
    return Health(name, not said, path, reply.status, said or "200, and its JSON says so", reply.asked)


def spoken(reply: Reply) -> str:
    """Return "" if a reply says in shape that all is well, else what it is instead."""
    found = document_of(reply)
    if isinstance(found, str):
        return found
    key = next((key for key in KEYS if key in found), "")
    if not key:
        return f"HTTP 200 with JSON that says nothing of health, looked for {', '.join(KEYS)}"
    value = cast("object", found[key])
    if value is True or (isinstance(value, str) and value.strip().lower() in GOOD):
        return ""
    shown = f"{value[:40]!r}" if isinstance(value, str) else type(value).__name__ if value is not False else "false"
    return f"HTTP 200, but its {key} is {shown}"


async def _flag(ask: Ask, paths: tuple[str, ...]) -> tuple[bool | None, str]:
    """Return whether a pod says that its unified pipeline is on, or None and why that can't be told."""
    why = "the profile names no path for the version"
    for path in paths:
        reply = await ask(path)
        found = document_of(reply)
        on = found if isinstance(found, str) else _word(found)
        if isinstance(on, bool):
            return on, ""
        why = f"{path}: {on}"
    return None, why


def _word(document: dict[str, Any]) -> bool | str:
    for place in FLAG_PLACES:
        there, value = look_up(document, place)
        if there:
            return value if isinstance(value, bool) else f"{place} is {type(value).__name__}, not true or false"
    return f"missing, looked for {' and '.join(FLAG_PLACES)}"

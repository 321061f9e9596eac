"""Hold conversations: one session id and one cookie jar over all turns, as a page does."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from harness.observe.asks import TIMEOUT, Ask, address

if TYPE_CHECKING:
    from harness.observe.asks import Asker
    from harness.observe.routing.ask import Door

AT_ONCE = 4  # conversations of one stream side by side: they cost the target more than a plain ask
PREFIX = "verify-"  # of session ids: how business figures tell us from users


async def hold(asker: Asker, stream: str, door: Door, path: str, *, count: int, turns: int) -> str:
    """Hold `count` conversations of `turns` turns; return "" or why some stayed incomplete.

    A turn without an answer ends its conversation; a conversation that ended in silence ends the stream.
    """
    numbers = iter(range(count))
    broken = 0
    silent = False

    async def work() -> None:
        nonlocal broken, silent
        for number in numbers:
            if silent:
                return
            trouble = await conversation(asker, stream, door, path, first=number * turns, turns=turns)
            broken += bool(trouble)
            silent = silent or trouble == TIMEOUT

    _ = await asyncio.gather(*(work() for _ in range(min(AT_ONCE, count))))
    if silent:
        return "stopped after a time-out"
    return f"{broken} of {count} conversations ended early" if broken else ""


async def conversation(asker: Asker, stream: str, door: Door, path: str, *, first: int, turns: int) -> str:
    """Hold one conversation, its probes numbered from `first`; return the error that ended it, or ""."""
    session_id = f"{PREFIX}{uuid.uuid4().hex}"
    jar = aiohttp.CookieJar(unsafe=True)  # addresses may be numbers
    url = address(door.url + path)
    if isinstance(url, URL):
        jar.update_cookies(dict(door.cookies), url.origin())
    session = asker.session(jar)
    try:
        for turn in range(1, turns + 1):
            question = {"question": f"Turn {turn} of {turns}: is it up?", "session_id": session_id}
            probe = await asker.one(
                session,
                Ask(
                    stream,
                    first + turn - 1,
                    url,
                    door.headers,
                    door.wanted,
                    question,
                    conversation=session_id,
                    turn=turn,
                ),
            )
            if probe is None:
                return TIMEOUT
            if probe.error:
                return probe.error
        return ""
    finally:
        await session.close()

"""Synthetic users: short conversations with a cookie jar, one after the other, while a run observes."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from harness.evidence.names import USERS
from harness.observe.talks import conversation

if TYPE_CHECKING:
    from harness.observe.asks import Asker
    from harness.observe.routing.ask import Door
    from harness.target import Target

PAUSE_S = 1.0  # between two conversations of one user


async def chat(asker: Asker, door: Door | None, target: Target) -> None:
    """Talk until cancelled; the probes belong to a stream that nobody plans, since nothing is decided by it."""
    if door is None:
        return
    turns = target.probes.turns
    numbers = itertools.count()

    async def user() -> None:
        while True:
            first = next(numbers) * turns
            _ = await conversation(asker, USERS, door, target.api.ask, first=first, turns=turns)
            await asyncio.sleep(PAUSE_S)

    _ = await asyncio.gather(*(user() for _ in range(target.probes.users)))

"""What a phase on staging stands on: its flags and its monitoring before it, its Deployment again after it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.evidence import names
from harness.judge.flags import FlagsSeen
from harness.judge.monitors import MonitorsSeen
from harness.observe import cluster, flags, monitors
from harness.observe.collector.ending import in_background

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.evidence.store import Writer
    from harness.observe.collector.notes import Notes
    from harness.observe.collector.phases import Where
    from harness.target import Environment, Target

WITHIN_S = 60.0  # a target that answers so late answers nothing


@dataclass(frozen=True, slots=True)
class Book:
    """The target, and where it is kept what was read of it."""

    target: Target
    writer: Writer
    notes: Notes
    clock: Clock


async def before(where: Where, environment: Environment, book: Book, *, watched: bool) -> None:
    """Read and keep the flags and, where a watch follows, what people will watch it by; trouble is kept as such.

    The flags first: reading them asks questions, so that a product nobody has used yet has figures to show.
    """
    book.notes.say(await _flags(where, environment, book))
    if watched:
        book.notes.say(await _monitors(where, environment, book))


async def after(where: Where, environment: Environment, book: Book) -> None:
    """Read and keep the cluster once more: what restarted meanwhile counts."""
    snapshot = await in_background(lambda: cluster.read(where, environment))
    book.writer.snapshot(names.cluster_after(where), snapshot, snapshot.error)
    book.notes.say(f"{names.cluster_after(where)}: {snapshot.error or 'read again'}")


async def _flags(where: Where, environment: Environment, book: Book) -> str:
    try:
        async with asyncio.timeout(WITHIN_S):
            seen = await flags.read(where, environment, book.target, book.clock)
    except TimeoutError:
        seen = FlagsSeen(where, trouble=f"they could not be read in {WITHIN_S:g} s")
    book.writer.snapshot(names.flags(where), seen)
    return f"{names.flags(where)}: {seen.trouble or f'{len(seen.values)} places told'}"


async def _monitors(where: Where, environment: Environment, book: Book) -> str:
    try:
        async with asyncio.timeout(WITHIN_S):
            seen = await monitors.read(where, environment, book.target, book.clock)
    except TimeoutError:
        seen = MonitorsSeen(where, trouble=f"they could not be read in {WITHIN_S:g} s")
    book.writer.snapshot(names.monitors(where), seen)
    return f"{names.monitors(where)}: {seen.trouble or f'{len(seen.monitors)} read'}"

"""Follow every container of a deployment's pods: each line once, and a hole said where one cannot be excluded.

A connection that breaks is resumed from the last line, by its time (the node's) and its place among lines of the
same time. A container that was restarted is read to its end through its previous instance. Which instance a
connection shows is made sure of by asking for the pod again once it is open. Pods are listed every `every_s`: one
that comes and is deleted between two looks is not seen. A connection that says nothing for QUIET_S is opened anew:
one whose other end is gone says nothing either.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from harness.observe.logs.api import FAILURES, RefusedError
from harness.observe.logs.cursor import Cursor, Stamped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.clock import Clock
    from harness.observe.logs.api import Container, LogApi

AGAIN_S = 0.5  # before a connection is opened again
TRIES = 3  # to read what an instance said that is over
QUIET_S = 60.0
PODS = "the list of pods"  # what is down when it can't be had

Take: TypeAlias = Callable[[Sequence[bytes], float], None]
"""Takes new lines of one container, in order, and the time (seconds of UTC) of the last."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Lines that may be missing: after the line of time `after`, before that of `until` ("" if it goes on)."""

    pod: str
    container: str
    after: str
    until: str
    why: str


@dataclass(frozen=True, slots=True)
class Outage:
    """What could not be read between two instants of the clock (its seconds, which never go back)."""

    what: str
    from_s: float
    until_s: float


@dataclass(slots=True)
class Followed:
    """What following came to; `lines` were handed on, `again` came twice and were not.

    `skews`: our clock minus that of each pod's node, in seconds, the least over its lines, since a delay only
    adds to it. `troubles` counts failures to list or read, by kind; each was tried again. `down` is since when
    (the clock's seconds) the list or a container can't be read; it becomes one of the `outages` when it can again.
    """

    lines: int = 0
    again: int = 0
    odd: int = 0
    early: int = 0
    oversized: int = 0
    connections: int = 0
    instances: set[tuple[str, str, int]] = field(default_factory=set[tuple[str, str, int]])
    holes: list[Hole] = field(default_factory=list[Hole])
    troubles: Counter[str] = field(default_factory=Counter[str])
    skews: dict[str, float] = field(default_factory=dict[str, float])
    down: dict[str, float] = field(default_factory=dict[str, float])
    outages: list[Outage] = field(default_factory=list[Outage])

    def fell(self, what: str, now_s: float) -> None:
        """Note that something can't be read since then, if it was not down before."""
        _ = self.down.setdefault(what, now_s)

    def rose(self, what: str, now_s: float) -> None:
        """Note that it can be read again, or is no more."""
        since_s = self.down.pop(what, None)
        if since_s is not None:
            self.outages.append(Outage(what, since_s, now_s))

    @property
    def spread_s(self) -> float:
        """How far apart the pods' clocks are, as far as undelayed lines can tell; 0 for fewer than two pods."""
        return max(self.skews.values()) - min(self.skews.values()) if self.skews else 0.0


@dataclass(slots=True)
class _Reading:
    """One container: its instance under way, how far it was read, and whether that was to its end."""

    key: tuple[str, str]
    take: Take
    instance: int
    cursor: Cursor = field(default_factory=Cursor)
    whole: bool = True


class Follower:
    """Follows all containers that a label selector picks, until cancelled."""

    def __init__(
        self,
        api: LogApi,
        selector: str,
        clock: Clock,
        take: Callable[[Container], Take],
        *,
        since: str = "",
        from_ns: int = 0,
        followed: Followed | None = None,
    ) -> None:
        """Make a taker of lines for each container with `take`.

        `since` (RFC 3339) asks the API for no older lines, as exactly as it can; `from_ns` (UTC) leaves them out.
        """
        self._api, self._selector, self._clock, self._take = api, selector, clock, take
        self._since, self._from_ns = since, from_ns
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.followed = followed or Followed()

    async def run(self, every_s: float = 1.0) -> None:
        """Look for pods and follow them; what fails is counted and tried again."""
        try:
            while True:
                for key, one in (await self._look() or {}).items():
                    if key not in self._tasks and (one.running or one.ended):
                        self._tasks[key] = asyncio.create_task(self._container(one, every_s))
                for task in [task for task in self._tasks.values() if task.done()]:
                    task.result()  # a taker that raises ends the following: nothing is dropped silently
                await asyncio.sleep(every_s)
        finally:
            for task in self._tasks.values():
                _ = task.cancel()
            _ = await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _look(self) -> dict[tuple[str, str], Container] | None:
        """Return the containers there are now; None if that could not be learnt."""
        asked_s = self._clock.now()
        try:
            found = await self._api.containers(self._selector)
        except (*FAILURES, RefusedError) as problem:
            self.followed.troubles[f"list: {_kind(problem)}"] += 1
            self.followed.fell(PODS, asked_s)
            return None
        self.followed.rose(PODS, self._clock.now())
        return {(one.uid, one.name): one for one in found}

    async def _container(self, one: Container, every_s: float) -> None:
        """Read one container through all its instances, until its pod is gone."""
        reading = _Reading((one.uid, one.name), self._take(one), one.instance)
        if one.instance:  # restarted before we came: what its last instance said is still there
            _ = await self._read(reading, one, previous=True)
            reading.cursor = Cursor()
        last = one
        ended = False
        while True:
            found = await self._look()
            now = found.get(reading.key) if found is not None else last
            if now is None:
                if not reading.whole:
                    self._hole(last, reading.cursor, "the pod was deleted before its log was read to the end")
                self.followed.rose(_name(one), self._clock.now())
                return
            if now.instance != reading.instance:
                await self._finish(reading, now)
                ended = False
            last = now
            if not ended and (now.running or now.ended):
                whole = await self._read(reading, now)
                ended = whole and now.ended
            await asyncio.sleep(every_s if ended else min(AGAIN_S, every_s))

    async def _finish(self, reading: _Reading, now: Container) -> None:
        """Read the rest of an instance that another has followed, and turn to that one."""
        skipped = now.instance - reading.instance - 1
        if skipped:
            self._hole(now, reading.cursor, f"{skipped + 1} restarts between two looks")
            reading.cursor = Cursor()
        for _ in range(TRIES):
            if await self._read(reading, now, previous=True):
                break
            await asyncio.sleep(AGAIN_S)
        else:
            self._hole(now, reading.cursor, "the previous instance's log could not be read to its end")
        reading.instance, reading.cursor, reading.whole = now.instance, Cursor(), True

    async def _read(self, reading: _Reading, one: Container, *, previous: bool = False) -> bool:
        """Read on from the cursor until the stream ends; True when it ended well."""
        followed, cursor = self.followed, reading.cursor
        cursor.reopen()
        stamped = Stamped(cursor, self._from_ns)
        before, was_whole, reading.whole = cursor.text, reading.whole, False
        followed.connections += 1
        try:
            async with self._api.log(
                one, since=cursor.text or self._since, follow=not previous, previous=previous
            ) as pieces:
                followed.rose(_name(one), self._clock.now())
                found = await self._look()
                if found is None or found.get(reading.key, one).instance != one.instance:
                    return False  # it may show another instance than the one this cursor is of
                followed.instances.add((one.pod, one.name, one.instance - previous))
                if cursor.behind:
                    self._hole(one, cursor, "the node's clock was set back and the connection broke")
                    cursor.behind = 0
                lively = _Lively(pieces)
                async for lines, at_s in stamped.batches(lively.pieces()):
                    if cursor.hole:
                        self._hole(one, Cursor(text=before), "the log was rotated meanwhile", cursor.hole)
                        cursor.hole = ""
                    self._left_out(stamped)
                    self._taken(reading, one, lines, at_s)
                if lively.quiet:
                    return False
        except (*FAILURES, RefusedError) as problem:
            followed.troubles[f"log: {_kind(problem)}"] += 1
            if not previous:
                followed.fell(_name(one), self._clock.now())
            if isinstance(problem, RefusedError) and problem.status == 404:
                reading.whole = was_whole  # the pod has gone since its log was last read
            return False
        finally:
            followed.again, cursor.again = followed.again + cursor.again, 0
            self._left_out(stamped)
        reading.whole = True
        return True

    def _left_out(self, stamped: Stamped) -> None:
        """Count lines that are not handed on."""
        followed = self.followed
        followed.odd += stamped.odd
        followed.early += stamped.early
        followed.oversized += stamped.oversized
        stamped.forget()

    def _taken(self, reading: _Reading, one: Container, lines: list[bytes], at_s: float) -> None:
        self.followed.lines += len(lines)
        skew = self._clock.wall().timestamp() - at_s
        self.followed.skews[one.pod] = min(skew, self.followed.skews.get(one.pod, skew))
        reading.take(lines, at_s)

    def _hole(self, one: Container, cursor: Cursor, why: str, until: str = "") -> None:
        self.followed.holes.append(Hole(one.pod, one.name, cursor.text, until, why))


class _Lively:
    """Pieces of a log until nothing more comes for QUIET_S; `quiet` tells that from its end."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self.quiet = False

    async def pieces(self) -> AsyncIterator[bytes]:
        while True:
            patience = asyncio.timeout(QUIET_S)
            try:
                async with patience:
                    piece = await anext(self._pieces, None)
            except TimeoutError:
                if not patience.expired():
                    raise
                self.quiet = True
                return
            if piece is None:
                return
            yield piece


def _name(one: Container) -> str:
    return f"{one.pod}/{one.name}"


def _kind(problem: BaseException) -> str:
    """Name a failure without text that may carry an address or a token."""
    return str(problem) if isinstance(problem, RefusedError) else type(problem).__name__

"""What the controllers work off: keys of objects that need a look, each at most once at a time, in order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Key: TypeAlias = tuple[str, str, str]
"""Which controller, namespace, name."""

LOG = logging.getLogger(__name__)
RETRY_S = (0.05, 0.5, 5.0)  # a sync that raised is tried again; the last value repeats


class WorkQueue:
    """One queue for all controllers of a cluster.

    First in, first out across controllers, so that a ReplicaSet reacts to its scaling before the
    Deployment looks again: the order in which a real control plane settles.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._handlers: dict[str, Callable[[str, str], None]] = {}
        self._ready: deque[Key] = deque()
        self._queued: set[Key] = set()
        self._later: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()

    def handle(self, controller: str, sync: Callable[[str, str], None]) -> None:
        """Register what brings one object (namespace, name) of a controller up to date."""
        self._handlers[controller] = sync

    def add(self, controller: str, namespace: str, name: str) -> None:
        """Ask for a look; asking again before it happened changes nothing."""
        key = (controller, namespace, name)
        if key not in self._queued:
            self._queued.add(key)
            self._ready.append(key)
            self._empty.clear()
            self._wake.set()

    def add_after(self, controller: str, namespace: str, name: str, delay_s: float) -> None:
        """Ask for a look in `delay_s` seconds; the latest such wish counts."""
        key = (controller, namespace, name)
        if (held := self._later.pop(key, None)) is not None:
            held.cancel()
        self._later[key] = asyncio.get_running_loop().call_later(max(delay_s, 0.0), self._due, key)

    def _due(self, key: Key) -> None:
        _ = self._later.pop(key, None)
        self.add(*key)

    async def run(self) -> None:
        """Work until cancelled; between two looks everybody else on the loop gets a turn."""
        while True:
            if not self._ready:
                self._wake.clear()
                self._empty.set()
                _ = await self._wake.wait()
            self.step()
            await asyncio.sleep(0)

    async def idle(self) -> None:
        """Wait until there is nothing to do (what waits for a later time does not count)."""
        _ = await self._empty.wait()

    def step(self) -> None:
        """Take the oldest key and sync it; one that raises is logged and tried again later."""
        key = self._ready.popleft()
        self._queued.discard(key)
        try:
            self._handlers[key[0]](key[1], key[2])
        except Exception:
            tries = self._failures[key] = self._failures.get(key, 0) + 1
            LOG.exception("sync of %s %s/%s failed (try %d)", *key, tries)
            self.add_after(*key, RETRY_S[min(tries, len(RETRY_S)) - 1])
        else:
            _ = self._failures.pop(key, None)

    def close(self) -> None:
        """Forget the wishes for later."""
        for handle in self._later.values():
            handle.cancel()
        self._later.clear()

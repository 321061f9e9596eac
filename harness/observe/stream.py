"""Users who talk all the while something is changed: so many asks a second, each kept with its instants.

A thread with an event loop of its own, so that whoever acts may block. Open model: an ask that is due goes out whether
or not those before it were answered. No retry, no redirect, connections kept alive as a page keeps them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError
from harness.judge.drill import Seen
from harness.observe.arms import Teller
from harness.observe.asking import Mouth, Said
from harness.observe.load.account import CAPPED
from harness.observe.routing import ask
from harness.observe.version_path import find
from harness.observe.watching.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from harness.clock import Clock
    from harness.judge.drill import Kind
    from harness.observe.routing.ask import Door
    from harness.target import Environment, Target

MIX: dict[Kind, float] = {"chat": 0.6, "version": 0.4}
GRACE_S: Final = 5.0  # beyond the time-out of the last ask, for the thread to end


class UserStream:
    """The users' stream of one environment for the length of a `with`."""

    def __init__(
        self,
        target: Target,
        environment: Environment,
        clock: Clock,
        *,
        per_s: float,
        mix: dict[Kind, float] | None = None,
    ) -> None:
        """Ask `per_s` times a second, by `mix` (shares of kinds; MIX); kinds that the profile can't pin are left out.

        At most `load.in_flight` asks are under way; one above that is not sent and counts as an error, "capped".
        """
        wanted = MIX if mix is None else mix
        self._target, self._environment, self._clock, self._per_s = target, environment, clock, per_s
        self._doors: dict[Kind, Door] = {
            kind: door for kind in wanted if (door := door_of(environment, kind)) is not None
        }
        self._shares: dict[Kind, float] = {kind: wanted[kind] for kind in self._doors if wanted[kind] > 0}
        if not self._shares or per_s <= 0:
            raise HarnessError(
                f"users' stream: wanted a rate above 0 and an address to ask at, got {per_s:g} a second of "
                f"{', '.join(wanted) or 'nothing'} at url {environment.url!r}; give the environment's url"
            )
        self._ready = threading.Event()
        self._stop: Callable[[], object] = bool  # nothing to stop yet
        self._thread = threading.Thread(target=self._run, name="users", daemon=True)
        self._origin: float | None = None
        self._broke: BaseException | None = None
        self._kept: list[Seen] = []  # by the instant they ended; only appended to
        self._in_flight = 0

    def __enter__(self) -> UserStream:
        """Start asking."""
        self._thread.start()
        _ = self._ready.wait()
        self._check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Stop asking, wait for answers under way up to their time-out."""
        with contextlib.suppress(RuntimeError):  # its loop is gone: it broke
            _ = self._stop()
        self._thread.join(self._target.probes.timeout_s + GRACE_S)
        if self._thread.is_alive() and self._broke is None:
            self._broke = TimeoutError("an ask did not end within its time-out")
        if kind is None:
            self._check()

    def now_s(self) -> float:
        """Return seconds since it began."""
        return 0.0 if self._origin is None else self._clock.now() - self._origin

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        """Return every request that has ended and was due since then, by due time; may be called at any time.

        Raises HarnessError for a stream that broke: nobody may take its silence for a quiet target.
        """
        self._check()
        kept = self._kept[:]
        first = bisect_left(kept, since_s, key=lambda one: one.done_s)  # none ends before it is due
        return tuple(sorted((one for one in kept[first:] if one.due_s >= since_s), key=lambda one: one.due_s))

    def _check(self) -> None:
        if self._broke is not None:
            raise HarnessError(f"users' stream: it broke, so nobody was watching: {self._broke!r}") from self._broke

    def _run(self) -> None:
        try:
            asyncio.run(self._talk())
        except BaseException as trouble:  # noqa: BLE001  raised again by whoever asks for what was seen
            self._broke = trouble
        finally:
            self._ready.set()

    async def _talk(self) -> None:
        target = self._target
        teller = Teller(target.arm_from, target.builds)
        base = next(iter(self._doors.values())).url
        path = (await find(base, target.api.version, teller, target.probes.timeout_s)).path
        async with Mouth(target, path, Tokens(self._environment.token_file, self._clock), teller) as mouth:
            stopped = asyncio.Event()
            self._stop = partial(asyncio.get_running_loop().call_soon_threadsafe, stopped.set)
            self._origin = self._clock.now()
            self._ready.set()
            async with asyncio.TaskGroup() as asks:
                for number, kind in enumerate(turns(self._shares)):
                    due_s = number / self._per_s
                    if await _within(stopped, due_s - self.now_s()):
                        return
                    _ = asks.create_task(self._one(mouth, kind, due_s))

    async def _one(self, mouth: Mouth, kind: Kind, due_s: float) -> None:
        sent_s = self.now_s()
        if self._in_flight >= self._target.load.in_flight:
            self._kept.append(Seen(due_s, sent_s, self.now_s(), kind, CAPPED))
            return
        self._in_flight += 1
        try:
            said: Said = await (mouth.chat if kind == "chat" else mouth.version)(self._doors[kind])
        finally:
            self._in_flight -= 1
        self._kept.append(Seen(due_s, sent_s, self.now_s(), kind, said.error, said.commit, said.flags, said.unified))


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait until an instant, or for the event; tell whether it came."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                _ = await event.wait()
    return event.is_set()


def door_of(environment: Environment, kind: Kind) -> Door | None:
    """Return how a kind asks; None where the profile has no address, or no routing that could heed a pin."""
    if kind in {"chat", "version"}:
        return ask.plain(environment)
    if environment.routing is None:
        return None
    return ask.pinned(environment, "header" if kind == "header" else "cookie", "canary")


def turns(shares: Mapping[Kind, float]) -> Iterator[Kind]:
    """Yield kinds for ever, at every moment as close to their shares as whole asks can be."""
    total = sum(shares.values())
    given = dict.fromkeys(shares, 0)
    for number in itertools.count(1):
        kind = max(shares, key=lambda one: shares[one] / total * number - given[one])
        given[kind] += 1
        yield kind

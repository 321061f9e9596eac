"""Observe what the phases need, stream by stream, the cheap ones first."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from harness.evidence import names
from harness.evidence.sink import EvidenceSink
from harness.evidence.slices import Slices
from harness.evidence.store import Reader
from harness.evidence.window import terms
from harness.evidence.windows import STALLED_AFTER_S, About, Windows
from harness.observe import checklist, cluster, routing, talks, users
from harness.observe.arms import Teller
from harness.observe.asks import Asker
from harness.observe.collector.ending import in_background
from harness.observe.collector.identity import write_identity
from harness.observe.routing import ask
from harness.observe.snapshot import ClusterSnapshot
from harness.observe.steady import moved
from harness.observe.version_path import find
from harness.runbook import lines
from harness.target import ARMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from harness.clock import Clock
    from harness.evidence.names import Way
    from harness.evidence.store import Writer
    from harness.observe.collector.notes import Notes
    from harness.observe.collector.phases import Beside, Needs
    from harness.observe.routing.ask import Door
    from harness.target import Arm, Environment, Target, Watched

    Observe: TypeAlias = Callable[[], Awaitable[None]]

USUAL_SHARE = 0.10  # planned for where no weight can be read
FLUSH_EVERY_S = 1.0
LEAST_STALL_S = 3.0  # a flush may be a little late without anything being missed


class Work:
    """One run's observing."""

    def __init__(
        self,
        run: Path,
        target: Target,
        writer: Writer,
        notes: Notes,
        clock: Clock,
        *,
        name: str = "",
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        """Observe a target and write into a run's folder; shards of one run share its `name`."""
        self._run = run
        self._target = target
        self._writer = writer
        self._notes = notes
        self._clock = clock
        self._name, self._shard = name, shard
        self._opened: Windows | None = None
        self._kept: Slices | None = None
        self.missing: list[str] = []

    async def do(self, needs: Sequence[Needs]) -> None:
        """Observe everything; what could not be had is in `missing`."""
        flushing = asyncio.create_task(self._flush())
        calling = asyncio.create_task(self._roster())
        try:
            for number, need in enumerate(needs):
                environment = self._target.environments.get(need.where)
                if environment is None:
                    self._absent(need.where)
                    continue
                looking = asyncio.create_task(self._look(need.where, environment, first=number == 0))
                beside = [asyncio.create_task(self._beside(what, environment, looking)) for what in need.beside]
                try:
                    heard = await self._routing(environment, looking) if need.routing else True
                    snapshot = await looking
                    await self._footing(need, environment)
                    if need.checklist:
                        await self._checklist(environment)
                    for phase in need.watched:
                        if heard:
                            await self._watch(phase, environment, snapshot)
                        else:
                            self._unwatched(phase)
                    await self._again(need, environment)
                    _ = await asyncio.gather(*beside)
                finally:
                    for task in (looking, *beside):
                        _ = task.cancel()
            await calling
        finally:
            _ = calling.cancel()
            _ = flushing.cancel()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            self._writer.flush()

    async def _roster(self) -> None:
        """Read who is on call, where the profile says who knows; not needed for anything else that is observed."""
        if self._target.checklist.roster:
            found, trouble = await checklist.roster(self._target)
            self._writer.snapshot(checklist.ROSTER, found, trouble)
            self._notes.say(f"{checklist.ROSTER}: {trouble or ', '.join(found)}")

    async def _checklist(self, environment: Environment) -> None:
        """Read what the rollout's checklist rests on; each part says itself what it could not read."""
        await checklist.gather(self._target, environment, self._run, self._writer, self._clock)
        self._notes.say("checklist: read")

    async def _footing(self, need: Needs, environment: Environment) -> None:
        """Read staging's flags, and its monitoring before a watch; shards share the traffic, so the first does it."""
        if need.where == "staging" and not self._shard[0]:
            from harness.observe.collector import footing  # noqa: PLC0415  the judges' imports, beside asks

            book = footing.Book(self._target, self._writer, self._notes, self._clock)
            await footing.before(need.where, environment, book, watched=bool(need.watched))

    async def _again(self, need: Needs, environment: Environment) -> None:
        """Read staging's cluster again after its watch."""
        if need.where == "staging" and need.watched and not self._shard[0]:
            from harness.observe.collector import footing  # noqa: PLC0415  as above

            book = footing.Book(self._target, self._writer, self._notes, self._clock)
            await footing.after(need.where, environment, book)

    async def _watch(self, phase: Watched, environment: Environment, snapshot: ClusterSnapshot) -> None:
        """Watch a phase for as long as the profile says."""
        from harness.observe.watching.watch import Desk, Watching  # noqa: PLC0415  the judges' imports, beside asks

        windows, kept = self._windows(phase), self._slices()
        sink = EvidenceSink(self._writer, windows)
        desk = Desk(self._run, self._writer, windows, sink, kept, self._notes, self._clock, self._shard)
        trouble = await Watching(phase, self._target, environment, desk, snapshot).run()
        if trouble:
            self._missed(f"{names.WATCH}/{phase}", trouble)

    async def _beside(self, what: Beside, environment: Environment, looking: asyncio.Task[ClusterSnapshot]) -> None:
        """Try something once, also in a run that is taken up again; of its shards the first does it."""
        before = Reader(self._run).snapshot(what)
        if not self._shard[0] and (before is None or before.error):
            from harness.observe.collector import beside  # noqa: PLC0415  the judges' imports, beside asks

            tried = await beside.tried(what, self._target, environment, looking, self._clock)
            self._writer.snapshot(what, tried.found, tried.error)
            self._notes.say(f"{what}: {tried.error or 'done'}")
            if tried.error:
                self._missed(what, tried.error)

    def _unwatched(self, phase: Watched) -> None:
        """Say that there is nothing to watch, so that nobody waits a day for it."""
        stream, why = f"{names.WATCH}/{phase}", "not one of the asks before it was answered"
        self._writer.plan(stream, 0)
        self._writer.state(stream, "stopped", why)
        self._missed(stream, why)

    def _windows(self, phase: Watched) -> Windows:
        """Return the run's windows, opened once: a run counts under one set of terms."""
        if self._opened is None:
            watch = self._target.watched(phase)
            agreed = terms(watch.window_s, counted_limits(), watch.late_s)
            about = About(self._name or self._run.name, self._target.name, agreed, self._shard[1])
            stalled = max(LEAST_STALL_S, min(STALLED_AFTER_S, watch.largest_gap_s / 2))
            self._opened = Windows(self._writer, about, self._clock, shard=self._shard[0], stalled_after_s=stalled)
        return self._opened

    def _slices(self) -> Slices:
        if self._kept is None:
            self._kept = Slices(self._writer)
        return self._kept

    def _absent(self, where: str) -> None:
        said = f"the profile has no environment {where!r}"
        nothing = ClusterSnapshot(environment=where, error=said, uid_error=said)
        self._writer.snapshot(names.cluster(where), nothing, said)
        self._missed(names.cluster(where), said)

    async def _look(self, where: str, environment: Environment, *, first: bool) -> ClusterSnapshot:
        """Read the cluster once and keep it."""
        self._notes.say(f"{names.cluster(where)}: reading context {environment.context!r}")
        snapshot = await in_background(lambda: cluster.read(where, environment))
        self._writer.snapshot(names.cluster(where), snapshot, snapshot.error)
        if first:
            write_identity(self._run, snapshot, environment.deployments)
        troubles = snapshot.trouble(*snapshot.parts)
        if snapshot.error or troubles:
            self._missed(names.cluster(where), snapshot.error or "; ".join(troubles))
        self._notes.say(f"{names.cluster(where)}: {snapshot.error or snapshot.uid or snapshot.uid_error}")
        return snapshot

    async def _routing(self, environment: Environment, looking: asyncio.Task[ClusterSnapshot]) -> bool:
        """Pins first, they are few; then, with the weight known, plain asks beside conversations.

        Return whether anybody answered at all.
        """
        limits, target = self._target.probes, self._target
        teller = Teller(target.arm_from, target.builds)
        self._writer.meta("arm_from", target.arm_from.kind)
        async with Asker(limits, teller, self._clock, self._writer.probe) as asker:
            base = ask.plain(environment) or ask.pinned(environment, "url", "stable")
            found = await find(base.url if base else "", target.api.version, teller, limits.timeout_s)
            self._writer.meta("version_path", found)
            self._notes.say(f"version path {found.path}: {dict(found.tried)}")
            chatting = asyncio.create_task(users.chat(asker, ask.plain(environment), target)) if limits.users else None
            try:
                pins, rest = self._streams(asker, environment, looking, found.path)
                if found.silent:  # nothing to disturb: be done with it
                    _ = await asyncio.gather(*(observe() for observe in (*pins, *rest)))
                else:
                    _ = await asyncio.gather(*(observe() for observe in pins))
                    _ = await asyncio.gather(*(observe() for observe in rest))
            finally:
                if chatting is not None:
                    _ = chatting.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await chatting
            return asker.heard

    def _streams(
        self, asker: Asker, environment: Environment, looking: asyncio.Task[ClusterSnapshot], path: str
    ) -> tuple[list[Observe], list[Observe]]:
        """Return what to observe first and what after that."""
        each: list[tuple[Way, Arm]] = [(way, arm) for way in _ways(environment) for arm in ARMS]
        pins: list[Observe] = [partial(self._pin, asker, environment, way, arm, path) for way, arm in each]
        rest: list[Observe] = [partial(self._plain, asker, environment, looking, path)]
        return pins, rest + [partial(self._talk, asker, environment, way, arm) for way, arm in each]

    async def _pin(self, asker: Asker, environment: Environment, way: Way, arm: Arm, path: str) -> None:
        count = self._target.probes.pinned_asks
        door = ask.pinned(environment, way, arm)
        stream = names.pinned(way, arm)
        await self._stream(stream, count, door, lambda there: asker.many(stream, there, path, count))

    async def _talk(self, asker: Asker, environment: Environment, way: Way, arm: Arm) -> None:
        limits, path = self._target.probes, self._target.api.ask
        door = ask.pinned(environment, way, arm)
        stream = names.talk(way, arm)
        await self._stream(
            stream,
            limits.conversations * limits.turns,
            door,
            lambda there: talks.hold(asker, stream, there, path, count=limits.conversations, turns=limits.turns),
        )

    async def _plain(
        self, asker: Asker, environment: Environment, looking: asyncio.Task[ClusterSnapshot], path: str
    ) -> None:
        before = await looking
        route = routing.read(environment, before)
        count = await in_background(lambda: planned_asks(route.share))
        self._writer.meta("plain", {"weight_percent": route.weight_percent, "asks": count})

        async def observe(door: Door) -> str:
            trouble = await asker.many(names.PLAIN, door, path, count)
            after = await in_background(lambda: cluster.read(before.environment, environment))
            return trouble or moved(environment, before, after)

        await self._stream(names.PLAIN, count, ask.plain(environment), observe)

    async def _stream(
        self, stream: str, count: int, door: Door | None, observe: Callable[[Door], Awaitable[str]]
    ) -> None:
        """Plan a stream, observe it, and say how it ended; one that does not exist here is planned as nothing."""
        if door is None:
            self._writer.plan(stream, 0)
            self._writer.state(stream, "stopped", "the profile gives no address or rule to ask this way")
            return
        self._writer.plan(stream, count)
        self._writer.state(stream, "running")
        until = self._clock.now() + count / self._target.probes.rate_per_s
        self._notes.say(f"{stream}: {count} asks, for {until - self._clock.now():.0f} s or more")
        trouble = await observe(door)
        self._writer.state(stream, "stopped" if trouble else "done", trouble)
        self._notes.say(f"{stream}: {trouble or 'done'}")
        if trouble:
            self._missed(stream, trouble)

    def _missed(self, what: str, why: str) -> None:
        self.missing.append(f"{what}: {why}")


def _ways(environment: Environment) -> tuple[Way, ...]:
    """Return the ways of pinning to plan: header and cookie always, so that it shows where they don't exist."""
    return tuple(dict.fromkeys(("header", "cookie", *ask.ways(environment))))


def planned_asks(share: float | None) -> int:
    """Return how many plain asks the configured share takes; scipy is imported here, beside the first asks."""
    from harness.judge.share import asks_for  # noqa: PLC0415  half a second, off the loop

    return asks_for(USUAL_SHARE if share is None else share)


def counted_limits() -> tuple[float, ...]:
    """Return the latencies (s) above which requests are counted exactly: every P95 limit of the runbook's lines."""
    named = {"p95_s", "enhanced_p95_s"}
    return tuple(sorted({line.limits[name] for line in lines().values() for name in named & set(line.limits)}))

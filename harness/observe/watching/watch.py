"""Watch one phase in one environment until its time is over: every source side by side, each hole named."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from harness.evidence import names, slices
from harness.evidence.sink import Count
from harness.observe import cluster
from harness.observe.arms import Teller
from harness.observe.collector.ending import in_background
from harness.observe.documents import DocumentReader, health, ping
from harness.observe.load.account import Tolerance
from harness.observe.load.engine import Engine, Sinks
from harness.observe.load.sending import Where
from harness.observe.load.substance import Substance
from harness.observe.logs.source import LogSource
from harness.observe.snapshot import addresses, pods_by_arm, pods_trouble
from harness.observe.steady import identity
from harness.observe.watching.slicing import Slicing
from harness.observe.watching.tokens import Tokens
from harness.observe.watching.traffic import DRAIN_TURNS, flows
from harness.target import NginxRouting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.evidence.sink import Sink
    from harness.evidence.store import Writer
    from harness.evidence.windows import Windows
    from harness.judge.answers import Arm
    from harness.observe.collector.notes import Notes
    from harness.observe.load.plan import Endpoint
    from harness.observe.load.sending import Got
    from harness.observe.snapshot import ClusterSnapshot
    from harness.observe.watching.traffic import Flow
    from harness.target import Environment, Target, Watch, Watched

SERVICE: Final = "service/"  # of a Redis that is known by its Service
PING_S: Final = 2.0
SETTLE_S: Final = 1.5  # after the last answer, until the pods' lines about it have come


@dataclass(frozen=True, slots=True)
class Desk:
    """What a watch works with."""

    run: Path
    writer: Writer
    windows: Windows
    sink: Sink
    kept: slices.Slices
    notes: Notes
    clock: Clock
    shard: tuple[int, int] = (0, 1)


class Watching:
    """One phase's watch."""

    def __init__(
        self, phase: Watched, target: Target, environment: Environment, desk: Desk, snapshot: ClusterSnapshot
    ) -> None:
        """Prepare; `snapshot` is the cluster as it was read before."""
        self._phase: Watched = phase
        self._target, self._environment, self._desk = target, environment, desk
        self._watch: Watch = target.watched(phase)
        self._teller = Teller(target.arm_from, target.builds)
        self._tokens = Tokens(environment.token_file, desk.clock)
        self._substance = Substance(target.answers.apologies)
        self._snapshot = snapshot
        self._arms: dict[str, Arm] = {}
        self._know(snapshot)

    @property
    def stream(self) -> str:
        """The name under which the watch is planned and ends."""
        return f"{names.WATCH}/{self._phase}"

    async def run(self) -> str:
        """Watch; return "" when it came to its planned end, else why not."""
        desk = self._desk
        load = self._target.load
        if self._watch.requests_per_s is not None:
            load = msgspec.structs.replace(load, requests_per_s=self._watch.requests_per_s)
        found = flows(self._phase, self._environment, load, tokens=self._tokens.any, shard=desk.shard)
        if not found:
            desk.writer.plan(self.stream, 0)
            return self._ended("the profile gives no address to ask")
        from_s, seconds = await self._begin()
        slicing = Slicing(self._phase, from_s, self._watch.slice_s, self._watch.largest_gap_s, desk.kept.add)
        desk.notes.say(f"{self.stream}: {seconds:.0f} s in slices of {self._watch.slice_s:g} s")
        sources = [asyncio.create_task(self._kept_up(*one)) for one in self._sources(slicing, from_s)]
        try:
            engines = [asyncio.create_task(self._flow(flow, slicing, from_s, seconds)) for flow in found]
            try:
                _ = await asyncio.gather(*engines)
            finally:
                for engine in engines:
                    _ = engine.cancel()
                slicing.close()
            await asyncio.sleep(SETTLE_S)
            await self._health("health-after")
        finally:
            for source in sources:
                _ = source.cancel()
            _ = await asyncio.gather(*sources, return_exceptions=True)
        return self._ended("")

    def _ended(self, trouble: str) -> str:
        desk = self._desk
        desk.writer.state(self.stream, "stopped" if trouble else "done", trouble)
        desk.notes.say(f"{self.stream}: {trouble or 'done'}")
        return trouble

    async def _begin(self) -> tuple[float, float]:
        """Wait for the edge of a window, write the plan; return the start (seconds of UTC) and the length.

        A watch that is taken up again goes on, unless the hole it left restarts the clock: then it is watched whole.
        """
        desk, watch, length = self._desk, self._watch, self._watch.for_s or 0.0
        length_s = watch.window_s if desk.shard[1] == 1 else watch.slice_s  # shards' slices have to coincide
        edge = math.ceil(desk.windows.timeline.at_s() / length_s) * length_s
        await asyncio.sleep(max(0.0, edge - desk.windows.timeline.at_s()))
        before = slices.terms(desk.run, self._phase)
        rows = slices.read(desk.run, self._phase) if before is not None else ()
        since = _whole_since(rows, edge, watch.largest_gap_s)
        left = length if since is None else max(watch.slice_s, since + length - edge)
        seconds = math.ceil(left / watch.slice_s - 1e-9) * watch.slice_s
        if before is None:
            planned = slices.WatchTerms(self._phase, round(edge * 1e6), length, watch.slice_s, watch.largest_gap_s)
            desk.writer.meta(f"{slices.META}/{self._phase}", msgspec.to_builtins(planned))
        desk.writer.plan(self.stream, round(seconds / watch.slice_s))
        desk.writer.state(self.stream, "running")
        return edge, seconds

    def _sources(self, slicing: Slicing, from_s: float) -> list[tuple[tuple[str, ...], Callable[[], Awaitable[None]]]]:
        """Return what runs beside the traffic, each with the streams it feeds.

        Shards share the traffic, not the target: the first of them reads what there is to read, once.
        """
        target, environment, desk = self._target, self._environment, self._desk
        logs = LogSource(target, environment, desk.sink, desk.clock, self._arm_of)
        timeline = desk.windows.timeline
        documents = DocumentReader(
            target, environment, desk.sink, desk.clock, arm_of_pod=self._arms.get, timeline=timeline
        )

        async def follow() -> None:
            try:
                await logs.run()
            finally:
                _ = logs.finish()

        if desk.shard[0]:
            return [((), lambda: self._look(slicing, from_s))]
        found: list[tuple[tuple[str, ...], Callable[[], Awaitable[None]]]] = [
            ((), lambda: self._look(slicing, from_s)),
            ((names.LOGS, names.SESSIONS, names.CONTEXT), follow),
            ((names.SAVES, names.REPAIRS, names.ALERTS), documents.run),
            ((), lambda: self._health("health")),
            ((), self._redis),
        ]
        if environment.prometheus is not None:
            from harness.observe.prometheus.source import PrometheusSource  # noqa: PLC0415  most targets have none

            source = PrometheusSource(target, environment, desk.sink, desk.clock, self._arm_of)
            found.append(((names.PROMETHEUS,), source.run))
        return found

    async def _kept_up(self, streams: tuple[str, ...], work: Callable[[], Awaitable[None]]) -> None:
        """Run a source; one that breaks leaves a hole in its streams up to the end, and its reason."""
        began = self._desk.windows.timeline.at_s()
        try:
            await work()
        except Exception as trouble:  # noqa: BLE001  a source that breaks must not end the others
            said = f"{type(trouble).__name__}: {' '.join(str(trouble).split())}"[:200]
            self._desk.notes.say(f"{', '.join(streams) or 'a source'}: {said}")
            for stream in streams:
                self._desk.sink.gap(stream, began, began + (self._watch.for_s or 0.0), said)

    async def _flow(self, flow: Flow, slicing: Slicing, from_s: float, seconds: float) -> None:
        target, watch, desk = self._target, self._watch, self._desk
        where = Where(
            flow.url,
            {"chat": target.api.ask, "enhanced": target.api.ask_enhanced},
            self._teller,
            in_flight=max(target.load.in_flight, target.load.at_once if flow.stream == names.TOGETHER else 0),
            timeout_s=target.load.timeout_s,
            bearer=self._tokens,
            headers=flow.headers,
        )
        sinks = Sinks(
            scheduled=desk.windows.schedule,
            sample=desk.sink.sample,
            slice=slicing.expect(),
            answer=self._answered if flow.stream == names.LOAD else _unread,
        )
        engine = Engine(
            flow.plan,
            where,
            desk.clock,
            sinks,
            slice_s=watch.slice_s,
            tolerance=Tolerance(late_s=watch.late_s, share=watch.late_share),
            stream=flow.stream,
            utc=desk.windows.timeline.at_s,
        )
        planned = slices.terms(desk.run, self._phase)
        since = from_s - (planned.from_us / 1e6 if planned is not None else from_s)
        first = math.ceil(since * flow.plan.rate_per_s)
        drain = min(DRAIN_TURNS * 1.5 * target.load.think_s, seconds)

        def enough() -> bool:  # spoiled slices at an end are made good; a restarted clock needs another watch
            if slicing.clean_s < seconds - 1e-6:
                return False
            slicing.end(desk.windows.timeline.at_s())
            return True

        longer = watch.largest_gap_s + watch.slice_s
        ran = await engine.run(seconds, first=first, drain_s=drain, longer_s=longer, enough=enough)
        key = f"{names.LOAD}/{self._phase}/{flow.stream}/{flow.plan.seed}/{first}"  # one per time it was taken up
        counts = {"arrivals": dict(ran.arrivals), "finished": dict(ran.finished), "cut": dict(ran.cut)}
        desk.sink.note(key, counts | {"total": ran.total.facts()})

    def _answered(self, at_s: float, endpoint: Endpoint, got: Got, question: str) -> None:
        """Look into a valid answer: is it one, and of which pipeline?"""
        assert got.answer is not None
        kind = self._substance.kind(got.answer, question)
        self._desk.sink.count(Count(at_s, names.REAL, endpoint, got.arm, 1, {kind: 1} if kind else {}))
        unified = f'"{self._target.answers.unified}"'.encode() in got.body
        self._desk.sink.count(Count(at_s, names.UNIFIED, endpoint, got.arm, 1, {} if unified else {"without": 1}))

    def _arm_of(self, version: str) -> Arm | None:
        return self._teller.arm(version, version)

    async def _look(self, slicing: Slicing, from_s: float) -> None:
        """Read the cluster in each slice: another build, flag or weight is another soak."""
        environment, desk = self._environment, self._desk
        number = 0
        while True:
            due = from_s + number * self._watch.slice_s + self._watch.slice_s / 3
            await asyncio.sleep(max(0.0, due - desk.windows.timeline.at_s()))
            snapshot = await in_background(lambda: cluster.read(self._phase, environment))
            self._know(snapshot)
            said = snapshot.error if environment.context else ""
            slicing.watched(due, _watched(environment, snapshot), said)
            number = math.floor((desk.windows.timeline.at_s() - from_s) / self._watch.slice_s) + 1

    def _know(self, snapshot: ClusterSnapshot) -> None:
        """Remember which arm each pod is of."""
        for arm, pods in pods_by_arm(snapshot, self._environment.deployments).items():
            self._arms.update(dict.fromkeys((pod.name for pod in pods), arm))

    async def _health(self, name: str) -> None:
        """Ask every pod and the ingress how they are."""
        seen = await health(self._environment, self._target)
        self._desk.sink.note(name, msgspec.to_builtins(seen))

    async def _redis(self) -> None:
        """Ask the product's Redis for a PONG, where the profile says where it is."""
        given = self._environment.redis
        if not given:
            return
        asked = {given: given}
        if given.startswith(SERVICE):
            name, _, port = given.removeprefix(SERVICE).partition(":")
            asked = {f"{ip}:{port}": f"{ip}:{port}" for ip in addresses(self._snapshot, name)}
        replies = await asyncio.gather(*(ping(address, PING_S) for address in asked.values()))
        said = dict(zip(asked, replies, strict=True)) or {given: "no address stands behind it"}
        self._desk.sink.note("redis", said)


def _watched(environment: Environment, snapshot: ClusterSnapshot) -> str:
    """Return what is being watched, "" where a reading does not tell builds, flags or weight."""
    rules = ("ingresses",) if isinstance(environment.routing, NginxRouting) else ()
    if pods_trouble(snapshot) or snapshot.trouble(*rules):
        return ""
    return identity(environment, snapshot)


def _unread(*_: object) -> None:
    """Leave an answer unread."""


def _whole_since(rows: Sequence[slices.SliceRow], edge: float, largest_gap_s: float) -> float | None:
    """Return since when slices were watched without a hole too long, up to `edge` (seconds of UTC); None: it is new.

    Slices that say nothing are part of a hole.
    """
    since, until = None, -math.inf
    for row in (row for row in rows if not row.trouble and not row.generator):
        start, end = row.from_us / 1e6, row.to_us / 1e6
        since = start if since is None or start - until > largest_gap_s else since
        until = max(until, end)
    return since if edge - until <= largest_gap_s else None

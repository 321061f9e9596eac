"""Read a Prometheus server step by step, and what it still holds of a time when nobody read it.

Every reading asks for the samples as they were stored, with their own times, and subtracts the counters itself:
PromQL's increase() extrapolates to the window's ends and drops the first sample of a series.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.errors import UsageError
from harness.evidence import names
from harness.evidence.gaps import Timeline
from harness.evidence.sink import Count
from harness.observe.prometheus.alerting import FIRING, LOOKS, counted, unheard
from harness.observe.prometheus.api import Api, NoAnswerError
from harness.observe.prometheus.holes import Hole, joined, streams
from harness.observe.prometheus.instances import Instances
from harness.observe.prometheus.naming import Naming, firing, milliseconds, picked
from harness.observe.prometheus.rises import Counting
from harness.observe.prometheus.scrapes import dated, scrapes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from harness.clock import Clock
    from harness.evidence.sink import Sink
    from harness.observe.prometheus.api import Series, Session
    from harness.target import Arm, Environment, Target

STALE_STEPS: Final = 3
MOST_S: Final = 900.0  # of samples as they were stored in one answer; what is longer is read in parts
AT_ONCE: Final = 500  # instants of one range question; a server refuses more than 11,000
SETTLE_S: Final = 1.0  # an evaluation that was under way at the last look


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a server still told of a stretch of time."""

    counts: tuple[Count, ...] = ()
    holes: tuple[Hole, ...] = ()


@dataclass(slots=True)
class _Gathered:
    counts: list[Count] = field(default_factory=list["Count"])
    holes: list[Hole] = field(default_factory=list["Hole"])


class PrometheusSource:
    """One environment's Prometheus, counted into a sink until cancelled."""

    def __init__(
        self,
        target: Target,
        environment: Environment,
        sink: Sink,
        clock: Clock,
        arm_of: Callable[[str], Arm | None],
        *,
        naming: Naming | None = None,
        since_s: float | None = None,
    ) -> None:
        """Count from now on, or from an earlier instant, seconds of UTC, as a collector that was away does.

        `arm_of` tells the arm of a version label. UsageError without a server to read.
        """
        server = environment.prometheus
        if server is None:
            raise UsageError(
                "profile: environment.prometheus: wanted a server to read, got none; state its url or leave it out"
            )
        self._step_s = server.step_s
        self._stale_s = STALE_STEPS * server.step_s
        self._selector = server.selector
        self._api = Api(server)
        self._sink = sink
        self._clock = clock
        self._naming = naming or Naming()
        self._alerts = target.alerts
        endpoints = {target.api.ask: "chat", target.api.ask_enhanced: "enhanced"}
        self._counting = Counting(self._naming, endpoints, arm_of)
        self._streams = streams(self._naming.limits_s)
        self._timeline = Timeline(clock)
        self._looked_s = self._read_s = self._heard_s = self._now_s() if since_s is None else since_s
        self._instances = self._from(self._read_s)
        self._said: object = None

    async def run(self) -> None:
        """Read every step until cancelled; a reading that is late moves none of those after it."""
        begun, step = self._clock.now(), 0
        while True:
            await self.look()
            step = max(step + 1, int((self._clock.now() - begun) // self._step_s))
            await asyncio.sleep(max(0.0, begun + step * self._step_s - self._clock.now()))

    async def look(self) -> None:
        """Make one reading and write what it shows, or the gap that it leaves."""
        at_s, looked_s = self._now_s(), self._looked_s
        self._looked_s = at_s
        found = _Gathered()
        silent = ""
        async with self._api.session() as session:
            try:
                await self._counters(session, at_s, looked_s, found)
            except NoAnswerError as trouble:
                found.holes += [Hole(stream, str(trouble), looked_s, at_s) for stream in self._streams]
            try:
                silent = await self._alarms(session, at_s, found)
            except NoAnswerError as trouble:
                silent = str(trouble)
                found.holes.append(Hole(names.PROMETHEUS, silent, looked_s, at_s))
        for count in found.counts:
            self._sink.count(count)
        for hole in joined(found.holes):
            self._sink.gap(hole.stream, hole.from_s, hole.to_s, hole.why)
        said = {"instances": self._instances.known(), "alerts": silent}
        if said != self._said:
            self._sink.note(names.PROMETHEUS, said)
            self._said = said

    async def range_counts(self, from_s: float, to_s: float, *, grid_s: float | None = None) -> Stretch:
        """Return what was counted after `from_s` up to `to_s`, seconds of UTC, from range questions.

        The same as readings in that time would have counted, since each scrape is found by its own time as long as
        `grid_s` is shorter than the distance of two; None asks the server for that. Alerts are those that fired;
        looks are not counted, for whether the rules worked then is not kept. What can't be read is a hole.
        """
        found, instances, done_s = _Gathered(), self._from(from_s), from_s
        try:
            async with self._api.session() as session:
                async for part_s in self._stretch(session, instances, (from_s, to_s), grid_s, found):
                    done_s = part_s
                await self._stored(session, instances, (done_s, to_s), found)
                await self._fired(session, from_s, to_s, found)
        except NoAnswerError as trouble:
            found.holes += [Hole(stream, str(trouble), done_s, to_s) for stream in self._streams]
        else:
            found.holes += instances.missing(to_s) if instances.any else self._nothing(from_s, to_s)
        return Stretch(tuple(found.counts), tuple(joined(found.holes)))

    async def _counters(self, session: Session, at_s: float, looked_s: float, found: _Gathered) -> None:
        """Take all samples since the last good reading, and some before: a scrape is stored after its time."""
        if at_s - self._read_s > MOST_S:
            async for done_s in self._stretch(session, self._instances, (self._read_s, at_s), None, found):
                self._read_s = done_s
        await self._stored(session, self._instances, (self._read_s, at_s), found)
        self._read_s = at_s
        found.holes += self._instances.missing(at_s) if self._instances.any else self._nothing(looked_s, at_s)

    async def _stored(
        self, session: Session, instances: Instances, between: tuple[float, float], found: _Gathered
    ) -> None:
        """Take what is stored of a stretch, and of some before, from one answer: no scrape in it is half there."""
        from_s, to_s = between
        expression = picked(self._naming.read, self._selector)
        samples = await session.samples(expression, to_s, milliseconds(to_s - from_s + self._stale_s))
        taken = instances.take(scrapes(samples, self._naming))
        found.counts += taken.counts
        found.holes += taken.holes

    async def _stretch(
        self,
        session: Session,
        instances: Instances,
        between: tuple[float, float],
        grid_s: float | None,
        found: _Gathered,
    ) -> AsyncGenerator[float]:
        """Take the scrapes of a stretch, and some before, part by part; yield up to where it is done.

        Not to its very end: a scrape that is stored between the questions for two metrics would be half there.
        """
        from_s, to_s = between[0], between[1] - self._stale_s
        grid_s = grid_s or await self._grid(session, from_s, to_s)
        done_s = from_s - self._stale_s
        while done_s < to_s:
            until_s = min(to_s, done_s + AT_ONCE * grid_s)
            taken = instances.take(scrapes(await self._ranged(session, done_s, until_s, grid_s), self._naming))
            found.counts += taken.counts
            found.holes += taken.holes
            done_s = until_s
            yield max(from_s, done_s)

    async def _alarms(self, session: Session, at_s: float, found: _Gathered) -> str:
        """Count what fires now or fired since the last look; return why the look does not count, "" if it does."""
        if at_s - self._heard_s > MOST_S:
            await self._fired(session, self._heard_s, at_s, found)
            self._heard_s = at_s - self._step_s
        within_s = at_s - self._heard_s + SETTLE_S
        fired = [alert.labels for alert in await session.alerts() if alert.state == FIRING]
        fired += [series.metric for series in await session.instant(firing(self._naming, within_s), at_s)]
        found.counts += counted(at_s, fired, self._naming, self._alerts)
        self._heard_s = at_s
        silent = unheard(await session.rules())
        if not silent:
            found.counts.append(Count(at_s, names.ALERTS, LOOKS, None, 1))
        return silent

    async def _fired(self, session: Session, from_s: float, to_s: float, found: _Gathered) -> None:
        """Count the alerts that fired, once in each step."""
        steps = math.ceil((to_s - from_s) / self._step_s)
        for first in range(1, steps + 1, AT_ONCE):
            start, end = from_s + first * self._step_s, from_s + min(steps, first + AT_ONCE - 1) * self._step_s
            series = await session.range(firing(self._naming, self._step_s), start, end, self._step_s)
            at: dict[float, list[dict[str, str]]] = {}
            for one in series:
                for when, _ in one.values:
                    at.setdefault(when, []).append(one.metric)
            for when, fired in sorted(at.items()):
                found.counts += counted(min(when, to_s), fired, self._naming, self._alerts)

    async def _ranged(self, session: Session, from_s: float, to_s: float, grid_s: float) -> list[Series]:
        """Return the samples of a stretch from the values and the sample times at each of its instants."""
        series: list[Series] = []
        for name in self._naming.read:
            expression = picked((name,), self._selector)
            values = await session.range(expression, from_s, to_s, grid_s)
            times = await session.range(f"timestamp({expression})", from_s, to_s, grid_s) if values else []
            series += dated(values, times, name)
        return series

    async def _grid(self, session: Session, from_s: float, to_s: float) -> float:
        """Return half the shortest distance between two scrapes at the end of a stretch, in seconds."""
        window = milliseconds(min(MOST_S, to_s - from_s) + self._stale_s)
        series = await session.samples(picked(self._naming.read, self._selector), to_s, window)
        times = [[at_s for at_s, _ in one.values] for one in series]
        apart = [b - a for of in times for a, b in itertools.pairwise(of)]
        return max(0.05, min((self._step_s, *apart)) / 2)

    def _nothing(self, from_s: float, to_s: float) -> list[Hole]:
        expression = picked(self._naming.counters, self._selector)
        return [
            Hole(stream, f"prometheus: no series is picked by {expression}", from_s, to_s) for stream in self._streams
        ]

    def _from(self, since_s: float) -> Instances:
        chosen = bool(self._selector.strip())
        return Instances(since_s, self._stale_s, self._naming, self._counting, chosen=chosen)

    def _now_s(self) -> float:
        return round(self._timeline.at_s(), 3)

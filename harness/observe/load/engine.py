"""The open loop: arrivals leave when they are due, and latency counts from then.

A conversation arrives as planned; its later turns are due when its user has read and thought, since nobody asks
on before an answer (an open model of sessions: arrivals do not wait for the target, turns do). Every due request
is sent, capped or late, and ends in exactly one count.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.evidence.names import LOAD, LOAD_TTFT
from harness.evidence.sample import Sample
from harness.observe.load.account import CAPPED, INTERRUPTED, LATE, Account, Tolerance
from harness.observe.load.sending import Got, Sender, Talk, Where
from harness.observe.load.sse import Stamps
from harness.observe.talks import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.clock import Clock
    from harness.observe.load.plan import Arrival, Endpoint, Plan, Scenario

BEAT_S = 0.02  # how often the generator looks at itself


@dataclass(slots=True)
class Ran:
    """What a run came to: its counts, arrivals started by scenario, conversations finished and cut by the end."""

    total: Account = field(default_factory=Account)
    arrivals: Counter[str] = field(default_factory=Counter[str])
    finished: Counter[str] = field(default_factory=Counter[str])
    cut: Counter[str] = field(default_factory=Counter[str])
    next_index: int = 0


def _drop(*_: object) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where what is seen goes: each sample, each slice when its last request has ended, each stream's stamps.

    `scheduled` (UTC seconds, stream, endpoint) is told of a request before anything is done about it, so that a
    generator that dies leaves more announced than seen.
    """

    scheduled: Callable[[float, str, Endpoint], None] = _drop
    sample: Callable[[Sample], None] = _drop
    slice: Callable[[Account, str], None] = _drop
    stamps: Callable[[Endpoint, Stamps], None] = _drop
    answer: Callable[[float, Endpoint, Got, str], None] = _drop  # each valid answer, with the question it is of


@dataclass(frozen=True, slots=True)
class _One:
    """One due request and where it counts."""

    account: Account
    scenario: Scenario
    due: float
    late_s: float


class Engine:
    """Runs a plan against a target. One event loop, one clock; `slice_s` is the unit of validity."""

    def __init__(
        self,
        plan: Plan,
        where: Where,
        clock: Clock,
        sinks: Sinks,
        *,
        slice_s: float = 60.0,
        tolerance: Tolerance = Tolerance(),  # noqa: B008  frozen
        stream: str = LOAD,
        utc: Callable[[], float] | None = None,
    ) -> None:
        """Prepare; session ids carry a number of their own per engine, since a target remembers yesterday's.

        `utc` tells the run's seconds of UTC where there is a timeline that no change of the system's time moves.
        """
        self._plan, self._where, self._clock, self._sinks = plan, where, clock, sinks
        self._slice_s, self._tolerance, self._stream = slice_s, tolerance, stream
        self._nonce = uuid.uuid4().hex[:12]
        self._in_flight = 0
        self._slices: dict[int, Account] = {}
        self._closed = 0
        self._ran = Ran()
        self._sender = Sender(where, clock)
        self._tell_utc = utc or (lambda: clock.wall().timestamp())

    async def run(
        self,
        seconds: float,
        *,
        first: int = 0,
        drain_s: float = 0.0,
        longer_s: float = 0.0,
        enough: Callable[[], bool] = lambda: True,
    ) -> Ran:
        """Start arrivals from number `first` on for so long; return when all that was sent has ended.

        It goes on for up to `longer_s` more until `enough`. Conversations may go on for `drain_s` after that; then
        those still talking are cut between two turns.
        Time starts at the first arrival's due time, so a resumed run keeps to its schedule.
        """
        offset = self._plan.arrival(first).due_s
        self._start = self._clock.now()
        self._utc = self._tell_utc()
        self._stop = self._start + seconds + longer_s + drain_s
        tasks: set[asyncio.Task[None]] = set()
        async with self._sender:
            pulse = asyncio.create_task(self._pulse())
            try:
                await self._arrive(seconds, longer_s, enough, (first, offset), tasks)
                self._stop = min(self._stop, self._clock.now() + drain_s)
                _ = await asyncio.gather(*tasks)
            finally:
                for task in (*tasks, pulse):
                    _ = task.cancel()
                _ = await asyncio.gather(*tasks, pulse, return_exceptions=True)
                self._close(self._clock.now(), last=True)
        return self._ran

    async def _arrive(
        self,
        seconds: float,
        longer_s: float,
        enough: Callable[[], bool],
        begin: tuple[int, float],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        first, offset = begin
        self._ran.next_index = first
        for arrival in self._plan.arrivals(offset + seconds + longer_s, first):
            due = self._start + arrival.due_s - offset
            if arrival.due_s - offset >= seconds and enough():
                break
            if (ahead := due - self._clock.now()) > 0:
                await asyncio.sleep(ahead)
            self._ran.arrivals[arrival.scenario.name] += 1
            self._ran.next_index = arrival.index + 1
            for session in range(arrival.scenario.sessions):
                task = asyncio.create_task(self._converse(arrival, session, due))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        if (left := self._start + seconds - self._clock.now()) > 0:
            await asyncio.sleep(left)

    async def _converse(self, arrival: Arrival, session: int, due: float) -> None:
        scenario = arrival.scenario
        talk = Talk(f"{PREFIX}{self._nonce}-{arrival.index}-{session}")
        for turn in range(1, scenario.turns + 1):
            if turn > 1:
                due = self._clock.now() + self._plan.think_s(arrival, session, turn)
                if due >= self._stop:
                    self._ran.cut[scenario.name] += 1
                    return
                await asyncio.sleep(due - self._clock.now())
            await self._turn(arrival, session, turn, due, talk)
        self._ran.finished[scenario.name] += 1

    async def _turn(self, arrival: Arrival, session: int, turn: int, due: float, talk: Talk) -> None:
        """Send one due request, or account for why not."""
        account, endpoint = self._slice(due), arrival.scenario.endpoint
        account.scheduled += 1
        self._sinks.scheduled(self._utc + (due - self._start), self._stream, endpoint)
        if arrival.scenario.streamed:
            self._sinks.scheduled(self._utc + (due - self._start), LOAD_TTFT, endpoint)
        late_s = max(0.0, self._clock.now() - due)
        account.latest_s = max(account.latest_s, late_s)
        account.behind += late_s > self._tolerance.late_s
        one = _One(account, arrival.scenario, due, late_s)
        if late_s > self._tolerance.give_up_s:
            account.late += 1
            self._ended(one, Got(error=LATE))
            return
        if self._in_flight >= self._where.in_flight:
            account.capped += 1
            self._ended(one, Got(error=CAPPED))
            return
        self._in_flight += 1
        account.most_in_flight = max(account.most_in_flight, self._in_flight)
        question = self._plan.question(arrival, session, turn)
        try:
            got = await self._sender.send(endpoint, question, talk, due, streamed=one.scenario.streamed)
        except asyncio.CancelledError:  # the run was stopped: it left, and its answer was not waited for
            account.failed += 1
            account.errors[INTERRUPTED] += 1
            raise
        finally:
            self._in_flight -= 1
        account.answered += got.whole
        account.failed += not got.whole
        if got.answer is not None:
            self._sinks.answer(self._utc + (due - self._start), endpoint, got, question)
        self._ended(one, got)

    def _ended(self, one: _One, got: Got) -> None:
        """Hand on the sample of a request that has been counted."""
        if got.error:
            one.account.errors[got.error] += 1
        at_s = self._utc + (one.due - self._start)
        endpoint = one.scenario.endpoint
        latency_s = got.end_s - one.due if got.whole else None
        self._sinks.sample(Sample(at_s, self._stream, endpoint, got.arm, latency_s, got.error, one.late_s))
        if one.scenario.streamed:
            stamps = got.stamps or Stamps(one.due)
            self._sinks.stamps(endpoint, stamps)
            self._sinks.sample(
                Sample(at_s, LOAD_TTFT, endpoint, got.arm, stamps.first_content_s, got.error, one.late_s)
            )

    def _slice(self, at: float) -> Account:
        number = max(int((at - self._start) / self._slice_s + 1e-9), self._closed)
        found = self._slices.get(number)
        if found is None:
            start = self._utc + number * self._slice_s
            found = self._slices[number] = Account(start_s=start, length_s=self._slice_s)
        return found

    async def _pulse(self) -> None:
        """Measure how late a timer of our own fires: a loop that does not run cannot stamp an answer either."""
        now = self._clock.now()
        while True:
            before, due = now, now + BEAT_S
            await asyncio.sleep(BEAT_S)
            now = self._clock.now()
            if now - due > self._tolerance.late_s:
                self._stalled(due, now)
            self._close(before)  # what was due until then has been counted, also after a stall

    def _stalled(self, since: float, until: float) -> None:
        """Charge a stall to every slice it lay in, each with its part."""
        while since < until:
            account = self._slice(since)
            edge = self._start + (int((since - self._start) / self._slice_s) + 1) * self._slice_s
            part = min(until, max(edge, since + 1e-9)) - since
            account.stalled_s += part
            account.longest_stall_s = max(account.longest_stall_s, part)
            since += part

    def _close(self, until: float, *, last: bool = False) -> None:
        """Hand on the slices that were over by then and whose requests have all ended; in order, empty ones too."""
        while not last or self._slices:
            start = self._start + self._closed * self._slice_s
            account = self._slice(start)
            if not last and (start + self._slice_s > until or account.open):
                return
            account.length_s = min(self._slice_s, max(until - start, 0.0))
            del self._slices[self._closed]
            self._closed += 1
            self._ran.total.add(account)
            self._sinks.slice(account, account.invalid(self._tolerance))

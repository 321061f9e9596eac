"""The pods' logs as a source of figures: requests, what became of them, and users' sessions."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from typing import TYPE_CHECKING, Final

from harness.evidence import names
from harness.evidence.sample import Sample
from harness.observe.logs.api import LogApi
from harness.observe.logs.arms import Arms
from harness.observe.logs.counts import Counts
from harness.observe.logs.follow import Followed, Follower
from harness.observe.logs.gaps import Gaps
from harness.observe.logs.outcomes import Outcomes
from harness.observe.logs.parse import Parser
from harness.observe.logs.seen import NOTE, LogsSeen, VersionSeen
from harness.observe.logs.sessions import SETTLE_S, Sessions
from harness.observe.logs.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.clock import Clock
    from harness.evidence.sink import Sink
    from harness.judge.answers import Arm
    from harness.observe.logs.api import Container
    from harness.observe.logs.fields import Record
    from harness.observe.logs.follow import Take
    from harness.observe.logs.outcomes import Waiting
    from harness.target import Environment, Target

TICK_S: Final = 1.0
LOOK_S: Final = 1.0  # how often the pods are listed
AGAIN_S: Final = 10.0  # before a kubeconfig that can't be used is read again
CONFIG: Final = "the kubeconfig"


class LogSource:
    """Follows all pods of the profile's selector from the moment it runs.

    A gap in names.LOGS is one of everything that comes from logs: what was written then may be missing anywhere.
    Lines count from the start on by the time that the node gave them, each pod by its own clock. Samples and counts
    are of the time that a line itself names; a request's is when it came in, a latency before its line.
    """

    def __init__(
        self, target: Target, environment: Environment, sink: Sink, clock: Clock, arm_of: Callable[[str], Arm | None]
    ) -> None:
        """Read the environment's pods into the sink; `arm_of` names the arm of a version."""
        self._logs, self._environment, self._sink, self._clock = target.logs, environment, sink, clock
        self._fields = target.logs.fields
        self._ours = frozenset(self._fields.endpoints.values())
        self._arm_of, self._arms = arm_of, Arms(arm_of)
        self._times, self._counts, self._followed = Times(), Counts(), Followed()
        self._settle_s = min(SETTLE_S, target.logs.idle_s)
        self._elsewhere = 0
        self._skews_s: dict[str, float] = {}
        self._versions: dict[str, VersionSeen] = {}
        self._finished: LogsSeen | None = None
        self._begin()

    def _begin(self) -> None:
        """Let everything count from now."""
        self._began_s, self._start = self._clock.now(), self._clock.wall()
        self._start_s = self._start.timestamp()
        self._unsure_s = float("-inf")
        self._until_s: float | None = None
        self._outcomes = Outcomes(self._fields, self._arms, self._sink)
        self._sessions = Sessions(self._sink, self._logs.idle_s, self._start_s)
        self._gaps = Gaps(self._followed, self._sink, self._start_s, self._began_s)

    async def run(self) -> None:
        """Follow until cancelled; what fails is tried again, and is a gap in the meantime."""
        self._begin()
        while True:
            api = self._api()
            if api is not None:
                async with api:
                    await self._follow(api)
            await self._tick_for(AGAIN_S)

    def finish(self) -> LogsSeen:
        """Hand on all that is held back, end the sessions that have ended, and return what was seen."""
        if self._finished is None:
            now_s = self._clock.now()
            sure = self._sure(now_s)
            self._outcomes.finish(now_s, self._utc(now_s))
            self._sessions.finish(now_s, sure=sure)
            self._settled(now_s, sure=sure, after_s=self._logs.idle_s)
            self._gaps.tell(now_s, last=True)
            self._finished = self.seen()
            self._sink.note(NOTE, self._finished)
        return self._finished

    def _api(self) -> LogApi | None:
        """Return a client; None if the profile gives no access, or the kubeconfig is not fit for it."""
        followed, trouble = self._followed, "the profile names no context"  # the client would take any
        if self._environment.context:
            try:
                api = LogApi(self._environment)
            except Exception as problem:  # noqa: BLE001  the official client raises what its parts raise
                trouble = f"kubeconfig: {type(problem).__name__}"
            else:
                followed.rose(CONFIG, self._clock.now())
                return api
        followed.troubles[trouble] += 1
        followed.fell(CONFIG, self._clock.now())
        return None

    async def _follow(self, api: LogApi) -> None:
        """Follow through one client, and hand on once a second what came."""
        follower = Follower(
            api,
            self._logs.selector,
            self._clock,
            self._take,
            since=self._start.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            from_ns=round(self._start_s * 1_000_000) * 1000,
            followed=self._followed,
        )
        following = asyncio.create_task(follower.run(LOOK_S))
        try:
            while not following.done():
                _ = await asyncio.wait({following}, timeout=TICK_S)
                self._tick()
            await following  # it ends with an error only
        finally:
            _ = following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    async def _tick_for(self, seconds: float) -> None:
        until_s = self._clock.now() + seconds
        while self._clock.now() < until_s:
            self._tick()
            await asyncio.sleep(TICK_S)

    def _tick(self) -> None:
        """Hand on what came since the last time."""
        now_s = self._clock.now()
        self._outcomes.flush(now_s)
        sure = self._sure(now_s)
        self._sessions.tick(now_s, sure=sure)
        self._settled(now_s, sure=sure, after_s=self._logs.idle_s + self._settle_s)
        self._gaps.tell(now_s)
        self._sink.note(NOTE, self.seen())

    def _sure(self, now_s: float) -> bool:
        """Tell whether all that was written has been read; after an outage it takes a while to catch up."""
        if self._followed.down:
            self._unsure_s = now_s
        elif self._followed.outages:
            self._unsure_s = max(self._unsure_s, self._followed.outages[-1].until_s)
        return now_s - self._unsure_s > self._settle_s

    def _settled(self, now_s: float, *, sure: bool, after_s: float) -> None:
        """Note until when all sessions are counted: pods whose clocks are behind tell of them later."""
        if sure:
            self._until_s = self._utc(now_s) - after_s - max([0.0, *self._skews_s.values()])

    def _utc(self, now_s: float) -> float:
        return self._start_s + now_s - self._began_s

    def _take(self, of: Container) -> Take:
        """Return what takes the lines of one container."""
        waiting, pod = self._outcomes.container(), of.pod

        def keep(sample: Sample) -> None:
            if sample.endpoint not in self._ours:
                self._elsewhere += sample.stream == names.LOGS
                return
            self._sink.sample(sample)
            if sample.stream == names.LOGS:
                endpoint = f"{sample.endpoint}@{pod}"
                self._sink.sample(
                    Sample(sample.at_s, names.LOGS_PODS, endpoint, sample.arm, sample.latency_s, sample.error)
                )

        def also(records: Sequence[Record], at_s: float | None) -> None:
            now_s, written_s = self._clock.now(), None
            for record in records:
                written_s = self._times.written_s(record.timestamp, at_s)
                if written_s is not None:
                    self._one(record, written_s, waiting, now_s)
            if written_s is not None:
                skew_s = self._utc(now_s) - written_s
                self._skews_s[pod] = min(skew_s, self._skews_s.get(pod, skew_s))

        return Parser(self._fields, self._counts, self._arm_of, keep, also).take

    def _one(self, record: Record, at_s: float, waiting: Waiting, now_s: float) -> None:
        """Take one event; `at_s` is when it was written."""
        fields, event, session = self._fields, record.event, record.session
        if event == fields.request:
            answered = self._outcomes.request(record, at_s, waiting)
            self._version(record, at_s, validated=answered, request=True)
            if session and not record.synthetic:
                self._sessions.request(session, at_s, self._arms.of(record.version), record.turn, now_s)
        elif event == fields.unsaved_event:
            self._outcomes.unsaved(record, at_s, waiting, now_s)
        elif event == fields.repair_event:
            self._outcomes.repaired(record, at_s, waiting, now_s)
        elif event == fields.failure_event:
            self._outcomes.failed(record, at_s, waiting)
            self._version(record, at_s, validated=True, request=False)
        elif session and not record.synthetic:
            self._told(record, session, at_s, now_s)

    def _told(self, record: Record, session: str, at_s: float, now_s: float) -> None:
        """Take what a user did on the page or said of an answer."""
        fields = self._fields
        if record.event == fields.feedback_event:
            if record.rating == fields.negative:
                self._sessions.event(session, "negative", at_s, now_s)
        elif record.event == fields.ui_event:
            if record.kind == fields.completed:
                self._sessions.event(session, "completed", at_s, now_s)
            elif record.kind == fields.shown:
                self._sessions.event(session, "shown", at_s, now_s)
            elif record.kind in fields.clicked:
                self._sessions.event(session, "clicked", at_s, now_s)

    def _version(self, record: Record, at_s: float, *, validated: bool, request: bool) -> None:
        """Add a request to what was seen of its version."""
        name = record.version or ""
        seen = self._versions.get(name) or VersionSeen()
        self._versions[name] = VersionSeen(
            requests=seen.requests + request,
            validated=seen.validated + validated,
            first_s=at_s if seen.first_s is None else min(seen.first_s, at_s),
            last_s=at_s if seen.last_s is None else max(seen.last_s, at_s),
            no_status=seen.no_status + (request and record.status is None),
            no_latency=seen.no_latency + (request and (record.latency_ms is None or record.latency_ms < 0)),
        )

    def seen(self) -> LogsSeen:
        """Return what was seen so far."""
        counts, followed, sessions = self._counts, self._followed, self._sessions.tallied
        versions = self._versions.values()
        return LogsSeen(
            since_s=self._start_s,
            at_s=self._utc(self._clock.now()),
            lines=followed.lines,
            json=counts.json,
            malformed=counts.malformed,
            texts=counts.texts,
            tracebacks=counts.tracebacks,
            oversized=followed.oversized,
            untimed=counts.untimed,
            early=followed.early,
            requests=sum(one.requests for one in versions),
            no_version=self._versions.get("", VersionSeen()).requests,
            no_status=sum(one.no_status for one in versions),
            no_latency=sum(one.no_latency for one in versions),
            elsewhere=self._elsewhere,
            unattached=self._outcomes.unattached,
            versions=dict(self._versions),
            failures=dict(self._outcomes.failures),
            sessions_until_s=self._until_s,
            sessions_open=len(self._sessions),
            sessions_ended=sessions.ended,
            sessions_mixed=sessions.mixed,
            sessions_partial=sessions.partial,
            sessions_lost=sessions.lost,
            sessions_unfinished=sessions.unfinished,
            sessions_late=sessions.late,
            skew_spread_s=max(self._skews_s.values(), default=0.0) - min(self._skews_s.values(), default=0.0),
            skews_s=dict(self._skews_s),
            holes=len(followed.holes),
            down=tuple(sorted(followed.down)),
            troubles=dict(followed.troubles),
            connections=followed.connections,
            pods=tuple(sorted({pod for pod, _, _ in followed.instances})),
        )

"""One phase's watch, as the lines name what was gathered: shares, latencies, sessions, slices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import msgspec

from harness.evidence import baseline, names
from harness.evidence.store import Reader
from harness.evidence.watch import CONTENT, Pick, WatchEvidence
from harness.judge.course import Hole
from harness.judge.slos import Limits, Ran, Six
from harness.judge.watched import Arms, Figures, Share
from harness.observe.logs.seen import NOTE, LogsSeen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.evidence.window import Series, Window
    from harness.judge.answers import Arm
    from harness.judge.course import Course
    from harness.judge.soak import Slice
    from harness.runbook import Line
    from harness.target import Environment, Target, Watched

INVALID, FOREIGN = frozenset({"invalid"}), frozenset({"other session"})
UNREAL = frozenset({"canned", "repeated", "unrelated"})
assert INVALID | FOREIGN == CONTENT


@dataclass(frozen=True)
class Watch:
    """One phase's watch, beside the lines and the profile it was made with; `arm` None is everybody."""

    seen: WatchEvidence
    run: Path
    phase: str
    target: Target
    environment: Environment
    lines: Mapping[str, Line]
    arm: Arm | None = None

    @property
    def course(self) -> Course:
        """How the watch went."""
        return self.seen.course

    @property
    def unlogged(self) -> tuple[Hole, ...]:
        """Return the holes in what the pods' logs were read of."""
        return self.seen.holes(names.LOGS)

    @property
    def undocumented(self) -> tuple[Hole, ...]:
        """Return the holes in what the pods' metrics documents were read of."""
        return self.seen.holes(names.REPAIRS)

    def slow(self, endpoint: str, most_s: float) -> dict[str, Share]:
        """Return by source how many requests of an endpoint took longer than `most_s` seconds."""
        found = {
            source: self.seen.slower_than(most_s, Pick(stream, endpoint, self.arm))
            for source, stream in self._sources.items()
        }
        scraped = Pick(f"{names.PROMETHEUS}-over-{most_s:g}", endpoint, self.arm)
        return found | self._scraped(frozenset({"over"}), scraped)

    def at_once(self, limits_s: Mapping[str, float]) -> dict[str, Share]:
        """Return by endpoint the same of as many users at the same instant as the profile declares."""
        return {
            endpoint: self.seen.slower_than(most_s, Pick(names.TOGETHER, endpoint, self.arm))
            for endpoint, most_s in limits_s.items()
        }

    @property
    def enhanced_against_chat(self) -> dict[str, Arms]:
        """Return by source the latencies of enhanced chat beside those of plain chat."""
        return {
            source: self.seen.pairs(Pick(stream, "enhanced", self.arm), Pick(stream, "chat", self.arm))
            for source, stream in self._sources.items()
        }

    @property
    def failed(self) -> dict[str, Share]:
        """Return by source how many requests failed."""
        found = {source: self.seen.failed(Pick(stream, None, self.arm)) for source, stream in self._sources.items()}
        found = {source: self.with_status(one) if source == "logs" else one for source, one in found.items()}
        return found | self._scraped(frozenset({"5xx"}), Pick(names.PROMETHEUS, None, self.arm))

    @property
    def unsaved(self) -> dict[str, Share]:
        """Return by source how many saves of a conversation failed."""
        return self._counted(names.SAVES, "unsaved")

    @property
    def repaired(self) -> dict[str, Share]:
        """Return by source how many answers were repaired."""
        return self._counted(names.REPAIRS, "repaired")

    @property
    def six(self) -> Six:
        """Return what the six SLOs are judged from."""
        limits = self.limits
        return Six(
            chat=self.slow("chat", limits.chat_s),
            enhanced=self.slow("enhanced", limits.enhanced_s),
            delta=self.enhanced_against_chat,
            failed=self.failed,
            unsaved=self.unsaved,
            repaired=self.repaired,
        )

    @cached_property
    def limits(self) -> Limits:
        """Return the limits of the six SLOs, as the lines of this phase state them."""
        of = [self.lines[f"{self.prefix}-SLO-0{number}"].limits for number in range(1, 7)]
        return Limits(
            chat_s=of[0]["p95_s"],
            enhanced_s=of[1]["p95_s"],
            delta_s=of[2]["delta_p95_s"],
            failed=of[3]["share_percent"] / 100,
            unsaved=of[4]["share_percent"] / 100,
            repaired=of[5]["share_percent"] / 100,
        )

    @property
    def prefix(self) -> str:
        """The phase's number in the ids of its lines."""
        return "P1" if self.phase == "staging" else "P2"

    @cached_property
    def figures(self) -> dict[float, Figures]:
        """Return for each complete slice what the six SLOs were in it, as our own traffic and the logs saw it."""
        return cast("dict[float, Figures]", self.seen.by_slice(self._figures))

    @property
    def invalid(self) -> Share:
        """Return how many of our answers were not valid v2."""
        return self.seen.with_error(INVALID, Pick(names.LOAD, None, self.arm))

    @property
    def foreign(self) -> Share:
        """Return how many of our answers named another session than the one asked in."""
        return self.seen.with_error(FOREIGN, Pick(names.LOAD, None, self.arm))

    @property
    def unreal(self) -> Share:
        """Return how many of our answers were no answers to their question."""
        return self.seen.with_error(UNREAL, Pick(names.REAL, None, self.arm))

    @property
    def without_unified(self) -> Share:
        """Return how many of our answers did not look like the unified pipeline's."""
        return self.seen.with_error(frozenset({"without"}), Pick(names.UNIFIED))

    @property
    def forgotten(self) -> Share:
        """Return how many later turns knew nothing of the earlier ones."""
        return self.seen.with_error(frozenset({"forgotten"}), Pick(names.CONTEXT, None, self.arm))

    @property
    def abandoned(self) -> Share:
        """Return how many of the users' sessions were not completed."""
        return self._of_sessions("abandoned", Pick(names.SESSIONS, None, self.arm))

    @property
    def negative(self) -> Share:
        """Return how many of the users' sessions were rated negatively."""
        return self._of_sessions("negative", Pick(names.FEEDBACK, None, self.arm))

    @property
    def unclicked(self) -> Share:
        """Return in how many sessions nothing was clicked of what was offered."""
        return self._of_sessions("unclicked", Pick(names.CLICKS, None, self.arm))

    @property
    def mixed(self) -> Share:
        """Return how many of the users' sessions were answered by both arms."""
        return self._of_sessions("mixed", Pick(names.MIXED))

    @property
    def ran(self) -> Ran:
        """Return what our traffic came to, all of it, to the last request."""
        reader, arrivals, finished = Reader(self.run), dict[str, int](), dict[str, int]()
        scheduled = accounted = 0
        for body in reader.snapshots(f"{names.LOAD}/{self.phase}/"):
            _add(arrivals, cast("dict[str, int]", body["arrivals"]))
            _add(finished, cast("dict[str, int]", body["finished"]))
            total = cast("dict[str, int]", body["total"])
            scheduled += total["scheduled"]
            accounted += total["answered"] + total["failed"] + total["late"] + total["capped"]
        return Ran(scheduled, accounted, arrivals, finished)

    def per_pod(self, limits_s: Mapping[str, float]) -> dict[str, Share]:
        """Return by ENDPOINT@POD, as the pods' logs have it, how many requests took longer than their endpoint may."""
        return {
            name: self.seen.slower_than(limits_s[name.partition("@")[0]], Pick(names.LOGS_PODS, name))
            for name in self.seen.endpoints(names.LOGS_PODS)
            if name.partition("@")[0] in limits_s
        }

    @property
    def failures(self) -> dict[str, int]:
        """Return how often the schema guard gave up, by reason."""
        return {reason: window.n for reason, window in self.seen.seen(Pick(names.FAILURES)).items()}

    @property
    def logged_answers(self) -> int:
        """Return how many answers the pods' logs tell of."""
        return sum(window.n for window in self.seen.sums(Pick(names.LOGS)).values())

    def against(self, name: str) -> Share:
        """Return a figure of the stored baseline: abandoned, unclicked or failed."""
        part = cast("baseline.Part", getattr(self.baseline, name))
        return Share((part.tally,), self.course)

    @cached_property
    def baseline(self) -> baseline.Baseline:
        """Return the figures of before the rollout."""
        return baseline.load(self.environment.baseline)

    def note(self, name: str) -> dict[str, object] | None:
        """Return the latest document that was kept under a name; None if there is none of this watch's time."""
        found = Reader(self.run).snapshot(name)
        if found is None or found.error or self._of_another_time(found.body):
            return None
        return dict(found.body)

    def _of_another_time(self, body: Mapping[str, object]) -> bool:
        """Tell whether a document says that it was gathered wholly before or after the watch: another phase's."""
        began, at = body.get("since_s", body.get("began_s")), body.get("at_s")
        watched = self.course.slices
        if not watched or not isinstance(began, int | float) or not isinstance(at, int | float) or not at:
            return False
        return at <= min(one.start for one in watched) or began >= max(one.end for one in watched)

    def _scraped(self, kinds: frozenset[str], pick: Pick) -> dict[str, Share]:
        """Return what Prometheus counted, where the profile names one."""
        if self.environment.prometheus is None:
            return {}
        return {names.FROM_PROMETHEUS: self.seen.with_error(kinds, pick)}

    def with_status(self, logged: Share) -> Share:
        """Return the logs' failures; where lines name no status, nobody knows which requests failed."""
        logs, slices = self._logs, self.course.slices
        if not slices:
            return logged
        from_s, to_s = min(one.start for one in slices), max(one.end for one in slices)
        if logs is None:
            found = [Hole(from_s, to_s, "nobody said whether the requests' lines name a status")]
        else:
            missing = "whether the requests' lines named a status is not known, the reader of logs began anew or ended"
            found = [Hole(from_s, logs.since_s, missing), Hole(logs.at_s, to_s, missing)]
            if logs.no_status:
                said = f"{logs.no_status:,} of {logs.requests:,} requests' lines name no status"
                found.append(Hole(logs.since_s, logs.at_s, said))
        return replace(logged, holes=(*logged.holes, *(hole for hole in found if hole.length > 0)))

    @property
    def _logs(self) -> LogsSeen | None:
        found = self.note(NOTE)
        return None if found is None else msgspec.convert(found, LogsSeen)

    def _of_sessions(self, bad: str, pick: Pick) -> Share:
        """Return a share of sessions up to when all of them are known: completed ones are counted first."""
        logs = self._logs
        until_s = logs.sessions_until_s if logs is not None and logs.sessions_until_s is not None else -math.inf
        return self.seen.with_error(frozenset({bad}), pick, until_s=until_s)

    @property
    def _sources(self) -> dict[str, str]:
        """Who saw requests, by name: our own traffic, and where arms are compared the users' in the pods' logs."""
        found = {"traffic": names.LOAD}
        return found if self.phase == "staging" else found | {"logs": names.LOGS}

    def _counted(self, stream: str, bad: str) -> dict[str, Share]:
        sources = [names.FROM_METRICS, names.FROM_LOGS]
        sources += [names.FROM_PROMETHEUS] if self.environment.prometheus is not None else []
        return {name: self.seen.with_error(frozenset({bad}), Pick(stream, name, self.arm)) for name in sources}

    def _figures(self, one: Slice, rows: list[tuple[Series, Window]]) -> Figures:
        del one
        limits, prefix = self.limits, f"{self.prefix}-SLO-0"
        chat, enhanced = Pick(names.LOAD, "chat", self.arm), Pick(names.LOAD, "enhanced", self.arm)
        shares = {
            f"{prefix}1": (self.seen.slow_in(rows, chat, limits.chat_s), 0.05),
            f"{prefix}2": (self.seen.slow_in(rows, enhanced, limits.enhanced_s), 0.05),
            f"{prefix}4": (self.seen.failed_in(rows, Pick(names.LOAD, None, self.arm)), limits.failed),
            f"{prefix}5": (self.seen.bad_in(rows, Pick(names.SAVES, names.FROM_LOGS, self.arm)), limits.unsaved),
            f"{prefix}6": (self.seen.bad_in(rows, Pick(names.REPAIRS, names.FROM_LOGS, self.arm)), limits.repaired),
        }
        pair = (self.seen.counted_in(rows, enhanced), self.seen.counted_in(rows, chat))
        return Figures(shares, (f"{prefix}3", *pair, limits.delta_s))


def _add(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        sums[name] = sums.get(name, 0) + count


def of(run: Path, phase: Watched, target: Target, lines: Mapping[str, Line], arm: Arm | None = None) -> Watch:
    """Return what a run's folder holds of a phase's watch, as far as it is."""
    where = target.environments["staging" if phase == "staging" else "production"]
    return Watch(WatchEvidence(run, phase), run, phase, target, where, lines, arm)

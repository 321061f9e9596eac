"""The targets of a server over time: what each counted between two scrapes, and what can't be told.

Counters are subtracted scrape by scrape, series by series. A series that appears under a metric that its target
already had began at zero: a client makes the series of a status with the first answer of that status. A process
that began after the watch did counts from zero, too; an older one only from its first scrape.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.evidence import names
from harness.evidence.counters import Counters, Increase, NoData, number
from harness.observe.prometheus.holes import Hole, joined, over, streams
from harness.observe.prometheus.rises import Between, Rise
from harness.observe.prometheus.scrapes import metric, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.evidence.sink import Count
    from harness.observe.prometheus.naming import Naming
    from harness.observe.prometheus.rises import Counting
    from harness.observe.prometheus.scrapes import Instance, Key, Scrape

SAME_START_S = 1.0  # start times are computed from the machine's boot time, which moves by a second at times


@dataclass(slots=True)
class Found:
    """What some scrapes came to."""

    counts: list[Count] = field(default_factory=list["Count"])
    holes: list[Hole] = field(default_factory=list[Hole])


@dataclass(slots=True)
class _State:
    at_s: float = float("-inf")  # of the last scrape
    good_s: float | None = None  # of the last one that worked
    told_s: float = float("-inf")  # up to where it was said that nothing is known
    every_s: float = 0.0
    down: bool = False
    gone: bool = False
    young: bool = False  # its process began after the watch did
    started: float | None = None
    pod: str = ""
    life: str | None = None
    keys: frozenset[Key] = frozenset()
    seen: set[Key] = field(default_factory=set["Key"])


class Instances:
    """Takes scrapes in the order of time; each is counted once, however often it is handed in."""

    def __init__(self, since_s: float, stale_s: float, naming: Naming, counting: Counting, *, chosen: bool) -> None:
        """Count what is scraped after an instant; scrapes before it only say what to count from.

        `chosen`: a selector picks the targets, so that each concerns us; else only those with a counter of ours.
        """
        self._since_s = since_s
        self._stale_s = stale_s
        self._chosen = chosen
        self._naming = naming
        self._counting = counting
        self._counters = Counters()
        self._states: dict[Instance, _State] = {}
        self._streams = streams(naming.limits_s)
        self._between: dict[tuple[float, str, tuple[float, float]], tuple[Between, float, float]] = {}

    def take(self, scrapes: Iterable[Scrape]) -> Found:
        """Return what was counted and what can't be told."""
        found = Found()
        for scrape in scrapes:
            state = self._states.setdefault(scrape.instance, _State())
            if scrape.at_s > state.at_s:
                self._one(state, scrape, found)
        for between, from_s, to_s in self._between.values():
            found.holes.append(Hole(over(between.limit_s), between.why, from_s, to_s))
        self._between.clear()
        found.holes = joined(found.holes)
        return found

    def missing(self, at_s: float) -> list[Hole]:
        """Return what is not known at an instant since targets, or the server, have nothing newer to say.

        One target that is silent while others are not is no longer scraped: it lost what it counted after its
        last scrape. When all are silent, the server's own data are stale.
        """
        ours = {who: state for who, state in self._states.items() if self._ours(state)}
        fresh = any(at_s - state.at_s <= self._stale_s for state in ours.values())
        holes: list[Hole] = []
        for who, state in ours.items():
            if state.gone or at_s - state.at_s <= self._stale_s:
                continue
            if not fresh:
                why = f"{_who(who)}: its newest sample is stale, older than {self._stale_s:g} s"
                holes += self._untold(state, at_s, why)
                continue
            state.gone = True
            lost_s = min(at_s, state.at_s + (state.every_s or self._stale_s))
            why = f"{_who(who)}: no longer scraped; what it counted after its last scrape is lost"
            holes += self._untold(state, lost_s, why)
        return joined(holes)

    @property
    def any(self) -> bool:
        """Whether any target was seen that concerns us."""
        return any(self._ours(state) for state in self._states.values())

    def known(self) -> dict[str, object]:
        """Return the state of each target, for people."""
        return {
            _who(who): {
                "state": "gone" if state.gone else "down" if state.down else "up",
                "start known": state.started is not None,
                "missing": sorted(set(self._naming.counters) - {metric(key) for key in state.keys}),
            }
            for who, state in sorted(self._states.items())
            if self._ours(state)
        }

    def _ours(self, state: _State) -> bool:
        return self._chosen or bool(state.seen)

    def _every(self, from_s: float, to_s: float, why: str) -> list[Hole]:
        """Return the hole in each stream, of the part that is watched."""
        from_s = max(from_s, self._since_s)
        return [Hole(stream, why, from_s, to_s) for stream in self._streams] if to_s > from_s else []

    def _untold(self, state: _State, to_s: float, why: str) -> list[Hole]:
        """Return the hole from a target's last good scrape on, as far as it was not told before."""
        from_s = max(state.good_s if state.good_s is not None else self._since_s, state.told_s)
        state.told_s = max(state.told_s, to_s)
        return self._every(from_s, to_s, why)

    def _one(self, state: _State, scrape: Scrape, found: Found) -> None:
        at_s = scrape.at_s
        bad = [value for key, value in scrape.values.items() if metric(key) == self._naming.up and value != 1]
        if bad:
            state.at_s, state.down = at_s, True
            if self._ours(state):
                why = f"{_who(scrape.instance)}: {self._naming.up} is {bad[0]:g}, the scrape failed"
                found.holes += self._untold(state, at_s, why)
            return
        if (state.down or state.gone) and self._ours(state):
            why = f"{_who(scrape.instance)}: was not scraped for a while; counted when it came back"
            found.holes += self._untold(state, at_s, why)
        values = {key: value for key, value in scrape.values.items() if metric(key) in self._naming.counters}
        before = max(state.good_s if state.good_s is not None else self._since_s, self._since_s)
        zero_s = self._turn(state, scrape, found)
        rises = self._rises(state, at_s, values, zero_s, found)
        if at_s > self._since_s:
            done = self._counting.count(at_s, rises)
            found.counts += done.counts
            found.holes += [Hole(stream, why, before, at_s) for stream, why in done.troubles]
            for between in done.between:
                self._bounded(between, before, at_s)
        if state.good_s is not None:
            state.every_s = at_s - state.good_s
        state.at_s = state.good_s = at_s
        state.down = state.gone = False
        state.keys = frozenset(values)

    def _turn(self, state: _State, scrape: Scrape, found: Found) -> float | None:
        """Take note of the process behind a target; return when new series of it were zero, None if unknown."""
        at_s, who = scrape.at_s, _who(scrape.instance)
        started, pod = _process(scrape, self._naming)
        text = f"{pod}@{'' if started is None else format(started, '.0f')}".strip("@") or None
        if state.good_s is None:
            state.started, state.pod, state.life = started, pod, text
            if started is not None and self._since_s <= started < at_s:
                state.young = True
                return started
            if any(metric(key) in self._naming.counters for key in scrape.values):
                old = started is not None
                age = "older than this watch" if old else f"of unknown age, {self._naming.started} is missing"
                why = f"{who}: first scraped now and {age}; what it counted before is unknown"
                found.holes += self._every(self._since_s if old else at_s - self._stale_s, at_s, why)
            return None
        moved = bool(pod and state.pod and pod != state.pod)
        if started is None or state.started is None:
            begun = started is not None and started > state.good_s
        else:
            begun = abs(started - state.started) > SAME_START_S
        if moved or begun:
            until = started if started is not None and state.good_s < started < at_s else at_s
            found.holes += self._every(
                state.good_s, until, f"{who}: restarted; what it counted after its last scrape is lost"
            )
            state.started, state.pod, state.life = started, pod, text
            state.young, state.keys = True, frozenset()
        else:
            state.started = started if state.started is None else state.started
            state.pod, state.life = state.pod or pod, state.life or text
        return state.good_s

    def _rises(
        self, state: _State, at_s: float, values: dict[Key, float], zero_s: float | None, found: Found
    ) -> dict[str, list[Rise]]:
        """Return what each metric's series rose by; a metric of which a series can't be told is left out."""
        had = {metric(key) for key in state.keys}
        rises: defaultdict[str, list[Rise]] = defaultdict(list)
        troubles: dict[str, str] = {}
        for key, value in values.items():
            name, text = metric(key), shown(key)
            if key not in state.seen and zero_s is not None and (name in had or state.young):
                _ = self._counters.read(text, zero_s, 0, state.life)
            state.seen.add(key)
            got = self._counters.read(text, at_s, value, state.life)
            if isinstance(got, NoData):
                troubles[name] = got.why
            elif not isinstance(got, Increase):
                if state.good_s is not None:
                    troubles[name] = f"{text}: new here, what it counted before is unknown"
            elif got.by != int(got.by):
                troubles[name] = f"{text}: rose by {got.by}, wanted a whole number"
            else:
                rises[name].append(Rise(dict(key), int(got.by)))
        for key in state.keys - values.keys():
            _ = troubles.setdefault(metric(key), f"{shown(key)}: no longer there")
        before = state.good_s if state.good_s is not None else self._since_s
        for name, why in troubles.items():
            _ = rises.pop(name, None)
            if at_s > self._since_s:
                slow = name == self._naming.seconds
                of = [over(limit) for limit in self._naming.limits_s] if slow else [names.PROMETHEUS]
                found.holes += [Hole(stream, why, max(before, self._since_s), at_s) for stream in of]
        return rises

    def _bounded(self, between: Between, from_s: float, to_s: float) -> None:
        """Add to what is only bounded, as one stretch for a whole reading."""
        of = (between.limit_s, between.endpoint, between.edges)
        if of in self._between:
            held, begun, ended = self._between[of]
            between, from_s, to_s = held.add(between), min(begun, from_s), max(ended, to_s)
        self._between[of] = between, from_s, to_s


def _process(scrape: Scrape, naming: Naming) -> tuple[float | None, str]:
    """Return when a target's process began, seconds of UTC, and its pod; None and "" where that is not told."""
    starts = [value for key, value in scrape.values.items() if metric(key) == naming.started]
    told = len(starts) == 1 and not isinstance(number(starts[0]), NoData)
    pods = {dict(key).get(naming.pod, "") for key in scrape.values if metric(key) in naming.counters} - {""}
    return starts[0] if told else None, pods.pop() if len(pods) == 1 else ""


def _who(instance: Instance) -> str:
    return "/".join(part for part in instance if part) or "a target"

"""What the counters of one scrape rose by, as counts of requests, of slow ones, of saves and repairs."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from harness.evidence import names
from harness.evidence.sink import Count
from harness.observe.prometheus.holes import over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.observe.prometheus.naming import Naming
    from harness.target import Arm

_EXACT = 1e-9  # between an edge and a limit that are meant to be the same


@dataclass(frozen=True, slots=True)
class Rise:
    """What one series rose by; a whole number."""

    labels: Mapping[str, str]
    by: int


@dataclass(frozen=True, slots=True)
class Between:
    """A limit without an edge of its own: of `n` requests `low` to `high` took longer."""

    limit_s: float
    endpoint: str
    edges: tuple[float, float]
    low: int
    high: int
    n: int

    @property
    def why(self) -> str:
        """What a person has to know and do."""
        low, high = self.edges
        return (
            f"limit {self.limit_s:g} s is between the buckets' edges {low:g} and {high:g}: {self.low} to {self.high} "
            f"of {self.n} {self.endpoint} requests took longer; give the histogram an edge at {self.limit_s:g}"
        )

    def add(self, other: Between) -> Between:
        """Return both as one, of the same limit, endpoint and edges."""
        return Between(
            self.limit_s,
            self.endpoint,
            self.edges,
            self.low + other.low,
            self.high + other.high,
            self.n + other.n,
        )


@dataclass(slots=True)
class Counted:
    """Counts; what could only be bounded; and which streams could not be counted, with the reason."""

    counts: list[Count] = field(default_factory=list[Count])
    between: list[Between] = field(default_factory=list[Between])
    troubles: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


_Of: TypeAlias = "tuple[str, Arm | None]"


class Counting:
    """Turns rises into counts, by the names of a product and its two endpoints."""

    def __init__(self, naming: Naming, endpoints: Mapping[str, str], arm_of: Callable[[str], Arm | None]) -> None:
        """Take the endpoints by path; a path that is none of them is nobody's request."""
        self._naming = naming
        self._endpoints = endpoints
        self._arm_of = arm_of

    def count(self, at_s: float, rises: Mapping[str, Sequence[Rise]]) -> Counted:
        """Count one scrape's rises by metric; a metric that is missing could not be counted."""
        done = Counted()
        self._requests(at_s, rises.get(self._naming.requests, ()), done)
        self._slow(at_s, rises.get(self._naming.seconds, ()), done)
        pairs = (
            (names.SAVES, "unsaved", self._naming.unsaved, self._naming.saved),
            (names.REPAIRS, "repaired", self._naming.repaired, self._naming.validated),
        )
        for stream, kind, bad, good in pairs:
            if bad in rises and good in rises:
                self._share(at_s, stream, kind, (rises[bad], rises[good]), done)
        return done

    def _arm(self, labels: Mapping[str, str]) -> Arm | None:
        version = labels.get(self._naming.version, "")
        return self._arm_of(version) if version else None

    def _of(self, rise: Rise) -> _Of | None:
        endpoint = self._endpoints.get(rise.labels.get(self._naming.path, ""))
        return None if endpoint is None else (endpoint, self._arm(rise.labels))

    def _requests(self, at_s: float, rises: Sequence[Rise], done: Counted) -> None:
        asked: defaultdict[_Of, int] = defaultdict(int)
        failed: defaultdict[_Of, int] = defaultdict(int)
        for rise in rises:
            of = self._of(rise)
            if of is None or not rise.by:
                continue
            status = rise.labels.get(self._naming.status, "")
            if status[:1] not in {"1", "2", "3", "4", "5"}:
                why = f"{self._naming.requests}: wanted a status in the label {self._naming.status}, got {status!r}"
                done.troubles.append((names.PROMETHEUS, why))
                return
            asked[of] += rise.by
            failed[of] += rise.by if status[0] == "5" else 0
        for (endpoint, arm), n in asked.items():
            errors = {"5xx": k} if (k := failed[endpoint, arm]) else {}
            done.counts.append(Count(at_s, names.PROMETHEUS, endpoint, arm, n, errors))

    def _slow(self, at_s: float, rises: Sequence[Rise], done: Counted) -> None:
        buckets: defaultdict[_Of, defaultdict[float, int]] = defaultdict(lambda: defaultdict(int))
        for rise in rises:
            of = self._of(rise)
            if of is not None:
                buckets[of][_edge(rise.labels.get(self._naming.edge, ""))] += rise.by
        for (endpoint, arm), within in buckets.items():
            trouble = self._unsound(within)
            for limit in self._naming.limits_s:
                if trouble:
                    done.troubles.append((over(limit), trouble))
                    continue
                n = within[math.inf]
                low_edge = max((edge for edge in within if edge <= limit + _EXACT), default=0.0)
                high_edge = min(edge for edge in within if edge >= limit - _EXACT)
                low, high = n - within[high_edge], n - within.get(low_edge, 0)
                if abs(low_edge - limit) > _EXACT:
                    # even where low is high nothing is counted: which scrapes are that clear is not left to chance
                    if n:
                        done.between.append(Between(limit, endpoint, (low_edge, high_edge), low, high, n))
                elif n:
                    done.counts.append(Count(at_s, over(limit), endpoint, arm, n, {"over": high} if high else {}))

    def _unsound(self, within: Mapping[float, int]) -> str:
        """Return what is wrong with a histogram's rises, "" if nothing is."""
        edges = sorted(within)
        if not edges or edges[-1] != math.inf or any(math.isnan(edge) for edge in edges):
            return f"{self._naming.seconds}: wanted numbers in the label {self._naming.edge} and +Inf, got {edges}"
        if any(within[a] > within[b] for a, b in itertools.pairwise(edges)):
            return f"{self._naming.seconds}: a bucket rose by more than a wider one, so they can't be counts"
        return ""

    def _share(
        self, at_s: float, stream: str, kind: str, pair: tuple[Sequence[Rise], Sequence[Rise]], done: Counted
    ) -> None:
        bad: defaultdict[Arm | None, int] = defaultdict(int)
        rest: defaultdict[Arm | None, int] = defaultdict(int)
        for rises, into in zip(pair, (bad, rest), strict=True):
            for rise in rises:
                into[self._arm(rise.labels)] += rise.by
        for arm in dict.fromkeys((*rest, *bad)):
            # saves are counted as done or failed; repairs are among those validated
            n = rest[arm] + bad[arm] if stream == names.SAVES else rest[arm]
            if bad[arm] > n:
                done.troubles.append((names.PROMETHEUS, f"{stream}: {bad[arm]} {kind} of {n}, more than there were"))
            elif n:
                errors = {kind: bad[arm]} if bad[arm] else {}
                done.counts.append(Count(at_s, stream, names.FROM_PROMETHEUS, arm, n, errors))


def _edge(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

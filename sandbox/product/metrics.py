"""What one pod counts about itself; every number here is a count of things that happened in this process."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import Counter, deque

LIMITS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 1.6, 2.0, 2.5, 5.0, 10.0)
RECENT = 1000  # percentiles in the documents cover this many requests of one pod


class Recent:
    """Counts over a sliding length of time, in sixty parts."""

    def __init__(self, length_s: float) -> None:
        """Start empty."""
        self._part_s = length_s / 60
        self._parts: deque[tuple[int, list[int]]] = deque(maxlen=61)

    def add(self, part: int, whole: int) -> None:
        """Count `part` of `whole`."""
        slot = int(time.monotonic() / self._part_s)
        if not self._parts or self._parts[-1][0] != slot:
            self._parts.append((slot, [0, 0]))
        counts = self._parts[-1][1]
        counts[0] += part
        counts[1] += whole

    def share(self) -> float | None:
        """Return part / whole over the length, or None when nothing was counted."""
        oldest = int(time.monotonic() / self._part_s) - 60
        held = [counts for slot, counts in self._parts if slot > oldest]
        whole = sum(counts[1] for counts in held)
        return sum(counts[0] for counts in held) / whole if whole else None


class Histogram:
    """A Prometheus histogram: cumulative when written, plain counts inside."""

    def __init__(self) -> None:
        """Start empty."""
        self.counts = [0] * (len(LIMITS_S) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration; a limit includes its own value."""
        self.counts[bisect_left(LIMITS_S, seconds)] += 1
        self.sum += seconds


class Metrics:
    """One pod's counters since its start."""

    def __init__(self) -> None:
        """Start at zero."""
        self.started = time.monotonic()
        self.requests: Counter[tuple[int, str]] = Counter()
        self.durations: dict[str, Histogram] = {}
        self.latencies_s: dict[str, deque[float]] = {tier: deque(maxlen=RECENT) for tier in ("regular", "enhanced")}
        self.validated = 0
        self.validation_failures = 0
        self.repairs = 0
        self.repair_reasons: Counter[str] = Counter()
        self.saves = 0
        self.save_errors = 0
        self.known_before: dict[str, int] = {}
        self.context_known = 0
        self.context_asked = 0
        self.examples_served = 0
        self.ui_events: Counter[str] = Counter()
        self.feedback: Counter[str] = Counter()
        self.rate_limited = 0
        self.errors_5min = Recent(300)
        self.repairs_24h = Recent(86_400)
        self.clicks_7d = Recent(7 * 86_400)

    def request(self, status: int, path: str, seconds: float) -> None:
        """Count one answered request."""
        self.requests[status, path] += 1
        self.durations.setdefault(path, Histogram()).observe(seconds)
        if path.startswith("/api/"):  # what users ask; a probe told "not ready" is no error
            self.errors_5min.add(int(status >= 500), 1)

    def validation(self, reasons: list[str]) -> None:
        """Count one answer that passed the schema guard, repaired for these reasons if any."""
        self.validated += 1
        self.repairs += bool(reasons)
        self.repair_reasons.update(reasons)
        self.repairs_24h.add(int(bool(reasons)), 1)

    def context(self, turn: int, known: int) -> None:
        """Count what a turn knew of the conversation; from the second turn on it must know something."""
        self.known_before[str(turn) if turn <= 16 else "17+"] = known
        if turn > 1:
            self.context_asked += 1
            self.context_known += known >= 2


def quantile_ms(durations_s: deque[float], share: float) -> float | None:
    """Return a nearest-rank quantile in milliseconds, or None without samples."""
    if not durations_s:
        return None
    ordered = sorted(durations_s)
    return round(1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)


def percent(part: int, whole: int) -> float | None:
    """Return a percentage, or None of nothing."""
    return round(100 * part / whole, 4) if whole else None

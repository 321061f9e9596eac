"""What was in the logs, counted: every line is in exactly one of the kinds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(slots=True)
class Tally:
    """Requests of one version and endpoint; `by_ms` counts latencies by whole milliseconds.

    `asked` are requests at turn two or later, `known` those of them that knew an earlier message: their ratio is
    the context success. `no_*` are requests whose line did not say.
    """

    requests: int = 0
    errors: int = 0  # 5xx
    repaired: int = 0
    asked: int = 0
    known: int = 0
    no_status: int = 0
    no_latency: int = 0
    no_turn: int = 0
    no_known: int = 0
    by_ms: Counter[int] = field(default_factory=Counter[int])
    ms: list[float | None] = field(default_factory=list[Any], repr=False, compare=False)  # of the batch under way

    def other_status(self, status: int | None) -> None:
        """Count what is not simply 200."""
        if status is None:
            self.no_status += 1
        elif status >= 500:
            self.errors += 1

    def settle(self) -> None:
        """Count the batch's latencies; none and negative ones are no latency."""
        if not self.ms:
            return
        try:
            sound = min(cast("list[float]", self.ms)) >= 0
        except TypeError:  # None does not compare
            sound = False
        good = cast("list[float]", self.ms) if sound else [ms for ms in self.ms if ms is not None and ms >= 0]
        self.no_latency += len(self.ms) - len(good)
        self.by_ms.update(map(int, good))
        self.ms.clear()

    def quantile_ms(self, share: float) -> int | None:
        """Return the latency (whole ms, rounded down) that so many requests stay within; None without any."""
        total = sum(self.by_ms.values())
        seen = 0
        for ms in sorted(self.by_ms):
            seen += self.by_ms[ms]
            if seen >= share * total:
                return ms
        return None

    def add(self, other: Tally) -> None:
        """Add another one's counts; exact, in any order."""
        for name in ("requests", "errors", "repaired", "asked", "known"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("no_status", "no_latency", "no_turn", "no_known"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_ms.update(other.by_ms)


@dataclass(slots=True)
class Counts:
    """All lines: lines = JSON + malformed + texts + tracebacks + continuations + blank + oversized.

    `malformed`: begins like JSON and is none, or a field has another type. `texts`: plain lines. `tracebacks`:
    their first lines; `continuations`: the further lines of a text or traceback, so a traceback is one event.
    `untimed`: requests without a readable time. `events`: JSON lines by the event they name ("" for none).
    """

    lines: int = 0
    size: int = 0
    malformed: int = 0
    texts: int = 0
    tracebacks: int = 0
    continuations: int = 0
    blank: int = 0
    oversized: int = 0
    untimed: int = 0
    events: Counter[str] = field(default_factory=Counter[str])
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict[tuple[str, str], Tally])

    @property
    def json(self) -> int:
        """Lines that are JSON events."""
        return self.events.total()

    @property
    def unparsed(self) -> int:
        """Events that are no JSON: a traceback counts once, however long it is."""
        return self.malformed + self.texts + self.tracebacks + self.oversized

    def total(self, version: str | None = None, endpoint: str | None = None) -> Tally:
        """Return the requests of a version and endpoint together; None means all of them."""
        found = Tally()
        for (its_version, its_endpoint), tally in self.tallies.items():
            if version in {None, its_version} and endpoint in {None, its_endpoint}:
                found.add(tally)
        return found

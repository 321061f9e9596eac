"""Where every source of figures puts what it saw; all sources have the same four words for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from harness.evidence.window import Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.evidence.sample import Sample
    from harness.evidence.store import Writer
    from harness.evidence.windows import Windows
    from harness.judge.answers import Arm


@dataclass(frozen=True, slots=True)
class Count:
    """`n` things of a kind at an instant (seconds of UTC), `errors` by kind the bad ones among them."""

    at_s: float
    stream: str
    endpoint: str
    arm: Arm | None
    n: int
    errors: Mapping[str, int] = field(default_factory=dict[str, int])


class Sink(Protocol):
    """What a source is given to write to."""

    def sample(self, sample: Sample) -> None:
        """Keep one request that was seen."""
        ...

    def count(self, count: Count) -> None:
        """Keep things that were counted."""
        ...

    def gap(self, stream: str, from_s: float, to_s: float, why: str) -> None:
        """Say that nothing, or not all, is known of a stream between two instants; `why` is for people."""
        ...

    def note(self, name: str, body: object, error: str = "") -> None:
        """Keep a document under a name; the latest counts."""
        ...


class EvidenceSink:
    """The sink that is the run's evidence.db."""

    def __init__(self, writer: Writer, windows: Windows) -> None:
        """Write through a writer and its windows."""
        self._writer = writer
        self._windows = windows

    def sample(self, sample: Sample) -> None:
        """Keep one request that was seen."""
        self._windows.add(sample)

    def count(self, count: Count) -> None:
        """Keep things that were counted."""
        series = Series(count.stream, count.endpoint, count.arm)
        self._windows.count(count.at_s, series, count.n, dict(count.errors))

    def gap(self, stream: str, from_s: float, to_s: float, why: str) -> None:
        """Say that nothing, or not all, is known of a stream between two instants."""
        self._windows.gap(stream, round(from_s * 1e6), round(to_s * 1e6), why)

    def note(self, name: str, body: object, error: str = "") -> None:
        """Keep a document under a name; the latest counts."""
        self._writer.snapshot(name, body, error)

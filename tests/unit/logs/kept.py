"""A sink that keeps all it is given."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.evidence.sample import Sample
    from harness.evidence.sink import Count


class Kept:
    """What a source handed on; `sums` adds counts up as (n, errors) by stream and arm."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.counts: list[Count] = []
        self.gaps: list[tuple[str, float, float, str]] = []
        self.notes: dict[str, Any] = {}

    def sample(self, sample: Sample) -> None:
        self.samples.append(sample)

    def count(self, count: Count) -> None:
        assert sum(count.errors.values()) <= count.n, count
        self.counts.append(count)

    def gap(self, stream: str, from_s: float, to_s: float, why: str) -> None:
        assert from_s <= to_s
        self.gaps.append((stream, from_s, to_s, why))

    def note(self, name: str, body: object, error: str = "") -> None:
        assert not error
        self.notes[name] = body

    def sums(self, stream: str) -> dict[str | None, tuple[int, dict[str, int]]]:
        n: Counter[str | None] = Counter()
        errors: dict[str | None, Counter[str]] = {}
        for count in self.counts:
            if count.stream == stream:
                n[count.arm] += count.n
                errors.setdefault(count.arm, Counter()).update(count.errors)
        return {arm: (n[arm], dict(errors[arm])) for arm in n}

"""A sink that remembers, and a target to read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.target import Environment, Prometheus, Target

if TYPE_CHECKING:
    from harness.evidence.sample import Sample
    from harness.evidence.sink import Count
    from harness.target import Arm

CHAT, ENHANCED = "/api/chat/ask", "/api/chat/ask-enhanced"
STABLE, CANARY = "aaaa111", "bbbb222"


@dataclass(frozen=True, slots=True)
class Said:
    """A gap as it was said."""

    stream: str
    from_s: float
    to_s: float
    why: str


@dataclass(slots=True)
class Recorded:
    """Everything a source wrote."""

    counts: list[Count] = field(default_factory=list["Count"])
    gaps: list[Said] = field(default_factory=list[Said])
    notes: dict[str, object] = field(default_factory=dict[str, object])

    def sample(self, sample: Sample) -> None:
        raise AssertionError(f"a counter knows no single request: {sample}")

    def count(self, count: Count) -> None:
        self.counts.append(count)

    def gap(self, stream: str, from_s: float, to_s: float, why: str) -> None:
        self.gaps.append(Said(stream, from_s, to_s, why))

    def note(self, name: str, body: object, error: str = "") -> None:
        self.notes[name] = (body, error)

    def whys(self, stream: str) -> list[str]:
        return [gap.why for gap in self.gaps if gap.stream == stream]


def total(counts: list[Count] | tuple[Count, ...]) -> dict[tuple[str, str, str | None], tuple[int, dict[str, int]]]:
    """Return n and errors by stream, endpoint and arm."""
    n: Counter[tuple[str, str, str | None]] = Counter()
    errors: dict[tuple[str, str, str | None], Counter[str]] = {}
    for count in counts:
        of = (count.stream, count.endpoint, count.arm)
        n[of] += count.n
        errors.setdefault(of, Counter()).update(count.errors)
    return {of: (n[of], dict(errors[of])) for of in n}


def arm_of(version: str) -> Arm | None:
    if version == STABLE:
        return "stable"
    return "canary" if version == CANARY else None


def environment(url: str, *, selector: str = 'app="onesource"', step_s: float = 1.0, token: str = "") -> Environment:
    return Environment(prometheus=Prometheus(url, selector, step_s, token))


def target() -> Target:
    return Target("test", {})

"""Stretches of which not all is known, put together where one goes on from the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.evidence import names

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """Nothing, or not all, is known of a stream between two instants (seconds of UTC)."""

    stream: str
    why: str
    from_s: float
    to_s: float


def over(limit_s: float) -> str:
    """Name the stream that counts what took longer than a limit, such as prometheus-over-1.5."""
    return f"{names.PROMETHEUS}-over-{limit_s:g}"


def streams(limits_s: Iterable[float]) -> tuple[str, ...]:
    """Name the streams of this source alone: a reading that is missing is missing in each."""
    return (names.PROMETHEUS, *(over(limit) for limit in limits_s))


def joined(holes: Iterable[Hole]) -> list[Hole]:
    """Return the holes with those of one stream and reason that touch or overlap as one, none of no length."""
    found: list[Hole] = []
    for hole in sorted(hole for hole in holes if hole.to_s > hole.from_s):
        last = found[-1] if found else None
        if last and (last.stream, last.why) == (hole.stream, hole.why) and hole.from_s <= last.to_s:
            found[-1] = Hole(hole.stream, hole.why, last.from_s, max(last.to_s, hole.to_s))
        else:
            found.append(hole)
    return found

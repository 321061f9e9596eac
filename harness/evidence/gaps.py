"""Time of which nothing is known, and the clock that tells it: one that no change of the system's time moves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.clock import Clock

MICRO: Final = 1_000_000
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Nothing, or not all, is known from one instant up to another, in microseconds of UTC; "" is every stream."""

    from_us: int
    to_us: int
    stream: str
    why: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.to_us - self.from_us) / MICRO

    def of(self, stream: str) -> bool:
        """Tell whether it concerns a stream."""
        return self.stream in {"", stream}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a shard was collected, microseconds of UTC; and its last instant on the machine's clock.

    `mono_s` are monotonic seconds, which mean something only within the same `boot`.
    """

    shard: int
    began_us: int
    until_us: int
    mono_s: float = 0.0
    boot: str = ""


class Timeline:
    """Instants of one run as seconds of UTC, counted on the monotonic clock from one look at the wall.

    A run that is taken up again on the same boot goes on counting from its last instant, so that the length of the
    hole is exact even if the system's time was set meanwhile; after another boot, or on another machine, the wall is
    all there is, and never believed to be before the last instant.
    """

    def __init__(self, clock: Clock, last: Span | None = None, boot: str | None = None) -> None:
        """Begin now, or go on after `last`; `boot` names this start of the machine."""
        self._clock = clock
        self.boot = boot_id() if boot is None else boot
        self._mono = clock.now()
        wall_us = round(clock.wall().timestamp() * MICRO)
        if last is None:
            self._zero_us = wall_us
        elif self.boot and self.boot == last.boot and self._mono >= last.mono_s:
            self._zero_us = last.until_us + round((self._mono - last.mono_s) * MICRO)
        else:
            self._zero_us = max(wall_us, last.until_us)

    def now_us(self) -> int:
        """Return the instant in microseconds of UTC."""
        return self._zero_us + round((self._clock.now() - self._mono) * MICRO)

    def at_s(self) -> float:
        """Return the instant as samples have it."""
        return self.now_us() / MICRO

    def mono_s(self) -> float:
        """Return the machine's monotonic seconds, to be kept beside the instant."""
        return self._clock.now()


def boot_id() -> str:
    """Return what names this start of the machine, "" where nothing does."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def of_shards(spans: Sequence[Span], of: int, slack_us: int) -> tuple[Gap, ...]:
    """Return the gaps of a run in `of` shards: those missing, and those that began later or ended earlier than others.

    `slack_us` is the difference that still counts as together.
    """
    if not spans:
        return ()
    began, until = min(span.began_us for span in spans), max(span.until_us for span in spans)
    gaps = [
        Gap(began, until, "", f"shard {shard} of {of} is missing")
        for shard in sorted(set(range(of)) - {span.shard for span in spans})
    ]
    for span in spans:
        if span.began_us > began + slack_us:
            gaps.append(Gap(began, span.began_us, "", f"shard {span.shard} of {of} began late"))
        if span.until_us < until - slack_us:
            gaps.append(Gap(span.until_us, until, "", f"shard {span.shard} of {of} ended early"))
    return tuple(sorted(gaps))


def empty(starts_ms: Iterable[int], window_ms: int, from_ms: int, to_ms: int) -> tuple[tuple[int, int], ...]:
    """Return the stretches of [from, to) without a window, in ms, given when those with samples begin."""
    there = sorted({start for start in starts_ms if from_ms <= start < to_ms})
    holes: list[tuple[int, int]] = []
    expected = from_ms
    for start in (*there, to_ms):
        if start > expected:
            holes.append((expected, start))
        expected = max(expected, start + window_ms)
    return tuple(holes)

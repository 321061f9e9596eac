"""A watch written as a collector writes it, in no time: real windows, slices and gaps with a clock that jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from harness.clock import FakeClock
from harness.evidence import names, slices
from harness.evidence.sample import Sample
from harness.evidence.slices import SliceRow, Slices, WatchTerms
from harness.evidence.store import Writer
from harness.evidence.window import Series, terms
from harness.evidence.windows import About, Windows
from harness.observe.collector.work import counted_limits

if TYPE_CHECKING:
    from pathlib import Path

    from harness.target import Watched

ENDPOINTS = ("chat", "enhanced")
SOURCES = (names.FROM_METRICS, names.FROM_LOGS)


@dataclass
class Lengths:
    """Seconds of a watch: all of it, a slice, a window, the largest gap."""

    for_s: float = 120.0
    slice_s: float = 10.0
    window_s: float = 5.0
    largest_gap_s: float = 20.0


@dataclass
class Day:
    """What a stretch is like: requests of each endpoint a window, their latency, and what goes wrong with them."""

    each: int = 20
    latency_s: float = 0.5
    error: str = ""
    streams: tuple[str, ...] = (names.LOAD,)
    sources: tuple[str, ...] = SOURCES  # of saves and repairs
    watched: str = "build a"
    generator: str = ""
    trouble: str = ""
    arm: Any = "stable"
    spread: tuple[float, ...] = (0.8, 0.9, 1.0, 1.1)


@dataclass
class Book:
    """One run's folder, being written."""

    run: Path
    phase: Watched = "staging"
    lengths: Lengths = field(default_factory=Lengths)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        """Open it; the first time, plan the watch too."""
        self.open()
        self.from_s = self.windows.timeline.at_s()
        self.begin(self.phase)

    def begin(self, phase: Watched) -> None:
        """Plan a phase's watch from now on."""
        self.phase, of = phase, self.lengths
        plan = WatchTerms(phase, round(self.windows.timeline.at_s() * 1e6), of.for_s, of.slice_s, of.largest_gap_s)
        self.writer.meta(f"{slices.META}/{phase}", msgspec.to_builtins(plan))
        self.writer.plan(self.stream, round(of.for_s / of.slice_s))
        self.writer.state(self.stream, "running")

    @property
    def stream(self) -> str:
        return f"{names.WATCH}/{self.phase}"

    def open(self) -> None:
        """Write, or go on writing after `close`."""
        self.writer = Writer(self.run, self.clock)
        about = About("r", "small", terms(self.lengths.window_s, counted_limits(), 0.05))
        self.windows = Windows(self.writer, about, self.clock, boot="b", stalled_after_s=1e9)
        self.rows = Slices(self.writer)

    def away(self, seconds: float) -> None:
        """Be killed, and taken up again after so long, at the next edge of a window."""
        self.writer.flush()
        self.writer.close("stopped: killed")
        self.clock.sleep(seconds)
        self.open()
        at_s, window_s = self.windows.timeline.at_s(), self.lengths.window_s
        self.clock.sleep(math.ceil(at_s / window_s) * window_s - at_s)
        self.writer.state(self.stream, "running")

    def go_on(self, seconds: float, day: Day | None = None) -> None:
        """Write so long of a watch, slice by slice; a slice that does not fit is begun and has no row."""
        day, of = day or Day(), self.lengths
        left = seconds
        while left > 1e-6:
            start, length = self.windows.timeline.at_s(), min(of.slice_s, left)
            for number in range(math.ceil(length / of.window_s - 1e-9)):
                self._window(start + number * of.window_s, day)
            if length == of.slice_s:
                self.slice(start, day)
            self.clock.sleep(length)
            left -= length
        self.writer.flush()

    def slice(self, start: float, day: Day) -> None:
        """Write one slice's row."""
        bounds = (round(start * 1e6), round((start + self.lengths.slice_s) * 1e6))
        self.rows.add(SliceRow(self.phase, *bounds, day.generator, day.watched, day.trouble))

    def _window(self, start: float, day: Day) -> None:
        for endpoint in ENDPOINTS:
            for stream in day.streams:
                for i in range(day.each):
                    latency_s = day.latency_s * day.spread[i % len(day.spread)]
                    at_s = start + i * self.lengths.window_s / day.each
                    self.windows.add(Sample(at_s, stream, endpoint, day.arm, latency_s, day.error))
        for source in day.sources:
            for stream in (names.SAVES, names.REPAIRS):
                self.windows.count(start, Series(stream, source, day.arm), 2 * day.each)

    def done(self) -> Path:
        """End the watch as planned; return the run's folder."""
        self.writer.state(self.stream, "done")
        self.writer.close("finished")
        return self.run

    def stopped(self) -> Path:
        """End before the watch does; return the run's folder."""
        self.writer.close("stopped: killed")
        return self.run

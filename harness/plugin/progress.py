"""What the collector has so far, told every few seconds while the tests wait for it."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.evidence.store import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from harness.clock import Clock
    from harness.evidence.rows import Progress

EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """How much of each stream was in at a moment of the clock."""

    at_s: float
    probes: Mapping[str, int]


def terminal() -> TextIO:
    """Return standard output as it is now, kept through pytest's capturing; call it while nothing is captured."""
    return os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")


class Ticker:
    """A thread of the controller that speaks while there is something to wait for; `stop` ends it."""

    def __init__(
        self, read: Callable[[], Sequence[Progress]], clock: Clock, out: TextIO, every_s: float = EVERY_S
    ) -> None:
        """Write to `out`, which is closed at the end, each `every_s` seconds, for the first time after as long."""
        self._read, self._clock, self._out, self._every_s = read, clock, out, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="progress")
        self._thread.start()

    def stop(self) -> None:
        """Fall silent."""
        self._ended.set()
        self._thread.join()
        self._out.close()

    def _run(self) -> None:
        first: Look | None = None
        while not self._ended.wait(self._every_s):
            try:
                streams = self._read()
            except EvidenceError:  # the tests that need it say so, with the reason
                return
            now = Look(self._clock.now(), {stream.name: stream.probes for stream in streams})
            first = first or now
            said = line(streams, first, now)
            if said:
                with contextlib.suppress(OSError):  # whoever read along may have gone
                    print(f"\n{said}", file=self._out, flush=True)


def line(streams: Sequence[Progress], first: Look, now: Look) -> str:
    """Return what is still being observed, how far it is, and how long it will take; "" when nothing is open."""
    waiting = [
        stream for stream in streams if stream.state in {"planned", "running"} and stream.probes < stream.expected
    ]
    if not waiting:
        return ""
    parts = [f"{stream.name} {stream.probes:,} of {stream.expected:,}" for stream in waiting]
    to_go = max(_to_go_s(stream, first, now) for stream in waiting)
    estimate = f"; about {to_go:.0f} s to go" if math.isfinite(to_go) else ""
    return f"observing: {', '.join(parts)}{estimate}"


def _to_go_s(stream: Progress, first: Look, now: Look) -> float:
    """Return how long one stream still takes at its own speed, in seconds; infinite while it has none.

    Streams differ by orders of magnitude: thousands of asks in a second, a slice of a watch in minutes.
    """
    gained = now.probes.get(stream.name, 0) - first.probes.get(stream.name, 0)
    return (stream.expected - stream.probes) * (now.at_s - first.at_s) / gained if gained > 0 else math.inf

"""Time as an argument."""

from __future__ import annotations

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """What waiting and stamping need of time."""

    def now(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...

    def wall(self) -> datetime.datetime:
        """Aware UTC time, for reports; it may jump, so never subtract two of them."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


class SystemClock:
    """The real one; made once, in fixtures/clock.py and in the command line."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wall(self) -> datetime.datetime:
        """Return the system's UTC time."""
        return datetime.datetime.now(datetime.UTC)  # noqa: TID251  the one place wall time is read

    def sleep(self, seconds: float) -> None:
        """Block."""
        time.sleep(seconds)  # noqa: TID251  the one place real time passes


class FakeClock:
    """A clock that jumps: a 48 h soak in no time."""

    def __init__(
        self,
        start: float = 1_000.0,
        wall: datetime.datetime = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    ) -> None:
        """Start at a chosen instant; not at zero, so that a forgotten subtraction shows."""
        self._now = start
        self._wall = wall

    def now(self) -> float:
        """Return the fake instant."""
        return self._now

    def wall(self) -> datetime.datetime:
        """Return the fake date."""
        return self._wall

    def sleep(self, seconds: float) -> None:
        """Jump."""
        self._now += seconds
        self._wall += datetime.timedelta(seconds=seconds)

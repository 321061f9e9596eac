"""collector.log: what is being done, how far it is, until when; for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.clock import Clock


class Notes:
    """Append one dated line at a time; lines hold names and numbers, never what was sent or received."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Append to a file."""
        self._path = path
        self._clock = clock
        self._start = clock.now()

    def say(self, line: str) -> None:
        """Write a line."""
        wall = self._clock.wall().isoformat(timespec="seconds")
        with self._path.open("a", encoding="utf-8") as file:
            _ = file.write(f"{wall} +{self._clock.now() - self._start:.1f}s {line}\n")

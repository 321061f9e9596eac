"""Bearer tokens of synthetic users, from a file that somebody keeps fresh; they never leave this process otherwise."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.clock import Clock

LOOK_EVERY_S: Final = 1.0  # 48 h outlive a token; whoever renews it replaces the file


class Tokens:
    """Takes turns over the file's lines, so that no user's rate limit is met by all of the traffic."""

    def __init__(self, path: str, clock: Clock) -> None:
        """Read a file with one token a line; "" and an unreadable file have none."""
        self._path = Path(path) if path else None
        self._clock = clock
        self._looked = -LOOK_EVERY_S
        self._stamp = -1
        self._turns: Iterator[str] = iter(())
        self._known = ""
        self._look(clock.now())

    @property
    def any(self) -> bool:
        """Tell whether there is a token."""
        return bool(self._known)

    def __call__(self) -> str:
        """Return the next user's token, "" without any."""
        now = self._clock.now()
        if now - self._looked >= LOOK_EVERY_S:
            self._look(now)
        return next(self._turns, "")

    def _look(self, now: float) -> None:
        self._looked = now
        if self._path is None:
            return
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            lines = [line.strip() for line in self._path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError):  # being replaced: those we know are good until the target refuses them
            return
        self._stamp = stamp
        if lines:
            self._known = lines[0]
            self._turns = itertools.cycle(lines)

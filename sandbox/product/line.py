"""A worker that makes one answer at a time, and the line in front of it."""

from __future__ import annotations

LONGEST_S = 4.0  # whoever would wait longer is let through, so that a line ends soon after its cause


class Line:
    """Tells each newcomer how long it has to wait."""

    def __init__(self) -> None:
        """Start with nobody in it."""
        self._free_at = 0.0

    def join(self, now_s: float, takes_s: float) -> float:
        """Return for how many seconds an answer that takes `takes_s` has to wait for those before it."""
        wait = min(LONGEST_S, max(0.0, self._free_at - now_s))
        self._free_at = now_s + wait + takes_s
        return wait

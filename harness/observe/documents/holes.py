"""Gaps between good readings: from the last good one to the next good one, exactly, and not lost with the process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.evidence.sink import Sink

FIRST_S = 60.0  # an open gap is written when it is so long, and each time it has doubled: a killed process leaves most


@dataclass(slots=True)
class _Line:
    good_s: float  # the last good reading
    why: str = ""  # of the open gap, "" while there is none
    quiet: bool = False  # it may turn out to be a restart
    write_s: float = FIRST_S  # the length at which it is written the next time


class Holes:
    """One line of readings for each source and stream."""

    def __init__(self, sink: Sink) -> None:
        """Write gaps to a sink."""
        self._sink = sink
        self._lines: dict[tuple[str, str], _Line] = {}

    def good(self, source: str, stream: str, at_s: float, *, restarted: bool = False) -> None:
        """Take note of a good reading; one after a restart ends a silence that was only that restart."""
        line = self._lines.setdefault((source, stream), _Line(at_s))
        if line.why and not (restarted and line.quiet):
            self._sink.gap(stream, line.good_s, at_s, line.why)
        self._lines[source, stream] = _Line(at_s)

    def bad(self, source: str, stream: str, at_s: float, why: str, *, quiet: bool = False) -> None:
        """Take note of a reading that says nothing; `quiet` if nobody answered, as while a process starts anew."""
        line = self._lines.setdefault((source, stream), _Line(at_s))
        line.quiet = quiet and (line.quiet or not line.why)
        line.why = line.why or why
        if at_s - line.good_s >= line.write_s:
            self._sink.gap(stream, line.good_s, at_s, line.why)
            line.write_s = 2 * (at_s - line.good_s)

    def gone(self, source: str, at_s: float) -> None:
        """Forget a source that is no more; what was not known of it until now stays unknown."""
        for key in [key for key in self._lines if key[0] == source]:
            self._end(key[1], self._lines.pop(key), at_s, silent=True)

    def end(self, at_s: float) -> None:
        """Write what is open, as far as it was looked."""
        for (_, stream), line in self._lines.items():
            self._end(stream, line, at_s, silent=False)
        self._lines.clear()

    def _end(self, stream: str, line: _Line, at_s: float, *, silent: bool) -> None:
        if line.why and at_s > line.good_s and not (silent and line.quiet):
            self._sink.gap(stream, line.good_s, at_s, line.why)

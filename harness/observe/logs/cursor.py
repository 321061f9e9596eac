"""Where reading of one container's log stands, so that it can go on after a broken connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.observe.logs.parse import Splitter
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_NS = 1_000_000_000


@dataclass(slots=True)
class Cursor:
    """The latest line: its time in ns of UTC and as text, and how many lines of that time there were.

    After `reopen` the lines of that time are expected again, and not counted again. `hole` then becomes the text
    of the first line that came instead of them, if they do not come: the file was rotated meanwhile. `behind`
    are lines older than the latest: a clock was set back, and they can't be found again.
    """

    ns: int = 0
    text: str = ""
    count: int = 0
    behind: int = 0
    hole: str = ""
    again: int = 0
    _seen: int = 0
    _resuming: bool = False

    def reopen(self) -> None:
        """Expect the latest lines once more."""
        self._seen, self._resuming, self.hole = 0, self.count > 0, ""

    def fresh(self, ns: int, text: str) -> bool:
        """Take note of a line; False for one that was there before."""
        if self._resuming:
            if ns < self.ns:
                self.again += 1
                return False
            if ns == self.ns and self._seen < self.count:
                self._seen += 1
                self.again += 1
                return False
            self._resuming = False
            self.hole = text if self._seen < self.count else ""
        if ns > self.ns:
            self.ns, self.text, self.count = ns, text, 1
        elif ns == self.ns:
            self.count += 1
        else:
            self.behind += 1
        return True


class Stamped:
    """Reads pieces of a log with times into batches of new lines."""

    def __init__(self, cursor: Cursor, from_ns: int = 0) -> None:
        """Move the cursor on; lines of before `from_ns` (UTC, the node's clock) are read and left out."""
        self._cursor, self._from_ns = cursor, from_ns
        self._splitter = Splitter()
        self._minute, self._minute_ns = b"", 0
        self.odd = 0  # lines without a time: the node's words, not the container's
        self.early = 0  # lines of before the start: the API knows only full seconds

    async def batches(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[tuple[list[bytes], float]]:
        """Yield new lines without their times, and the time of the last of them (seconds of UTC).

        What stands after the last line end is left: it comes again, whole, or was never finished.
        """
        async for piece in pieces:
            new: list[bytes] = []
            for line in self._splitter.feed(piece):
                stamp, _, text = line.partition(b" ")
                ns = self._nanoseconds(stamp)
                if ns is None:
                    self.odd += 1
                elif self._cursor.fresh(ns, stamp.decode("ascii")):
                    if ns >= self._from_ns:
                        new.append(text)
                    else:
                        self.early += 1
            if new:
                yield new, self._cursor.ns / _NS

    @property
    def oversized(self) -> int:
        """Lines that were dropped for their length."""
        return self._splitter.oversized

    def forget(self) -> None:
        """Count odd, early and oversized lines from 0 again."""
        self.odd = self.early = self._splitter.oversized = 0

    def _nanoseconds(self, stamp: bytes) -> int | None:
        """Return an RFC 3339 time of any precision and zone in ns of UTC: texts of it do not sort."""
        if stamp[:17] != self._minute or not stamp.endswith(b"Z"):
            found = _minute(stamp)
            if found is None:
                return None
            self._minute_ns = found
            self._minute = stamp[:17] if stamp.endswith(b"Z") else b""
        seconds, _, rest = stamp[17:].partition(b".")
        digits = rest.rstrip(b"Z").partition(b"+")[0].partition(b"-")[0]
        if not seconds[:2].isdigit() or not (digits or b"0").isdigit():
            return None
        return self._minute_ns + int(seconds[:2]) * _NS + int(digits[:9].ljust(9, b"0"))


def _minute(stamp: bytes) -> int | None:
    """Return the ns of the full minute a time lies in."""
    text = stamp.decode("ascii", "replace")
    zone = next((text[i:] for i in range(19, len(text)) if text[i] in "Z+-"), "")
    found = utc(text[:17] + "00" + zone)
    return None if found is None else int(found) * _NS

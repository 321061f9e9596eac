"""From lines to counts and samples, a batch at a time, in memory that does not grow with the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.evidence.names import LOGS, LOGS_TTFT
from harness.evidence.sample import Sample
from harness.observe.logs.arms import Arms
from harness.observe.logs.counts import Counts, Tally
from harness.observe.logs.fields import Fields, decoder
from harness.observe.logs.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from harness.judge.answers import Arm
    from harness.observe.logs.fields import Record

CHUNK = 1 << 16
LONGEST = 1 << 20  # bytes of one line; of a longer one only the fact is kept
_TRACE = b"Traceback (most recent call last)"
_CHAINS = (b"During handling of the above exception", b"The above exception was the direct cause")


class Splitter:
    """Cuts bytes into whole lines; a line longer than LONGEST is dropped and counted."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = b""
        self._dropping = False
        self.oversized = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the lines that are whole by now, without their ends."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if self._dropping and lines:
            self._dropping = False
            del lines[0]
        if len(self._rest) > LONGEST:
            self.oversized += not self._dropping
            self._dropping, self._rest = True, b""
        return lines

    def rest(self) -> list[bytes]:
        """Return what has no line end, when there will be none any more."""
        rest, self._rest = self._rest, b""
        return [rest] if rest and not self._dropping else []


class Parser:
    """Reads one container's lines, in order; several parsers may share counts and sink."""

    def __init__(
        self,
        fields: Fields,
        counts: Counts,
        arm_of: Callable[[str], Arm | None] | None = None,
        keep: Callable[[Sample], None] | None = None,
        also: Callable[[Sequence[Record], float | None], None] | None = None,
    ) -> None:
        """Count into `counts`; with `keep`, each request becomes a sample of the arm that its version names.

        `also` gets each batch of records with all of their fields, and the time of the batch.
        """
        self._fields, self.counts = fields, counts
        self._decoder = decoder(fields, times=keep is not None or also is not None, more=also is not None)
        self._keep, self._also = keep, also
        self._arms, self._times = Arms(arm_of), Times()
        self._text = _Text(counts)

    def take(self, lines: Sequence[bytes], at_s: float | None = None) -> None:
        """Take whole lines; `at_s` (UTC) is when they were written, for requests without a time of their own."""
        counts = self.counts
        counts.lines += len(lines)
        events: list[bytes] = []
        for line in lines:
            if line[:1] == b"{":
                events.append(line)
            else:
                self._text.take(line)
        if not events:
            return
        records = self._decoded(events)
        self._requests(records)
        if self._keep is not None:
            self._samples(records, self._keep, at_s)
        if self._also is not None:
            self._also(records, at_s)

    def _decoded(self, events: list[bytes]) -> Sequence[Record]:
        """Decode a batch at once; if one of its lines is bad, line by line."""
        try:
            return self._decoder.decode_lines(b"\n".join(events))
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        found: list[Record] = []
        for line in events:
            try:
                found.append(self._decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.counts.malformed += 1
        return found

    def _requests(self, records: Sequence[Record]) -> None:
        """Count a batch of JSON lines; this loop is what a gigabyte costs, so it asks for each field once."""
        events, tallies, request = self.counts.events, self.counts.tallies, self._fields.request
        others: list[str] = []
        for record in records:
            if record.event != request:
                others.append(record.event or "")
                continue
            tally = tallies.get((record.version, record.endpoint))  # pyright: ignore[reportArgumentType]  None is no key
            if tally is None:
                tally = tallies.setdefault((record.version or "", record.endpoint or ""), Tally())
            tally.requests += 1
            status, turn = record.status, record.turn
            if status != 200:
                tally.other_status(status)
            tally.ms.append(record.latency_ms)
            if turn is None:
                tally.no_turn += 1
            elif turn >= 2:
                tally.asked += 1
                known = record.known
                if known is None:
                    tally.no_known += 1
                elif known > 0:
                    tally.known += 1
            if record.repaired or record.repair_reason:
                tally.repaired += 1
        events.update(others)
        events[request] += len(records) - len(others)
        for tally in tallies.values():
            tally.settle()

    def _samples(self, records: Sequence[Record], keep: Callable[[Sample], None], at_s: float | None) -> None:
        """Hand on requests; each was due when it came in, a latency before its line was written."""
        request, ours = self._fields.request, self._fields.endpoints
        known, arm_of, written = self._arms.known, self._arms.of, self._times.written_s
        for record in records:
            if record.event != request:
                continue
            written_s = written(record.timestamp, at_s)
            if written_s is None:
                self.counts.untimed += 1
                continue
            ms, status = record.latency_ms, record.status
            error = "5xx" if status is not None and status >= 500 else ""
            if ms is None or ms < 0:
                if not error:
                    continue  # neither a latency nor a failure: it is counted as such, and nothing follows from it
                ms = None
            version, endpoint = record.version or "", record.endpoint or ""
            endpoint, arm = ours.get(endpoint, endpoint), known.get(version) or arm_of(version)
            if ms is None:
                keep(Sample(written_s, LOGS, endpoint, arm, None, error))
                continue
            seconds, first = ms / 1000, record.ttft_ms
            keep(Sample(written_s - seconds, LOGS, endpoint, arm, seconds, error))
            if first is not None and first >= 0:
                keep(Sample(written_s - seconds, LOGS_TTFT, endpoint, arm, first / 1000, error))


class _Text:
    """Tells plain lines, tracebacks and their further lines apart; JSON between them does not end either."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._inside = self._over = self._chained = False
        self._any = False

    def take(self, line: bytes) -> None:
        """Count one line that is not JSON."""
        counts = self._counts
        first = line[:1]
        if not line or line.isspace():
            counts.blank += 1
        elif first in {b" ", b"\t"} and self._any:
            counts.continuations += 1
        elif line.startswith(_TRACE):
            if self._chained:
                counts.continuations += 1
            else:
                counts.tracebacks += 1
            self._inside, self._over, self._chained, self._any = True, False, False, True
        elif self._inside:  # the exception itself ends it
            counts.continuations += 1
            self._inside, self._over = False, True
        elif self._over and line.startswith(_CHAINS):
            counts.continuations += 1
            self._over, self._chained = False, True
        else:
            counts.texts += 1
            self._over = self._chained = False
            self._any = True


def read(file: BinaryIO, parser: Parser) -> Counts:
    """Read a log from a file to its end, in one pass."""
    splitter = Splitter()
    counts = parser.counts
    while piece := file.read(CHUNK):
        counts.size += len(piece)
        parser.take(splitter.feed(piece))
    parser.take(splitter.rest())
    counts.oversized += splitter.oversized
    counts.lines += splitter.oversized
    return counts

"""What following missed, as gaps of the evidence with their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.evidence import names
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from harness.evidence.sink import Sink
    from harness.observe.logs.follow import Followed, Hole

BRIEF_S: Final = 5.0  # an outage that was shorter lost nothing: reading went on from the last line
EVERY_S: Final = 5.0  # how often an outage that goes on is told of


class Gaps:
    """Tells a sink of each hole and outage once; `start_s` is the start in UTC, `began_s` the same on the clock."""

    def __init__(self, followed: Followed, sink: Sink, start_s: float, began_s: float) -> None:
        """Begin with nothing told."""
        self._followed, self._sink = followed, sink
        self._start_s, self._offset_s = start_s, start_s - began_s
        self._holes = self._outages = 0
        self._told: dict[str, float] = {}

    def tell(self, now_s: float, *, last: bool = False) -> None:
        """Tell of what is new; the `last` time also of an outage that was told of a moment ago."""
        followed = self._followed
        for hole in followed.holes[self._holes :]:
            self._hole(hole, now_s)
        self._holes = len(followed.holes)
        for outage in followed.outages[self._outages :]:
            self._outage(outage.what, outage.from_s, outage.until_s, least_s=0.0)
            _ = self._told.pop(outage.what, None)
        self._outages = len(followed.outages)
        for what, from_s in followed.down.items():
            self._outage(what, from_s, now_s, least_s=0.0 if last else EVERY_S)

    def _hole(self, hole: Hole, now_s: float) -> None:
        """Tell of lines that may be missing; without an end it lasts until now, by our clock and by the pod's."""
        after_s, until_s = utc(hole.after), utc(hole.until)
        from_s = self._start_s if after_s is None else max(after_s, self._start_s)
        if until_s is None:
            until_s = now_s + self._offset_s + max(0.0, -self._followed.skews.get(hole.pod, 0.0))
        why = f"{hole.pod}/{hole.container}: {hole.why}"
        if until_s > self._start_s:
            self._sink.gap(names.LOGS, from_s, max(from_s, until_s), why)

    def _outage(self, what: str, from_s: float, until_s: float, *, least_s: float) -> None:
        if until_s - from_s <= BRIEF_S:
            return
        told_s = self._told.get(what, from_s)
        if until_s - told_s > least_s:
            self._told[what] = until_s
            why = f"{what} could not be read"
            self._sink.gap(names.LOGS, told_s + self._offset_s, until_s + self._offset_s, why)

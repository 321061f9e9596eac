"""Wait for evidence that the collector is still gathering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.wait import Patience, until

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.evidence.rows import CollectorState, Snapshot, Stream
    from harness.evidence.store import Reader

LOOK_EVERY_S = 0.2
_ENDED: frozenset[CollectorState] = frozenset({"finished", "stopped", "dead"})


def await_stream(reader: Reader, name: str, clock: Clock, patience_s: float) -> Stream:
    """Return a stream once it is done or stopped, or its collector ended, or patience did; then as it is.

    `stream.complete` tells which; `stream.why` says why not. A collector that never appears (state "absent")
    is waited for like one that is slow to start.
    """
    waited = until(
        lambda stream: stream.state in {"done", "stopped"} or stream.collector in _ENDED,
        lambda: reader.stream(name, with_probes=False),
        clock,
        Patience(within_s=patience_s, every_s=LOOK_EVERY_S),
    )
    del waited  # the probes are read once, afterwards
    return reader.stream(name)


def await_snapshot(reader: Reader, name: str, clock: Clock, patience_s: float) -> Snapshot | None:
    """Return a snapshot once it is there; None when the collector ended, or patience did, without it."""
    _ = until(
        lambda there: there,
        lambda: reader.snapshot(name) is not None or reader.collector() in _ENDED,
        clock,
        Patience(within_s=patience_s, every_s=LOOK_EVERY_S),
    )
    return reader.snapshot(name)

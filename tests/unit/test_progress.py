"""Who waits is told what for, how far it is, and how long it will take."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

from harness.clock import FakeClock
from harness.evidence.rows import Progress
from harness.evidence.store import EvidenceError, Reader, Writer
from harness.plugin.progress import Look, Ticker, line
from tests.unit.evidence.test_store import probe

if TYPE_CHECKING:
    from pathlib import Path

DONE = Progress("header-canary", "done", 60, 60)
HALF = Progress("plain", "running", 3500, 1500)


def test_the_line_names_what_is_open_and_estimates_the_rest() -> None:
    said = line([DONE, HALF], Look(10.0, {"plain": 500}), Look(20.0, {"plain": 1500}))
    assert said == "observing: plain 1,500 of 3,500; about 20 s to go"


def test_each_stream_has_a_speed_of_its_own_and_the_slowest_counts() -> None:
    watch = Progress("watch/canary", "running", 12, 2)
    first, now = Look(0.0, {"plain": 0, "watch/canary": 0}), Look(10.0, {"plain": 1500, "watch/canary": 2})
    assert line([HALF, watch], first, now).endswith("watch/canary 2 of 12; about 50 s to go")
    still = Look(10.0, {"plain": 1500, "watch/canary": 0})
    assert "to go" not in line([HALF, watch], first, still)  # nobody knows yet


def test_without_movement_there_is_no_estimate_and_with_nothing_open_no_line() -> None:
    assert line([HALF], Look(10.0, {"plain": 1500}), Look(10.0, {"plain": 1500})) == "observing: plain 1,500 of 3,500"
    assert line([DONE], Look(10.0, {}), Look(20.0, {})) == ""
    assert line([Progress("plain", "stopped", 3500, 12)], Look(0.0, {}), Look(5.0, {"plain": 12})) == ""


class Out(io.StringIO):
    """A terminal that tells when it was written to, and keeps what was when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken = threading.Event()
        self.said = ""

    def flush(self) -> None:
        self.said = self.getvalue()
        self.spoken.set()

    def close(self) -> None:
        self.said = self.getvalue()
        super().close()


def test_it_speaks_until_it_is_stopped() -> None:
    out = Out()
    ticker = Ticker(lambda: [HALF], FakeClock(), out, every_s=0.01)
    assert out.spoken.wait(5)
    ticker.stop()
    assert out.closed
    assert out.said.startswith("\nobserving: plain 1,500 of 3,500\n")


def test_unreadable_evidence_ends_the_telling_and_nothing_else() -> None:
    asked = threading.Event()

    def read() -> list[Progress]:
        asked.set()
        raise EvidenceError("a broken page")

    ticker = Ticker(read, FakeClock(), Out(), every_s=0.01)
    assert asked.wait(5)
    ticker.stop()


def test_the_figures_are_those_of_the_evidence(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    writer.plan("plain", 3)
    writer.plan("talk", 2)
    writer.probe(probe(0, stream="plain"))
    writer.state("plain", "running")
    assert Reader(tmp_path).progress() == (Progress("plain", "running", 3, 1), Progress("talk", "planned", 2, 0))
    writer.close("finished")

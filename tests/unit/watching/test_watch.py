"""A watch that is taken up again: for how long, from where, and when it begins anew."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness import target as targets
from harness.clock import FakeClock
from harness.evidence import names, slices
from harness.evidence.reading import WindowReader
from harness.evidence.sink import EvidenceSink
from harness.evidence.slices import SliceRow, Slices
from harness.evidence.store import Reader, Writer
from harness.evidence.window import terms
from harness.evidence.windows import About, Windows
from harness.observe.collector.notes import Notes
from harness.observe.collector.work import counted_limits
from harness.observe.load.engine import Ran
from harness.observe.snapshot import ClusterSnapshot, Part
from harness.observe.watching import watch as watching
from harness.observe.watching.slicing import Slicing
from harness.observe.watching.traffic import flows
from harness.observe.watching.watch import Desk, Watching
from harness.target import Environment, NginxRouting
from tests.unit.observe.objects import owned, pod, snapshot

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from harness.evidence.gaps import Gap
    from harness.observe.load.plan import Plan

FOR_S, SLICE_S, GAP_S = 120.0, 10.0, 20.0
PROFILE = """
name = "small"
rehearsal = true
[environments.staging]
url = "http://127.0.0.1:9"
[environments.production]
url = "http://127.0.0.1:9"
[watch.staging]
for_s = 120.0
window_s = 5.0
slice_s = 10.0
largest_gap_s = 20.0
[load]
requests_per_s = 20.0
"""
TARGET = targets.parse(PROFILE, "small")


class Life:
    """One collector after the other in the same run."""

    def __init__(self, run: Path) -> None:
        self.run, self.clock = run, FakeClock()
        self.open()

    def open(self) -> None:
        self.writer = Writer(self.run, self.clock)
        about = About("r", "small", terms(5.0, counted_limits(), 0.05))
        windows = Windows(self.writer, about, self.clock, boot="b", stalled_after_s=1e9)
        self.kept = Slices(self.writer)
        sink = EvidenceSink(self.writer, windows)
        self.desk = Desk(
            self.run, self.writer, windows, sink, self.kept, Notes(self.run / "notes", self.clock), self.clock
        )
        environment = TARGET.environments["staging"]
        self.watching = Watching("staging", TARGET, environment, self.desk, ClusterSnapshot(error="no context"))

    def begin(self) -> tuple[float, float]:
        """Begin, or go on; return the seconds since the first beginning and those that are to be watched."""
        from_s, seconds = asyncio.run(self.watching._begin())
        self.writer.flush()
        planned = slices.terms(self.run, "staging")
        assert planned is not None
        self.from_s = from_s
        return from_s - planned.from_us / 1e6, seconds

    def watched(self, *troubles: str) -> None:
        """Write so many slices since the latest beginning."""
        for number, trouble in enumerate(troubles):
            start = self.from_s + number * SLICE_S
            self.kept.add(SliceRow("staging", round(start * 1e6), round((start + SLICE_S) * 1e6), "", "a", trouble))
        self.clock.sleep(len(troubles) * SLICE_S)
        self.writer.flush()

    def killed(self, away_s: float) -> None:
        self.writer.close("stopped: killed")
        self.clock.sleep(away_s)
        self.open()


@pytest.fixture
def life(tmp_path: Path) -> Generator[Life]:
    made = Life(tmp_path)
    yield made
    made.writer.close("finished")


def test_a_watch_begins_with_all_of_its_time(life: Life) -> None:
    assert life.begin() == (0, FOR_S)
    stream = Reader(life.run).stream(f"{names.WATCH}/staging", with_probes=False)
    assert (stream.state, stream.expected) == ("running", 12)


def test_after_a_short_hole_the_rest_is_watched(life: Life) -> None:
    _ = life.begin()
    life.watched(*[""] * 5)
    life.killed(15)
    assert life.begin() == (65, 60)  # 55 s are left, in whole slices
    life.watched(*[""] * 2)
    life.killed(10)
    assert life.begin() == (95, 30)


def test_after_a_long_hole_all_of_it_is_watched_again(life: Life) -> None:
    _ = life.begin()
    life.watched(*[""] * 5)
    life.killed(25)
    assert life.begin() == (75, FOR_S)


def test_a_short_hole_after_a_long_one_does_not_end_the_second_watch_early(life: Life) -> None:
    _ = life.begin()
    life.watched(*[""] * 11)
    life.killed(25)
    assert life.begin() == (135, FOR_S)
    life.watched(*[""] * 3)
    life.killed(10)
    assert life.begin() == (175, FOR_S - 40)


def test_slices_that_say_nothing_are_part_of_the_hole(life: Life) -> None:
    _ = life.begin()
    life.watched("", "", "", "the logs stopped", "the logs stopped")
    life.killed(10)
    assert life.begin() == (60, FOR_S)


def test_a_watch_that_was_killed_before_its_first_slice_is_watched_whole(life: Life) -> None:
    _ = life.begin()
    life.killed(10)
    assert life.begin() == (10, FOR_S)


def test_a_watch_that_is_all_but_over_has_one_slice_more(life: Life) -> None:
    _ = life.begin()
    life.watched(*[""] * 12)
    life.killed(10)
    assert life.begin() == (130, SLICE_S)


def test_a_watch_begins_at_the_edge_of_a_window(life: Life) -> None:
    life.clock.sleep(4.99)
    assert life.begin() == (0, FOR_S)
    assert life.from_s % 5 == 0


def test_slices_of_both_lives_are_kept_side_by_side(life: Life) -> None:
    _ = life.begin()
    life.watched("", "")
    life.killed(15)
    _ = life.begin()
    life.watched("", "")
    rows = slices.read(life.run, "staging")
    assert [row.from_us / 1e6 - rows[0].from_us / 1e6 for row in rows] == [0, 10, 35, 45]


def test_the_schedule_goes_on_where_it_would_be(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[int] = []

    class Fake:
        def __init__(self, plan: Plan, *_: Any, **__: Any) -> None:
            self.plan = plan

        async def run(self, _seconds: float, *, first: int, **_: Any) -> Ran:
            began.append(first)
            return Ran()

    monkeypatch.setattr(watching, "Engine", Fake)
    flow = flows("staging", TARGET.environments["staging"], TARGET.load, tokens=False)[0]
    for away_s in (10, 15):
        _, seconds = life.begin()
        slicing = Slicing("staging", life.from_s, SLICE_S, GAP_S, life.kept.add)
        asyncio.run(life.watching._flow(flow, slicing, life.from_s, seconds))
        life.watched(*[""] * 5)
        life.killed(away_s)
    plan = flow.plan
    assert began[0] == 0
    assert began[1] == pytest.approx(60 * plan.rate_per_s, abs=1)
    assert plan.arrival(began[1]).due_s == pytest.approx(60, abs=2)


def test_what_is_watched_is_told_only_by_a_reading_that_shows_it() -> None:
    environment = Environment(deployments={"stable": "main"})
    seen = snapshot(
        pods=[pod("p", "main-1", "sha256:a")], deployments=[owned("main")], replicasets=[owned("main-1", "main")]
    )
    assert "stable digests" in watching._watched(environment, seen)
    for part in ("pods", "replicasets", "deployments"):
        parts = seen.parts | {part: Part(error="HTTP 403")}
        assert watching._watched(environment, msgspec.structs.replace(seen, parts=parts)) == ""
    routed = msgspec.structs.replace(environment, routing=NginxRouting(primary="main", canary="main-canary"))
    parts = seen.parts | {"ingresses": Part(error="HTTP 403")}
    assert watching._watched(routed, msgspec.structs.replace(seen, parts=parts)) == ""
    assert watching._watched(environment, ClusterSnapshot(error="refused")) == ""


def broken(streams: Sequence[str], life: Life) -> list[str]:
    async def work() -> None:
        raise RuntimeError("it broke\nin two lines")

    asyncio.run(life.watching._kept_up((*streams,), work))
    life.writer.flush()
    return [gap.stream for gap in watching_gaps(life.run)]


def watching_gaps(run: Path) -> Sequence[Gap]:
    return WindowReader(run).stored_gaps()


def test_a_source_that_breaks_leaves_a_hole_in_all_that_it_feeds(life: Life) -> None:
    assert broken((names.LOGS, names.SESSIONS), life) == [names.LOGS, names.SESSIONS]
    gap = watching_gaps(life.run)[0]
    assert gap.seconds == FOR_S
    assert gap.why == "RuntimeError: it broke in two lines"

"""Windows on the disk: whole seconds, exact gaps after a kill, one clear line when the disk or a page fails."""

from __future__ import annotations

import datetime
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from harness.clock import FakeClock
from harness.evidence.gaps import Gap
from harness.evidence.reading import WindowReader
from harness.evidence.rows import FILE
from harness.evidence.sample import Sample
from harness.evidence.store import EvidenceError, Reader, Writer
from harness.evidence.window import Series, Window, terms
from harness.evidence.windows import About, Windows

if TYPE_CHECKING:
    from pathlib import Path

TERMS = terms(1, (0.3, 1.5), 0.05)
ABOUT = About("run-1", "sandbox", TERMS)
CHAT = Series("load", "/chat", "stable")
BEGAN_S = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()

COLLECT = """
import pathlib, sys, time
from harness.clock import SystemClock
from harness.evidence.sample import Sample
from harness.evidence.store import Writer
from harness.evidence.window import terms
from harness.evidence.windows import About, Windows
clock = SystemClock()
writer = Writer(pathlib.Path(sys.argv[1]), clock)
windows = Windows(writer, About("run-1", "sandbox", terms(1, (0.3, 1.5), 0.05)), clock)
counted = 0
while True:
    for _ in range(20):
        windows.add(Sample(windows.timeline.at_s(), "load", "/chat", "stable", 0.1))
    counted += 20
    writer.flush()
    print(counted, windows._beat_us, flush=True)
    time.sleep(0.02)
"""
FILL = """
import pathlib, resource, sys
from harness.clock import FakeClock
from harness.evidence.sample import Sample
from harness.evidence.store import EvidenceError, Writer
from harness.evidence.window import terms
from harness.evidence.windows import About, Windows
clock = FakeClock()
writer = Writer(pathlib.Path(sys.argv[1]), clock)
windows = Windows(writer, About("run-1", "sandbox", terms(1, (0.3, 1.5), 0.05)), clock, boot="b")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
counted = 0
try:
    while True:
        clock.sleep(1)
        for i in range(500):
            windows.add(Sample(windows.timeline.at_s(), "load", "/chat", "stable", 0.01 * 1.005**i))
        writer.flush()
        counted += 500
except EvidenceError as trouble:
    print(counted, trouble)
"""


def sample(at_s: float, latency_s: float | None = 0.1, error: str = "", **rest: str) -> Sample:
    return Sample(BEGAN_S + at_s, rest.get("stream", "load"), "/chat", "stable", latency_s, error)


def opened(run: Path, clock: FakeClock, about: About = ABOUT, shard: int = 0) -> tuple[Writer, Windows]:
    writer = Writer(run, clock)
    try:
        return writer, Windows(writer, about, clock, shard=shard, boot="b")
    except EvidenceError:
        left(writer)
        raise


def left(writer: Writer) -> None:
    """Let go of the files as a killed process does."""
    writer._db.close()
    writer._lock.close()


def collected(run: Path, windows: int = 40) -> None:
    clock = FakeClock()
    writer, book = opened(run, clock)
    for second in range(windows):
        for i in range(300):
            book.add(sample(second, 0.01 * 1.01**i))
        clock.sleep(1)
        writer.flush()
    writer.close("finished")


def test_samples_are_found_in_their_windows(tmp_path: Path) -> None:
    clock = FakeClock()
    writer, book = opened(tmp_path, clock)
    book.schedule(BEGAN_S, "load", "/chat", 2)
    for one in (sample(0.2), sample(0.9, 0.4), sample(1.0, None, "timeout")):
        book.add(one)
    writer.flush()
    book.add(sample(0.95))
    book.count(BEGAN_S + 1, Series("metrics", "/health"), 7, {"5xx": 1})
    writer.close("finished")
    rows = {(start, series): window for start, series, window in WindowReader(tmp_path).rows()}
    base = round(BEGAN_S * 1000)
    assert rows[base, CHAT].n == 3, "one came after its window was written"
    assert rows[base, CHAT].over == (1, 0)
    assert rows[base + 1000, CHAT].errors == {"timeout": 1}
    assert rows[base, Series("load", "/chat")].scheduled == 2
    assert rows[base + 1000, Series("metrics", "/health")].failed == 1
    sums = WindowReader(tmp_path).totals("load")
    assert sums[CHAT].n == 4
    assert sums.keys() == {CHAT, Series("load", "/chat")}
    assert WindowReader(tmp_path).totals(to_ms=base + 1000)[CHAT].n == 3
    assert WindowReader(tmp_path).about() == ABOUT
    assert WindowReader(tmp_path).gaps() == ()


def test_a_window_that_was_written_is_not_kept_in_memory_and_still_counts_on(tmp_path: Path) -> None:
    clock = FakeClock()
    writer, book = opened(tmp_path, clock)
    for second in range(50):
        book.add(sample(second))
        writer.flush()
        assert len(book._open) == 1
    book.add(sample(0))
    writer.flush()
    first = next(WindowReader(tmp_path).rows())
    assert first[2].n == 2
    writer.close("finished")


def test_a_killed_collector_goes_on_with_a_gap_of_exact_bounds_and_nothing_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COLLECT, str(tmp_path)]
    said: list[tuple[int, int]] = []
    beaten: list[int] = []
    reader = WindowReader(tmp_path)
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(5)]
            process.kill()
            lines += process.stdout.readlines()
        whole = [line.split() for line in lines if line.endswith("\n")]
        said.append((int(whole[-1][0]), int(whole[0][1])))
        beaten.append(int(whole[-1][1]))
        assert Reader(tmp_path).collector() == "dead"
        wanted = sum(counted for counted, _ in said)
        n = reader.totals()[CHAT].n
        assert wanted <= n <= wanted + 20 * len(said), "at most one batch more than was said, none less"
        time.sleep(0.2)
    gaps = reader.gaps()
    assert [gap.why for gap in gaps] == ["the collector was not running"]
    assert beaten[0] <= gaps[0].from_us < gaps[0].to_us <= said[1][1]
    assert gaps[0].seconds >= 0.2
    (span,) = reader.spans()
    assert span.until_us >= beaten[1]


def test_a_hole_has_the_bounds_of_the_last_second_written_and_the_first_after(tmp_path: Path) -> None:
    clock = FakeClock()
    writer, book = opened(tmp_path, clock)
    clock.sleep(5)
    book.add(sample(5))
    writer.flush()
    book.add(sample(5.9))
    left(writer)
    clock.sleep(3600)
    clock._wall -= datetime.timedelta(hours=2)
    writer, book = opened(tmp_path, clock)
    book.add(sample(3605))
    clock.sleep(1)
    writer.close("finished")
    reader, start = WindowReader(tmp_path), round(BEGAN_S * 1e6)
    assert reader.gaps() == (Gap(start + 5_000_000, start + 3_605_000_000, "", "the collector was not running"),)
    assert reader.totals()[CHAT].n == 2
    assert reader.spans()[0].until_us == start + 3_606_000_000


def test_a_collector_that_stalled_leaves_a_gap(tmp_path: Path) -> None:
    clock = FakeClock()
    writer, _ = opened(tmp_path, clock)
    for seconds in (20, 31, 20):
        clock.sleep(seconds)
        writer.flush()
    assert [(gap.seconds, gap.why) for gap in WindowReader(tmp_path).gaps()] == [(31.0, "the collector stalled")]
    writer.close("finished")


@pytest.mark.parametrize(
    ("about", "shard"),
    [
        (About("run-2", "sandbox", TERMS), 0),
        (About("run-1", "onesource", TERMS), 0),
        (About("run-1", "sandbox", terms(60, (0.3, 1.5), 0.05)), 0),
        (About("run-1", "sandbox", TERMS, 2), 1),
    ],
)
def test_another_runs_windows_are_not_gone_on_with(tmp_path: Path, about: About, shard: int) -> None:
    writer, _ = opened(tmp_path, FakeClock())
    writer.close("finished")
    with pytest.raises(EvidenceError, match=r"wanted About\(.* got About\(.*use a new run"):
        _ = opened(tmp_path, FakeClock(), about, shard)


def test_a_full_disk_is_one_line_and_what_was_written_is_kept(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, timeout=30, check=True
    )
    counted, _, said = done.stdout.partition(" ")
    assert said.count("\n") == 1
    assert "wanted to write the last second, got " in said
    assert "what was written before is kept; free space" in said
    assert WindowReader(tmp_path).totals()[CHAT].n == int(counted) > 0
    writer, book = opened(tmp_path, FakeClock())
    book.add(sample(0))
    writer.close("finished")
    assert WindowReader(tmp_path).totals()[CHAT].n == int(counted) + 1


def test_a_full_disk_that_has_room_again_loses_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    writer, book = opened(tmp_path, clock)
    pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
    _ = writer._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    for second in range(600):
        book.add(sample(second))
    with pytest.raises(EvidenceError, match="database or disk is full"):
        writer.flush()
    _ = writer._db.execute("PRAGMA max_page_count = 100000").fetchall()
    writer.close("finished")
    assert WindowReader(tmp_path).totals()[CHAT].n == 600


def test_a_corrupt_last_page_is_one_line_with_the_earlier_windows_intact(tmp_path: Path) -> None:
    collected(tmp_path)
    path = tmp_path / FILE
    with sqlite3.connect(path) as db:
        root = db.execute("SELECT max(pageno) FROM dbstat WHERE name = 'windows'") if _dbstat(db) else None
        page = root.fetchone()[0] if root else path.stat().st_size // 4096
    db.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    _ = path.write_bytes(data)
    reader = WindowReader(tmp_path)
    sums, damage = reader.intact()
    assert "malformed" in damage
    assert "\n" not in damage
    assert "are intact" in damage
    assert 0 < sums[CHAT].n < 40 * 300
    assert sums[CHAT].n % 300 == 0
    with pytest.raises(EvidenceError, match="malformed"):
        _ = reader.totals()
    with pytest.raises(EvidenceError, match="keep it and use a new run"):
        _ = opened(tmp_path, FakeClock())


def _dbstat(db: sqlite3.Connection) -> bool:
    return ("ENABLE_DBSTAT_VTAB",) in db.execute("PRAGMA compile_options").fetchall()


def test_a_number_changed_on_the_disk_is_noticed(tmp_path: Path) -> None:
    collected(tmp_path, 3)
    with sqlite3.connect(tmp_path / FILE) as db:
        _ = db.execute("UPDATE windows SET passed = '[299,1,0]' WHERE id = 2")
    db.close()
    sums, damage = WindowReader(tmp_path).intact()
    assert "check sum does not fit" in damage
    assert "1 windows, up to the one at 1767225600.000, are intact" in damage
    assert sums[CHAT].n == 300


def test_rows_that_are_gone_are_missed(tmp_path: Path) -> None:
    collected(tmp_path, 3)
    with sqlite3.connect(tmp_path / FILE) as db:
        _ = db.execute("DELETE FROM windows WHERE id = 3")
    db.close()
    with pytest.raises(EvidenceError, match="wanted 3 windows with 900 samples, found 2 with 600: rows are gone"):
        _ = WindowReader(tmp_path).totals()


def test_nothing_is_one_line_too(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="found none"):
        _ = WindowReader(tmp_path).totals()
    Writer(tmp_path, FakeClock()).close("finished")
    with pytest.raises(EvidenceError, match="holds no windows"):
        _ = WindowReader(tmp_path).totals()


def test_an_instant_that_is_none_is_refused(tmp_path: Path) -> None:
    writer, book = opened(tmp_path, FakeClock())
    with pytest.raises(EvidenceError, match="wanted when it was due"):
        book.add(sample(float("nan")))
    writer.close("finished")
    assert Window(TERMS) == Window(TERMS)

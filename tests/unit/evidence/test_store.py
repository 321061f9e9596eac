"""Evidence: one writer, whole batches, read while it is written, and honest about what is missing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.clock import FakeClock
from harness.evidence import tally
from harness.evidence.await_stream import await_snapshot, await_stream
from harness.evidence.rows import FILE, Probe
from harness.evidence.store import EvidenceError, Reader, Writer

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, pathlib
from harness.clock import SystemClock
from harness.evidence.store import Writer
writer = Writer(pathlib.Path(sys.argv[1]), SystemClock())
writer.plan("plain", 3)
writer.flush()
print("ready", flush=True)
sys.stdin.read()
"""


def probe(seq: int, stream: str = "plain", **rest: object) -> Probe:
    fields: dict[str, object] = {"status": 200, "commit": "c" * 40, "arm": "stable"} | rest
    return Probe(stream, seq, seq / 10, seq / 10, 0.01, **fields)  # pyright: ignore[reportArgumentType]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    probes = (probe(0), probe(1, status=None, commit=None, arm=None, error="timeout", wanted="canary", turn=2))
    writer.plan("plain", 2)
    for one in probes:
        writer.probe(one)
    writer.state("plain", "done")
    writer.snapshot("cluster/production", {"uid": "u"}, "")
    writer.meta("plain", {"asks": 2})
    writer.close("finished")
    reader = Reader(tmp_path)
    stream = reader.stream("plain")
    assert stream.probes == probes
    assert stream.complete
    assert stream.why == ""
    assert reader.streams() == ("plain",)
    assert reader.meta("plain") == {"asks": 2}
    assert reader.collector() == "finished"
    snapshot = reader.snapshot("cluster/production")
    assert snapshot is not None
    assert snapshot.body == {"uid": "u"}
    assert snapshot.at == "2026-01-01T00:00:00.000+00:00"


def test_nothing_is_seen_of_a_batch_before_it_is_whole(tmp_path: Path) -> None:
    writer, reader = Writer(tmp_path, FakeClock()), Reader(tmp_path)
    writer.plan("plain", 1)
    writer.probe(probe(0))
    assert reader.streams() == ()
    writer.flush()
    assert len(reader.probes("plain")) == 1
    assert reader.collector() == "running"
    writer.close("finished")


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    Writer(tmp_path, FakeClock()).close("finished")
    reader = Reader(tmp_path)
    with pytest.raises(EvidenceError, match="readonly"):
        _ = reader._ask("DELETE FROM meta")


def test_a_folder_without_evidence_says_that_nothing_is_there(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    assert reader.collector() == "absent"
    assert reader.snapshot("cluster/production") is None
    stream = reader.stream("plain")
    assert not stream.complete
    assert stream.why == "no collector has planned it"


def test_a_broken_file_is_one_line(tmp_path: Path) -> None:
    _ = (tmp_path / FILE).write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(EvidenceError, match=r"evidence at .*evidence\.db"):
        _ = Reader(tmp_path).streams()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = Writer(tmp_path, FakeClock())
    with pytest.raises(EvidenceError, match="another collector"):
        _ = Writer(tmp_path, FakeClock())
    first.close("finished")


def test_a_killed_collector_is_dead_and_its_stream_incomplete(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        reader = Reader(tmp_path)
        assert reader.collector() == "running"
        process.kill()
        _ = process.wait()
    assert reader.collector() == "dead"
    clock = FakeClock()
    stream = await_stream(reader, "plain", clock, patience_s=300)
    assert clock.now() == FakeClock().now(), "a dead collector is not waited for"
    assert not stream.complete
    assert stream.why == "stream planned, collector dead"


def test_waiting_ends_with_patience_and_says_how_far_it_is(tmp_path: Path) -> None:
    writer, clock = Writer(tmp_path, FakeClock()), FakeClock()
    writer.plan("plain", 5)
    writer.state("plain", "running")
    writer.probe(probe(0))
    writer.flush()
    counted = tally.answers(await_stream(Reader(tmp_path), "plain", clock, patience_s=10))
    assert clock.now() >= 1_009
    assert not counted.complete
    assert counted.progress() == "incomplete: 1 of 5 asks (stream running, collector running)"
    assert await_snapshot(Reader(tmp_path), "cluster/staging", clock, patience_s=1) is None
    writer.close("stopped: SIGTERM")
    assert Reader(tmp_path).collector() == "stopped"


def test_a_stream_that_claims_to_be_done_with_rows_missing_is_not(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    writer.plan("plain", 2)
    writer.probe(probe(0))
    writer.state("plain", "done")
    writer.close("finished")
    assert not Reader(tmp_path).stream("plain").complete


def test_every_probe_is_counted_once_by_what_it_came_back_with(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    kinds = [
        probe(0),
        probe(1, arm="canary"),
        probe(2, arm=None),
        probe(3, arm=None, commit=None, status=404),
        probe(4, arm=None, commit=None, status=None, error="refused"),
        probe(5, arm=None, commit=None, status=429, error="rate-limited"),
        probe(6, status=500),
    ]
    writer.plan("plain", len(kinds))
    for one in kinds:
        writer.probe(one)
    writer.state("plain", "done")
    writer.close("finished")
    counted = tally.answers(Reader(tmp_path).stream("plain"))
    assert (counted.stable, counted.canary, counted.foreign) == (2, 1, {"c" * 40: 1})
    assert (counted.unnamed, counted.statuses) == (1, {"HTTP 404": 1})
    assert counted.failed == {"refused": 1, "rate-limited": 1}
    assert counted.asked == len(kinds)
    assert {(n.header, n.count) for n in tally.named([Reader(tmp_path).stream("plain")])} == {("c" * 40, 4)}


def test_turns_are_put_together_to_conversations(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    writer.plan("talk-cookie-canary", 4)
    rows = [("b", 2), ("a", 1), ("b", 1), ("a", 2)]
    for seq, (name, turn) in enumerate(rows):
        writer.probe(
            probe(seq, "talk-cookie-canary", conversation=name, turn=turn, commit=f"{name}{turn}", wanted="canary")
        )
    writer.state("talk-cookie-canary", "done")
    writer.close("finished")
    talks = tally.conversations([Reader(tmp_path).stream("talk-cookie-canary")], turns=2)
    assert {talk.id: talk.versions for talk in talks} == {"a": ("a1", "a2"), "b": ("b1", "b2")}
    assert all(talk.pinned_by == "cookie" and talk.wanted == "canary" and talk.complete for talk in talks)


def test_a_batch_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    writer.probe(probe(0))
    writer._later("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        writer.flush()
    assert Reader(tmp_path).probes("plain") == ()
    writer._statements.clear()
    writer.close("stopped: it broke")
    assert len(Reader(tmp_path).probes("plain")) == 1, "what was buffered is kept for the next batch"


def test_a_run_that_is_taken_up_again_is_running_and_then_dead_not_finished(tmp_path: Path) -> None:
    Writer(tmp_path, FakeClock()).close("finished")
    again = Writer(tmp_path, FakeClock())
    assert Reader(tmp_path).collector() == "running"
    again._lock.close()
    again._db.close()
    assert Reader(tmp_path).collector() == "dead"

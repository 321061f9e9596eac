"""Watches for tests: written in no time with a clock that jumps, or really made against a small product."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from harness import target as targets
from harness.clock import FakeClock
from harness.evidence import names, slices
from harness.evidence.sample import Sample
from harness.evidence.slices import SliceRow, Slices, WatchTerms
from harness.evidence.store import Reader, Writer
from harness.evidence.window import Series, terms
from harness.evidence.windows import About, Windows
from harness.observe.collector.work import counted_limits
from harness.observe.logs import seen
from tests.running import ROOT, heed_sigint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.target import Watched

PROFILE = """
name = "small"
rehearsal = true
[environments.staging]
url = "{url}"
[environments.production]
url = "{url}"
[watch.staging]
for_s = {for_s}
window_s = 1.0
slice_s = 1.0
largest_gap_s = {gap_s}
late_s = 1.0
late_share = 0.5
[load]
requests_per_s = 20.0
at_once = 2
at_once_every_s = 2.0
think_s = 0.05
"""


def profile(folder: Path, url: str = "http://127.0.0.1:9", *, for_s: float = 6.0, gap_s: float = 1.5) -> Path:
    """Write a profile; return its file."""
    path = folder / "small.toml"
    _ = path.write_text(PROFILE.format(url=url, for_s=for_s, gap_s=gap_s), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Kept:
    """What a written watch holds, slice by slice (1 s): samples a slice, and what goes wrong in which."""

    slices: int = 12
    each: int = 20
    fails: tuple[int, ...] = ()
    spoiled: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()  # no row, no samples
    ended: str = "finished"
    sessions: int = 0
    offset_s: int = 0


def keep(
    run: Path, kept: Kept, phase: Watched = "staging", *, shard: int = 0, of: int = 1, target: bool = True
) -> Path:
    """Write a watch into a run's folder, as a collector leaves it."""
    run.mkdir(parents=True)
    if target:
        made = targets.load(str(profile(run.parent, for_s=float(kept.slices))))
        _ = (run / "target.json").write_bytes(msgspec.json.encode(made))
    clock = FakeClock()
    clock.sleep(kept.offset_s)
    writer = Writer(run, clock)
    about = About("r", "small", terms(1.0, counted_limits(), 0.05), of)
    windows, rows = Windows(writer, about, clock, shard=shard, boot="b"), Slices(writer)
    writer.meta("started", {"at": clock.wall().isoformat(), "pid": 1, "phases": [phase]})
    from_s = clock.wall().timestamp()
    plan = WatchTerms(phase, round(from_s * 1e6), float(kept.slices), 1.0, 1.5)
    writer.meta(f"{slices.META}/{phase}", msgspec.to_builtins(plan))
    writer.plan(f"{names.WATCH}/{phase}", kept.slices)
    writer.state(f"{names.WATCH}/{phase}", "running")
    for number in range(kept.slices):
        start = from_s + number
        if number not in kept.missing:
            for i in range(kept.each):
                error = "5xx" if number in kept.fails else ""
                endpoint = "chat" if i % 2 else "enhanced"
                windows.add(Sample(start + i / kept.each, names.LOAD, endpoint, None, 0.1, error))
                windows.add(Sample(start + i / kept.each, names.LOGS, endpoint, None, 0.1, error))
            if kept.sessions:
                windows.count(start, Series(names.SESSIONS, "chat", "stable"), kept.sessions, {"abandoned": 2})
                windows.count(start, Series(names.CLICKS, "chat", "stable"), kept.sessions, {"unclicked": 5})
            said = "the generator was late" if number in kept.spoiled else ""
            rows.add(SliceRow(phase, round(start * 1e6), round((start + 1) * 1e6), said, "build a"))
        clock.sleep(1)
        writer.flush()
    if kept.ended == "finished":
        writer.state(f"{names.WATCH}/{phase}", "done")
    writer.snapshot(f"{names.LOAD}/{phase}/load/1", {"arrivals": {"a": 2}, "finished": {"a": 1}, "total": {"n": 5}})
    end_s = clock.wall().timestamp()
    writer.snapshot(seen.NOTE, msgspec.to_builtins(seen.LogsSeen(from_s, end_s, sessions_until_s=end_s)))
    writer.close(kept.ended)
    return run


def gate(*words: str, **options: Any) -> subprocess.Popen[str]:
    """Start `gate`, deaf to nothing, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from harness.cli import main; main()", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_sigint,
        env=os.environ | {"COLUMNS": "200"},
        **options,
    )


def until(true: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def sliced(run: Path, count: int) -> Callable[[], bool]:
    """Ask whether a run has so many slices of staging."""
    return lambda: len(slices.read(run, "staging")) >= count


def collector_of(run: Path) -> int:
    """Return the process id of a run's collector."""
    started: Any = Reader(run).meta("started")
    return int(started["pid"])

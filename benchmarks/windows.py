"""The evidence of 48 hours at 50 requests a second: its file, its memory, its reading, and the merge of 16 shards."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from pathlib import Path

import psutil

from harness.clock import FakeClock
from harness.evidence.merge import digest, merge
from harness.evidence.reading import WindowReader
from harness.evidence.rows import FILE
from harness.evidence.sample import Sample
from harness.evidence.store import Writer
from harness.evidence.window import terms
from harness.evidence.windows import About, Windows

HOURS = 48
RATE = 50
ENDPOINTS = ("/chat", "/chat/enhanced", "/feedback", "/version")
TERMS = terms(60, (0.1, 0.3, 1.5, 1.6, 2.0), 0.05)
SHARDS = 16
SHARDED_HOURS = 2


def measure(hours: float = HOURS) -> dict[str, object]:
    """Return MB of the file, MB of memory per 10^7 samples, CPU per sample, seconds to read, and the merge's."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        grown, cpu = _collect(whole, hours)
        reader = WindowReader(whole)
        began, used = time.perf_counter(), _cpu()
        sums = reader.totals()
        quantiles = [window.quantile(0.95) for window in sums.values()]
        read_s, read_cpu_s = time.perf_counter() - began, _cpu() - used
        samples = sum(window.n for window in sums.values())
        assert len(quantiles) == len(ENDPOINTS)
        assert samples == round(hours * 3600) * RATE
        return {
            "samples": samples,
            "file_mb": round((whole / FILE).stat().st_size / 1e6, 2),
            "memory_growth_mb_per_1e7": round(grown / samples * 1e7 / 1e6, 2),
            "cpu_us_per_sample": round(cpu / samples * 1e6, 2),
            "read_and_judge_s": round(read_s, 2),
            "read_and_judge_cpu_s": round(read_cpu_s, 2),
            "merge_of_16": _merged(Path(folder), min(hours, SHARDED_HOURS)),
        }


def _collect(run: Path, hours: float, shard: int = 0, of: int = 1) -> tuple[int, float]:
    """Count a shard's part of the samples, flushing each second; return bytes grown since the first tenth, CPU."""
    run.mkdir()
    clock = FakeClock()
    writer = Writer(run, clock)
    _ = writer.tables("PRAGMA synchronous=OFF;")  # the same pages; the time of 172,800 syncs is the disk's
    windows = Windows(writer, About("bench", "none", TERMS, of), clock, shard=shard, boot="b")
    chance = random.Random(7)  # noqa: S311  figures that come out the same again
    pool = [chance.lognormvariate(-0.5, 0.5) for _ in range(99_991)]
    seconds, process = round(hours * 3600), psutil.Process()
    start_s, warm, used = clock.wall().timestamp(), 0, _cpu()
    for second in range(seconds):
        if second == seconds // 10:
            warm = process.memory_info().rss
        for i in range(second * RATE, (second + 1) * RATE):
            if i % of == shard:
                at_s = start_s + i / RATE
                windows.add(
                    Sample(at_s, "load", ENDPOINTS[i % 4], "stable", pool[i % 99_991], "5xx" if i % 997 == 0 else "")
                )
        clock.sleep(1)
        writer.flush()
    grown, spent = process.memory_info().rss - warm, _cpu() - used
    writer.close("finished")
    return max(0, grown), spent


def _merged(folder: Path, hours: float) -> dict[str, object]:
    _ = _collect(folder / "single", hours)
    for shard in range(SHARDS):
        _ = _collect(folder / f"{shard}", hours, shard, SHARDS)
    began = time.perf_counter()
    _ = merge(folder / "all", [folder / f"{shard}" for shard in range(SHARDS)])
    took = time.perf_counter() - began
    same = digest(folder / "all") == digest(folder / "single")
    return {"hours": hours, "merge_s": round(took, 2), "identical_export": same}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

"""Shards of one run put together exactly, and the one form of evidence that two equal runs share byte by byte."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import heapq
import os
import sqlite3
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import msgspec

from harness.evidence import joining
from harness.evidence.reading import WindowReader
from harness.evidence.rows import FILE
from harness.evidence.store import EvidenceError, Reader
from harness.evidence.windows import META, PUT, SCHEMA, About, crc, series_id

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from harness.evidence.gaps import Gap, Span
    from harness.evidence.window import Series, Window

FORMAT: Final = 1
_COUNTS: Final = ("n", "scheduled", "answered", "capped", "late", "late_max_us", "sum_us", "max_us")
_META_TABLE: Final = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"


def canonical(run: Path) -> Iterator[bytes]:
    """Yield the lines of a run's canonical export: JSON with sorted keys; the head, gaps, then windows in order.

    It says what was seen, not by how many processes: equal samples and gaps give equal bytes.
    """
    reader = WindowReader(run)
    about = reader.about()
    terms = msgspec.to_builtins(about.terms)
    yield _line({"format": FORMAT, "run": about.run, "target": about.target, "terms": terms})
    for gap in reader.gaps():
        yield _line({"gap": [gap.from_us, gap.to_us], "stream": gap.stream, "why": gap.why})
    for start_ms, series, window in reader.rows():
        row: dict[str, object] = {name: getattr(window, name) for name in _COUNTS}
        row |= {"errors": dict(window.errors), "over": window.over, "buckets": sorted(window.buckets.items())}
        yield _line({"start_ms": start_ms, "series": series.key, **row})


def digest(run: Path) -> str:
    """Return the SHA-256 of the canonical export, in hexadecimal."""
    made = hashlib.sha256()
    for line in canonical(run):
        made.update(line)
    return made.hexdigest()


def merge(out: Path, shards: Sequence[Path]) -> About:
    """Write the sum of shards (folders or files, merged ones too) as evidence.db in the folder `out`; whole or not.

    EvidenceError, one line, if `out` has evidence, a shard is still being written or damaged, belongs to another run,
    target or terms, or was given twice. Missing shards are no error: they are gaps of the result. Windows, gaps and
    watches (harness.evidence.joining) are put together; probes stay with the shards.
    """
    target = out / FILE
    if target.exists():
        raise EvidenceError(f"merge: wanted a new folder, {target} exists; give another one")
    readers = [WindowReader(shard) for shard in shards]
    about, spans = _agreed(readers)
    out.mkdir(parents=True, exist_ok=True)
    made = out / f".{FILE}.{os.getpid()}.new"
    try:
        _write(made, about, spans, readers)
        joining.carry_files(out, [reader.path.parent for reader in readers])
        _ = made.replace(target)
    except sqlite3.Error as trouble:
        raise EvidenceError(f"merge into {target}: {trouble}; nothing was written, free space and repeat") from trouble
    finally:
        with contextlib.suppress(FileNotFoundError):
            made.unlink()
    return about


def _agreed(readers: Sequence[WindowReader]) -> tuple[About, list[Span]]:
    """Return what all shards say of themselves; refuse those that don't belong together."""
    if not readers:
        raise EvidenceError("merge: wanted at least one shard, got none; give the folders of a run's shards")
    first = readers[0]
    about = first.about()
    held: dict[int, tuple[Span, WindowReader]] = {}
    for reader in readers:
        if Reader(reader.path.parent).collector() == "running":
            raise EvidenceError(f"merge: {reader.path} is still being written; end its collector first")
        if (other := reader.about()) != about:
            raise EvidenceError(f"merge: {reader.path} is foreign: {_differences(about, other)} than {first.path}")
        for span in reader.spans():
            if span.shard in held:
                both = f"{held[span.shard][1].path} and {reader.path}"
                raise EvidenceError(f"merge: shard {span.shard} is in both {both}; give each shard once")
            held[span.shard] = span, reader
    return about, [held[shard][0] for shard in sorted(held)]


def _differences(a: About, b: About) -> str:
    names = [name for name in a.__struct_fields__ if getattr(a, name) != getattr(b, name)]
    return ", ".join(f"another {name} ({getattr(b, name)}, not {getattr(a, name)})" for name in names)


def _write(path: Path, about: About, spans: Sequence[Span], readers: Sequence[WindowReader]) -> None:
    gaps: set[Gap] = {gap for reader in readers for gap in reader.stored_gaps()}
    until = max(span.until_us for span in spans) / 1_000_000
    ended = {"how": "finished", "at": datetime.datetime.fromtimestamp(until, datetime.UTC).isoformat()}
    db = sqlite3.connect(path, isolation_level=None)
    try:
        _ = db.execute("PRAGMA synchronous=FULL")
        _ = db.executescript(_META_TABLE + SCHEMA + joining.TABLES)
        _ = db.execute("BEGIN")
        for key, value in ((META, about), ("ended", ended)):
            _ = db.execute("INSERT INTO meta VALUES (?, ?)", (key, msgspec.json.encode(value).decode()))
        kept = [(span.shard, span.began_us, span.until_us, span.mono_s, span.boot) for span in spans]
        _ = db.executemany("INSERT INTO spans VALUES (?, ?, ?, ?, ?)", kept)
        marks = [(gap.from_us, gap.to_us, gap.stream, gap.why) for gap in sorted(gaps)]
        _ = db.executemany("INSERT INTO gaps VALUES (?, ?, ?, ?)", marks)
        windows = samples = 0
        for start_ms, series, window in _summed(readers):
            columns = window.columns()
            _ = db.execute(PUT, (start_ms, series_id(db, *series.key), *columns, crc(start_ms, series.key, columns)))
            windows, samples = windows + 1, samples + window.n
        _ = db.execute("INSERT INTO tally VALUES (1, ?, ?)", (windows, samples))
        joining.write(db, [reader.path for reader in _by_shard(readers)])
        _ = db.execute("COMMIT")
    finally:
        db.close()


def _by_shard(readers: Sequence[WindowReader]) -> list[WindowReader]:
    return sorted(readers, key=lambda reader: min(span.shard for span in reader.spans()))


def _summed(readers: Sequence[WindowReader]) -> Iterator[tuple[int, Series, Window]]:
    """Yield the sums of equal windows, in order, with one row of each shard in memory."""
    with contextlib.ExitStack() as stack:
        rows = [stack.enter_context(contextlib.closing(_keyed(reader))) for reader in readers]
        for _, same in groupby(heapq.merge(*rows, key=itemgetter(0)), key=itemgetter(0)):
            (start_ms, series, window), *others = [row for _, row in same]
            for _, _, other in others:
                window.merge(other)
            yield start_ms, series, window


def _keyed(
    reader: WindowReader,
) -> Generator[tuple[tuple[int, tuple[str, str, str]], tuple[int, Series, Window]], None, None]:
    for row in reader.rows():
        yield (row[0], row[1].key), row


def _line(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted") + b"\n"

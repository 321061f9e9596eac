"""The watches of a run's shards put together: plans, slices, and what was read besides, each shard's doubts kept.

The slices of the shard that began last are those of the result: by then all shards were watching. Another shard's
slice belongs to the one whose number is nearest; one that is spoiled or was not watched whole also to every other
one that it reaches into.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

import msgspec

from harness.evidence import names, planned, slices
from harness.evidence.slices import SliceRow, WatchTerms
from harness.evidence.store import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.evidence.planned import Planned
    from harness.evidence.rows import StreamState

TABLES: Final = (
    slices.SCHEMA
    + """
CREATE TABLE plan (stream TEXT PRIMARY KEY, expected INTEGER NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
  at TEXT NOT NULL);
CREATE TABLE snapshots (name TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, error TEXT NOT NULL);
"""
)
FILES: Final = ("target.json", "identity.json")
_WORST: Final[tuple[StreamState, ...]] = ("stopped", "running", "planned", "done")  # the first that a shard has
MISSING: Final = "a shard has no such slice"


def write(db: sqlite3.Connection, shards: Sequence[Path]) -> None:
    """Put the watches of shards (their files, by number) into a new file; EvidenceError where one can't be read."""
    terms = [_terms(path) for path in shards]
    for row in _plan([planned.rows(path) for path in shards], terms):
        values = (row.stream, row.expected, row.state, row.note, row.at)
        _ = db.execute("INSERT INTO plan VALUES (?, ?, ?, ?, ?)", values)
    for phase in sorted({phase for found in terms for phase in found}):
        each = [(found.get(phase), _slices(path, phase)) for found, path in zip(terms, shards, strict=True)]
        agreed, rows = join(phase, each)
        text = msgspec.json.encode(agreed).decode()
        _ = db.execute("INSERT INTO meta VALUES (?, ?)", (f"{slices.META}/{phase}", text))
        kept = [(r.phase, r.from_us, r.to_us, r.generator, r.watched, r.trouble) for r in rows]
        _ = db.executemany("INSERT INTO slices VALUES (?, ?, ?, ?, ?, ?)", kept)
    for name, (at, body, error) in sorted(_snapshots(shards).items()):
        _ = db.execute("INSERT INTO snapshots VALUES (?, ?, ?, ?)", (name, at, body, error))


def join(
    phase: str, shards: Sequence[tuple[WatchTerms | None, tuple[SliceRow, ...]]]
) -> tuple[WatchTerms, tuple[SliceRow, ...]]:
    """Return what was planned and the slices of all shards of a phase's watch; the worst of each slice wins.

    EvidenceError where shards were to be watched for another time, or in other slices.
    """
    known = [(terms, rows) for terms, rows in shards if terms is not None]
    if len({(terms.for_s, terms.slice_s, terms.largest_gap_s) for terms, _ in known}) > 1:
        raise EvidenceError(f"merge: the shards' watches of {phase} differ in length, slices or largest gap")
    number = max(range(len(known)), key=lambda at: known[at][0].from_us)
    base_terms, base = known[number]
    found = {row.from_us: row for row in base}
    for _, rows in (*known[:number], *known[number + 1 :]):
        covered: set[int] = set()
        for row in rows:
            for start in _reached(row, found):
                covered.add(start)
                found[start] = _worse(found[start], row)
        for start in found.keys() - covered:
            found[start] = replace(found[start], trouble=_said(found[start].trouble, MISSING))
    if len(known) < len(shards):
        found = {start: replace(row, trouble=_said(row.trouble, MISSING)) for start, row in found.items()}
    return base_terms, tuple(found[start] for start in sorted(found))


def carry_files(out: Path, shards: Sequence[Path]) -> None:
    """Copy what names target and cluster into `out`, where all shards say the same."""
    for name in FILES:
        texts = {(shard / name).read_bytes() if (shard / name).is_file() else None for shard in shards}
        if len(texts) == 1 and (text := texts.pop()) is not None and not (out / name).exists():
            _ = (out / name).write_bytes(text)


def _reached(row: SliceRow, base: Mapping[int, SliceRow]) -> list[int]:
    """Return the slices (by start) that a shard's slice belongs to."""
    half = (row.to_us - row.from_us) / 2
    if not row.generator and not row.trouble:
        return [start for start in base if -half < start - row.from_us <= half]
    return [start for start, one in base.items() if row.from_us < one.to_us and row.to_us > one.from_us]


def _worse(one: SliceRow, other: SliceRow) -> SliceRow:
    """Return a slice with the doubts of both; another build in another shard is no slice of one soak."""
    trouble = _said(one.trouble, other.trouble)
    if one.watched != other.watched and one.watched and other.watched:
        trouble = _said(trouble, "the shards watched different builds, flags or weights")
    return replace(
        one, generator=_said(one.generator, other.generator), watched=one.watched or other.watched, trouble=trouble
    )


def _said(one: str, other: str) -> str:
    """Join two reasons, each once."""
    return "; ".join(dict.fromkeys(part for part in (*one.split("; "), *other.split("; ")) if part))


def _plan(plans: Sequence[Sequence[Planned]], terms: Sequence[Mapping[str, WatchTerms]]) -> Iterable[Planned]:
    """Return one row per stream: done only where every shard's is, with the first reason why not."""
    watched = {f"{names.WATCH}/{phase}" for found in terms for phase in found}
    for stream in dict.fromkeys(row.stream for rows in plans for row in rows):
        rows = [row for found in plans for row in found if row.stream == stream]
        states = {row.state for row in rows}
        state: StreamState = next(one for one in _WORST if one in states)
        note = next((row.note for row in rows if row.note), "")
        if stream in watched and len(rows) < len(plans) and state == "done":
            state, note = "stopped", "a shard did not watch it"
        alone = stream in watched  # its slices are the same ones in every shard; probes would add up
        expected = max(row.expected for row in rows) if alone else sum(row.expected for row in rows)
        yield planned.Planned(stream, expected, state, note, max(row.at for row in rows))


def _snapshots(shards: Sequence[Path]) -> dict[str, tuple[str, str, str]]:
    """Return (at, body, error) by name: what our traffic came to is added up; else an error, or the latest."""
    found: dict[str, tuple[str, str, str]] = {}
    for path in shards:
        for name, at, body, error in _ask(path, "SELECT name, at, body, error FROM snapshots"):
            row = (str(at), str(body), str(error))
            before = found.get(str(name))
            if before is None:
                found[str(name)] = row
            elif str(name).startswith(f"{names.LOAD}/") and not before[2] and not row[2]:
                total = _added(msgspec.json.decode(before[1]), msgspec.json.decode(row[1]))
                found[str(name)] = (max(before[0], row[0]), msgspec.json.encode(total).decode(), "")
            else:
                found[str(name)] = max(before, row, key=lambda one: (bool(one[2]), one[0]))
    return found


def _added(one: object, other: object) -> object:
    """Add counts of the same shape; of anything else keep the first."""
    if isinstance(one, dict) and isinstance(other, dict):
        a, b = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return {key: _added(a[key], b[key]) if key in a and key in b else a.get(key, b.get(key)) for key in {**a, **b}}
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return cast("object", one)


def _terms(path: Path) -> dict[str, WatchTerms]:
    rows = _ask(path, f"SELECT value FROM meta WHERE key LIKE '{slices.META}/%'")  # noqa: S608  our own name
    found = [msgspec.json.decode(str(row[0]), type=WatchTerms) for row in rows]
    return {terms.phase: terms for terms in found}


def _slices(path: Path, phase: str) -> tuple[SliceRow, ...]:
    columns = "phase, from_us, to_us, generator, watched, trouble"
    statement = f"SELECT {columns} FROM slices WHERE phase = ? ORDER BY from_us"  # noqa: S608  our own names
    return tuple(SliceRow(*cast("tuple[str, int, int, str, str, str]", row)) for row in _ask(path, statement, phase))


def _ask(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run one query; a file without that table has no rows."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            return db.execute(statement, values).fetchall()
        finally:
            db.close()
    except sqlite3.Error as trouble:
        if "no such table" in str(trouble):
            return []
        raise EvidenceError(f"merge: {path}: {trouble}; leave that shard out, its time becomes a gap") from trouble

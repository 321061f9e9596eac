"""The slices of a watch: what was watched in each, and why its figures may say nothing about the target."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from harness.evidence.rows import FILE
from harness.evidence.store import EvidenceError, Reader

if TYPE_CHECKING:
    from pathlib import Path

    from harness.evidence.store import Writer

META: Final = "watch"  # the key of Terms in meta
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS slices (phase TEXT NOT NULL, from_us INTEGER NOT NULL, to_us INTEGER NOT NULL,
  generator TEXT NOT NULL, watched TEXT NOT NULL, trouble TEXT NOT NULL, PRIMARY KEY (phase, from_us)) WITHOUT ROWID;
"""


class WatchTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was planned for a phase's watch; instants in microseconds of UTC, lengths in seconds."""

    phase: str
    from_us: int
    for_s: float
    slice_s: float
    largest_gap_s: float


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice; `generator` says why our own traffic spoiled it, `trouble` why it was not watched whole."""

    phase: str
    from_us: int
    to_us: int
    generator: str = ""
    watched: str = ""
    trouble: str = ""


class Slices:
    """The part of a Writer that keeps slices."""

    def __init__(self, writer: Writer) -> None:
        """Write along with the writer's batches."""
        self._rows: list[SliceRow] = []
        _ = writer.tables(SCHEMA)
        writer.attach(self)

    def add(self, row: SliceRow) -> None:
        """Keep one."""
        self._rows.append(row)

    def pending(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self._rows)

    def write(self, db: sqlite3.Connection) -> None:
        """Write what there is."""
        rows = [(r.phase, r.from_us, r.to_us, r.generator, r.watched, r.trouble) for r in self._rows]
        _ = db.executemany("INSERT OR REPLACE INTO slices VALUES (?, ?, ?, ?, ?, ?)", rows)

    def written(self) -> None:
        """Forget what is on the disk."""
        self._rows.clear()


def terms(run: Path, phase: str) -> WatchTerms | None:
    """Return what was planned for a phase; None if its watch never began."""
    found = Reader(run).meta(f"{META}/{phase}")
    return None if found is None else msgspec.convert(found, WatchTerms)


def read(run: Path, phase: str) -> tuple[SliceRow, ...]:
    """Return a phase's slices in order; EvidenceError if the file can't be read."""
    path = run / FILE
    if not path.is_file():
        return ()
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            columns = "phase, from_us, to_us, generator, watched, trouble"
            statement = f"SELECT {columns} FROM slices WHERE phase = ? ORDER BY from_us"  # noqa: S608  our own names
            return tuple(SliceRow(*row) for row in db.execute(statement, (phase,)))
        finally:
            db.close()
    except sqlite3.Error as trouble:
        if "no such table" in str(trouble):
            return ()
        raise EvidenceError(f"evidence at {path}: {trouble}; start a new run") from trouble

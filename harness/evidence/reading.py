"""The reader's side of windows: rows in order, sums over any stretch of time, gaps; never more than is intact."""

from __future__ import annotations

import sqlite3
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

import msgspec

from harness.evidence import gaps as holes
from harness.evidence.gaps import Gap, Span
from harness.evidence.rows import FILE
from harness.evidence.store import EvidenceError
from harness.evidence.window import COLUMNS, Series, Window
from harness.evidence.windows import META, About, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.judge.answers import Arm

_EVER: Final = 2**62
_ROWS: Final = (
    f"SELECT start_ms, series, {', '.join(COLUMNS)}, crc FROM windows "  # noqa: S608  our own names
    "WHERE start_ms >= ? AND start_ms < ? ORDER BY start_ms, series"
)


class WindowReader:
    """Reads the windows of a run's folder (or of an evidence.db), also while they are written.

    Every method raises EvidenceError, one line, where the file is damaged or holds no windows.
    """

    def __init__(self, run: Path) -> None:
        """Read what lies there; nothing is opened yet."""
        self.path = run / FILE if run.is_dir() else run

    def about(self) -> About:
        """Return whose windows these are."""
        with _Open(self.path) as db:
            return _about(db, self.path)

    def spans(self) -> tuple[Span, ...]:
        """Return from when to when each shard was collected."""
        with _Open(self.path) as db:
            rows = db.execute("SELECT shard, began_us, until_us, mono_s, boot FROM spans ORDER BY shard").fetchall()
        return tuple(Span(*row) for row in rows)

    def stored_gaps(self) -> tuple[Gap, ...]:
        """Return the gaps that were written down."""
        with _Open(self.path) as db:
            rows = db.execute("SELECT from_us, to_us, stream, why FROM gaps").fetchall()
        return tuple(sorted(Gap(*row) for row in rows))

    def gaps(self) -> tuple[Gap, ...]:
        """Return all gaps in order: those written down, and those that shards leave."""
        about = self.about()
        derived = holes.of_shards(self.spans(), about.of, about.terms.window_ms * 1000)
        return tuple(sorted({*self.stored_gaps(), *derived}))

    def rows(
        self, stream: str | None = None, from_ms: int = -_EVER, to_ms: int = _EVER
    ) -> Iterator[tuple[int, Series, Window]]:
        """Yield start in ms, series and window of those that begin in [from, to), by start, then by series.

        Whatever is damaged, the windows before it have been yielded when EvidenceError says so. Rows that are gone
        without a trace are noticed at the end by how many there must be.
        """
        read, last = 0, 0
        try:
            with _Open(self.path) as db:
                terms = _about(db, self.path).terms
                names = {row[0]: _series(row[1:]) for row in db.execute("SELECT id, stream, endpoint, arm FROM series")}
                found = db.execute(_ROWS, (from_ms, to_ms))
                for start, group in groupby(found, key=lambda row: cast("int", row[0])):
                    for series, row in sorted(((names[row[1]], row) for row in group), key=lambda pair: pair[0].key):
                        if stream is None or series.stream == stream:
                            window = Window(terms)
                            fill(window, start, series.key, row[2:])
                            yield start, series, window
                        read, last = read + 1, start
                _complete(db)
        except KeyError as trouble:
            raise EvidenceError(self._damage(f"a window of an unknown series {trouble}", read, last)) from None
        except EvidenceError as trouble:
            raise EvidenceError(self._damage(str(trouble), read, last)) from trouble

    def totals(self, stream: str | None = None, from_ms: int = -_EVER, to_ms: int = _EVER) -> dict[Series, Window]:
        """Return the sum of each series' windows that begin in [from, to)."""
        sums: dict[Series, Window] = {}
        add(sums, self.rows(stream, from_ms, to_ms))
        return sums

    def intact(self) -> tuple[dict[Series, Window], str]:
        """Return the sums of what is intact, and what is damaged, "" if nothing."""
        sums: dict[Series, Window] = {}
        try:
            add(sums, self.rows())
        except EvidenceError as trouble:
            return sums, str(trouble)
        return sums, ""

    def _damage(self, said: str, read: int, last: int) -> str:
        if not read or "are intact" in said:
            return said
        return f"{said}; {read} windows, up to the one at {last / 1000:.3f}, are intact"


def add(sums: dict[Series, Window], rows: Iterator[tuple[int, Series, Window]]) -> None:
    """Add windows to the sums of their series."""
    for _, series, window in rows:
        there = sums.setdefault(series, window)
        if there is not window:
            there.merge(window)


class _Open:
    """The file, read-only, in one transaction: what a writer adds meanwhile is not seen by half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise EvidenceError(f"evidence at {self._path}: wanted a file, found none; give a run's folder")
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            self._db = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None)
            _ = self._db.execute("BEGIN")
        except sqlite3.Error as trouble:
            raise EvidenceError(f"evidence at {self._path}: {trouble}; start a new run") from trouble
        return self._db

    def __exit__(self, _kind: object, trouble: BaseException | None, _trace: object) -> None:
        self._db.close()
        if isinstance(trouble, sqlite3.Error):
            none = "no such table" in str(trouble)
            said = "it holds no windows" if none else f"{trouble}; start a new run"
            raise EvidenceError(f"evidence at {self._path}: {said}") from trouble


def _about(db: sqlite3.Connection, path: Path) -> About:
    found = db.execute("SELECT value FROM meta WHERE key = ?", (META,)).fetchone()
    if found is None:
        raise EvidenceError(f"evidence at {path}: it holds no windows")
    try:
        return msgspec.json.decode(found[0], type=About)
    except msgspec.MsgspecError as trouble:
        raise EvidenceError(f"evidence at {path}: whose windows these are can't be read: {trouble}") from trouble


def _complete(db: sqlite3.Connection) -> None:
    """Compare what is there with what the writer says there must be."""
    there = db.execute("SELECT count(*), coalesce(sum(n), 0) FROM windows").fetchone()
    wanted = db.execute("SELECT windows, samples FROM tally").fetchone() or (0, 0)
    if there != wanted:
        raise EvidenceError(
            f"wanted {wanted[0]} windows with {wanted[1]} samples, found {there[0]} with {there[1]}: rows are gone; "
            "start a new run"
        )


def _series(names: tuple[str, str, str]) -> Series:
    stream, endpoint, arm = names
    return Series(stream, endpoint, cast("Arm", arm) if arm else None)

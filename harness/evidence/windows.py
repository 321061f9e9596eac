"""The writer's side of windows: samples are counted in memory and go into evidence.db once a second.

Tables: series (its names by id), windows (a row per start, series), gaps, spans (a row per shard: its last instant),
tally (how many rows and samples there must be). A row's crc covers its start, names and counts: SQLite notices a page
that is out of shape, not one with another number in it. A window that is still open is rewritten with each flush.
"""

from __future__ import annotations

import sqlite3
import zlib
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from harness.evidence.gaps import Gap, Span, Timeline
from harness.evidence.store import EvidenceError
from harness.evidence.window import COLUMNS, Terms, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.clock import Clock
    from harness.evidence.sample import Sample
    from harness.evidence.store import Writer
    from harness.evidence.window import Series

_Key: TypeAlias = tuple[int, str, str, str]  # start in ms, stream, endpoint, arm or ""

META: Final = "windows"  # the key of About in meta
BEAT_EVERY_S: Final = 1.0
STALLED_AFTER_S: Final = 30.0  # without a flush for longer, the collector did not collect
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, endpoint TEXT NOT NULL,
  arm TEXT NOT NULL, UNIQUE (stream, endpoint, arm));
CREATE TABLE IF NOT EXISTS windows (id INTEGER PRIMARY KEY, start_ms INTEGER NOT NULL, series INTEGER NOT NULL,
  n INTEGER NOT NULL, scheduled INTEGER NOT NULL, answered INTEGER NOT NULL, capped INTEGER NOT NULL,
  late INTEGER NOT NULL, late_max_us INTEGER NOT NULL, sum_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
  errors TEXT NOT NULL, passed TEXT NOT NULL, buckets BLOB NOT NULL, crc INTEGER NOT NULL, UNIQUE (start_ms, series));
CREATE TABLE IF NOT EXISTS gaps (from_us INTEGER NOT NULL, to_us INTEGER NOT NULL, stream TEXT NOT NULL,
  why TEXT NOT NULL, PRIMARY KEY (from_us, to_us, stream, why)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spans (shard INTEGER PRIMARY KEY, began_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
  mono_s REAL NOT NULL, boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tally (one INTEGER PRIMARY KEY CHECK (one = 1), windows INTEGER NOT NULL,
  samples INTEGER NOT NULL);
"""
PUT: Final = (
    f"INSERT INTO windows (start_ms, series, {', '.join(COLUMNS)}, crc) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * (len(COLUMNS) + 3))}) ON CONFLICT (start_ms, series) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS, "crc"))
)


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose windows these are: shards of one run against one target, counted under the same terms, belong together."""

    run: str
    target: str
    terms: Terms
    of: int = 1  # how many shards there are


class Windows:
    """The part of a Writer that counts samples. One thread; all of a flush is on the disk, or none."""

    def __init__(
        self,
        writer: Writer,
        about: About,
        clock: Clock,
        *,
        shard: int = 0,
        boot: str | None = None,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        """Begin, or go on with a run that ended: the time since its last second becomes a gap.

        EvidenceError if what is there belongs to another run, target, terms or shard, or is damaged.
        """
        if not 0 <= shard < about.of:
            raise EvidenceError(f"shard {shard} of {about.of}: wanted 0 to {about.of - 1}")
        self.about, self._shard, self._stalled_after_s = about, shard, stalled_after_s
        self._open: dict[_Key, Window] = {}
        self._dirty: set[_Key] = set()
        self._gaps: set[Gap] = set()
        self._writing_us = 0
        try:
            self._db = writer.tables(SCHEMA)
        except sqlite3.DatabaseError as trouble:
            raise EvidenceError(f"evidence to go on with: {trouble}; keep it and use a new run") from trouble
        last = self._last()
        writer.attach(self)
        self.timeline = Timeline(clock, last, boot)
        self._began_us = last.began_us if last else self.timeline.now_us()
        self._beat_us = last.until_us if last else None
        if last is None:
            writer.meta(META, msgspec.to_builtins(about))
        else:
            self.gap("", last.until_us, self.timeline.now_us(), "the collector was not running")
            self._beat_us = None
        writer.flush()

    def add(self, sample: Sample) -> None:
        """Count a sample in its window."""
        self._window(sample.at_s, sample.stream, sample.endpoint, sample.arm or "").add(sample)

    def schedule(self, at_s: float, stream: str, endpoint: str, count: int = 1) -> None:
        """Announce requests when they fall due, before their arm can be known."""
        self._window(at_s, stream, endpoint, "").scheduled += count

    def count(self, at_s: float, series: Series, n: int, errors: dict[str, int] | None = None) -> None:
        """Count requests that a source tells of only in sum, such as a counter."""
        self._window(at_s, *series.key).count(n, errors or {})

    def gap(self, stream: str, from_us: int, to_us: int, why: str) -> None:
        """Say that nothing, or not all, is known of a stream ("": of any) in a stretch of time."""
        self._gaps.add(Gap(from_us, max(from_us, to_us), stream, why))

    def pending(self) -> bool:
        """Tell whether anything was counted, or a second went by."""
        due = self._beat_us is None or self.timeline.now_us() - self._beat_us >= BEAT_EVERY_S * 1e6
        return due or bool(self._dirty or self._gaps)

    def write(self, db: sqlite3.Connection) -> None:
        """Write every window that changed, the gaps, and how far it is."""
        now, found = self.timeline.now_us(), set(self._gaps)
        if self._beat_us is not None and now - self._beat_us > self._stalled_after_s * 1e6:
            found.add(Gap(self._beat_us, now, "", "the collector stalled"))
        before = _tally(db)
        rows = samples = 0
        for key in sorted(self._dirty):
            start_ms, *names = key
            identity = series_id(db, *names)
            old = db.execute("SELECT n FROM windows WHERE start_ms = ? AND series = ?", (start_ms, identity)).fetchone()
            window = self._open[key]
            columns = window.columns()
            _ = db.execute(PUT, (start_ms, identity, *columns, crc(start_ms, names, columns)))
            rows += old is None
            samples += window.n - (old[0] if old else 0)
        _ = db.execute("INSERT OR REPLACE INTO tally VALUES (1, ?, ?)", (before[0] + rows, before[1] + samples))
        gaps = [(gap.from_us, gap.to_us, gap.stream, gap.why) for gap in sorted(found)]
        _ = db.executemany("INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?)", gaps)
        span = (self._shard, self._began_us, now, self.timeline.mono_s(), self.timeline.boot)
        _ = db.execute("INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?)", span)
        self._writing_us = now

    def written(self) -> None:
        """Forget what is on the disk, but the windows that were just counted in: they will be again."""
        self._open = {key: self._open[key] for key in self._dirty}
        self._dirty.clear()
        self._gaps.clear()
        self._beat_us = self._writing_us

    def _window(self, at_s: float, stream: str, endpoint: str, arm: str) -> Window:
        try:
            key = (self.about.terms.start_ms(at_s), stream, endpoint, arm)
        except (ValueError, OverflowError):
            raise EvidenceError(f"a sample of {stream} {endpoint}: wanted when it was due, got {at_s}") from None
        window = self._open.get(key)
        if window is None:
            window = self._open[key] = self._stored(key)
        self._dirty.add(key)
        return window

    def _stored(self, key: _Key) -> Window:
        """Return what the file holds of a window, to be counted on."""
        window = Window(self.about.terms)
        select = (
            f"SELECT {', '.join(COLUMNS)}, crc FROM windows JOIN series ON series.id = windows.series "  # noqa: S608
            "WHERE start_ms = ? AND stream = ? AND endpoint = ? AND arm = ?"
        )
        try:
            row = self._db.execute(select, key).fetchone()
        except sqlite3.DatabaseError as trouble:
            raise EvidenceError(f"evidence of {key[1:]} at {key[0] / 1000:.0f}: {trouble}; use a new run") from trouble
        if row is not None:
            fill(window, key[0], key[1:], row)
        return window

    def _last(self) -> Span | None:
        """Return where this shard stopped; None if it never began."""
        try:
            found = self._db.execute("SELECT value FROM meta WHERE key = ?", (META,)).fetchone()
            spans = self._db.execute("SELECT shard, began_us, until_us, mono_s, boot FROM spans").fetchall()
            check = self._db.execute("PRAGMA quick_check(1)").fetchone()[0] if found else "ok"
        except sqlite3.DatabaseError as trouble:
            raise EvidenceError(f"evidence to go on with: {trouble}; keep it and use a new run") from trouble
        if check != "ok":
            said = " ".join(str(check).split())
            raise EvidenceError(f"evidence to go on with is damaged: {said}; keep it and use a new run")
        if found is None:
            return None
        there = msgspec.json.decode(found[0], type=About)
        if there != self.about or [row[0] for row in spans] != [self._shard]:
            held = ", ".join(str(row[0]) for row in spans)
            raise EvidenceError(
                f"evidence to go on with: wanted {self.about} shard {self._shard}, "
                f"got {there} shard {held}; use a new run"
            )
        return Span(*spans[0])


def series_id(db: sqlite3.Connection, stream: str, endpoint: str, arm: str) -> int:
    """Return the id of a series, made where there is none yet."""
    _ = db.execute("INSERT OR IGNORE INTO series (stream, endpoint, arm) VALUES (?, ?, ?)", (stream, endpoint, arm))
    where = "SELECT id FROM series WHERE stream = ? AND endpoint = ? AND arm = ?"
    return int(db.execute(where, (stream, endpoint, arm)).fetchone()[0])


def crc(start_ms: int, names: Sequence[str], columns: tuple[object, ...]) -> int:
    """Return a row's check sum."""
    return zlib.crc32(msgspec.msgpack.encode((start_ms, names, columns)))


def fill(window: Window, start_ms: int, names: Sequence[str], row: tuple[object, ...]) -> None:
    """Add a stored row (COLUMNS, crc) to a window; EvidenceError if it is not as it was written."""
    where = f"window of {' '.join(name for name in names if name)} at {start_ms / 1000:.3f}"
    if crc(start_ms, names, row[:-1]) != row[-1]:
        raise EvidenceError(f"{where}: its check sum does not fit, the file is damaged; use a new run")
    try:
        window.take(row[:-1])
    except (ValueError, msgspec.MsgspecError) as trouble:
        raise EvidenceError(f"{where}: {trouble}; use a new run") from trouble


def _tally(db: sqlite3.Connection) -> tuple[int, int]:
    row = db.execute("SELECT windows, samples FROM tally").fetchone()
    return (row[0], row[1]) if row else (0, 0)

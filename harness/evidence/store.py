"""evidence.db: SQLite in WAL mode, written by the collector alone, read by any number of workers.

Tables: meta (key, JSON value), plan (a row per stream), probes (a row per request), snapshots (a row per name).
Wall times are RFC3339 in UTC; durations and offsets are monotonic seconds.
"""

from __future__ import annotations

import fcntl
import sqlite3
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from harness.errors import HarnessError
from harness.evidence.rows import FILE, CollectorState, Probe, Progress, Snapshot, Stream, StreamState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO

    from harness.clock import Clock

LOCK = "collector.log"  # locked while the collector lives: the kernel lets go of it however it dies
_COLUMNS: Final = (
    "stream", "seq", "due_s", "sent_s", "latency_s", "status", "commit", "body_commit", "arm", "error", "wanted",
    "conversation", "turn",
)  # fmt: skip
_QUOTED: Final = ", ".join(f'"{name}"' for name in _COLUMNS)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS plan (stream TEXT PRIMARY KEY, expected INTEGER NOT NULL, state TEXT NOT NULL,
  note TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS probes (stream TEXT NOT NULL, seq INTEGER NOT NULL, due_s REAL NOT NULL,
  sent_s REAL NOT NULL, latency_s REAL NOT NULL, status INTEGER, "commit" TEXT, body_commit TEXT, arm TEXT,
  error TEXT NOT NULL, wanted TEXT, conversation TEXT NOT NULL, turn INTEGER NOT NULL,
  PRIMARY KEY (stream, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshots (name TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL,
  error TEXT NOT NULL);
"""


class EvidenceError(HarnessError):
    """The evidence of a run can't be written or read."""


class Part(Protocol):
    """Tables of their own in the same file, written in the same transactions."""

    def pending(self) -> bool:
        """Tell whether there is anything to write."""
        ...

    def write(self, db: sqlite3.Connection) -> None:
        """Write all of it, inside a transaction that may yet fail."""
        ...

    def written(self) -> None:
        """Forget it: the transaction is on the disk."""
        ...


class Writer:
    """The collector's end: rows are buffered and go in with `flush`, all of a batch or none of it."""

    def __init__(self, run: Path, clock: Clock) -> None:
        """Open (and make) the file; refuse a second writer."""
        self._clock = clock
        self._path = run / FILE
        self._lock = _hold(run / LOCK)
        self._db = sqlite3.connect(run / FILE, isolation_level=None)
        _ = self._db.execute("PRAGMA journal_mode=WAL")
        _ = self._db.execute("PRAGMA synchronous=FULL")
        _ = self._db.executescript(_SCHEMA)
        _ = self._db.execute("DELETE FROM meta WHERE key = 'ended'")  # of a run that is taken up again
        self._rows: list[Probe] = []
        self._statements: list[tuple[str, tuple[object, ...]]] = []
        self._parts: list[Part] = []

    def tables(self, schema: str) -> sqlite3.Connection:
        """Make a part's tables where they are not there yet; return where it may read them."""
        _ = self._db.executescript(schema)
        return self._db

    def attach(self, part: Part) -> None:
        """Write a part along with the others from now on."""
        self._parts.append(part)

    def meta(self, key: str, value: object) -> None:
        """Say something about the run."""
        self._later("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, msgspec.json.encode(value).decode())

    def plan(self, stream: str, expected: int) -> None:
        """Announce a stream before its first probe."""
        self._later("INSERT OR REPLACE INTO plan VALUES (?, ?, 'planned', '', ?)", stream, expected, self._at())

    def state(self, stream: str, state: StreamState, note: str = "") -> None:
        """Say how far a stream is; "done" and "stopped" are written at once, after all its probes."""
        self._later("UPDATE plan SET state = ?, note = ?, at = ? WHERE stream = ?", state, note, self._at(), stream)
        self.flush()

    def probe(self, probe: Probe) -> None:
        """Keep one probe for the next flush."""
        self._rows.append(probe)

    def snapshot(self, name: str, body: object, error: str = "") -> None:
        """Keep what was read under a name, or why it was not."""
        text = msgspec.json.encode(body).decode()
        self._later("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)", name, self._at(), text, error)
        self.flush()

    def flush(self) -> None:
        """Write everything buffered in one transaction."""
        parts = [part for part in self._parts if part.pending()]
        if not (self._rows or self._statements or parts):
            return
        marks = ", ".join("?" * len(_COLUMNS))
        insert = f"INSERT OR REPLACE INTO probes ({_QUOTED}) VALUES ({marks})"  # noqa: S608  our own names
        try:
            _ = self._db.execute("BEGIN IMMEDIATE")
            _ = self._db.executemany(insert, [tuple(getattr(row, name) for name in _COLUMNS) for row in self._rows])
            for statement, values in self._statements:
                _ = self._db.execute(statement, values)
            for part in parts:
                part.write(self._db)
            _ = self._db.execute("COMMIT")
        except BaseException as trouble:
            self._db.rollback()
            if isinstance(trouble, sqlite3.Error) and _of_the_disk(trouble):
                raise EvidenceError(_unwritten(self._path, trouble)) from trouble
            raise
        self._rows.clear()
        self._statements.clear()
        for part in parts:
            part.written()

    def close(self, ended: str) -> None:
        """Write what is buffered and how it ended ("finished", or "stopped: why"); let go of the lock."""
        self.meta("ended", {"how": ended, "at": self._at()})
        self.flush()
        _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        self._lock.close()

    def _later(self, statement: str, *values: object) -> None:
        self._statements.append((statement, values))

    def _at(self) -> str:
        return self._clock.wall().isoformat(timespec="milliseconds")


class Reader:
    """A worker's end: opens the file read-only for each question, so it may be asked before the file is there."""

    def __init__(self, run: Path) -> None:
        """Read the evidence in a run's folder."""
        self._run = run

    @property
    def run(self) -> Path:
        """The run's folder."""
        return self._run

    def collector(self) -> CollectorState:
        """Tell whether the collector is still at it, and how it ended if not."""
        if _held(self._run / LOCK):
            return "running"
        ended = self._ended()
        if ended:
            return "finished" if ended == "finished" else "stopped"
        return "dead" if (self._run / FILE).exists() else "absent"

    def _ended(self) -> str:
        """Return how the collector said that it ended, "" before it did."""
        ended = self.meta("ended")
        return str(cast("dict[str, object]", ended).get("how")) if isinstance(ended, dict) else ""

    def meta(self, key: str) -> object:
        """Return what the collector said about the run, None if nothing."""
        rows = self._ask("SELECT value FROM meta WHERE key = ?", key)
        return msgspec.json.decode(str(rows[0][0])) if rows else None

    def streams(self) -> tuple[str, ...]:
        """Return the names of the planned streams."""
        return tuple(str(row[0]) for row in self._ask("SELECT stream FROM plan ORDER BY rowid"))

    def progress(self) -> tuple[Progress, ...]:
        """Return how far each planned stream is, in the order of the plan."""
        counted = "SELECT stream, count(*) AS n FROM probes GROUP BY stream"
        rows = self._ask(
            f"SELECT plan.stream, state, expected, coalesce(n, 0) FROM plan LEFT JOIN ({counted}) USING (stream) "  # noqa: S608  our own text
            "ORDER BY plan.rowid"
        )
        counted_slices = self._ask("SELECT 'watch/' || phase, count(*) FROM slices GROUP BY phase")
        sliced = {str(name): count for name, count in counted_slices}
        return tuple(
            Progress(
                str(name),
                cast("StreamState", state),
                cast("int", expected),
                cast("int", sliced.get(str(name), probes)),
            )
            for name, state, expected, probes in rows
        )

    def stream(self, name: str, *, with_probes: bool = True) -> Stream:
        """Return a stream as far as it is; one that nobody planned is planned with 0 probes."""
        collector = self.collector()  # before the rows: what a dead collector wrote is all there
        rows = self._ask("SELECT expected, state, note FROM plan WHERE stream = ?", name)
        source = self.meta("arm_from")
        arm_from = source if isinstance(source, str) else "header"
        if not rows:
            return Stream(name, 0, "planned", collector=collector, arm_from=arm_from)
        expected, state, note = rows[0]
        probes = self.probes(name) if with_probes else ()
        return Stream(
            name,
            cast("int", expected),
            cast("StreamState", state),
            str(note),
            probes,
            collector=collector,
            arm_from=arm_from,
            ended=self._ended() if collector in {"finished", "stopped"} else "",
        )

    def probes(self, stream: str) -> tuple[Probe, ...]:
        """Return a stream's probes in order."""
        statement = f"SELECT {_QUOTED} FROM probes WHERE stream = ? ORDER BY seq"  # noqa: S608  our own names
        rows = cast("Iterable[tuple[object, ...]]", self._ask(statement, stream))
        return tuple(msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Probe) for row in rows)

    def snapshot(self, name: str) -> Snapshot | None:
        """Return what was read under a name; None if it has not been tried."""
        rows = self._ask("SELECT name, at, body, error FROM snapshots WHERE name = ?", name)
        if not rows:
            return None
        found, at, body, error = (str(value) for value in rows[0])
        return Snapshot(found, at, msgspec.json.decode(body, type=dict[str, object]), error)

    def snapshots(self, prefix: str) -> tuple[dict[str, object], ...]:
        """Return the bodies of all that was read well under names that begin with `prefix`, by name."""
        rows = self._ask("SELECT name, body FROM snapshots WHERE error = '' ORDER BY name")
        texts = [str(body) for name, body in rows if str(name).startswith(prefix)]
        return tuple(msgspec.json.decode(text, type=dict[str, object]) for text in texts)

    def _ask(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run one query; a file that is not there yet, or not yet made, has no rows."""
        path = self._run / FILE
        if not path.exists():
            return []
        try:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        except sqlite3.Error as trouble:
            raise EvidenceError(f"evidence at {path}: wanted a readable database, got {trouble}") from trouble
        try:
            return db.execute(statement, values).fetchall()
        except sqlite3.OperationalError as trouble:
            if "no such table" in str(trouble):
                return []
            raise EvidenceError(f"evidence at {path}: {trouble}; start a new run") from trouble
        except sqlite3.DatabaseError as trouble:
            raise EvidenceError(f"evidence at {path}: {trouble}; start a new run") from trouble
        finally:
            db.close()


def _of_the_disk(trouble: sqlite3.Error) -> bool:
    """Tell the disk's and the file's trouble from a mistake in a statement."""
    code = getattr(trouble, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest says more about it
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _unwritten(path: Path, trouble: sqlite3.Error) -> str:
    do = "free space on its disk and go on with the same run" if "malformed" not in str(trouble) else "use a new run"
    return f"evidence at {path}: wanted to write the last second, got {trouble}; what was written before is kept; {do}"


def _hold(path: Path) -> IO[str]:
    """Take the lock for as long as the returned file is open."""
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as trouble:
        file.close()
        raise EvidenceError(f"evidence in {path.parent}: another collector is writing it; use a new run") from trouble
    return file


def _held(path: Path) -> bool:
    """Tell whether somebody holds the lock, without taking it for longer than the look."""
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False

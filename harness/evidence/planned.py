"""What the plan says of one stream, with when it last changed."""

from __future__ import annotations

import datetime
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from harness.evidence.rows import FILE
from harness.evidence.store import EvidenceError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.evidence.rows import StreamState


@dataclass(frozen=True, slots=True)
class Planned:
    """A row of the plan: so many were expected from `at` (RFC3339) on; then the state was last said."""

    stream: str
    expected: int
    state: StreamState
    note: str
    at: str

    @property
    def at_s(self) -> float:
        """The instant in seconds of UTC."""
        return datetime.datetime.fromisoformat(self.at).timestamp()


def planned(run: Path, stream: str) -> Planned | None:
    """Return a stream's row of the plan, None if nobody planned it; EvidenceError if the file can't be read."""
    found = [row for row in rows(run / FILE) if row.stream == stream]
    return found[0] if found else None


def rows(path: Path) -> tuple[Planned, ...]:
    """Return the whole plan of an evidence.db in its order; none of a file that has no plan."""
    if not path.is_file():
        return ()
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            found = db.execute("SELECT stream, expected, state, note, at FROM plan ORDER BY rowid").fetchall()
        finally:
            db.close()
    except sqlite3.Error as trouble:
        if "no such table" in str(trouble):
            return ()
        raise EvidenceError(f"evidence at {path}: {trouble}; start a new run") from trouble
    return tuple(Planned(str(s), int(e), cast("StreamState", state), str(n), str(at)) for s, e, state, n, at in found)

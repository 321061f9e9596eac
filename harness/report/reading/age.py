"""When the evidence of a run was taken, read from evidence.db itself: judging old evidence again does not renew it."""

from __future__ import annotations

import datetime
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from harness.report.deciding.model import Blocker

if TYPE_CHECKING:
    from pathlib import Path

NAME = "evidence.db"
STAMPS = "SELECT min(at), max(at) FROM (SELECT at FROM plan UNION ALL SELECT at FROM snapshots)"


def of(root: Path, troubles: list[Blocker]) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return the oldest and the newest time in evidence.db; None, and a trouble, where there is none to read."""
    path = root / NAME
    if not path.is_file():
        said = f"{NAME} is missing: no collector has recorded anything, so nothing stands behind the outcomes"
        troubles.append(Blocker("INCOMPLETE", f"{said}; see collector.log, then run again"))
        return None
    wal = root / f"{NAME}-wal"
    left = wal.is_file() and wal.stat().st_size > 0  # immutable leaves no file behind, but does not see a journal
    address = f"{path.resolve().as_uri()}?{'mode=ro' if left else 'mode=ro&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            rows: list[tuple[object, object]] = database.execute(STAMPS).fetchall()
        first, last = (_aware(value) for value in rows[0])
    except (sqlite3.Error, ValueError) as trouble:
        said = f"{NAME} holds nothing that can be dated: {trouble}"
        troubles.append(Blocker("NO_DATA", f"{said}; see collector.log, then run again"))
        return None
    return first, last


def _aware(value: object) -> datetime.datetime:
    """Read a time as the collector writes it; ValueError for anything else, such as the NULL of an empty table."""
    when = datetime.datetime.fromisoformat(str(value))
    if when.tzinfo is None:
        raise ValueError(f"{when} has no time zone")
    return when

"""Removing runs so that no reader ever meets half of one, and so that each removal can be read up afterwards.

A run is renamed first, then written down, then taken apart; what a kill leaves of that, the next pruning finishes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from harness.errors import HarnessError
from harness.report import files, stamp
from harness.report.serving import claims, folders
from harness.report.serving.claims import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.report.pruning.prune import Choice

BOOK: Final = "pruned.jsonl"
MARK: Final = ".pruned-"  # before a run's name: it is no run any more
FINISHED: Final = "an earlier pruning began to remove it and did not come to its end"


class _Line(msgspec.Struct, frozen=True):
    run: str


@contextmanager
def alone(reports: Path) -> Generator[None, None, None]:
    """Keep every other pruning away meanwhile; HarnessError if one is at work. Makes the book if there is none."""
    handle = os.open(reports / BOOK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as trouble:
            raise HarnessError(f"{reports}: another pruning is at work; wait for its end, then try again") from trouble
        _mend(handle)
        yield
    finally:
        os.close(handle)


def _mend(book: int) -> None:
    """End a last line that a kill cut off, so that the next one is a line of its own."""
    if os.fstat(book).st_size == 0:
        return
    _ = os.lseek(book, -1, os.SEEK_END)
    if os.read(book, 1) != b"\n":
        _ = os.write(book, b"\n")


def left(reports: Path) -> list[Path]:
    """Return what an interrupted pruning has renamed and not removed."""
    there = [path for path in reports.iterdir() if path.name.startswith(MARK)]
    named = [path for path in there if folders.NAME.fullmatch(path.name.removeprefix(MARK))]
    return sorted(path for path in named if path.is_dir() and not path.is_symlink())


def finish(reports: Path, clock: Clock) -> list[str]:
    """Remove what an interrupted pruning left, each run written down once; return what could not be removed."""
    known = _written(reports)
    troubles: list[str] = []
    for folder in left(reports):
        run = folder.name.removeprefix(MARK)
        if run not in known:
            _write(reports, folder, run, FINISHED, clock)
        troubles += _remove(folder)
    return troubles


def remove(reports: Path, chosen: Sequence[Choice], clock: Clock) -> list[str]:
    """Remove the runs that are to go; return one line for each that could not be.

    All are renamed before the first is taken apart, so that little time passes since they were looked at.
    """
    troubles: list[str] = []
    renamed: list[tuple[Path, Choice]] = []
    for choice in chosen:
        folder = reports / choice.run.name
        try:
            renamed.append((folder.rename(reports / f"{MARK}{folder.name}"), choice))
        except OSError as trouble:
            troubles.append(f"{folder}: could not be removed: {folders.why(trouble)}")
    if renamed:
        files.sync_folder(reports)
    for folder, choice in renamed:
        _write(reports, folder, choice.run.name, choice.why, clock)
        troubles += _remove(folder)
    return troubles


def _write(reports: Path, folder: Path, run: str, why: str, clock: Clock) -> None:
    """Add the book's line about a run, from what its renamed folder still says."""
    said, raw = None, None
    with suppress(OSError, UnreadableError):
        raw = folders.read(folder, claims.ENVELOPE)
        said = claims.of(folder)
    phases = ""
    with suppress(OSError, UnreadableError):
        phases = ", ".join(sorted(claims.phases(folder)))
    files.append_line(
        reports / BOOK,
        {
            "run": run,
            "phase": said.phase if said is not None else phases or None,
            "decision": said.decision if said is not None else None,
            "envelope_sha256": None if raw is None else hashlib.sha256(raw).hexdigest(),
            "why": why,
            "at": stamp.rfc3339(clock.wall()),
        },
    )


def _remove(folder: Path) -> list[str]:
    try:
        shutil.rmtree(folder)
    except OSError as trouble:
        return [f"{folder}: not removed as a whole: {folders.why(trouble)}; the next pruning goes on with it"]
    return []


def _written(reports: Path) -> set[str]:
    """Return the runs that the book has a line about; a last line that a kill cut off is none."""
    found: set[str] = set()
    for line in (folders.read(reports, BOOK) or b"").splitlines():
        with suppress(msgspec.MsgspecError):
            found.add(msgspec.json.decode(line, type=_Line).run)
    return found

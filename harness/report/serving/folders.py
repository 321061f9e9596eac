"""Which folders of reports/ are runs, and what is in them, read without following a link anywhere."""

from __future__ import annotations

import datetime
import errno
import os
import re
import stat
import uuid
from typing import TYPE_CHECKING, Final

from harness.report.reading import strict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
INDEX: Final = "evidence.db-shm"  # SQLite's shared memory: comes and goes with its readers
JOURNAL: Final = "evidence.db-wal"  # so does an empty one
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_LAST_MS: Final = 253_402_300_799_000  # of the year 9999: a name may say more than a date can
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not make anybody wait
_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


def of(reports: Path) -> list[Path]:
    """Return the runs' folders, the oldest first; links and other names are none. OSError if it can't be listed."""
    there = [path for path in reports.iterdir() if NAME.fullmatch(path.name)]
    return sorted(path for path in there if path.is_dir() and not path.is_symlink())


def began(name: str) -> datetime.datetime:
    """Return when a run began, as its name (a UUIDv7) says: aware UTC time."""
    milliseconds = uuid.UUID(name).int >> 80
    return _EPOCH + datetime.timedelta(milliseconds=min(milliseconds, _LAST_MS))


def instant(nanoseconds: int) -> datetime.datetime:
    """Return an instant of the file system (ns since 1970, not before) as aware UTC time."""
    return _EPOCH + datetime.timedelta(milliseconds=min(nanoseconds // 1_000_000, _LAST_MS))


def read(folder: Path, name: str, most: int = strict.MAX_BYTES) -> bytes | None:
    """Return the bytes of a file right in a folder; None if it is not there.

    OSError if the folder is not there or a link, or the file is a link, no file, larger than `most` bytes or can't be
    read.
    """
    home = os.open(folder, _FOLDER)
    try:
        handle = _opened(name, home)
    finally:
        os.close(home)
    if handle is None:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a file", name)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(handle)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {most} bytes", name)
    return content


def _opened(name: str, home: int) -> int | None:
    try:
        return os.open(name, _FILE, dir_fd=home)
    except FileNotFoundError:
        return None


def why(trouble: OSError) -> str:
    """Say what was wrong with which file."""
    where = f"{trouble.filename}: " if trouble.filename else ""
    return f"{where}{trouble.strerror or trouble}"


def mark(path: Path) -> tuple[int, int, int, int]:
    """Return what changes whenever a file does: mtime and ctime (ns), size, inode; zeros if it is not there."""
    try:
        found = path.lstat()
    except OSError:
        return 0, 0, 0, 0
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def state(folder: Path) -> tuple[int, int, int]:
    """Return what changes whenever a file of a folder does: the newest change (ns), how many there are, their bytes.

    OSError if it can't be walked.
    """
    newest = count = size = 0
    for entry in _entries(str(folder)):
        found = entry.stat(follow_symlinks=False)
        if entry.name == JOURNAL and found.st_size == 0:
            continue
        newest = max(newest, found.st_mtime_ns, found.st_ctime_ns)
        count, size = count + 1, size + found.st_size
    return newest, count, size


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
            elif entry.name != INDEX:
                yield entry

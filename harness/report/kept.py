"""Records that a run keeps in its folder to be judged again: written whole, read back strictly, one file a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.errors import HarnessError
from harness.report import files
from harness.report.reading import strict

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


class UnreadableError(HarnessError):
    """A record is there and is not what it should be."""


def write(folder: Path, name: str, record: object) -> Path:
    """Write a record as NAME.json into a folder, whole or not at all; return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    files.write_whole(path, files.encode(record) + b"\n")
    return path


def read(folder: Path, name: str, kind: type[T], *, called: str, again: str) -> T | None:
    """Read a record as what it was written from; None where there is none.

    UnreadableError, one line, where it is damaged: what can't be read is no evidence. `called` and `again` say in it
    what the record is and how to get another.
    """
    path = folder / f"{name}.json"
    try:
        return msgspec.convert(strict.read(path), kind)
    except FileNotFoundError:
        return None
    except (OSError, strict.Malformed, msgspec.ValidationError) as trouble:
        raise UnreadableError(f"{called} {name}: wanted its record at {path}, got: {trouble}; {again}") from trouble

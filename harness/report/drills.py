"""The record of a drill in a run's folder: written whole, read back strictly, as `artifacts/drills/NAME.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from harness.errors import HarnessError
from harness.report import files, strict

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "artifacts/drills"
T = TypeVar("T")


class Named(Protocol):
    """A record that says which drill it is of."""

    @property
    def name(self) -> str:
        """The drill's name, also its file's."""
        ...


class UnreadableError(HarnessError):
    """A record is there and is not what it should be."""


def write(run: Path, record: Named) -> Path:
    """Write a record into a run's folder, whole or not at all; return where it is."""
    folder = run / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.name}.json"
    files.write_whole(path, files.encode(record) + b"\n")
    return path


def read(run: Path, name: str, kind: type[T]) -> T | None:
    """Read a record of a run's folder as what it was written from; None where there is none.

    UnreadableError, one line, where it is damaged: what can't be read is no evidence.
    """
    path = run / FOLDER / f"{name}.json"
    try:
        return msgspec.convert(strict.read(path), kind)
    except FileNotFoundError:
        return None
    except (OSError, strict.Malformed, msgspec.ValidationError) as trouble:
        raise UnreadableError(
            f"drill {name}: wanted its record at {path}, got: {trouble}; judge another run, or drill again with --act"
        ) from trouble

"""The record of a drill in a run's folder: written whole, read back strictly, as `artifacts/drills/NAME.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from harness.report import kept

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


def write(run: Path, record: Named) -> Path:
    """Write a record into a run's folder, whole or not at all; return where it is."""
    return kept.write(run / FOLDER, record.name, record)


def read(run: Path, name: str, kind: type[T]) -> T | None:
    """Read a record as what it was written from; None where there is none, kept.UnreadableError if it is damaged."""
    return kept.read(run / FOLDER, name, kind, called="drill", again="judge another run, or drill again with --act")

"""A decision's files, written so that a reader sees the old decision or the new one, whatever happens on the way."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from harness.report import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PENDING = ".verdict.pending"
LAST = "verdict.json"  # what gates read; it says which decision is in force
ENVELOPE = "verdict.intoto.json"


def publish(folder: Path, made: Mapping[str, bytes], known: frozenset[str]) -> None:
    """Put a decision's files there: all are on the disk before the first is in its place, verdict.json comes last.

    `known` are all names that a decision can have; those that this one has not are taken away. After a kill each file
    is whole, and an envelope beside another decision's verdict.json is refused by `gate verify`.
    """
    staging = folder / PENDING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    for name, content in made.items():
        files.write_whole(staging / name, content)
    order = [*sorted(made.keys() - {LAST}), LAST]
    for name in sorted(known - made.keys()):
        (folder / name).unlink(missing_ok=True)
    for name in order:
        os.replace(staging / name, folder / name)  # noqa: PTH105  one name for what tests interrupt
    files.sync_folder(folder)
    staging.rmdir()


def interrupted(folder: Path) -> bool:
    """Tell whether a decision was being written here and did not come to its end."""
    return (folder / PENDING).exists()

"""Writing so that nothing is lost or half there: whole files by rename, lines by append and fsync."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


def encode(value: object) -> bytes:
    """Return UTF-8 JSON on one line; keys keep their order.

    Raises TypeError for what is not JSON; NaN and infinities become null, as msgspec writes them.
    """
    return msgspec.json.encode(value)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file there at once: a reader sees the old one or the new one, even across a crash."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("wb") as file:
        _ = file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _ = draft.replace(path)
    sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    """Put a readable JSON file there at once (indented, one newline at the end)."""
    write_whole(path, indented(value))


def indented(value: object) -> bytes:
    """Return readable UTF-8 JSON with one newline at its end."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def append_line(path: Path, value: object) -> None:
    """Add one JSON line and have it on the disk before returning.

    One write call, so a killed process leaves at most a last line without its newline.
    """
    line = encode(value) + b"\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        written = os.write(handle, line)
        if written != len(line):
            raise OSError(f"{path}: wrote {written} of {len(line)} bytes of a line; is the disk full?")
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

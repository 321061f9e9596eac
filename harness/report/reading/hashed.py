"""Files of a run, each opened and read once: what is decided from is what was hashed, in memory that does not grow."""

from __future__ import annotations

import hashlib
import itertools
import os
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 2 * 1024**3  # bytes of one file; a sparse one of any size costs nothing to put there
SMALL: Final = 16 * 1024  # most results and logs are smaller
BLOCK: Final = 256 * 1024

# A link is not followed, and a pipe that took a file's place since it was listed is not waited for.
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class TooLarge(HarnessError):  # noqa: N818  it names what the file is
    """A file that no run writes, by its size alone; nothing of it was hashed."""


def read(name: str, folder: int, most: int = 0) -> tuple[str, bytes | None]:
    """Return a file's sha256 (hex) and its bytes, or None instead of more than `most` of them.

    `folder` is the handle of the open directory in which `name` is looked up. Raises TooLarge, or OSError.
    """
    handle = os.open(name, _FLAGS, dir_fd=folder)
    try:
        content = os.read(handle, SMALL)
        more = os.read(handle, SMALL)
        if more:
            return _rest(name, handle, [content, more], most)
    finally:
        os.close(handle)
    return hashlib.sha256(content).hexdigest(), content if len(content) <= most else None


def _rest(name: str, handle: int, read_already: list[bytes], most: int) -> tuple[str, bytes | None]:
    wanted = _size(name, handle) <= most
    digest, size, kept = hashlib.sha256(), 0, list[bytes]()
    for block in itertools.chain(read_already, _blocks(name, handle)):
        digest.update(block)
        size += len(block)
        wanted = wanted and size <= most
        if wanted:
            kept.append(block)
        else:
            kept.clear()
    return digest.hexdigest(), b"".join(kept) if wanted else None


def blocks(name: str, folder: int, seen: Callable[[bytes], None]) -> Iterator[bytes]:
    """Give a file's bytes, at most BLOCK at a time, each told to `seen` first; as `read` otherwise."""
    handle = os.open(name, _FLAGS, dir_fd=folder)
    try:
        _ = _size(name, handle)
        for block in _blocks(name, handle):
            seen(block)
            yield block
    finally:
        os.close(handle)


def _blocks(name: str, handle: int) -> Iterator[bytes]:
    seen = 0
    while block := os.read(handle, BLOCK):
        seen += len(block)
        if seen > LARGEST:  # it grows while it is read
            raise _too_large(name, seen)
        yield block


def _size(name: str, handle: int) -> int:
    size = os.fstat(handle).st_size
    if size > LARGEST:
        raise _too_large(name, size)
    return size


def _too_large(name: str, size: int) -> TooLarge:
    return TooLarge(f"{name} is larger than {LARGEST} bytes ({size})")

"""Record types and threads."""

from __future__ import annotations

import contextlib

import msgspec


def describe() -> None:
    """Have msgspec look at each of our record types now, in one thread.

    It does so when a type is first read, and two threads that do that at once crash the interpreter (seen with 0.22). A
    program that reads in threads calls this before it starts them. Types that are only written have nothing to look at.
    """
    kinds: list[type[msgspec.Struct]] = [*msgspec.Struct.__subclasses__()]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("harness."):
            with contextlib.suppress(NameError, TypeError):
                _ = msgspec.json.Decoder(kind)

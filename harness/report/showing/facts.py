"""Reading what a test wrote as facts, for people only: what is not as expected is left out and never an error."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def read(value: object, kind: type[T]) -> T | None:
    """Return the value as that kind, None if it is another."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError, OverflowError, TypeError):
        return None

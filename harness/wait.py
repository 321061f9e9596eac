"""The only loop that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, how often to look, and how many good looks in a row settle it."""

    within_s: float
    every_s: float = 1.0
    in_a_row: int = 1


@dataclass(frozen=True, slots=True)
class Waited(Generic[T]):
    """What was last seen, after how many looks and how long; `settled` says which way it ended."""

    settled: bool
    last: T
    looks: int
    elapsed_s: float


def until(ready: Callable[[T], bool], look: Callable[[], T], clock: Clock, patience: Patience) -> Waited[T]:
    """Look until `ready` holds `in_a_row` times or patience ends; always look at least once."""
    start = clock.now()
    streak = looks = 0
    while True:
        seen = look()
        looks += 1
        streak = streak + 1 if ready(seen) else 0
        elapsed = clock.now() - start
        if streak >= patience.in_a_row or elapsed + patience.every_s > patience.within_s:
            return Waited(streak >= patience.in_a_row, seen, looks, elapsed)
        clock.sleep(patience.every_s)

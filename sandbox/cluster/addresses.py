"""Addresses for pods: each has a loopback address of its own, so every pod can use its real port."""

from __future__ import annotations

from collections import deque

FIRST, LAST = 10, 250


class Addresses:
    """The addresses of one /24 of 127.0.0.0/8; a returned one is used again as late as possible."""

    def __init__(self, subnet: str) -> None:
        """Take the first three bytes, such as 127.77.3."""
        self._free = deque(f"{subnet}.{last}" for last in range(FIRST, LAST + 1))

    def take(self) -> str:
        """Return a free address; RuntimeError when there is none."""
        if not self._free:
            raise RuntimeError(f"no free pod address: all {LAST - FIRST + 1} are taken; delete pods")
        return self._free.popleft()

    def give_back(self, address: str) -> None:
        """Make an address free again."""
        self._free.append(address)

"""Slices of a watch as they come to their end: what every generator says of one, and what was being watched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from harness.evidence.slices import SliceRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.observe.load.account import Account

UNREAD: Final = "the cluster was not read in this slice"
_ROUNDING: Final = 1e-9
READ_FOR: Final = 2  # slices after its own in which a reading still tells what is watched; reading takes its time


class Slicing:
    """Puts the generators' accounts of a slice together, and hands it on when all of them are in."""

    def __init__(
        self, phase: str, from_s: float, slice_s: float, largest_gap_s: float, keep: Callable[[SliceRow], None]
    ) -> None:
        """Expect slices of `slice_s` from `from_s` (seconds of UTC) on; call `expect` for each generator."""
        self._phase, self._from_s, self._slice_s, self._keep = phase, from_s, slice_s, keep
        self._bridged = round(largest_gap_s / slice_s)
        self._ended = math.inf
        self._generators = 0
        self._said: dict[int, list[str]] = {}
        self._watched: dict[int, tuple[str, str]] = {}
        self._last = (0, ("", UNREAD))
        self._clean: tuple[int, int] | None = None  # the first and last number of the present clean stretch
        self.done = 0

    @property
    def clean_s(self) -> float:
        """For how long slices have been usable by now, holes up to the largest allowed bridged."""
        return (self._clean[1] + 1 - self._clean[0]) * self._slice_s if self._clean else 0.0

    def expect(self) -> Callable[[Account, str], None]:
        """Return what one more generator hands its slices to."""
        self._generators += 1
        return self._take

    def watched(self, at_s: float, identity: str, trouble: str = "") -> None:
        """Say what was being watched at an instant, or why that is not known."""
        number = math.floor((at_s - self._from_s) / self._slice_s + _ROUNDING)
        said = self._watched[number] = (identity, trouble)
        self._last = (number, said)

    def end(self, at_s: float) -> None:
        """Take no slice that was not over when arrivals ended: what comes later is conversations' last turns."""
        self._ended = min(self._ended, math.floor((at_s - self._from_s) / self._slice_s + 1e-3))

    def close(self) -> None:
        """Hand on what is left: slices of which a generator said nothing were not watched whole."""
        for number in sorted(self._said):
            self._write(number, "a generator ended before this slice did")

    def _take(self, account: Account, invalid: str) -> None:
        number = round((account.start_s - self._from_s) / self._slice_s)
        whole = account.length_s >= self._slice_s * 0.999  # the last one ends when the traffic does
        if number < 0 or not whole or number >= self._ended:
            return
        said = self._said.setdefault(number, [])
        said.append(invalid)
        if len(said) >= self._generators:
            self._write(number, "")

    def _write(self, number: int, cut: str) -> None:
        invalid = next((text for text in self._said.pop(number) if text), "")
        at, last = self._last
        identity, trouble = self._watched.pop(number, last if number - at <= READ_FOR else ("", UNREAD))
        start = self._from_s + number * self._slice_s
        bounds = (round(start * 1e6), round((start + self._slice_s) * 1e6))
        self._keep(SliceRow(self._phase, *bounds, invalid, identity, cut or trouble))
        self.done += 1
        if invalid or cut or trouble:
            return
        broken = self._clean is None or number - self._clean[1] - 1 > self._bridged
        self._clean = (number, number) if broken or self._clean is None else (self._clean[0], number)

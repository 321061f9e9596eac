"""Counters that only rise, read from outside: how much was added, or why that can't be told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MOST_EXACT: Final = 2**53  # beyond it a float no longer holds every whole number
_LIVES_KEPT: Final = 31


@dataclass(frozen=True, slots=True)
class Increase:
    """What a counter rose by between two instants, in seconds of UTC.

    `restarted`: its process began anew in between; `by` counts from that beginning, and what the old process did
    after `from_s` is lost, so that the time up to `to_s` is a gap to whoever needs all of it.
    """

    by: float
    from_s: float
    to_s: float
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class NoData:
    """Nothing can be told from a reading; the verdict of a line that needs it is UNKNOWN with NO_DATA, and this."""

    why: str


@dataclass(frozen=True, slots=True)
class First:
    """The first good reading: there is something to count from now."""

    at_s: float


@dataclass(slots=True)
class _Last:
    at_s: float
    value: float
    life: str | None
    broken: str = ""
    earlier: tuple[str, ...] = ()  # lives that ended


def number(value: object) -> float | NoData:
    """Return a reading's number, exact if it is whole; NoData for null, text, true, NaN, infinite or negative."""
    if value is None:
        return NoData("the value is null")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NoData(f"the value is {_kind(value)}, not a number")
    if not math.isfinite(value):
        return NoData(f"the value is {value}, not a number")
    if value < 0:
        return NoData(f"the value is negative: {value}")
    if isinstance(value, float) and value > MOST_EXACT:
        return NoData(f"the value {value:g} is too large for a float to count exactly")
    return value


class Counters:
    """The counters of one series of readings, each known by a name that includes its instance (pod, address).

    A reading also names the counter's life: whatever changes when its process starts anew, such as the pod's uid
    with the container's restart count, or the process' start time; None where nothing tells.
    """

    def __init__(self) -> None:
        """Begin without a reading."""
        self._last: dict[str, _Last] = {}

    def read(  # noqa: PLR0911  each way to know nothing is one
        self, name: str, at_s: float, value: object, life: str | None = None
    ) -> Increase | First | NoData:
        """Take one reading.

        A value that is no number leaves the counter as it was: the next good one covers the time since the last
        good one. A counter that went back within one life is not believed again in that life.
        """
        got = number(value)
        if isinstance(got, NoData):
            return NoData(f"{name}: {got.why}")
        last = self._last.get(name)
        if last is None:
            self._last[name] = _Last(at_s, got, life)
            return First(at_s)
        if at_s <= last.at_s:
            return NoData(f"{name}: read at {at_s:g}, not after the reading at {last.at_s:g}: a stale document")
        if life is not None and last.life is not None and life != last.life:
            return self._restarted(name, last, _Last(at_s, got, life))
        if last.broken:
            return NoData(last.broken)
        if got < last.value:
            how = "without a restart" if life is not None else "and nothing tells of a restart"
            last.broken = f"{name}: went back from {last.value:g} to {got:g} {how}"
            return NoData(last.broken)
        self._last[name] = _Last(at_s, got, life if life is not None else last.life, earlier=last.earlier)
        return Increase(got - last.value, last.at_s, at_s)

    def _restarted(self, name: str, last: _Last, new: _Last) -> Increase | NoData:
        if new.life in last.earlier:  # the dead don't return: two processes take turns
            last.broken = f"{name}: several processes answer under this name, {new.life} and {last.life}"
            return NoData(last.broken)
        new.earlier = (*last.earlier[-_LIVES_KEPT:], last.life or "")
        self._last[name] = new
        return Increase(new.value, last.at_s, new.at_s, restarted=True)


def _kind(value: object) -> str:
    names: dict[type, str] = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return names.get(type(value), type(value).__name__)

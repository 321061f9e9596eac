"""One process behind the documents: its life, what its counters rose by, and what spoke against them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.evidence.counters import Counters, Increase, NoData
from harness.judge.said import COUNTED, PodFigures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.answers import Arm
    from harness.observe.documents.figures import Document

SAME_S: Final = 3.0  # two starting times this close are one: clocks are read, and rounded, apart
MOST_SAID: Final = 20  # contradictions that are kept of one pod


@dataclass(slots=True)
class Fed:
    """What one reading gave: why each counter could not be told, and whether the process began anew.

    `alone` are counters read for the first time, or believed no more: there is nothing to set beside others' rise.
    """

    alone: set[str] = field(default_factory=set[str])
    troubles: dict[str, str] = field(default_factory=dict[str, str])
    restarted: bool = False
    held: bool = False


@dataclass(slots=True)
class _Last:
    """The last good document: when it was asked for, its uptime, its counters."""

    at_s: float
    uptime_s: float | None
    values: Mapping[str, float]


class Source:
    """A pod, or an address, whose documents are read one after the other."""

    def __init__(self, key: str, name: str, arm: Arm | None, *, joined: bool) -> None:
        """Begin without a reading; `key` tells it from all others, `name` is for people."""
        self.key, self.name, self.joined = key, name, joined
        self.arm: Arm | None = arm
        self.path = ""  # the candidate that gave a document
        self.document: Document | None = None
        self.restarts = 0
        self.left = False
        self._counters = Counters()
        self._risen: dict[str, float] = {}
        self._unsent: dict[str, float] = {}
        self._contradictions: list[str] = []
        self._first_s: float | None = None
        self._last: _Last | None = None
        self._readings = 0
        self._outer: str | None = None  # the life as the cluster has it
        self._life: str | None = None
        self._inner = 0
        self._ahead = False  # the document told of a restart that the cluster has not told of yet
        self._held = False
        self._starts: list[float] = []

    def feed(self, document: Document, at_s: float, came_s: float, outer: str | None) -> Fed:
        """Take a document; `outer` is the life that the cluster knows, None to go by the document's own start."""
        values = {name: figure.value for name in COUNTED if (figure := document.figures[name]).value is not None}
        if outer is None:
            self._life = self._by_start(document, came_s)
        elif self._must_wait(document, at_s, outer, values):
            return Fed(held=True)
        fed = Fed()
        for name in COUNTED:
            figure = document.figures[name]
            if figure.value is None:
                fed.troubles[name] = figure.why
                continue
            got = self._counters.read(f"{self.key}/{name}", at_s, figure.value, self._life)
            if isinstance(got, NoData):
                fed.troubles[name] = got.why.removeprefix(f"{self.key}/{name}: ")
                fed.alone.add(name)
                self._contradict(f"pod {self.name}: {name}: {fed.troubles[name]}")
            elif isinstance(got, Increase):
                self._risen[name] = self._risen.get(name, 0) + got.by
                self._unsent[name] = got.by + (0 if got.restarted else self._unsent.get(name, 0))
                fed.restarted |= got.restarted
            else:
                fed.alone.add(name)
        self.restarts += fed.restarted
        if values:
            self._first_s = came_s if self._first_s is None else self._first_s
            self._last = _Last(at_s, document.uptime_s, values)
            self._readings += 1
        return fed

    def unsent(self, name: str) -> int:
        """Return what a counter rose by and nobody has written yet."""
        return int(self._unsent.get(name, 0))

    def sent(self, name: str, n: int) -> None:
        """Take note that so much of it is written."""
        self._unsent[name] = self._unsent.get(name, 0) - n

    def drop(self, *counters: str) -> None:
        """Forget what is not written."""
        for name in counters:
            self._unsent[name] = 0

    def figures(self) -> PodFigures:
        """Return it as judges need it."""
        return PodFigures(
            pod=self.name,
            arm=self.arm,
            figures=dict(self.document.figures) if self.document else {},
            risen=dict(self._risen),
            first_s=self._first_s,
            last_s=self._last.at_s if self._last else None,
            readings=self._readings,
            restarts=self.restarts,
            joined=self.joined,
            left=self.left,
            contradictions=tuple(self._contradictions),
            trouble=self.document.trouble if self.document else "it was not read",
        )

    def _contradict(self, said: str) -> None:
        if said not in self._contradictions and len(self._contradictions) < MOST_SAID:
            self._contradictions.append(said)

    def _must_wait(self, document: Document, at_s: float, outer: str, values: Mapping[str, float]) -> bool:
        """Settle which life a document is of; True if that shows only at the next look.

        The cluster tells of a restart later than the new process answers. A document whose uptime began anew tells
        it at once; without an uptime, counters that fell wait one look for the cluster's word.
        """
        if outer != self._outer:
            if not self._ahead or self._outer is None:
                self._life = outer
            self._outer, self._ahead, self._held = outer, False, False
            return False
        last = self._last
        if last is None:
            return False
        if document.uptime_s is not None and last.uptime_s is not None:
            if document.uptime_s < last.uptime_s and document.uptime_s < at_s - last.at_s + SAME_S:
                self._inner += 1
                self._life, self._ahead = f"{outer}+{self._inner}", True
            return False
        fell = any(name in values and values[name] < was for name, was in last.values.items())
        self._held = fell and not self._held
        return self._held

    def _by_start(self, document: Document, came_s: float) -> str | None:
        """Name a life by when its process started; None where the document does not say for how long it is up."""
        if document.uptime_s is None:
            return None
        start = (document.stamp_s if document.stamp_s is not None else came_s) - document.uptime_s
        known = next((at for at in self._starts if abs(at - start) <= SAME_S), None)
        if known is None:
            self._starts.append(start)
            del self._starts[:-32]
        return f"start {start if known is None else known:.3f}"

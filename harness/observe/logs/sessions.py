"""Users' sessions: when they begin, how they end, and what is counted of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from harness.evidence import names
from harness.evidence.sink import Count

if TYPE_CHECKING:
    from harness.evidence.sink import Sink
    from harness.judge.answers import Arm

Told: TypeAlias = Literal["shown", "clicked", "negative", "completed"]

MOST: Final = 200_000  # sessions open at once; with more the oldest end as unknown
SKEW_S: Final = 5.0  # how far apart pods' clocks may be without a session ending for it
SETTLE_S: Final = 30.0  # what comes so long after the end still belongs to it: pods are read one beside the other
_BIT: Final = {"stable": 1, "canary": 2, None: 4}
_ARM: Final[dict[int, Arm]] = {1: "stable", 2: "canary"}
_MIXED: Final = 3


@dataclass(slots=True)
class _Marks:
    """What UI and feedback events said; `heard_s` is when the first one came."""

    heard_s: float
    shown: bool = False
    clicked: bool = False
    negative: bool = False
    completed_s: float | None = None

    def mark(self, told: Told, at_s: float) -> None:
        if told == "completed":
            self.completed_s = at_s
        else:
            setattr(self, told, True)


@dataclass(slots=True)
class _Session:
    """One session: its requests' first and last time (UTC), and when the last one came."""

    begun_s: float
    last_s: float
    heard_s: float
    marks: _Marks
    again: bool
    arms: int = 0
    turn: int | None = None


@dataclass(slots=True)
class Tallied:
    """How many sessions became what."""

    ended: int = 0
    mixed: int = 0
    partial: int = 0
    lost: int = 0
    unfinished: int = 0
    late: int = 0


class Sessions:
    """Follows sessions by their hash; all times in seconds, `at_s` of UTC as logged, `now_s` of our clock.

    A session begins with its first request and ends when it says so, or when no request came for `idle_s`. Only then
    is it counted, at the time of its last request. One that was under way at the start is not: its begin is unseen.
    """

    def __init__(self, sink: Sink, idle_s: float, start_s: float, most: int = MOST) -> None:
        """Count into the sink; `start_s` (UTC) is when the watch began."""
        self._sink, self._idle_s, self._start_s, self._most = sink, idle_s, start_s, most
        self._settle_s = min(SETTLE_S, idle_s)
        # in the order in which their last request, their end, their first event came
        self._open: dict[str, _Session] = {}
        self._closing: dict[str, _Session] = {}
        self._early: dict[str, _Marks] = {}
        self._lost: tuple[float, float] | None = None
        self.tallied = Tallied()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open) + len(self._closing)

    def request(self, session: str, at_s: float, arm: Arm | None, turn: int | None, now_s: float) -> None:
        """Take a user's request."""
        one, again = self._running(session, at_s)
        if one is None:
            one = _Session(at_s, at_s, now_s, self._held(session, at_s) or _Marks(now_s), again)
        one.begun_s, one.last_s = min(one.begun_s, at_s), max(one.last_s, at_s)
        one.arms |= _BIT[arm]
        if turn is not None:
            one.turn = turn if one.turn is None else min(turn, one.turn)
        if one.marks.completed_s is None:
            one.heard_s = now_s
            self._open[session] = one
        elif session not in self._closing:  # its end was heard of before its begin
            self._closing[session] = one
        self._bound()

    def _held(self, session: str, at_s: float) -> _Marks | None:
        """Return what was heard of a session before its first request; an end of long before was another's."""
        marks = self._early.pop(session, None)
        if marks is not None and marks.completed_s is not None and at_s > marks.completed_s + SKEW_S:
            marks.completed_s = None
        return marks

    def _running(self, session: str, at_s: float) -> tuple[_Session | None, bool]:
        """Return the session that a request of then belongs to, taken out of the open ones; and if one ended before."""
        one = self._open.pop(session, None)
        if one is not None:
            if at_s - one.last_s < self._idle_s:
                return one, False
            self._end(one)
            return None, True
        one = self._closing.get(session)
        if one is None:
            return None, False
        if one.marks.completed_s is None or at_s <= one.marks.completed_s + SKEW_S:
            return one, False
        self._end(self._closing.pop(session))
        return None, True

    def event(self, session: str, told: Told, at_s: float, now_s: float) -> None:
        """Take what a user did; before the first request it is held back for as long as a session may be idle."""
        one = self._open.get(session) or self._closing.get(session)
        if one is None:
            self._early.setdefault(session, _Marks(now_s)).mark(told, at_s)
            self._bound()
            return
        one.marks.mark(told, at_s)
        if told == "completed" and session in self._open:
            one.heard_s = now_s
            self._closing[session] = self._open.pop(session)

    def tick(self, now_s: float, *, sure: bool = True) -> None:
        """End what is due; while not `sure` that all pods are read nothing counts as idle."""
        for session in _due(self._closing, now_s - self._settle_s):
            self._end(self._closing.pop(session))
        for session in _due(self._open, now_s - self._idle_s - self._settle_s) if sure else ():
            self._end(self._open.pop(session))
        for session in _due(self._early, now_s - self._idle_s - self._settle_s) if sure else ():
            del self._early[session]
            self.tallied.late += 1
        if self._lost is not None:
            self._sink.gap(names.SESSIONS, *self._lost, f"more than {self._most} sessions were open at once")
            self._lost = None

    def finish(self, now_s: float, *, sure: bool = True) -> None:
        """End what has ended; what may go on is not counted, since its end was not seen."""
        for one in self._closing.values():
            self._end(one)
        self._closing.clear()
        self.tick(now_s, sure=sure)
        for session in _due(self._open, now_s - self._idle_s) if sure else ():
            self._end(self._open.pop(session))
        self.tallied.unfinished += len(self._open)
        self._open.clear()

    def _bound(self) -> None:
        """Let the oldest go where there are too many."""
        while len(self) > self._most:
            oldest = self._open or self._closing
            one = oldest.pop(next(iter(oldest)))
            self._lose(one.begun_s, one.last_s)
        while len(self._early) > self._most:
            _ = self._early.pop(next(iter(self._early)))
            self.tallied.late += 1

    def _lose(self, from_s: float, to_s: float) -> None:
        self.tallied.lost += 1
        known = self._lost or (from_s, to_s)
        self._lost = min(from_s, known[0]), max(to_s, known[1])

    def _end(self, one: _Session) -> None:
        """Count a session that has ended."""
        if (one.turn or 0) > 1 and not one.again and one.begun_s < self._start_s + self._idle_s:
            self.tallied.partial += 1
            return
        marks, mixed, arm = one.marks, one.arms & _MIXED == _MIXED, _ARM.get(one.arms)
        self.tallied.ended += 1
        self.tallied.mixed += mixed
        self._count(names.MIXED, one, arm, "mixed", bad=mixed)
        if mixed:
            return
        self._count(names.SESSIONS, one, arm, "abandoned", bad=marks.completed_s is None)
        self._count(names.FEEDBACK, one, arm, "negative", bad=marks.negative)
        if marks.shown:
            self._count(names.CLICKS, one, arm, "unclicked", bad=not marks.clicked)

    def _count(self, stream: str, one: _Session, arm: Arm | None, kind: str, *, bad: bool) -> None:
        self._sink.count(Count(one.last_s, stream, names.FROM_LOGS, arm, 1, {kind: 1} if bad else {}))


def _due(those: dict[str, _Session] | dict[str, _Marks], until_s: float) -> list[str]:
    """Return those that were last heard of by then; they stand in that order."""
    found: list[str] = []
    for session, one in those.items():
        if one.heard_s > until_s:
            break
        found.append(session)
    return found

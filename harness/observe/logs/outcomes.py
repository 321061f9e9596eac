"""What became of each request: saved or not, repaired or not, remembered or forgotten; and why answers were given up.

A save that failed and a repair have lines of their own, before or after the request's, and are matched to it by
pod and session, so that one request is one thing however many lines it has. What finds no request of its own is
laid to another one of the same arm: the sum is right, only the second is not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from harness.evidence import names
from harness.evidence.sink import Count

if TYPE_CHECKING:
    from harness.evidence.sink import Sink
    from harness.judge.answers import Arm
    from harness.observe.logs.arms import Arms
    from harness.observe.logs.fields import Fields, Record

HELD_S: Final = 60.0  # for how long an event waits for its request
REASONS: Final = 100  # that are told apart; further ones are "other"
LONGEST: Final = 80  # characters of a reason
_BAD: Final = {names.SAVES: "unsaved", names.REPAIRS: "repaired", names.CONTEXT: "forgotten"}

_Key: TypeAlias = "tuple[str, Arm | None, int]"  # stream, arm, second of UTC


@dataclass(slots=True)
class _Waiting:
    """An event whose request has not come yet."""

    arm: Arm | None
    at_s: float
    heard_s: float


class Waiting:
    """Events of one container that wait for their request, by stream and session."""

    def __init__(self) -> None:
        """Begin with none."""
        self.of: dict[tuple[str, str], _Waiting] = {}


class Outcomes:
    """Adds up outcomes by second and arm, and hands the sums on when told to."""

    def __init__(self, fields: Fields, arms: Arms, sink: Sink) -> None:
        """Count into the sink."""
        self._fields, self._arms, self._sink = fields, arms, sink
        self._sums: dict[_Key, tuple[int, int]] = {}
        self._failed: Counter[tuple[str, Arm | None, int]] = Counter()
        self._stray: Counter[tuple[str, Arm | None]] = Counter()
        self._answered: set[Arm | None] = set()
        self._flagged: set[Arm | None] = set()
        self._waiting: list[Waiting] = []
        self.failures: Counter[str] = Counter()

    @property
    def unattached(self) -> dict[str, int]:
        """How many bad outcomes no answered request is there for, by kind."""
        found: Counter[str] = Counter()
        for (stream, _), count in self._stray.items():
            found[_BAD[stream]] += count
        return dict(found)

    def container(self) -> Waiting:
        """Return what the events of one more container wait in."""
        made = Waiting()
        self._waiting.append(made)
        return made

    def request(self, record: Record, at_s: float, waiting: Waiting) -> bool:
        """Take a request's line; True if it was answered, as its status says."""
        arm, second = self._arms.of(record.version), int(at_s)
        session = record.session
        unsaved = repaired = False
        if session and waiting.of:
            unsaved = waiting.of.pop((names.SAVES, session), None) is not None
            repaired = waiting.of.pop((names.REPAIRS, session), None) is not None
        if record.repaired or record.repair_reason:
            repaired = True
            self._flagged.add(arm)
        answered = record.status is not None and record.status < 500
        if answered or unsaved:  # a save that failed was one, whatever became of the answer
            self._add(names.SAVES, arm, second, bad=unsaved)
        if answered:
            self._answered.add(arm)
            self._add(names.REPAIRS, arm, second, bad=repaired)
        failed = record.status is not None and record.status >= 500  # it never came to remembering
        if record.turn is not None and record.turn >= 2 and not failed:
            self._add(names.CONTEXT, arm, second, bad=(record.known or 0) <= 0)
        return answered

    def unsaved(self, record: Record, at_s: float, waiting: Waiting, now_s: float) -> None:
        """Take the line of a save that failed."""
        self._wait(names.SAVES, record, at_s, waiting, now_s)

    def repaired(self, record: Record, at_s: float, waiting: Waiting, now_s: float) -> None:
        """Take the line of a repair."""
        self._wait(names.REPAIRS, record, at_s, waiting, now_s)

    def failed(self, record: Record, at_s: float, waiting: Waiting) -> None:
        """Take the line of an answer that the schema guard gave up on; a repair of it is none."""
        if record.session:
            _ = waiting.of.pop((names.REPAIRS, record.session), None)
        given = [record.reasons] if isinstance(record.reasons, str) else record.reasons or ["unknown"]
        for text in given:
            reason = text[:LONGEST] or "unknown"
            if reason not in self.failures and len(self.failures) >= REASONS:
                reason = "other"
            self.failures[reason] += 1
            self._failed[reason, self._arms.of(record.version), int(at_s)] += 1

    def flush(self, now_s: float) -> None:
        """Hand on what has come so far; `now_s` (our clock) decides which events have waited long enough."""
        for waiting in self._waiting:
            self._give_up(waiting, now_s - HELD_S)
        for (stream, arm, second), (n, bad) in self._sums.items():
            more = min(n - bad, self._stray[stream, arm])
            self._stray[stream, arm] -= more
            self._emit(stream, arm, second, n, bad + more)
        self._sums.clear()
        for (reason, arm, second), n in self._failed.items():
            self._sink.count(Count(float(second), names.FAILURES, reason, arm, n))
        self._failed.clear()
        self._stray = +self._stray

    def finish(self, now_s: float, at_s: float) -> None:
        """Hand on all; a bad outcome that is left counts as one more, if its arm had any answer at all."""
        for waiting in self._waiting:
            self._give_up(waiting, float("inf"))
        self.flush(now_s)
        for (stream, arm), bad in list(self._stray.items()):
            if arm in self._answered:
                self._emit(stream, arm, int(at_s), bad, bad)
                del self._stray[stream, arm]

    def _wait(self, stream: str, record: Record, at_s: float, waiting: Waiting, now_s: float) -> None:
        arm = self._arms.of(record.version)
        if record.session:
            _ = waiting.of.setdefault((stream, record.session), _Waiting(arm, at_s, now_s))
        else:
            self._astray(stream, arm)

    def _give_up(self, waiting: Waiting, until_s: float) -> None:
        while waiting.of:
            key = next(iter(waiting.of))
            if waiting.of[key].heard_s > until_s:
                break
            self._astray(key[0], waiting.of.pop(key).arm)

    def _astray(self, stream: str, arm: Arm | None) -> None:
        """Lay an event to another request; a repair only where requests do not say so themselves."""
        if stream != names.REPAIRS or arm not in self._flagged:
            self._stray[stream, arm] += 1

    def _add(self, stream: str, arm: Arm | None, second: int, *, bad: bool) -> None:
        n, worse = self._sums.get((stream, arm, second), (0, 0))
        self._sums[stream, arm, second] = n + 1, worse + bad

    def _emit(self, stream: str, arm: Arm | None, second: int, n: int, bad: int) -> None:
        errors = {_BAD[stream]: bad} if bad else {}
        self._sink.count(Count(float(second), stream, names.FROM_LOGS, arm, n, errors))

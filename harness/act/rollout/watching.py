"""What users get while a rollout goes on: each request once to the guard, and the share of the last seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from harness.errors import HarnessError
from harness.judge.drill import ASKED_BY_ANYONE
from harness.judge.exact import high_bound, low_bound
from harness.judge.identity import same_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.judge.drill import Seen
    from harness.judge.guarding import Guard
    from harness.judge.rolled import Ended

    Worse = Callable[[Sequence[Seen]], str]

GIVE: Final = 0.03
SURE: Final = 0.001  # each side: a share is only believed wrong when it is
FEWEST: Final = 20


class Users(Protocol):
    """The users' stream (harness.observe.stream.UserStream is one)."""

    def now_s(self) -> float:
        """Return seconds since it began."""
        ...

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        """Return the requests that have ended and were due since then."""
        ...


@dataclass(frozen=True, slots=True)
class Shares:
    """Who answered in a stretch of time: the candidate, somebody else, nobody we can name."""

    candidate: int = 0
    other: int = 0
    unnamed: int = 0

    @property
    def named(self) -> int:
        """Answers that name a build."""
        return self.candidate + self.other

    @property
    def share(self) -> float | None:
        """The candidate's share of them."""
        return self.candidate / self.named if self.named else None

    def shows(self, percent: float) -> bool:
        """Tell whether a weight may be what users get: nothing of the other arm at 0 and 100, else within 3 points."""
        if self.named < FEWEST:
            return False
        if percent <= 0:
            return self.candidate == 0
        if percent >= 100:
            return self.other == 0
        low, high = low_bound(self.candidate, self.named, SURE), high_bound(self.candidate, self.named, SURE)
        return low <= percent / 100 + GIVE and high >= percent / 100 - GIVE


class Watching:
    """Feeds the guard and counts shares; `worse` is a further signal that ends a rollout (a drill's is one)."""

    def __init__(
        self, users: Users, guard: Guard, candidate: str, *, timeout_s: float, worse: Worse | None = None
    ) -> None:
        """Watch for a candidate's commit; no request ends later than `timeout_s` after it was sent."""
        self.users = users
        self.guard = guard
        self._candidate = candidate
        self._timeout_s = timeout_s
        self._worse = worse
        self._from_s = 0.0
        self._known: set[tuple[float, str]] = set()
        self.failures = 0  # users' requests that failed, whoever should have answered

    def now_s(self) -> float:
        """Return the stream's instant."""
        return self.users.now_s()

    def look(self, *, expects: bool) -> tuple[str, Ended]:
        """Take what is new; return why to turn back and which kind of reason: "crossed", "blind", or two times ""."""
        now = self.users.now_s()
        try:
            rows = self.users.seen(self._from_s)
        except HarnessError as trouble:  # a stream that broke says so
            return str(trouble), "blind"
        fresh = [row for row in rows if (row.due_s, row.kind) not in self._known]
        fresh.sort(key=lambda row: row.done_s)
        self._known.update((row.due_s, row.kind) for row in fresh)
        self._from_s = max(self._from_s, now - self._timeout_s - 5.0)
        self._known = {key for key in self._known if key[0] >= self._from_s}
        self.failures += sum(bool(row.error) and row.kind in ASKED_BY_ANYONE for row in fresh)
        said = self.guard.feed(fresh) or (self._worse(fresh) if self._worse else "")
        if said:
            return said, "crossed"
        said = self.guard.blind(now, expects=expects)
        return said, "blind" if said else ""

    def _rows(self, since_s: float) -> tuple[Seen, ...]:
        try:
            return self.users.seen(since_s)
        except HarnessError:
            return ()

    def shares(self, from_s: float, *, pinned: bool = False) -> Shares:
        """Count who answered requests that were sent since an instant; `pinned` ones, too, if asked for."""
        candidate = other = unnamed = 0
        for row in self._rows(math.floor(from_s) - 1.0):
            if row.sent_s < from_s or not (pinned or row.kind in ASKED_BY_ANYONE):
                continue
            if not row.commit:
                unnamed += 1
            elif same_commit(row.commit, self._candidate):
                candidate += 1
            else:
                other += 1
        return Shares(candidate, other, unnamed)

"""Does the candidate get worse for users right now? Fed row by row while a rollout is watched.

Three guarded statements, each watched by an e-process (harness.judge.eprocess) with a third of alpha: at no time is the
conditional share of failed chats above the limit of P2-SLO-04, nor that of failed version asks, nor that of slow chat
answers above 5% (P2-SLO-01). Chats are counted apart: among cheap asks that never fail their failures would drown.
A candidate that keeps both limits is taken back with a probability of at most alpha, however long it is watched: all
shares and all watches, of which a fresh one begins at each change and each minute, split it evenly. A failure that
names no build may be either arm's and counts against the candidate: it came while we changed something.
"""

from __future__ import annotations

import collections
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from harness.judge import eprocess
from harness.judge.identity import same_commit
from harness.judge.limit import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.judge.drill import Seen
    from harness.verdict import Fact

    Recent: TypeAlias = collections.deque[tuple[float, bool]]

WATCHES = 64  # that share alpha: one begins at each change and each minute, so that an hour without a failure
RENEW_S = 60.0  # does not hide a burst after it
FEWEST = 20  # asks of the last seconds, before a share of late ones means anything


@dataclass(frozen=True, slots=True)
class Limits:
    """What is guarded: shares of 1, seconds. `silent_s` without an answer, or mostly late asks, measure nothing."""

    failed: float
    slow_s: float
    slow: float = 0.05
    alpha: float = 0.01  # of both together, for one rollout
    silent_s: float = 10.0
    late_s: float = 0.25
    late: float = 0.5


@dataclass(slots=True)
class _Share:
    """One share under watch: failures and samples, and where each of its watches began."""

    limit: float
    alpha: float  # of each watch
    hits: int = 0
    of: int = 0
    begun: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    crossed: tuple[int, int] | None = None  # failures and samples of the watch that crossed first

    def renew(self) -> None:
        """Begin another watch here, beside those that go on."""
        if len(self.begun) < WATCHES:
            self.begun.append((self.hits, self.of))

    def add(self, *, bad: bool) -> None:
        """Take one sample; e can only rise with a bad one."""
        self.of += 1
        if not bad:
            return
        self.hits += 1
        if self.crossed is None:
            begun = np.asarray(self.begun, dtype=np.float64).reshape(-1, 2)
            hits, of = self.hits - begun[:, 0], self.of - begun[:, 1]
            over = np.flatnonzero(eprocess.log_e(hits, of, self.limit) >= -math.log(self.alpha))
            self.crossed = (int(hits[over[-1]]), int(of[over[-1]])) if len(over) else None

    def said(self) -> str:
        """Return the counts of the watch that crossed, "" if none did."""
        return f"{self.crossed[0]:,} of {self.crossed[1]:,}" if self.crossed else ""

    def rate(self) -> str:
        """Return what share they are beside what it may be."""
        hits, of = self.crossed or (self.hits, self.of)
        return f"({percent(hits / of)}), wanted at most {percent(self.limit)}"


class Guard:
    """Counts the candidate's answers and says the first sentence that ends the rollout, "" as long as there is none."""

    def __init__(self, limits: Limits, commits: Sequence[str], *, began_s: float = 0.0) -> None:
        """Guard the build of these commits; silence counts from `began_s` of the stream."""
        self._limits = limits
        self._commits = tuple(commits)
        each = limits.alpha / 3 / WATCHES
        self._failed, self._others = _Share(limits.failed, each), _Share(limits.failed, each)
        self._slow = _Share(limits.slow, each)
        self._renewed_s = began_s
        self.renew(began_s)
        self._heard_s = self._candidate_s = began_s
        self._recent: Recent = collections.deque()

    @property
    def failed(self) -> int:
        """Requests of the candidate, or of nobody we know, that failed."""
        return self._failed.hits + self._others.hits

    @property
    def answers(self) -> int:
        """Requests that count for or against the candidate."""
        return self._failed.of + self._others.of

    def renew(self, at_s: float) -> None:
        """Begin another watch at a change, for which what went well before says nothing."""
        self._renewed_s = at_s
        for share in (self._failed, self._others, self._slow):
            share.renew()

    def expect(self, from_s: float) -> None:
        """Count the candidate's silence from here: only from now on it must answer."""
        self._candidate_s = max(self._candidate_s, from_s)

    def feed(self, rows: Iterable[Seen]) -> str:
        """Take requests that have ended, in the order of time; return the crossing with its figures, or ""."""
        for row in rows:
            self._take(row)
        return self._said()

    def blind(self, now_s: float, *, expects: bool) -> str:
        """Say why nothing is measured at this instant, or ""; `expects`: the candidate must be answering."""
        most = self._limits.silent_s
        if (silent := now_s - self._heard_s) > most:
            return f"no request of the users' stream has ended for {silent:.0f} s, so nothing is measured"
        if expects and (silent := now_s - self._candidate_s) > most:
            return f"the candidate has given no answer for {silent:.0f} s, so nothing of it is measured"
        while self._recent and self._recent[0][0] < now_s - most:
            _ = self._recent.popleft()
        late = sum(late for _, late in self._recent)
        if len(self._recent) >= FEWEST and late > self._limits.late * len(self._recent):
            said = f"{late:,} of {len(self._recent):,} asks of the last {most:.0f} s left more than"
            return f"{said} {self._limits.late_s:g} s late: the machine that asks is too busy to measure"
        return ""

    def facts(self) -> dict[str, Fact]:
        """Return the counts and the limits they are held against."""
        return {
            "failed": self._failed.hits,
            "chats": self._failed.of,
            "others_failed": self._others.hits,
            "others": self._others.of,
            "failed_limit": self._failed.limit,
            "slow": self._slow.hits,
            "timed": self._slow.of,
            "slow_s": self._limits.slow_s,
            "slow_limit": self._slow.limit,
            "alpha": self._limits.alpha,
        }

    def _take(self, row: Seen) -> None:
        late = row.sent_s - row.due_s > self._limits.late_s
        if row.done_s - self._renewed_s >= RENEW_S:
            self.renew(row.done_s)
        self._heard_s = max(self._heard_s, row.done_s)
        self._recent.append((row.done_s, late))
        ours = any(same_commit(row.commit, commit) for commit in self._commits) if row.commit else False
        if ours:
            self._candidate_s = max(self._candidate_s, row.done_s)
        if ours or (row.error and not row.commit):
            (self._failed if row.kind == "chat" else self._others).add(bad=bool(row.error))
        if ours and row.kind == "chat" and not row.error and not late:  # a late ask says nothing of the target's time
            self._slow.add(bad=row.done_s - row.due_s > self._limits.slow_s)

    def _said(self) -> str:
        for share, what in ((self._failed, "chats with"), (self._others, "version asks to")):
            if counts := share.said():
                return f"{counts} {what} the candidate failed {share.rate()}"
        if counts := self._slow.said():
            slow = f"{counts} of the candidate's chat answers took longer than {self._limits.slow_s:g} s"
            return f"{slow} {self._slow.rate()}"
        return ""

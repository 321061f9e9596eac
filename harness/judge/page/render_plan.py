"""The plan by which renderings are timed and counted: fixed before the first, whatever they turn out to be.

Each rendering stands between two drawings of an empty page, and counts where both were quick. That is no choice by
result: it rests on the drawings alone, which another page in a process of its own makes, at least a quarter of a second
away from the rendering. What goes on inside a rendering between two quick drawings can only make it slower. So:

- MET stays safe: exact bounds (Clopper and Pearson, Biometrika 26, 1934) at two looks, none of 72 or at most 3 of 173,
  each wrong with a probability of at most 2.5%. A page whose work goes on could slow the drawing after its own slow
  rendering and so take it out: with those that only the later drawing takes out, the share must keep the limit too.
- VIOLATED needs more than such bounds, since load can hit between two quick drawings. In a known share of the places a
  blank stands instead: work that takes this machine six tenths of the limit when nothing disturbs it, then the same
  drawing, in all about three quarters of the limit. How often a blank takes the limit or longer says what load does,
  and must not explain the slow renderings (harness.judge.page.against_load): looks after 18, 72 and 173 renderings,
  wrong with a probability of at most 1%, 1% and 3%, for a page that keeps its limit without load and loses no more
  renderings to it than blanks are lost.

Where blanks stand follows from the drawings alone, and asking ends early only by the drawings, at a look, or where
nothing that can still come changes the verdict. All of it holds for independent attempts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from harness.judge.exact import high_bound, low_bound
from harness.judge.page.against_load import excluded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARE: Final = 0.05  # of the renderings that may take as long as the limit
ALPHA: Final = 0.025  # each look's for MET
FIRST: Final = 72
LAST: Final = 173
FAST_LOOKS: Final = (FIRST, LAST)
SLOW_LOOKS: Final[Mapping[int, float]] = {18: 0.01, FIRST: 0.01, LAST: 0.03}  # and what each may be wrong by
MACHINE_MS: Final = 50.0  # a drawing of 200 rows on an empty page; 15 to 30 where nothing else runs
BLANK_SHARE: Final = 0.6  # of the limit: a blank's work before its drawing
BLANK_EVERY: Final = 6  # attempts, up to the first look
BLANK_EVERY_LATER: Final = 2  # a page that is seldom slow is told from load by as many blanks as renderings
ASKED_AT_MOST: Final[Mapping[int, int]] = {FIRST: 120, LAST: 260}  # renderings, counted or not, to come to a look
GLANCE: Final = 10  # attempts after which it shows whether this machine is idle enough at all


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rendering, or a blank in the place of one, and the drawings of an empty page before and after it; in ms.

    `pieces_ms` are the ways of the pieces that were shown before the end of a streamed answer. `blame` is which script
    took longest, or style and layout; "" where no frame was long enough for the browser to say.
    """

    ms: float
    before_ms: float
    after_ms: float
    blank: bool = False
    pieces_ms: tuple[float, ...] = ()
    blame: str = ""

    @property
    def counts(self) -> bool:
        """Whether both drawings were quick."""
        return max(self.before_ms, self.after_ms) <= MACHINE_MS


@dataclass(frozen=True, slots=True)
class Tally:
    """What attempts come to: `hits` slow ones of `of` counted renderings, and slow ones of counted blanks.

    `asked` are all renderings, `dragged` the slow ones that only the drawing after them takes out.
    """

    hits: int = 0
    of: int = 0
    slow_blanks: int = 0
    blanks: int = 0
    asked: int = 0
    dragged: int = 0

    def plus(self, one: Attempt, p95_ms: float) -> Tally:
        """Return it with one attempt more."""
        slow = int(one.ms >= p95_ms)
        if one.blank:
            counts = int(one.counts)
            return replace(self, blanks=self.blanks + counts, slow_blanks=self.slow_blanks + slow * counts)
        if one.counts:
            return replace(self, asked=self.asked + 1, of=self.of + 1, hits=self.hits + slow)
        late = int(one.before_ms <= MACHINE_MS)
        return replace(self, asked=self.asked + 1, dragged=self.dragged + slow * late)

    @property
    def within(self) -> bool:
        """Whether the exact upper bound of the share keeps the limit."""
        return self.of > 0 and high_bound(self.hits, self.of, ALPHA) <= SHARE

    @property
    def fast(self) -> bool:
        """Whether it does, and the share too with what only the later drawing takes out."""
        return self.within and self.hits + self.dragged <= SHARE * (self.of + self.dragged)

    def slow(self, alpha: float) -> bool:
        """Tell whether too many are slow for load to explain it."""
        if low_bound(self.hits, self.of, alpha) <= SHARE:  # no load is the first explanation, and quickly looked at
            return False
        return excluded(self.hits, self.of, self.slow_blanks, self.blanks, share=SHARE, alpha=alpha)


def tally(attempts: Sequence[Attempt], p95_ms: float) -> Tally:
    """Count attempts; `p95_ms` and longer is slow."""
    seen = Tally()
    for one in attempts:
        seen = seen.plus(one, p95_ms)
    return seen


def blank_next(counted: int, since_blank: int) -> bool:
    """Tell whether a blank comes next, after so many counted renderings and so many attempts since the last blank."""
    return since_blank >= (BLANK_EVERY if counted < FIRST else BLANK_EVERY_LATER) - 1


def decided(attempts: Sequence[Attempt], p95_ms: float) -> Literal["fast", "slow", ""]:
    """Decide from attempts in their order: at the plan's looks and at no other time."""
    seen = Tally()
    for one in attempts:
        before, seen = seen, seen.plus(one, p95_ms)
        if seen.of == before.of:
            continue
        if seen.of in FAST_LOOKS and seen.fast:
            return "fast"
        if seen.of in SLOW_LOOKS and seen.slow(SLOW_LOOKS[seen.of]):
            return "slow"
    return ""


def hopeless(attempts: Sequence[Attempt]) -> bool:
    """Tell, by the drawings alone, whether this machine is too busy for the next look to be reached."""
    if len(attempts) >= GLANCE and sum(one.counts for one in attempts) * GLANCE <= len(attempts):
        return True
    renders = [one.counts for one in attempts if not one.blank]
    look = FIRST if sum(renders) < FIRST else LAST
    return look - sum(renders) > ASKED_AT_MOST[look] - len(renders)


def settled(attempts: Sequence[Attempt], p95_ms: float) -> bool:
    """Tell whether nothing that can still come changes the verdict, so that none of it has to be waited for."""
    seen = tally(attempts, p95_ms)
    if seen.of >= LAST or hopeless(attempts) or decided(attempts, p95_ms):
        return True
    if seen.of < FIRST:
        return False
    rest = LAST - seen.of
    never_fast = not replace(seen, of=LAST).within  # however fast the rest is
    slowest = replace(seen, hits=seen.hits + rest, of=LAST, blanks=seen.blanks + ASKED_AT_MOST[LAST])
    return never_fast and not slowest.slow(SLOW_LOOKS[LAST])

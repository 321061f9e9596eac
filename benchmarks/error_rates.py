"""How often the sequential judges are wrong on a target at its limit, and what they find: simulated, seeded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter  # pyright: ignore[reportUnknownVariableType]

from benchmarks import rivals
from harness.judge import difference, family, limit
from harness.judge.difference import Differences, Pair
from harness.judge.limit import Tally
from harness.judge.quantile import Counted
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.judge.eprocess import Floats
    from harness.verdict import Verdict

LOOKS, DAY = 20_000, 1_440
SEED = 20_261_123
_ONE = (Tally(0, 1), Tally(1, 1))


def sequential_table(runs: int = 1_000, looks: int = LOOKS) -> list[dict[str, object]]:
    """Return how often each judge that looks more than once says VIOLATED of a target exactly on its limit."""
    rows: list[dict[str, object]] = []
    for alpha in (0.05, 0.01):
        counted: dict[str, int] = {
            "keeps_within 0.3%": ever_over(0.003, alpha, runs, looks),
            "keeps_within 50%": ever_over(0.5, alpha, runs, looks),
            "quantile_keeps_within P95": ever_over(0.05, alpha, runs, looks, quantile=True),
            "not_worse": sum(ever_worse(run, alpha) is not None for run in _white(runs, looks)),
        }
        for judge, wrong in counted.items():
            row: dict[str, object] = {"judge": judge, "alpha": alpha, "runs": runs, "looks": looks, "violated": wrong}
            rows.append(row | {"at_most": family.most_by_chance(runs, alpha)})
    return rows


def ever_over(share: float, alpha: float, runs: int, looks: int = LOOKS, *, quantile: bool = False) -> int:
    """Return how many runs with a true share at the limit are VIOLATED at any of the looks, or at the end."""
    dice = np.random.default_rng(SEED)
    wrong = 0
    for _ in range(runs):
        windows = [_ONE[int(failed)] for failed in dice.random(looks) < share]
        verdict: Verdict = (
            limit.quantile_keeps_within(1.5, windows, alpha=alpha, quantile=1 - share)
            if quantile
            else limit.keeps_within(share, windows, alpha=alpha)
        )
        wrong += verdict.outcome is Outcome.VIOLATED
    return wrong


def _white(runs: int, of: int) -> Iterator[Floats]:
    dice = np.random.default_rng(SEED)
    return (dice.normal(size=of) for _ in range(runs))


def ar1(dice: np.random.Generator, rho: float, of: int = DAY) -> Floats:
    """Return AR(1) noise of variance 1, settled."""
    fresh = dice.normal(size=of + 200) * math.sqrt(1 - rho * rho)
    return np.asarray(lfilter([1.0], [1.0, -rho], fresh), dtype=np.float64)[200:]


def exact_pairs(minutes: Floats) -> list[Pair]:
    """Return windows whose difference of medians is exactly each minute's figure."""
    ten, zero = np.array([10]), np.array([0.0])
    return [Pair(Counted(edge, edge, ten), Counted(zero, zero, ten)) for edge in minutes[:, None]]


def block_medians(minutes: Floats) -> Callable[[int, int], Differences]:
    """Return what cuts the first `of` minutes into blocks of `size` as `exact_pairs` would be, each size only once."""
    known: dict[int, Floats] = {}

    def at(of: int, size: int) -> Differences:
        if size not in known:
            whole = np.sort(minutes[: len(minutes) // size * size].reshape(-1, size), axis=1)
            known[size] = (whole[:, (size - 1) // 2] + whole[:, size // 2]) / 2  # as the median of ten of each
        cut = known[size][: of // size]
        return Differences(cut, cut, difference.lag_one(cut), size)

    return at


def looks_at(of: int) -> Iterator[int]:
    """Yield after how many windows, up to `of`, a further block is complete: between these, nothing changes."""
    at = difference.WATCHED
    while at <= of:
        yield at
        size = 1
        while at // size >= 2 * difference.WATCHED:
            size *= 2
        at += size - at % size


def ever_worse(minutes: Floats, alpha: float, margin: float = 0.0) -> int | None:
    """Return after how many windows `not_worse` shows the judged arm worse when it is asked at every window."""
    cut = block_medians(minutes)
    for of in looks_at(len(minutes)):
        watched = difference.watching(of, lambda size, of=of: cut(of, size))
        if watched is not None and difference.first_worse(watched, margin, alpha * limit.WATCHING) is not None:
            return of
    return None


def worse_at_end(minutes: Floats, alpha: float, margin: float = 0.0) -> Outcome | None:
    """Return what the one look at the end of a day says; None when the blocks correlate too much to say."""
    cut = block_medians(minutes)
    judged, _ = difference.at_end(len(minutes), lambda size: cut(len(minutes), size))
    return None if judged is None else difference.decide(judged, None, margin, alpha=alpha, quantile=0.5).outcome


def healthy_table(runs: int = 1_000, lines: int = 10, family_error: float = 0.05) -> list[dict[str, object]]:
    """Return how many healthy days with ten latency lines each rule flags; margin 0, the harshest for us.

    A minute's figure of each arm is AR(1) noise, arms independent. Ours looks at every block and at the end; the
    Mann-Whitney model looks once, at the last hour.
    """
    dice = np.random.default_rng(3)
    rows: list[dict[str, object]] = []
    for rho in (0.0, 0.8, 0.95):
        ours = theirs = told = 0
        for _ in range(runs):
            days = [(10 + ar1(dice, rho), 10 + ar1(dice, rho)) for _ in range(lines)]
            flagged, judged = day_of_lines([one - other for one, other in days], family_error)
            ours, told = ours + flagged, told + judged
            theirs += any(rivals.mann_whitney(one[-60:], other[-60:]) != "Pass" for one, other in days)
        rows.append(
            {
                "rho": rho,
                "ours": f"{100 * ours / runs:.1f}%",
                "stated": f"{family_error:.0%}, so at most {family.most_by_chance(runs, family_error)} of {runs}",
                "lines_judged": f"{100 * told / runs / lines:.0f}%",
                "mann_whitney_model": f"{100 * theirs / runs:.1f}%",
            }
        )
    return rows


def day_of_lines(days: list[Floats], family_error: float) -> tuple[bool, int]:
    """Return whether any line of a day is called worse, at any look or at the end, and how many could be judged."""
    alphas = family.shares(family_error, {str(i): 1 / len(days) for i in range(len(days))}).values()
    ends = [worse_at_end(day, alpha) for day, alpha in zip(days, alphas, strict=True)]
    seen = any(ever_worse(day, alpha) is not None for day, alpha in zip(days, alphas, strict=True))
    return seen or Outcome.VIOLATED in ends, sum(end is not None for end in ends)

"""Is one arm's quantile worse than the other's by more than a margin? Block by block, so that shared shocks cancel.

Both arms are cut into the same blocks of time. A block's difference of quantiles is one observation: a deploy, a
slow store, a busy hour strike both arms and leave it alone (what multiplies both, such as load, leaves the ratio
alone: `relative`). The median of these differences is bounded by order
statistics (no distribution assumed). What it assumes, independent blocks, is checked: the lag-1 correlation widens
the interval, and while it is above 0.3 blocks are merged; when that leaves too few of them, the outcome is UNKNOWN.

Guarded statement while watching: at no block is the chance of a difference above the margin, given the blocks
before, over one half. As time goes on blocks get longer; each new cut is another e-process, so only lengths that
double are watched, only complete blocks (which then never change), and each length has a part of alpha of its own:
1/2, 1/6, 1/12 and so on. Correlation up to 0.3 raises the bar as it widens the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.judge import detectable, eprocess
from harness.judge.exact import order_ranks
from harness.judge.limit import MET_ALPHA, POWER, WATCHING
from harness.judge.quantile import Counted, merged
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.judge.eprocess import Floats
    from harness.verdict import Fact

GUARDED = "at no block is the chance of a difference above the margin, given the blocks before, over one half"
MOST_LAG1 = 0.3
FEWEST_BLOCKS = 12  # with fewer, a lag-1 correlation means nothing
MOST_BLOCKS = 48
WATCHED = 48  # blocks to begin with: in 12, noise that wanders passed for independent, and 12% alarmed at 5%
IN_TAIL = 5  # a block's quantile rests on at least so many values beyond it: 100 in a block for a P95


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What both arms showed in the same window of time."""

    judged: Counted
    reference: Counted


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """The blocks' differences (judged minus reference) with the buckets' edges, and the blocks' lag-1 correlation.

    `relative`: they are natural logarithms of the ratios.
    """

    lows: Floats
    highs: Floats
    lag1: float
    windows_per_block: int
    relative: bool = False

    @property
    def middles(self) -> Floats:
        """The differences as single values."""
        return (self.lows + self.highs) / 2


def not_worse(
    windows: Sequence[Pair],
    margin: float,
    *,
    alpha: float,
    quantile: float = 0.95,
    met_alpha: float = MET_ALPHA,
    ended: bool = True,
    relative: bool = False,
    unit: str = "s",
) -> Verdict:
    """Decide whether the judged arm's quantile exceeds the reference's by at most `margin` (unit of the values).

    `relative`: the margin is a share of the reference's quantile, 0.05 for 5%, and the values are above 0.
    `windows` are equally long, in the order of time, without holes. VIOLATED: the interval of the median block
    difference lies above the margin, or the sign e-process crossed at any block. MET, only when the planned time
    has `ended`: the interval's upper bound is within the margin. UNKNOWN: too few values or blocks, blocks that
    correlate, or an interval over the margin.
    """
    cut = blocks(windows, quantile, relative=relative)
    if isinstance(cut, Verdict):
        return cut

    def complete(size: int) -> Differences | None:
        whole = windows[: len(windows) // size * size]
        return _cut(_joined(whole, size), quantile, size, relative=relative)

    watched = watching(len(windows), complete)
    return decide(cut, watched, margin, alpha=alpha, met_alpha=met_alpha, ended=ended, quantile=quantile, unit=unit)


def at_end(of: int, cut_at: Callable[[int], Differences | None]) -> tuple[Differences | None, float]:
    """Return the cut of `of` windows that is judged once, and the lag-1 correlation that was tried last.

    `cut_at` makes blocks of so many windows each, or says None when one has too few values.
    """
    size = max(1, math.ceil(of / MOST_BLOCKS))
    lag1 = 0.0
    while of // size >= FEWEST_BLOCKS:
        cut = cut_at(size)
        if cut is None:
            size += max(1, size // 8)
        elif cut.lag1 <= MOST_LAG1:
            return cut, cut.lag1
        else:
            lag1 = cut.lag1
            size *= 2
    return None, lag1


def watching(of: int, cut_at: Callable[[int], Differences | None]) -> Differences | None:
    """Return the cut that is watched after `of` windows, None when there is none to be believed.

    `cut_at` is as for `at_end`, but leaves out what does not fill a block. 48 to 95 blocks are tried first; where
    they correlate or hold too few values, twice as long ones are.
    """
    size = 1
    while of // size >= 2 * WATCHED:
        size *= 2
    while of >= WATCHED and of // size >= WATCHED // 2:
        cut = cut_at(size)
        if cut is not None and cut.lag1 <= MOST_LAG1:
            return cut
        size *= 2
    return None


def first_worse(watched: Differences, limit: float, alpha: float) -> int | None:
    """Return the first block (from 0) at which watching showed a median above `limit`; None if none did.

    `alpha` is what all lengths of blocks share. Where blocks correlate, ln e must be larger by `inflation`: e to a
    power below 1 stays an e-process.
    """
    doubled = math.log2(watched.windows_per_block)
    part = alpha / ((doubled + 1) * (doubled + 2))
    over = np.cumsum(watched.lows > limit)
    return eprocess.first_crossing(over, np.arange(1, len(over) + 1), 0.5, part ** inflation(watched.lag1))


def blocks(windows: Sequence[Pair], quantile: float, *, relative: bool = False) -> Differences | Verdict:
    """Cut windows into blocks with enough values and little correlation, or say why that can't be done."""
    judged, reference = sum(p.judged.n for p in windows), sum(p.reference.n for p in windows)
    counts: dict[str, Fact] = {"n": judged, "n_reference": reference, "windows": len(windows)}
    nothing: dict[str, Fact] = {"estimate": None, "low": None, "high": None} | counts
    if judged == 0 or reference == 0:
        arm = "judged" if judged == 0 else "reference"
        return unknown(Reason.NO_DATA, f"the {arm} arm has no values at all", **nothing)
    need = _values_needed(quantile)
    cut, lag1 = at_end(len(windows), lambda size: _cut(_joined(windows, size), quantile, size, relative=relative))
    if cut is not None:
        return cut
    if lag1 > MOST_LAG1:
        said = f"blocks still correlate (lag 1: {lag1:.2f}, wanted at most {MOST_LAG1}); watch at least twice as long"
        return unknown(Reason.SAMPLE_TOO_SMALL, said, **nothing, lag1=lag1)
    least = FEWEST_BLOCKS * need
    missing = max(1, least - min(judged, reference))
    said = (
        f"{judged:,} and {reference:,} values in {len(windows):,} windows do not fill {FEWEST_BLOCKS} blocks of "
        f"{need:,} values of each arm; at least {missing:,} more are needed, evenly over time"
    )
    return unknown(Reason.SAMPLE_TOO_SMALL, said, **nothing, needed=missing)


def decide(
    cut: Differences,
    watched: Differences | None,
    margin: float,
    *,
    alpha: float,
    met_alpha: float = MET_ALPHA,
    ended: bool = True,
    quantile: float = 0.95,
    unit: str = "s",
) -> Verdict:
    """Judge the blocks' differences against the margin; `watched` are those that are looked at as they come."""
    unit = "" if cut.relative else unit
    limit = math.log1p(margin) if cut.relative else margin
    shown = math.expm1 if cut.relative else float
    low, _ = median_interval(cut.lows, cut.lag1, alpha * (1 - WATCHING) if ended else alpha)
    _, high = median_interval(cut.highs, cut.lag1, met_alpha)
    estimate = float(np.median(cut.middles))
    n = len(cut.lows)
    at = None if watched is None else first_worse(watched, limit, alpha * WATCHING)
    spread = float(np.std(cut.middles, ddof=1)) * math.sqrt(inflation(cut.lag1))
    shift = detectable.block_shift(n, spread, alpha * (1 - WATCHING), POWER)
    facts: dict[str, Fact] = {
        "estimate": shown(estimate),
        "low": _finite(shown(low)),
        "high": _finite(shown(high)),
        "limit_high": margin,
        "relative": cut.relative,
        "n": n,
        "windows_per_block": cut.windows_per_block,
        "lag1": cut.lag1,
        "quantile": quantile,
        "value_unit": unit,
        "crossed_at_block": at,
        "watched_windows_per_block": None if watched is None else watched.windows_per_block,
        "alpha": alpha,
        "met_alpha": met_alpha,
        "detectable": None if shift is None else shown(limit + shift),
        "power": POWER,
        "unit": "block",
        "guarded": GUARDED,
        "method": "order statistics of the block differences; sign e-process while watching",
    }
    least, most, at_most = (_written(shown(v), unit) for v in (low, high, limit))
    said = (
        f"P{quantile * 100:g} is {_written(shown(estimate), unit)} against the reference ({least} to {most}, "
        f"{n} blocks), wanted at most {at_most}"
    )
    if at is not None:
        each = "" if watched is None or watched.windows_per_block == cut.windows_per_block else " it was watched in"
        return violated(f"{said}; shown after {at + 1} blocks{each}", **facts)
    if not ended:
        return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; no violation so far, still being watched", **facts)
    if low > limit:
        return violated(said, **facts)
    if high <= limit:
        return met(said, **facts)
    facts["needed"] = needed = _more_blocks(n, high - estimate, limit - estimate)
    more = f"about {needed:,} more blocks are needed" if needed else "no number of blocks would show this difference"
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; {more}", **facts)


def median_interval(values: Floats, lag1: float, alpha: float) -> tuple[float, float]:
    """Return bounds of the median, each wrong with at most `alpha`; -inf and inf with too few values.

    Order statistics; their distance in ranks from the middle is widened as a correlated mean's error is.
    """
    ordered, n = np.sort(values), len(values)
    rank, _ = order_ranks(n, 0.5, alpha)
    middle = (n + 1) / 2
    at = math.floor(middle - (middle - rank) * math.sqrt(inflation(lag1)) + 1e-9)
    if rank < 1 or at < 1:
        return -math.inf, math.inf
    return float(ordered[at - 1]), float(ordered[n - at])


def inflation(lag1: float) -> float:
    """Return by how much a lag-1 correlation inflates the variance of a mean: (1 + r) / (1 - r), at least 1."""
    held = min(max(lag1, 0.0), 0.99)
    return (1 + held) / (1 - held)


def lag_one(values: Floats) -> float:
    """Return the lag-1 correlation, unbiased for short series (Marriott and Pope 1954); 0 if constant."""
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= 0:
        return 0.0
    raw = float(centred[1:] @ centred[:-1]) / total
    return raw + (1 + 3 * raw) / len(values)


def _differences(pairs: Sequence[Pair], quantile: float, size: int, *, relative: bool) -> Differences:
    judged = np.array([pair.judged.unbiased(quantile) for pair in pairs])
    reference = np.array([pair.reference.unbiased(quantile) for pair in pairs])
    if relative:
        if bool(np.any(judged <= 0) or np.any(reference <= 0)):
            raise ValueError("values: wanted above 0 for a relative margin")
        judged, reference = np.log(judged), np.log(reference)
    lows, highs = judged[:, 0] - reference[:, 1], judged[:, 1] - reference[:, 0]
    return Differences(lows, highs, lag_one((lows + highs) / 2), size, relative)


def _values_needed(quantile: float) -> int:
    """Return how many values a block's quantile needs."""
    return math.ceil(IN_TAIL / min(quantile, 1 - quantile) - 1e-9)


def _cut(pairs: Sequence[Pair], quantile: float, size: int, *, relative: bool) -> Differences | None:
    """Return the differences of blocks of `size` windows; None when one has too few values."""
    if min(min(p.judged.n, p.reference.n) for p in pairs) < _values_needed(quantile):
        return None
    return _differences(pairs, quantile, size, relative=relative)


def _joined(windows: Sequence[Pair], size: int) -> list[Pair]:
    """Join each `size` windows; what is left over joins the last block, so that nothing is dropped."""
    count = len(windows) // size
    cuts = [windows[i * size : (i + 1) * size if i < count - 1 else len(windows)] for i in range(count)]
    return [Pair(merged([p.judged for p in cut]), merged([p.reference for p in cut])) for cut in cuts]


def _more_blocks(n: int, half: float, room: float) -> int | None:
    """Return about how many more blocks shrink the half-width into the room; None if there is no room."""
    if room <= 0:
        return None
    wanted = 4 * n if math.isinf(half) else math.ceil(n * (half / room) ** 2)
    return max(1, wanted - n)


def _written(value: float, unit: str) -> str:
    """Write a signed difference; without a unit it is a share. What so few blocks do not bound is said in words."""
    if math.isinf(value):
        return "no bound"
    return f"{value:+.4g} {unit}" if unit else f"{value * 100:+.3g}%"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

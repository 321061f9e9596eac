"""Does a share fall and settle near zero? Its slope with an interval, and the level at the end with exact bounds.

The slope is the weighted least-squares one over blocks of time, its error from the residuals themselves (HC3,
MacKinnon and White 1985), widened by the blocks' lag-1 correlation: bursts make it wider, not wrong. A fall that
flattens out is no correlation, so that is taken from the residuals of a line with knots early in the watched time.
This judge looks once, when the planned time has ended: alpha is that of a single verdict, and an early one is none.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy import special

from harness.judge import detectable
from harness.judge.difference import FEWEST_BLOCKS, MOST_BLOCKS, MOST_LAG1, inflation, lag_one
from harness.judge.exact import high_bound, low_bound, needed_for_met
from harness.judge.limit import MET_ALPHA, POWER, Tally, percent
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.judge.eprocess import Floats
    from harness.verdict import Fact

LAST = 0.25  # of the watched time: the end, whose level is judged
KNOTS = (1 / 8, 1 / 4, 1 / 2)  # of the watched time: what settles bends early
FEWEST_HITS = 20  # with fewer, a slope's error is not known and only levels are judged

_t_quantile = cast("Callable[[float, float], float]", special.stdtrit)


@dataclass(frozen=True, slots=True)
class Slope:
    """Change of the share over the whole watched time: estimate, standard error (widened), lag-1 correlation."""

    estimate: float
    error: float
    lag1: float
    blocks: int

    def bound(self, alpha: float) -> float:
        """Return the distance from the estimate to the one-sided bound at `alpha`."""
        return float(_t_quantile(max(1, math.floor(self.blocks / inflation(self.lag1)) - 2), 1 - alpha)) * self.error


def settles(windows: Sequence[Tally], level: float, *, alpha: float, met_alpha: float = MET_ALPHA) -> Verdict:
    """Decide whether a share falls and ends at or below `level` (0..1), from equally long windows in order of time.

    MET: the upper bound of the level in the last quarter is within `level`, and the slope's upper bound is at or
    below 0, or the share was within `level` from the first quarter on, so that there is nothing left to fall.
    VIOLATED: the slope's lower bound is above 0, or the end's lower bound above `level`; half of alpha each.
    UNKNOWN otherwise. Raises ValueError for a level outside 0..1.
    """
    of = sum(w.of for w in windows)
    nothing: dict[str, Fact] = {"estimate": None, "low": None, "high": None, "limit_high": level, "n": of}
    if of == 0:
        return unknown(Reason.NO_DATA, "no samples", **nothing)
    used = _blocks(windows)
    if used is None:
        said = f"{len(windows)} windows do not make {FEWEST_BLOCKS} blocks with samples in each"
        return unknown(Reason.SAMPLE_TOO_SMALL, said, **nothing)
    quarter = max(1, round(LAST * len(used)))
    first, last = _sum(used[:quarter]), _sum(used[-quarter:])
    low, high = low_bound(last.hits, last.of, alpha / 2), high_bound(last.hits, last.of, met_alpha)
    slope = slope_of(used)
    enough = sum(w.hits for w in used) >= FEWEST_HITS
    facts = _facts(slope if enough else None, last, level, alpha, met_alpha) | {"low": low, "high": high, "n": of}
    said = (
        f"ends at {percent(last.hits / last.of)} ({percent(low)} to {percent(high)}, {last.of:,} samples), wanted at "
        f"most {percent(level)}; slope {_points(slope, alpha, met_alpha) if enough else 'not estimable, too few hits'}"
    )
    if low > level:
        return violated(said, **facts)
    doubt = _doubt(slope, enough=enough)
    rises = enough and slope.estimate - slope.bound(alpha / 2) > 0
    if rises and not doubt:
        return violated(f"{said}: it rises", **facts)
    if high > level:
        facts["needed"] = needed = needed_for_met(last.hits, level, met_alpha) - last.of
        doubt = f"{needed:,} more samples without a hit at the end are needed"
    elif not rises and high_bound(first.hits, first.of, met_alpha) <= level:
        doubt, said = "", f"{said}; it was as low from the start"
    elif not doubt and slope.estimate + slope.bound(met_alpha) > 0:
        doubt = "whether it falls can't be told yet"
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; {doubt}", **facts) if doubt else met(said, **facts)


def _doubt(slope: Slope, *, enough: bool) -> str:
    """Return why a slope is not believed, if so."""
    if not enough:
        return f"fewer than {FEWEST_HITS} hits do not show a fall"
    if slope.lag1 > MOST_LAG1:
        return f"blocks still correlate (lag 1: {slope.lag1:.2f}, wanted at most {MOST_LAG1})"
    return ""


def slope_of(blocks: Sequence[Tally]) -> Slope:
    """Return the change of the share from the first to the last block; every block needs samples."""
    weight = np.array([b.of for b in blocks], dtype=np.float64)
    share = np.array([b.hits for b in blocks], dtype=np.float64) / weight
    time = np.linspace(0.0, 1.0, len(blocks))
    away = time - np.average(time, weights=weight)
    scale = float(np.sum(weight * away**2))
    estimate = float(np.sum(weight * away * share)) / scale
    residual = share - np.average(share, weights=weight) - estimate * away
    leverage = weight / weight.sum() + weight * away**2 / scale
    error = math.sqrt(float(np.sum((weight * away * residual / (1 - leverage)) ** 2))) / scale
    lag1 = _lag_of_bent(time, share, np.sqrt(weight))
    return Slope(estimate, error * math.sqrt(inflation(lag1)), lag1, len(blocks))


def _lag_of_bent(time: Floats, share: Floats, scale: Floats) -> float:
    """Return the lag-1 correlation of what a line with knots leaves, less what the fitting itself puts there."""
    columns = np.column_stack([np.ones_like(time), time, *(np.maximum(0.0, time - knot) for knot in KNOTS)])
    whitened = columns * scale[:, None]
    fitted = np.linalg.lstsq(whitened, share * scale)[0]
    return lag_one(share * scale - whitened @ fitted) + (columns.shape[1] - 1) / len(time)


def _blocks(windows: Sequence[Tally]) -> list[Tally] | None:
    """Join windows into equally long blocks, as many as have samples in each; None if they would be too few."""
    for count in range(min(MOST_BLOCKS, len(windows)), FEWEST_BLOCKS - 1, -1):
        edges = [round(i * len(windows) / count) for i in range(count + 1)]
        joined = [_sum(windows[a:b]) for a, b in itertools.pairwise(edges)]
        if all(block.of for block in joined):
            return joined
    return None


def _sum(windows: Sequence[Tally]) -> Tally:
    return Tally(sum(w.hits for w in windows), sum(w.of for w in windows))


def _points(slope: Slope, alpha: float, met_alpha: float) -> str:
    low, high = slope.estimate - slope.bound(alpha / 2), slope.estimate + slope.bound(met_alpha)
    return f"{slope.estimate * 100:+.3g} points ({low * 100:+.3g} to {high * 100:+.3g})"


def _facts(slope: Slope | None, last: Tally, level: float, alpha: float, met_alpha: float) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "estimate": last.hits / last.of,
        "limit_high": level,
        "n_end": last.of,
        "hits_end": last.hits,
        "alpha": alpha,
        "met_alpha": met_alpha,
        "unit": "block",
        "method": "weighted least-squares slope with HC3 errors; exact (Clopper-Pearson) bounds of the end level",
    }
    if slope is None:
        return facts | {"slope": None}
    return facts | {
        "slope": slope.estimate,
        "slope_low": slope.estimate - slope.bound(alpha / 2),
        "slope_high": slope.estimate + slope.bound(met_alpha),
        "blocks": slope.blocks,
        "lag1": slope.lag1,
        "detectable": detectable.slope(slope.error, alpha / 2, POWER),
        "power": POWER,
    }

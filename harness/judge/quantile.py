"""Quantiles of counted values, with bounds that hold for every distribution of independent samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.judge.eprocess import boundary
from harness.judge.exact import order_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.eprocess import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """How many values lay in each bucket: lower and upper edges (unit of the values) in rising order, and counts.

    A value that is known exactly is a bucket whose edges are equal. A bound never claims more than the edges do.
    """

    lows: Floats
    highs: Floats
    counts: Ints

    @property
    def n(self) -> int:
        """All values."""
        return int(self.counts.sum())

    def at(self, rank: int) -> tuple[float, float]:
        """Return the edges of the bucket that holds the `rank`-th smallest value (1..n)."""
        if not 1 <= rank <= self.n:
            raise ValueError(f"rank: wanted 1..{self.n}, got {rank}")
        index = int(np.searchsorted(np.cumsum(self.counts), rank))
        return float(self.lows[index]), float(self.highs[index])

    def quantile(self, quantile: float) -> tuple[float, float]:
        """Return the edges of the bucket with the sample quantile (the ceil(q n)-th value)."""
        return self.at(min(self.n, max(1, math.ceil(quantile * self.n - 1e-9))))

    def unbiased(self, quantile: float) -> tuple[float, float]:
        """Return edges of the quantile that is too high as often as too low, however few values there are.

        Median-unbiased interpolation of two neighbours (Hyndman and Fan 1996, definition 8). The plain sample
        quantile of 100 values is below the true P95 in 62 of 100 cases, that of 900 in 53: compared with each
        other, two equal arms would differ. Raises ValueError without a value.
        """
        upto = np.cumsum(self.counts)
        n = int(upto[-1]) if len(upto) else 0
        if n == 0:
            raise ValueError("quantile: wanted 1 value or more, got none")
        rank = min(max(quantile * n + (quantile + 1) / 3, 1.0), float(n))
        below, above = np.searchsorted(upto, (math.floor(rank), math.ceil(rank)))
        part = rank - math.floor(rank)
        low, high = (float(edge[below] + part * (edge[above] - edge[below])) for edge in (self.lows, self.highs))
        return low, high


def counted(values: npt.ArrayLike) -> Counted:
    """Count exact values, in any order. Raises ValueError for one that is not a finite number."""
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.all(np.isfinite(array))):
        raise ValueError("values: wanted finite numbers, got NaN or infinity among them")
    kept, counts = np.unique(array, return_counts=True)
    return Counted(kept, kept, counts.astype(np.int64))


def merged(parts: Sequence[Counted]) -> Counted:
    """Add counts of the same bucketing (or exact values), bucket by bucket."""
    lows = np.concatenate([part.lows for part in parts]) if parts else np.empty(0)
    highs = np.concatenate([part.highs for part in parts]) if parts else np.empty(0)
    counts = np.concatenate([part.counts for part in parts]) if parts else np.empty(0, dtype=np.int64)
    kept, first, where = np.unique(lows, return_index=True, return_inverse=True)
    total = np.zeros(len(kept), dtype=np.int64)
    np.add.at(total, where, counts)
    return Counted(kept, highs[first], total)


def interval(values: Counted, quantile: float, alpha: float) -> tuple[float, float]:
    """Return bounds of a quantile, each wrong with at most `alpha`, for one look at a planned number of values.

    Order statistics (David and Nagaraja 2003, 7.1); -inf or inf where there are too few values.
    """
    below, above = order_ranks(values.n, quantile, alpha)
    return _between(values, below, above)


def sequence(values: Counted, quantile: float, alpha: float) -> tuple[float, float]:
    """Return bounds of a quantile that hold at every look at once, each wrong with at most `alpha`.

    A quantile confidence sequence (Howard and Ramdas, Bernoulli 28, 2022) by inversion of the e-processes of "at
    most 1-q above" and "at most q below"; -inf or inf where there are too few values.
    """
    n = values.n
    if n == 0:
        return -math.inf, math.inf
    above = int(boundary(n, 1 - quantile, alpha))  # so many values at or above x refute "the quantile is below x"
    below = int(boundary(n, quantile, alpha))
    return _between(values, n + 1 - above, below)


def _between(values: Counted, below: int, above: int) -> tuple[float, float]:
    low = values.at(below)[0] if below >= 1 else -math.inf
    high = values.at(above)[1] if above <= values.n else math.inf
    return low, high

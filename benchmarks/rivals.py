"""Models of what else decides rollouts, from their documented rules: to compare with, not the products themselves."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]

_brentq = cast("Callable[..., float]", optimize.brentq)  # pyright: ignore[reportUnknownMemberType]
_rankdata = cast("Callable[[Floats], Floats]", stats.rankdata)  # pyright: ignore[reportUnknownMemberType]


def flagger(failures: npt.NDArray[np.int64], of: int, limit: float, threshold: int = 5) -> int | None:
    """Return the minute of rollback: one check a minute, failed checks add up and are never forgotten."""
    failed = np.cumsum(failures / of > limit)
    return int(np.argmax(failed >= threshold)) + 1 if bool(np.any(failed >= threshold)) else None


def argo(failures: npt.NDArray[np.int64], of: int, limit: float, failure_limit: int = 3) -> int | None:
    """Return the minute of the abort: a measurement every 5 minutes, more than `failure_limit` failed ones end it."""
    windows = failures[: len(failures) // 5 * 5].reshape(-1, 5).sum(axis=1)
    failed = np.cumsum(windows / (5 * of) > limit)
    return 5 * (int(np.argmax(failed > failure_limit)) + 1) if bool(np.any(failed > failure_limit)) else None


def rounded_percentile(values: Floats, quantile: float) -> float:
    """Return a percentile of values rounded to two digits, as load generators keep them to save memory (seconds)."""
    ms = values * 1000
    digits = np.where(ms >= 1000, -2, np.where(ms >= 100, -1, 0))
    rounded = np.round(ms / 10.0**-digits) * 10.0**-digits
    return float(np.quantile(rounded, quantile, method="inverted_cdf")) / 1000


def mann_whitney(experiment: Floats, control: Floats, tolerance: float = 0.25, confidence: float = 0.98) -> str:
    """Return "Pass", "High" or "Low": the confidence interval of the shift against a tolerance of the estimate.

    Normal approximation with ties and continuity correction, roots by Brent's method to 5e-5 (absolute).
    """
    x, y = np.sort(experiment), np.sort(control)
    if np.array_equal(x, y) or len(np.unique(np.concatenate([x, y]))) == 1:
        return "Pass"
    if len(np.unique(x)) == 1 and len(np.unique(y)) == 1:
        dice = np.random.default_rng(0)
        x, y = (v + dice.normal(size=len(v)) * abs(1e-5 * v) for v in (x, y))
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2)
    low, high, estimate = _root(x, y, z), _root(x, y, -z), _root(x, y, 0.0)
    bound = tolerance * abs(estimate)
    return "High" if low > bound else "Low" if high < -bound else "Pass"


def _root(x: Floats, y: Floats, quantile: float) -> float:
    n, m = len(x), len(y)

    def statistic(shift: float) -> float:
        values = np.concatenate([x - shift, y])
        ranks = _rankdata(values)
        gap = float(ranks[:n].sum()) - n * (n + 1) / 2 - n * m / 2
        ties = np.unique(values, return_counts=True)[1].astype(np.float64)
        tied = float(np.sum(ties**3 - ties)) / ((n + m) * (n + m - 1))
        sigma = math.sqrt(n * m / 12 * (n + m + 1 - tied))
        correction = 0.0 if quantile == 0 else 0.5 * math.copysign(1, gap)
        return (gap - correction) / sigma - quantile if sigma else -quantile

    low, high = float(x[0] - y[-1]), float(x[-1] - y[0])
    if statistic(low) <= 0:
        return low
    if statistic(high) >= 0:
        return high
    return _brentq(statistic, low, high, xtol=5e-5, maxiter=1000)

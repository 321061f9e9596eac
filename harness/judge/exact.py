"""Exact binomial bounds (Clopper-Pearson, Biometrika 26, 1934) and how many samples they need."""

from __future__ import annotations

import math

from harness.judge.share import at_most, high_bound, low_bound

__all__ = ["high_bound", "low_bound", "needed_for_met", "order_ranks"]


def needed_for_met(hits: int, limit: float, met_alpha: float) -> int:
    """Return the fewest samples that show a share within `limit` with `hits` failures among them.

    With none: 598 for 0.5%, 998 for 0.3%, 2,995 for 0.1%, 59 for a P95, each at 95%.
    """
    if not 0 < limit < 1:
        raise ValueError(f"limit: wanted a share between 0 and 1, got {limit}")
    if hits == 0:
        return math.ceil(math.log(met_alpha) / math.log1p(-limit))
    least, most = hits, 2 * hits + 1
    while high_bound(hits, most, met_alpha) > limit:
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if high_bound(hits, middle, met_alpha) <= limit else (middle, most)
    return most


def order_ranks(of: int, quantile: float, alpha: float) -> tuple[int, int]:
    """Return the ranks (1..of) of the order statistics that bound a quantile from below and above.

    Each side is wrong with a probability of at most `alpha`, whatever the distribution, for independent samples.
    0 and of + 1 mean that no sample bounds it on that side.
    """
    return _rank(of, quantile, alpha), of + 1 - _rank(of, 1 - quantile, alpha)


def _rank(of: int, quantile: float, alpha: float) -> int:
    """Return the largest rank r with P(Binomial(of, quantile) < r) <= alpha; 0 if there is none."""
    low, high = 0, of
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if at_most(middle - 1, of, quantile) <= alpha else (low, middle - 1)
    return low

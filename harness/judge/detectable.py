"""What a judge can and cannot find with the samples it has: effects and sample sizes, printed with each verdict."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, cast

from scipy import special

from harness.judge.eprocess import boundary
from harness.judge.exact import needed_for_met, order_ranks
from harness.judge.share import at_most

if TYPE_CHECKING:
    from collections.abc import Callable

_betaincinv = cast("Callable[[float, float, float], float]", special.betaincinv)


def share_while_watching(of: int, limit: float, alpha: float, power: float) -> float | None:
    """Return the smallest true share that the e-process finds within `of` samples with at least `power`.

    It may cross earlier, so the true power is higher. None: not even a share of 1 would be found.
    """
    return _share(of, int(boundary(of, limit, alpha)), power)


def share_at_end(of: int, limit: float, alpha: float, power: float) -> float | None:
    """Return the smallest true share whose exact lower bound after `of` samples is above the limit with `power`."""
    low, high = 0, of + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if 1 - at_most(middle - 1, of, limit) < alpha else (middle + 1, high)
    return _share(of, high, power)


def samples_for_met(limit: float, true: float, power: float, met_alpha: float = 0.05) -> int:
    """Return the fewest samples that show a share of `true` to be within `limit` with `power`, exactly.

    So many good ones in a row as one more failure costs make a step; within it power falls, so the fewest are where
    a step begins. Of 0.1% at 99% these are 13,146 for a fifth of it and 45,260 for half; a search in steps of 2%
    finds 13,255 and 45,312, which are enough and in the same steps, but not the fewest. More samples may have less
    power: from 45,260 on it falls to 98.7% and is 99% for good only from 47,535.

    Raises ValueError for a true share at or above the limit, which no number of samples shows.
    """
    if not 0 <= true < limit:
        raise ValueError(f"true share: wanted 0 to below {limit}, got {true}")

    def enough(failures: int) -> bool:
        return at_most(failures, needed_for_met(failures, limit, met_alpha), true) >= power

    most = 1
    while not enough(most):
        most *= 2
    least = -1
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return needed_for_met(most, limit, met_alpha)


def block_shift(blocks: int, spread: float, alpha: float, power: float) -> float | None:
    """Return by how much the median of `blocks` differences must exceed its margin to be found with `power`.

    `spread` is the standard deviation of one block's difference (normal). None: too few blocks at this alpha.
    """
    rank, _ = order_ranks(blocks, 0.5, alpha)
    if rank < 1:
        return None
    above = _share(blocks, blocks - rank + 1, power)
    return None if above is None else spread * NormalDist().inv_cdf(min(above, 1 - 1e-12))


def sessions_per_arm(margin: float, share: float, power: float, alpha: float = 0.05) -> int:
    """Return the sessions per arm that show arms of equal `share` (0..1) to be within `margin` with `power`.

    The textbook number, (z_alpha + z_power)^2 * 2 p (1 - p) / margin^2: 3,045 for 3 points at 80% and 90% power.
    """
    if margin <= 0:
        raise ValueError(f"margin: wanted more than 0, got {margin}")
    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha) + normal.inv_cdf(power)
    return round(z * z * 2 * share * (1 - share) / margin**2)


def session_drop(canary: int, stable: int, share: float, margin: float, *, alpha: float, power: float) -> float:
    """Return the fall of a `share` (0..1) on the canary that is called VIOLATED with `power`, the margin included."""
    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha) + normal.inv_cdf(power)
    drop = margin
    for _ in range(50):  # the variance depends on the drop: a contraction, settled long before
        fallen = min(max(share - drop, 0.0), 1.0)
        drop = margin + z * math.sqrt(fallen * (1 - fallen) / canary + share * (1 - share) / stable)
    return drop


def slope(spread: float, alpha: float, power: float) -> float:
    """Return the slope that is found with `power`, from the standard error of the estimated one."""
    normal = NormalDist()
    return spread * (normal.inv_cdf(1 - alpha) + normal.inv_cdf(power))


def _share(of: int, hits: int, power: float) -> float | None:
    """Return the smallest true share with P(X >= hits) >= power."""
    if hits > of:
        return None
    return float(_betaincinv(hits, of - hits + 1, power)) if hits else 0.0

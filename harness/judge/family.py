"""Error rates of a family of judges: split beforehand with fixed weights, stated together, checked by counting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.judge.share import at_most

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MISSTATED = 0.001  # how rarely a count above `most_by_chance` comes from a judge that keeps its promise


def shares(family: float, weights: Mapping[str, float]) -> dict[str, float]:
    """Return each line's alpha: its weight (0..1] of the family's; the weights may sum to 1 at most.

    Weighted Bonferroni: whatever the dependence between the lines, a healthy target is called VIOLATED anywhere
    in the family with a probability of at most the family's alpha. Raises ValueError for weights that break that.
    """
    if not 0 < family < 1:
        raise ValueError(f"family alpha: wanted between 0 and 1, got {family}")
    wrong = [f"{line} = {weight}" for line, weight in weights.items() if not 0 < weight <= 1]
    if wrong:
        raise ValueError(f"weights: wanted more than 0 and at most 1, got {', '.join(wrong)}")
    if math.fsum(weights.values()) > 1 + 1e-9:
        raise ValueError(f"weights: wanted a sum of at most 1, got {math.fsum(weights.values()):.4f}")
    return {line: family * weight for line, weight in weights.items()}


def equal_share(alpha: float, parts: int) -> float:
    """Return one part's alpha when a claim is made in `parts` planned parts, such as the slices of a soak."""
    if parts < 1:
        raise ValueError(f"parts: wanted 1 or more, got {parts}")
    return alpha / parts


def stated(alphas: Iterable[float]) -> float:
    """Return the most often that any judge of the family wrongly says VIOLATED, whatever their dependence."""
    return min(1.0, math.fsum(alphas))


def most_by_chance(runs: int, alpha: float) -> int:
    """Return the most false alarms in `runs` simulated runs that still agree with `alpha`.

    A judge with exactly `alpha` shows more only once in a thousand times (binomial).
    """
    return next(most for most in range(runs + 1) if at_most(most, runs, alpha) >= 1 - _MISSTATED)

"""Two arms' quantiles over the whole of a watch: what users of both met in it, when blocks of time can't tell more.

Blocks of time that correlate say little about another day, and a short watch has few of them. What the watch itself
was is known all the same: within it, requests of both arms that came in at the same rate met the same moments. So an
arm is as good as its reference here when the upper bound of its quantile is within the margin of the lower bound of
the reference's (order statistics, half of alpha each; independent requests of changing distributions, Hoeffding
1956). It can only say MET: a difference that blocks do not confirm is not held against an arm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.judge.limit import MET_ALPHA
from harness.judge.quantile import interval, merged
from harness.verdict import Outcome, Verdict, met

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.difference import Pair


def or_overall(
    by_blocks: Verdict,
    windows: Sequence[Pair],
    margin: float,
    *,
    quantile: float,
    relative: bool,
    met_alpha: float = MET_ALPHA,
    unit: str = "s",
) -> Verdict:
    """Return the verdict of the blocks; where they could not tell, MET if the whole watch shows it.

    Both looks together are wrong with at most `met_alpha`, if `by_blocks` was made with half of it, as this one is.
    """
    if by_blocks.outcome is not Outcome.UNKNOWN:
        return by_blocks
    both = [pair for pair in windows if pair.judged.n and pair.reference.n]
    if not both:
        return by_blocks
    judged, reference = merged([pair.judged for pair in both]), merged([pair.reference for pair in both])
    slow = interval(judged, quantile, met_alpha / 4)[1]
    fast = interval(reference, quantile, met_alpha / 4)[0]
    if not (math.isfinite(slow) and math.isfinite(fast)) or (relative and fast <= 0):
        return by_blocks
    most = slow / fast - 1 if relative else slow - fast
    if most > margin:
        return by_blocks
    (low, high), (below, above) = judged.quantile(quantile), reference.quantile(quantile)
    one, other = (low + high) / 2, (below + above) / 2
    estimate = one / other - 1 if relative else one - other
    shown = (f"{value * 100:+.3g}%" if relative else f"{value:+.4g} {unit}" for value in (estimate, most, margin))
    here, bound, wanted = shown
    said = (
        f"P{quantile * 100:g} over the whole watch is {here} against the reference, at most {bound} "
        f"({judged.n:,} and {reference.n:,} values), wanted at most {wanted}"
    )
    return met(
        said,
        estimate=estimate,
        low=min(estimate, most),
        high=most,
        limit_high=margin,
        relative=relative,
        n=judged.n,
        n_reference=reference.n,
        quantile=quantile,
        value_unit="" if relative else unit,
        met_alpha=met_alpha,
        unit="request",
        method="order statistics of both arms over the whole watch",
        by_blocks=by_blocks.because,
    )

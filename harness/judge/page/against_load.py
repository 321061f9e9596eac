"""Can what this machine was busy with explain so many slow renderings? Exact, against blanks measured beside them.

A blank is a page of known, lawful work, measured in the place of a rendering: how often it is slow says how often load
alone makes a rendering slow. Both are counted only between two quick drawings of an empty page.

Let load make any rendering slow with a probability q, and a blank with q or more. Of a page that keeps its limit at
most `share + q` of the renderings are then slow. For each q the probability of at least as many slow ones is a binomial
tail, that of at most as many slow blanks another; for independent attempts their product is that of both together.
q is not known, so the largest product over all q counts. Of `share + q` and q nothing is estimated first, so there is
no error to be carried along; the difference of two Clopper-Pearson bounds says the same with several times the blanks.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.eprocess import Floats

STEPS: Final = 4_000  # of q; between two of them the larger value of either factor is taken, so nothing is missed
KEPT: Final = 0.9  # of alpha for no slow blank; a tenth of the rest for each further one, so that all add up to alpha

_betainc = cast("Callable[[Floats | float, Floats | float, Floats], Floats]", special.betainc)


@lru_cache(maxsize=1024)
def chance(hits: int, of: int, slow_blanks: int, blanks: int, share: float) -> float:
    """Return the largest probability that load brings about so many slow renderings, and so few slow blanks.

    `hits` or more of `of` renderings, `slow_blanks` or fewer of `blanks`; `share` (0..1, open) of the renderings may be
    slow without any load. At most one step of q too large, never too small. 1 where the blanks exclude nothing.
    """
    if hits <= 0 or slow_blanks >= blanks:
        return 1.0
    load = np.linspace(0.0, 1.0 - share, STEPS + 1)
    slow = np.minimum(load[1:] + share, 1.0)
    many = _betainc(hits, of - hits + 1, slow)
    few = _betainc(blanks - slow_blanks, slow_blanks + 1, 1.0 - load[:-1])
    return float(np.max(many * few))


def level(alpha: float, slow_blanks: int) -> float:
    """Return the part of `alpha` that is kept for so many slow blanks: over all of their numbers they sum to alpha."""
    return float(alpha * KEPT * (1.0 - KEPT) ** slow_blanks)


def excluded(hits: int, of: int, slow_blanks: int, blanks: int, *, share: float, alpha: float) -> bool:
    """Tell whether load is no explanation; wrongly with a probability of at most `alpha`, whatever the load.

    For each number of slow blanks the event "so many hits or more, so few slow blanks or fewer" has at most the
    probability of its own part of alpha, and being wrong is one of these events.
    """
    return chance(hits, of, slow_blanks, blanks, share) <= level(alpha, slow_blanks)

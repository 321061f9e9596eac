"""Are the judged arm's sessions worse than the reference's by more than a margin? The unit is the session.

Requests of one session share a user, a conversation and an arm; counted one by one they would pass for many times
the evidence they are. Two independent proportions are compared by score bounds of their difference (Miettinen and
Nurminen, Statistics in Medicine 4, 1985), which keep their level near 0 and 1 where Wald's do not, corrected for
skewness (Laud, Pharmaceutical Statistics 16, 2017): without that, a small canary's rare errors would be called worse
twice as often as promised. These judges look once, when the planned time has ended.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.judge import detectable
from harness.judge.limit import MET_ALPHA, POWER, Tally, percent
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from harness.judge.eprocess import Floats
    from harness.verdict import Fact

FEWEST = 30  # sessions in each arm; below, the bounds' level is not what it says
_HALVINGS = 40  # of a difference within -1..1: to 1e-12


def not_fewer(judged: Tally, reference: Tally, margin: float, *, alpha: float, met_alpha: float = MET_ALPHA) -> Verdict:
    """Decide whether the judged arm's share of good sessions (hits) is at most `margin` below the reference's.

    MET: the lower bound of the difference is at or above -margin. VIOLATED: the upper bound is below it.
    UNKNOWN otherwise, with the sessions per arm still needed. One look, when the planned time has ended.
    """
    return _decide(judged, reference, margin, alpha, met_alpha, fewer=True)


def not_more(judged: Tally, reference: Tally, margin: float, *, alpha: float, met_alpha: float = MET_ALPHA) -> Verdict:
    """Decide whether the judged arm's share of bad sessions or answers is at most `margin` above the reference's.

    One look, as `not_fewer`: its error rates are those of a single verdict at the end, not of one asked for repeatedly.
    """
    return _decide(judged, reference, margin, alpha, met_alpha, fewer=False)


def enough(
    judged: Tally, reference: Tally, margin: float, *, met_alpha: float = MET_ALPHA, power: float = POWER
) -> tuple[bool, int]:
    """Return whether so many sessions call an equal arm MET with `power`, and how many would; hits are good sessions.

    The number is of the judged arm's sessions; the reference grows with them in the present proportion. Both arms
    are taken to have the reference's share; without any session of the reference one half, which needs the most.
    Raises ValueError for a margin of 0 or less, which no number of sessions shows.
    """
    if margin <= 0:
        raise ValueError(f"margin: wanted more than 0, got {margin}")
    share = reference.hits / reference.of if reference.of else 0.5
    ratio = reference.of / judged.of if judged.of and reference.of else 1.0

    def shown(of: int) -> bool:
        return chance_of_met(share, of, max(1, round(ratio * of)), margin, met_alpha) >= power

    most = FEWEST
    while not shown(most):
        most *= 2
    least = most // 2 if most > FEWEST else FEWEST - 1
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if shown(middle) else (middle, most)
    return min(judged.of, reference.of) > 0 and shown(judged.of), most


def chance_of_met(share: float, of: int, ref_of: int, margin: float, met_alpha: float = MET_ALPHA) -> float:
    """Return the chance that `of` sessions are MET against `ref_of` when both arms have the same `share` (0..1).

    The score statistic at the margin is taken as normal, with its mean at the expected counts and the variance of
    the true shares over that of the restricted ones: within 2 points of a simulation (in the tests).
    """
    if min(of, ref_of) < FEWEST:
        return 0.0
    k1, n1, k0, n0 = (np.array([float(value)]) for value in (share * of, of, share * ref_of, ref_of))
    score, skewness = (float(value[0]) for value in _score(k1, n1, k0, n0, np.array([-margin])))
    normal = NormalDist()
    z = normal.inv_cdf(1 - met_alpha)
    beyond = score - z - skewness * (z * z - 1) / 6
    spread = math.sqrt(share * (1 - share) * (1 / of + 1 / ref_of))
    if spread == 0:
        return float(beyond > 0)
    return normal.cdf(beyond * (margin / score) / spread)  # margin / score is the restricted standard error


def bounds(
    hits: npt.ArrayLike, of: npt.ArrayLike, ref_hits: npt.ArrayLike, ref_of: npt.ArrayLike, alpha: float
) -> tuple[Floats, Floats]:
    """Return score bounds of share - reference share, each wrong with about `alpha`; arrays broadcast.

    The bounds are where the score statistic reaches the normal quantile, found by halving.
    """
    given = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in (hits, of, ref_hits, ref_of)))
    k1, n1, k0, n0 = given
    z = NormalDist().inv_cdf(1 - alpha)
    low = _root(k1, n1, k0, n0, z)
    return low, -_root(k0, n0, k1, n1, z)


def _root(k1: Floats, n1: Floats, k0: Floats, n0: Floats, z: float) -> Floats:
    """Return the largest difference that the data lie significantly above."""
    low, high = np.full(k1.shape, -1.0), k1 / n1 - k0 / n0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        score, skewness = _score(k1, n1, k0, n0, middle)
        refuted = score > z + skewness * (z * z - 1) / 6
        low, high = np.where(refuted, middle, low), np.where(refuted, high, middle)
    return low


def _score(k1: Floats, n1: Floats, k0: Floats, n0: Floats, delta: Floats) -> tuple[Floats, Floats]:
    """Return the score statistic of the difference `delta` and its skewness, at the restricted maximum likelihood."""
    n, k = n1 + n0, k1 + k0
    l2 = (n1 + 2 * n0) * delta - n - k
    l1 = (n0 * delta - n - 2 * k0) * delta + k
    l0 = k0 * delta * (1 - delta)
    q = l2**3 / (27 * n**3) - l1 * l2 / (6 * n**2) + l0 / (2 * n)
    p = np.copysign(np.sqrt(np.maximum(l2**2 / (9 * n**2) - l1 / (3 * n), 0.0)), q)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = (math.pi + np.arccos(np.clip(np.nan_to_num(q / p**3), -1.0, 1.0))) / 3
        p0 = np.clip(2 * p * np.cos(angle) - l2 / (3 * n), np.maximum(0.0, -delta), np.minimum(1.0, 1.0 - delta))
        p1 = np.clip(p0 + delta, 0.0, 1.0)
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
        gap = k1 / n1 - k0 / n0 - delta
        third = p1 * (1 - p1) * (1 - 2 * p1) / n1**2 - p0 * (1 - p0) * (1 - 2 * p0) / n0**2
        score = np.where(variance > 0, gap / np.sqrt(variance), np.where(gap > 0, math.inf, 0.0))
        return score, np.where(variance > 0, third / variance**1.5, 0.0)


def _decide(judged: Tally, reference: Tally, margin: float, alpha: float, met_alpha: float, *, fewer: bool) -> Verdict:
    if margin < 0:
        raise ValueError(f"margin: wanted 0 or more, got {margin}")
    if judged.of == 0 or reference.of == 0:
        arm = "judged" if judged.of == 0 else "reference"
        nothing: dict[str, Fact] = {"estimate": None, "low": None, "high": None, "n": judged.of}
        return unknown(Reason.NO_DATA, f"the {arm} arm has no sessions", **nothing, n_reference=reference.of)
    if (fewest := min(judged.of, reference.of)) < FEWEST:
        few: dict[str, Fact] = {"n": judged.of, "n_reference": reference.of, "needed": FEWEST - fewest}
        said = f"{judged.of} and {reference.of} sessions; at least {FEWEST - fewest} more are needed in each arm"
        return unknown(Reason.SAMPLE_TOO_SMALL, said, estimate=None, low=None, high=None, **few)
    counts = (judged.hits, judged.of, reference.hits, reference.of)
    strict, wide = bounds(*counts, alpha), bounds(*counts, met_alpha)
    # the side that would refute is shown at alpha, the side that would prove at met_alpha
    low, high = (wide[0], strict[1]) if fewer else (strict[0], wide[1])
    facts = _facts(judged, reference, margin, alpha, met_alpha, fewer=fewer)
    facts |= {"low": float(low), "high": float(high)}
    wanted = f"at least {-margin * 100:+.3g}" if fewer else f"at most {margin * 100:+.3g}"
    said = (
        f"{percent(judged.hits / judged.of)} of {judged.of:,} against {percent(reference.hits / reference.of)} of "
        f"{reference.of:,} ({float(low) * 100:+.3g} to {float(high) * 100:+.3g} points), wanted {wanted} points"
    )
    if (high < -margin) if fewer else (low > margin):
        return violated(said, **facts)
    if (low >= -margin) if fewer else (high <= margin):
        return met(said, **facts)
    needed = _needed(judged, reference, margin, met_alpha, fewer=fewer)
    facts["needed"] = needed
    more = f"about {needed:,} more sessions per arm are needed" if needed else "no number would show this difference"
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; {more}", **facts)


def _facts(
    judged: Tally, reference: Tally, margin: float, alpha: float, met_alpha: float, *, fewer: bool
) -> dict[str, Fact]:
    share = reference.hits / reference.of
    kept = share if fewer else 1 - share
    return {
        "estimate": judged.hits / judged.of - share,
        "limit_low" if fewer else "limit_high": -margin if fewer else margin,
        "n": judged.of,
        "n_reference": reference.of,
        "hits": judged.hits,
        "hits_reference": reference.hits,
        "margin": margin,
        "alpha": alpha,
        "met_alpha": met_alpha,
        "detectable": detectable.session_drop(judged.of, reference.of, kept, margin, alpha=alpha, power=POWER),
        "power": POWER,
        "unit": "session",
        "method": "score bounds (Miettinen-Nurminen) of the difference, one look at the end",
    }


def _needed(judged: Tally, reference: Tally, margin: float, met_alpha: float, *, fewer: bool) -> int | None:
    """Return how many more sessions per arm would show it, if the observed shares were the true ones."""
    p1, p0 = judged.hits / judged.of, reference.hits / reference.of
    room = margin + (p1 - p0 if fewer else p0 - p1)
    if room <= 0:
        return None
    normal = NormalDist()
    z = normal.inv_cdf(1 - met_alpha) + normal.inv_cdf(POWER)
    spread = max(p1 * (1 - p1) + p0 * (1 - p0), room / 2)
    wanted = math.ceil(z * z * spread / room**2)
    return max(1, wanted - min(judged.of, reference.of))

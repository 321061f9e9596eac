"""Does a share keep its limit? Watched by an e-process, claimed once at the end by exact bounds.

Two kinds of errors, stated apart. VIOLATED is wrong with a probability of at most `alpha` as long as at no time
the conditional failure rate is above the limit: most of alpha is spent on watching (harness.judge.eprocess), the
rest on one exact look at the end. MET is wrong with a probability of at most `met_alpha`: the exact one-sided
upper bound (Clopper-Pearson 1934) must be within the limit; it holds for independent samples, also of changing
rates (Hoeffding 1956). `dispersion` in the facts shows how far from independent the failures were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.judge import detectable, eprocess
from harness.judge.exact import high_bound, low_bound, needed_for_met
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.eprocess import Floats
    from harness.verdict import Fact

GUARDED = "at no time is the conditional failure rate above the limit"
MET_ALPHA = 0.05  # one-sided, per line: GO needs every line, so it needs no correction
WATCHING = 0.8  # of a line's alpha; the rest is for the look at the end
POWER = 0.9  # of the effects that are printed as detectable


@dataclass(frozen=True, slots=True)
class Tally:
    """One window's exact counts: `hits` failures among `of` samples."""

    hits: int
    of: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be."""
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"hits: wanted 0..{self.of}, got {self.hits}")


@dataclass(frozen=True, slots=True)
class Wording:
    """How a verdict names what it counted: "5xx answers" of "requests", and the unit of analysis."""

    hits: str = "failures"
    of: str = "requests"
    unit: str = "request"


WORDING = Wording()


def keeps_within(
    limit: float,
    windows: Sequence[Tally],
    *,
    alpha: float,
    met_alpha: float = MET_ALPHA,
    ended: bool = True,
    wording: Wording = WORDING,
) -> Verdict:
    """Decide whether a share stays at or below `limit` (0..1, open), from the windows in the order of time.

    Every window is a look. VIOLATED: the e-process crossed at any look or, when the planned time has `ended`, the
    exact lower bound is above the limit. MET, only when it has ended: the exact upper bound is within the limit.
    Else UNKNOWN with the number of samples still needed, all good, and at the observed rate.
    """
    counts = _counts(windows)
    k, n = np.cumsum(counts[0]), np.cumsum(counts[1])
    of = int(n[-1]) if len(n) else 0
    if of == 0:
        nothing: dict[str, Fact] = {"estimate": None, "low": None, "high": None, "limit_high": limit, "n": 0}
        return unknown(Reason.NO_DATA, f"not one of the {wording.of} was seen", **nothing)
    hits = int(k[-1])
    low, high = low_bound(hits, of, alpha * (1 - WATCHING)), high_bound(hits, of, met_alpha)
    bounds: dict[str, Fact] = {"estimate": hits / of, "low": low, "high": high, "limit_high": limit}
    facts = bounds | _watched(limit, k, n, alpha * WATCHING)
    facts |= {"alpha": alpha, "met_alpha": met_alpha, "dispersion": _dispersion(*counts), "unit": wording.unit}
    said = (
        f"{hits:,} {wording.hits} in {of:,} {wording.of} ({percent(hits / of)}, "
        f"{percent(low)} to {percent(high)}), wanted at most {percent(limit)}"
    )
    if facts["crossed_after"] is not None:
        return violated(f"{said}; shown after {facts['crossed_after']:,} {wording.of}", **facts)
    if not ended:
        return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; no violation so far, still being watched", **facts)
    if low > limit:
        return violated(said, **facts)
    if high <= limit:
        return met(said, **facts)
    facts["needed"] = needed = max(1, needed_for_met(hits, limit, met_alpha) - of)
    steady = _needed_at_this_rate(hits, of, limit, met_alpha)
    facts["needed_at_this_rate"] = steady
    rest = f"at the observed rate {steady:,}" if steady else "at the observed rate no number is enough"
    more = f"{needed:,} more {wording.of} without a failure are needed ({rest})"
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; {more}", **facts)


def quantile_keeps_within(
    limit: float,
    windows: Sequence[Tally],
    *,
    alpha: float,
    quantile: float = 0.95,
    met_alpha: float = MET_ALPHA,
    ended: bool = True,
    unit: str = "s",
) -> Verdict:
    """Decide whether a quantile stays at or below `limit`, from the exact counts (above the limit, all).

    "P95 <= L" is the statement "at most 5% of the samples are above L": no buckets, no interpolation, and at
    least 59 samples. The facts' estimate, bounds and limit_high are shares of samples above the limit.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile: wanted between 0 and 1, got {quantile}")
    wording = Wording(hits=f"above {limit:g} {unit}")
    share = round(1 - quantile, 12)  # 0.05, not 0.050000000000000044
    verdict = keeps_within(share, windows, alpha=alpha, met_alpha=met_alpha, ended=ended, wording=wording)
    more: dict[str, Fact] = {"quantile": quantile, "value_limit": limit, "value_unit": unit}
    said = f"P{quantile * 100:g} <= {limit:g} {unit}: {verdict.because}"
    return Verdict(verdict.outcome, said, verdict.reason, dict(verdict.facts) | more)


def _watched(limit: float, k: Floats, n: Floats, alpha: float) -> dict[str, Fact]:
    """Return what watching showed at any look: `alpha` is the part that is spent on it."""
    looks, log_e = eprocess.rises(k, n, limit)
    crossed = log_e >= -math.log(alpha)
    at = int(looks[np.argmax(crossed)]) if bool(np.any(crossed)) else None
    return {
        "hits": int(k[-1]),
        "n": int(n[-1]),
        "looks": len(n),
        "crossed_at_look": at,
        "crossed_after": None if at is None else int(n[at]),
        "log10_e": max(-999.0, float(np.max(log_e)) / math.log(10)),
        "log10_e_wanted": -math.log10(alpha),
        "detectable": detectable.share_while_watching(int(n[-1]), limit, alpha, POWER),
        "power": POWER,
        "guarded": GUARDED,
        "method": "beta-binomial mixture e-process at every look; exact (Clopper-Pearson) bounds at the end",
    }


def dispersion(windows: Sequence[Tally]) -> float | None:
    """Return the variance of the windows' failures over that of independent ones; 1 is independent, None unknown.

    Pearson's chi-square over its degrees of freedom. Well above 1 the failures come in bursts, and a MET says less
    than it states.
    """
    return _dispersion(*_counts(windows))


def _dispersion(k: Floats, n: Floats) -> float | None:
    k, n = k[n > 0], n[n > 0]
    hits, of = float(k.sum()), float(n.sum())
    if len(n) < 2 or not 0 < hits < of:
        return None
    rate = hits / of
    return float(np.sum((k - n * rate) ** 2 / (n * rate * (1 - rate)))) / (len(n) - 1)


def percent(share: float) -> str:
    """Write a share as people compare it: 0.3%, 1.25%, 0.0421%."""
    return f"{share * 100:.3g}%"


def _counts(windows: Sequence[Tally]) -> tuple[Floats, Floats]:
    of = len(windows)
    return (
        np.fromiter((w.hits for w in windows), np.float64, of),
        np.fromiter((w.of for w in windows), np.float64, of),
    )


def _needed_at_this_rate(hits: int, of: int, limit: float, met_alpha: float) -> int | None:
    """Return how many more samples at the observed rate would show the limit; None if it is not below it."""
    rate = hits / of
    if rate >= 0.95 * limit:
        return None

    def shown(n: int) -> bool:
        return high_bound(math.ceil(rate * n), n, met_alpha) <= limit

    most = 2 * of
    while not shown(most):
        most *= 2
    least = of
    while most - least > max(1, least // 1000):  # to a part in a thousand: a plan, not a promise
        middle = (least + most) // 2
        least, most = (least, middle) if shown(middle) else (middle, most)
    return most - of

"""Is the observed share the configured one? Exact binomial bounds, no approximation.

Two one-sided tests (Schuirmann 1987) on Clopper-Pearson bounds (Biometrika 26, 1934): claiming that the share
is within `give` of the configured one is wrong with a probability of at most `alpha`, whatever the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from scipy import special

from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.answers import Answers
    from harness.verdict import Fact

GIVE = 0.03
ALPHA = 0.005
POWER = 0.9999  # a run in 10,000 may stay undecided although the split is right
MOST_UNATTRIBUTED = 0.01  # more asks than this without an arm: no claim that the split is right
_STEP = 100  # plans are round numbers

_betaincinv = cast("Callable[[float, float, float], float]", special.betaincinv)
_betainc = cast("Callable[[float, float, float], float]", special.betainc)


@dataclass(frozen=True, slots=True)
class Limits:
    """The shares that count as the configured one, and the give they were made with."""

    low: float
    high: float
    give: float


def limits(share: float, give: float = GIVE) -> Limits:
    """Return share +- give, with the give cut to half the distance from 0 or 1.

    Without the cut, "2 give or take 3 percent" would be met by a canary that gets nothing at all.
    At 0 and 1 there is only one side, and it keeps the whole give.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: wanted 0..1, got {share}")
    inside = min(share, 1 - share)
    cut = min(give, inside / 2) if inside > 0 else give
    return Limits(max(0.0, share - cut), min(1.0, share + cut), cut)


def low_bound(hits: int, of: int, alpha: float = ALPHA) -> float:
    """Return the exact one-sided lower bound of a share at level 1 - alpha."""
    return 0.0 if hits <= 0 else float(_betaincinv(hits, of - hits + 1, alpha))


def high_bound(hits: int, of: int, alpha: float = ALPHA) -> float:
    """Return the exact one-sided upper bound of a share at level 1 - alpha."""
    return 1.0 if hits >= of else float(_betaincinv(hits + 1, of - hits, 1 - alpha))


def at_most(hits: int, of: int, share: float) -> float:
    """Return P(X <= hits) for X binomial(of, share), exactly."""
    if hits < 0:
        return 0.0
    if hits >= of:
        return 1.0
    return float(_betainc(of - hits, hits + 1, 1 - share))


def accepted(share: float, of: int, give: float = GIVE, alpha: float = ALPHA) -> tuple[int, int]:
    """Return the fewest and the most hits of `of` asks that are MET; fewest > most when none is."""
    inside = limits(share, give)

    def first(holds: Callable[[int], bool]) -> int:
        """Return the smallest hits that hold; `holds` turns true once, since bounds grow with hits."""
        low, high = 0, of + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle + 1, high)
        return low

    fewest = first(lambda hits: low_bound(hits, of, alpha) >= inside.low)
    most = first(lambda hits: high_bound(hits, of, alpha) > inside.high) - 1
    if inside.high >= 1:
        most = of
    return (0, min(most, 0)) if share == 0 else (max(fewest, of), most) if share == 1 else (fewest, most)


def chance_of_met(configured: float, true: float, of: int, give: float = GIVE, alpha: float = ALPHA) -> float:
    """Return the exact probability that `of` asks of a `true` share are MET as the `configured` one."""
    fewest, most = accepted(configured, of, give, alpha)
    return max(0.0, at_most(most, of, true) - at_most(fewest - 1, of, true))


def asks_for(share: float, give: float = GIVE, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return the planned number of asks: in hundreds, the fewest that say MET of a right share with `power`."""
    if limits(share, give).give <= 0:
        raise ValueError(f"give: wanted more than 0, got {give}")

    def enough(n: int) -> bool:
        return chance_of_met(share, share, n, give, alpha) >= power

    high = _STEP
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > _STEP:
        middle = (low + high) // (2 * _STEP) * _STEP
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def is_the_configured(share: float, hits: int, of: int, *, give: float = GIVE, alpha: float = ALPHA) -> Verdict:
    """Decide whether `hits` of `of` is the configured share (0..1), give or take.

    MET: both exact bounds inside. VIOLATED: the whole interval outside; where the share is 0 or 1 nothing is
    left to chance, so one answer of the arm that gets nothing is enough. Else UNKNOWN, with the number of
    asks still needed.
    """
    return _decide(share, (hits, hits), of, give=give, alpha=alpha, seen={})


def splits_as_configured(share: float | None, answers: Answers, *, give: float = GIVE, alpha: float = ALPHA) -> Verdict:
    """Decide the canary's share from all asks of a stream, also those that came back without an arm.

    An ask without an arm may have been either arm's, so both extremes are judged. MET only if it holds with
    all of them on one side and with all on the other, and if they are at most 1%, none of them answered by a
    third version and none refused for its rate. VIOLATED only if neither extreme can save it, then even on
    part of the planned asks: what is in already refutes the split.
    """
    seen = answers.facts()
    if answers.named == 0:
        return _nothing_named(answers)
    if share is None:
        return unknown(Reason.NO_DATA, "no configured weight could be read to compare the split with", **seen)
    either = (answers.canary, answers.canary + answers.unattributed)
    verdict = _decide(share, either, answers.asked, give=give, alpha=alpha, seen=seen)
    if verdict.outcome is Outcome.VIOLATED:
        return verdict
    doubt = _doubt(answers)
    return unknown(doubt[0], f"{doubt[1]}; {verdict.because}", **verdict.facts) if doubt else verdict


def _nothing_named(answers: Answers) -> Verdict:
    """Say what was seen instead of versions."""
    reason = Reason.GENERATOR_INVALID if answers.rate_limited else Reason.NO_DATA
    if answers.asked == 0:
        said = f"nothing was asked{f' ({answers.note})' if answers.note else ''}"
    else:
        said = f"{answers.asked:,} asks, {answers.seen()}: no answer names one of the two builds"
    return unknown(reason, said, **_no_interval(answers))


def _no_interval(answers: Answers) -> dict[str, Fact]:
    figures: dict[str, Fact] = {"estimate": None, "low": None, "high": None, "n": answers.asked}
    return figures | {"errors": answers.unattributed} | answers.facts()


def _doubt(answers: Answers) -> tuple[Reason, str] | None:
    """Return why a good-looking split is not believed, if so."""
    if answers.rate_limited:
        return Reason.GENERATOR_INVALID, (
            f"{answers.rate_limited:,} of {answers.asked:,} asks were refused for their rate; "
            "lower probes.rate_per_s in the profile"
        )
    if answers.foreign:
        return Reason.NO_DATA, f"a third version answers: {answers.seen()}"
    if answers.unattributed > MOST_UNATTRIBUTED * answers.asked:
        return Reason.NO_DATA, (
            f"{answers.unattributed:,} of {answers.asked:,} asks have no arm ({answers.seen()}), "
            f"more than {MOST_UNATTRIBUTED:.0%}"
        )
    if not answers.complete:
        return Reason.INTERRUPTED, answers.progress()
    return None


def _decide(
    share: float, hits: tuple[int, int], of: int, *, give: float, alpha: float, seen: dict[str, Fact]
) -> Verdict:
    """Judge the fewest and the most hits there can have been."""
    if of == 0:
        return unknown(Reason.NO_DATA, "nothing was asked", estimate=None, low=None, high=None, n=0, **seen)
    if not 0 <= hits[0] <= hits[1] <= of:
        raise ValueError(f"hits: wanted 0..{of}, got {hits}")
    inside = limits(share, give)
    low, high = low_bound(hits[0], of, alpha), high_bound(hits[1], of, alpha)
    facts: dict[str, Fact] = seen | {
        "estimate": hits[0] / (of - (hits[1] - hits[0])),  # among the asks that have an arm
        "low": low,
        "high": high,
        "limit_low": inside.low,
        "limit_high": inside.high,
        "configured": share,
        "hits": hits[0],
        "n": of,
        "errors": hits[1] - hits[0],
        "alpha": alpha,
        "confidence": 1 - 2 * alpha,
        "give": inside.give,
        "unit": "request",
        "method": "two one-sided exact (Clopper-Pearson) tests",
    }
    said = (
        f"{hits[0]:,} of {of:,} asks reached the canary: {low:.1%} to {high:.1%}, "
        f"wanted {inside.low:.1%} to {inside.high:.1%}"
    )
    if (share == 0 and hits[0] > 0) or (share == 1 and hits[1] < of):
        return violated(f"{said}; at {share:.0%} nothing is left to chance", **facts)
    if share in {0, 1} and hits[0] < hits[1]:
        lost = hits[1] - hits[0]
        said = f"{said}; {lost:,} asks without an arm, any of which would refute {share:.0%}"
        return unknown(Reason.NO_DATA, said, **facts)
    if high < inside.low or low > inside.high:
        return violated(said, **facts)
    if inside.low <= low and high <= inside.high:
        return met(said, **facts)
    needed = _still_needed(share, hits[0] / of, of, give, alpha)
    facts["needed"] = needed
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; about {needed:,} more asks are needed", **facts)


def _still_needed(share: float, estimate: float, of: int, give: float, alpha: float) -> int:
    """Return how many more asks would settle it if the estimate were the truth; at least one step."""
    plan = asks_for(share, give, alpha)
    n = max(plan, of + _STEP)
    for _ in range(12):
        verdict_low = low_bound(round(estimate * n), n, alpha)
        verdict_high = high_bound(round(estimate * n), n, alpha)
        inside = limits(share, give)
        settled = (
            verdict_high < inside.low
            or verdict_low > inside.high
            or (inside.low <= verdict_low and verdict_high <= inside.high)
        )
        if settled:
            break
        n *= 2
    return n - of

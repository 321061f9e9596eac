"""Is the canary worse than stable? Every figure of both arms, in the same moments, with a stated margin.

A line's alpha is shared evenly by its sources and quantiles; the worst finding is the line's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judge import sessions, watched
from harness.judge.course import trusted
from harness.judge.family import equal_share
from harness.judge.limit import Tally
from harness.verdict import Outcome, Reason, Verdict, met, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.watched import Arms, Share


@dataclass(frozen=True, slots=True)
class Two:
    """A share of bad ones on the judged arm, and on its reference."""

    judged: Share
    reference: Share


@dataclass(frozen=True, slots=True)
class Sides:
    """What both arms showed, by source; sessions come from the pods' logs alone."""

    latencies: Mapping[str, Arms]
    first_tokens: Mapping[str, Arms]
    failed: Mapping[str, Two]
    negative: Two
    abandoned: Two
    mixed: Share


@dataclass(frozen=True, slots=True)
class Margins:
    """How much worse is still as good: seconds, shares of 1 (sessions, failures), and of stable's first token."""

    p50_s: float
    p95_s: float
    failed: float
    negative: float
    abandoned: float
    first_token_p50: float
    first_token_p95: float
    mixed: float


def latency(sides: Sides, margins: Margins, *, alpha: float) -> Verdict:
    """Decide whether the canary is slower, at the median and at the P95."""
    return _slower(sides.latencies, {0.5: margins.p50_s, 0.95: margins.p95_s}, alpha=alpha, relative=False)


def first_token(sides: Sides, margins: Margins, *, alpha: float) -> Verdict:
    """Decide whether the canary's first token comes later, relative to stable's."""
    allowed = {0.5: margins.first_token_p50, 0.95: margins.first_token_p95}
    return _slower(sides.first_tokens, allowed, alpha=alpha, relative=True)


def failures(sides: Sides, margins: Margins, *, alpha: float) -> Verdict:
    """Decide whether the canary's requests fail more often."""
    each = equal_share(alpha, max(1, len(sides.failed)))
    return watched.every({name: not_more(margins.failed, two, alpha=each) for name, two in sides.failed.items()})


def complaints(sides: Sides, margins: Margins, *, alpha: float) -> Verdict:
    """Decide whether more of the canary's sessions are rated negatively."""
    said = not_more(margins.negative, sides.negative, alpha=alpha)
    return watched.of_one_arm(sides.mixed, said, most=margins.mixed)


def completion(sides: Sides, margins: Margins, *, alpha: float) -> Verdict:
    """Decide whether fewer of the canary's sessions are completed."""
    said = not_fewer(margins.abandoned, sides.abandoned, alpha=alpha)
    return watched.of_one_arm(sides.mixed, said, most=margins.mixed)


def all_of(sides: Sides, margins: Margins, alphas: Mapping[str, float]) -> dict[str, Verdict]:
    """Judge P2-MON-01 and 02 and P2-PASS-01 to 03, each with its own alpha."""
    judges = {
        "P2-MON-01": latency,
        "P2-MON-02": failures,
        "P2-PASS-01": complaints,
        "P2-PASS-02": completion,
        "P2-PASS-03": first_token,
    }
    return {line: judge(sides, margins, alpha=alphas[line]) for line, judge in judges.items()}


def not_more(margin: float, two: Two, *, alpha: float) -> Verdict:
    """Decide whether the judged share of bad ones is at most `margin` (0..1) above the reference's."""
    return _once(sessions.not_more(two.judged.sum, two.reference.sum, margin, alpha=alpha), two)


def not_fewer(margin: float, two: Two, *, alpha: float) -> Verdict:
    """Decide whether the judged share of good ones is at most `margin` below the reference's."""
    good, usual = _good(two.judged), _good(two.reference)
    return _once(sessions.not_fewer(good, usual, margin, alpha=alpha), two)


def enough(sides: Sides, margins: Margins) -> Verdict:
    """Decide whether there were enough sessions on the judged arm to show what P2-PASS-02 claims.

    Enough is: an arm that is no worse would be found so with a chance of 90% at least.
    """
    two = sides.abandoned
    told, needed = sessions.enough(_good(two.judged), _good(two.reference), margins.abandoned)
    n = two.judged.sum.of
    said = f"{n:,} sessions on the canary, {needed:,} are needed to tell a loss of {margins.abandoned * 100:g} points"
    facts = {"n": n, "needed_sessions": needed, "estimate": n, "low": n, "high": n, "limit_low": needed}
    if told:
        return trusted(met(said, **facts), two.judged.course, holes=two.judged.holes)
    facts["needed"] = max(1, needed - n)
    return unknown(Reason.SAMPLE_TOO_SMALL if n else Reason.NO_DATA, said, **facts)


def _slower(arms: Mapping[str, Arms], margins: Mapping[float, float], *, alpha: float, relative: bool) -> Verdict:
    each = equal_share(alpha, max(1, len(arms) * len(margins)))
    return watched.every(
        {
            f"{name} P{share * 100:g}": watched.quantile_not_worse(
                margin, pairs, alpha=each, quantile=share, relative=relative
            )
            for name, pairs in arms.items()
            for share, margin in margins.items()
        }
    )


def _good(bad: Share) -> Tally:
    return Tally(bad.sum.of - bad.sum.hits, bad.sum.of)


def _once(said: Verdict, two: Two) -> Verdict:
    """Sessions are compared once, at the end; what is seen before is no finding. Both sides' holes count."""
    judged, reference = two.judged, two.reference
    if not judged.course.ended and said.outcome is not Outcome.UNKNOWN:
        said = unknown(Reason.INTERRUPTED, f"compared once, at the end: {said.because}", **said.facts)
    generated, holes = judged.generated or reference.generated, (*judged.holes, *reference.holes)
    return trusted(said, judged.course, generated=generated, holes=holes)

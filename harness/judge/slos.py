"""The six SLOs, and what else a watch decides, each from every source there is: the worst of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judge import watched
from harness.judge.course import Course, trusted
from harness.judge.family import equal_share
from harness.judge.limit import Wording, high_bound
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.watched import Arms, Share
    from harness.verdict import Fact

FAILED = Wording("failed", "requests")
UNSAVED = Wording("unsaved", "saves of a conversation")
REPAIRED = Wording("repaired", "answers", unit="answer")
FORGOTTEN = Wording("without what was said before", "requests from the second turn on")
UNREAL = Wording("canned, repeated or unrelated", "answers", unit="answer")


@dataclass(frozen=True, slots=True)
class Six:
    """What the six SLOs are judged from, each by source ("traffic", "logs", "metrics", ...)."""

    chat: Mapping[str, Share]
    enhanced: Mapping[str, Share]
    delta: Mapping[str, Arms]
    failed: Mapping[str, Share]
    unsaved: Mapping[str, Share]
    repaired: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Limits:
    """Their limits: seconds, and shares of 1."""

    chat_s: float
    enhanced_s: float
    delta_s: float
    failed: float
    unsaved: float
    repaired: float


def p95(most_s: float, sources: Mapping[str, Share], *, alpha: float) -> Verdict:
    """Decide "P95 <= most_s" from every source; alpha is shared evenly."""
    each = equal_share(alpha, max(1, len(sources)))
    return watched.every({name: watched.p95_keeps_within(most_s, share, alpha=each) for name, share in sources.items()})


def share(most: float, sources: Mapping[str, Share], *, alpha: float, wording: Wording) -> Verdict:
    """Decide "share <= most" (0..1) from every source; alpha is shared evenly."""
    each = equal_share(alpha, max(1, len(sources)))
    return watched.every(
        {name: watched.keeps_within(most, one, alpha=each, wording=wording) for name, one in sources.items()}
    )


def delta(margin_s: float, sources: Mapping[str, Arms], *, alpha: float) -> Verdict:
    """Decide whether enhanced chat's P95 is at most `margin_s` above plain chat's, from every source."""
    each = equal_share(alpha, max(1, len(sources)))
    return watched.every(
        {name: watched.quantile_not_worse(margin_s, arms, alpha=each) for name, arms in sources.items()}
    )


def all_six(prefix: str, six: Six, limits: Limits, alphas: Mapping[str, float]) -> dict[str, Verdict]:
    """Judge PREFIX-SLO-01 to 06 over the whole watch, each with its own alpha."""
    names = [f"{prefix}-SLO-0{number}" for number in range(1, 7)]
    return {
        names[0]: p95(limits.chat_s, six.chat, alpha=alphas[names[0]]),
        names[1]: p95(limits.enhanced_s, six.enhanced, alpha=alphas[names[1]]),
        names[2]: delta(limits.delta_s, six.delta, alpha=alphas[names[2]]),
        names[3]: share(limits.failed, six.failed, alpha=alphas[names[3]], wording=FAILED),
        names[4]: share(limits.unsaved, six.unsaved, alpha=alphas[names[4]], wording=UNSAVED),
        names[5]: share(limits.repaired, six.repaired, alpha=alphas[names[5]], wording=REPAIRED),
    }


def spoken_of(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Return the SLOs that the product publishes figures of: all but the share of failed requests."""
    return {line: verdict for line, verdict in verdicts.items() if not line.endswith("SLO-04")}


def never(one: Share, need: int, *, wording: Wording) -> Verdict:
    """Decide whether something never happened: one case refutes it, and fewer than `need` looks show nothing."""
    hits, of = one.sum.hits, one.sum.of
    facts: dict[str, Fact] = {"estimate": hits / of if of else None, "low": 0.0, "limit_high": 0.0, "n": of}
    facts |= {"high": high_bound(hits, of, 0.05) if of else None, "hits": hits, "unit": wording.unit}
    said = f"{hits:,} {wording.hits} in {of:,} {wording.of}, wanted none"
    if hits:
        verdict = violated(said, **facts)
    elif of < max(need, 1):
        more = f"{said}; at least {max(need, 1) - of:,} more are needed"
        verdict = unknown(Reason.SAMPLE_TOO_SMALL if of else Reason.NO_DATA, more, **facts)
    else:
        verdict = met(said, **facts)
    return trusted(verdict, one.course, generated=one.generated, holes=one.holes)


@dataclass(frozen=True, slots=True)
class Ran:
    """What our traffic came to: requests scheduled and accounted for, and by scenario how many went how far."""

    scheduled: int
    accounted: int
    arrivals: Mapping[str, int]
    finished: Mapping[str, int]


def ran_as_planned(ran: Ran, wanted: Mapping[str, str], course: Course) -> Verdict:
    """Decide whether the traffic of P1-EXE-03 went out: each kind of `wanted` (scenario -> in words) came to an end.

    Requests that were announced and never accounted for mean a generator that died on the way.
    """
    facts: dict[str, Fact] = {"scheduled": ran.scheduled, "accounted": ran.accounted, "n": ran.scheduled}
    facts |= {"arrivals": dict(ran.arrivals), "finished": dict(ran.finished)}
    short = [words for name, words in wanted.items() if not ran.finished.get(name)]
    said = f"{ran.scheduled:,} requests scheduled, {ran.accounted:,} accounted for"
    if not ran.scheduled:
        verdict = unknown(Reason.NO_DATA, "no traffic was scheduled", **facts)
    elif ran.accounted != ran.scheduled:
        lost = f"{said}: the generator {'ended on the way' if ran.accounted < ran.scheduled else 'counted twice'}"
        verdict = unknown(Reason.INTERRUPTED, lost, **facts)
    elif short:
        missing = f"{said}; not one came to its end of: {', '.join(short)}"
        verdict = unknown(Reason.SAMPLE_TOO_SMALL, missing, **facts)
    else:
        kinds = ", ".join(f"{ran.finished[name]:,} {words}" for name, words in wanted.items())
        verdict = met(f"{said}: {kinds}", **facts)
    return trusted(verdict, course, generated=True)


def each_within(limits_s: Mapping[str, float], slow: Mapping[str, Share], *, alpha: float) -> Verdict:
    """Decide the P95 of every endpoint, pod and version (ENDPOINT@POD); the slow ones are named."""
    if not slow:
        return unknown(Reason.NO_DATA, "no request was seen in any pod's log")
    each = equal_share(alpha, len(slow))
    return watched.every(
        {
            name: watched.p95_keeps_within(limits_s[name.partition("@")[0]], one, alpha=each)
            for name, one in slow.items()
        }
    )

"""Is an answer on the screen in time? At most one rendering in twenty may take as long as the limit.

A rendering lasts from the end of the answer's arrival to the paint of the last node that it changed, on the page's own
clock. "P95 < L" is the statement "at most 5% take L or longer", so it is counted, without buckets or interpolation.
What counts, when it is looked at and with which error rates is planned: harness.judge.page.render_plan.

A machine that is too busy proves nothing about a page: too few renderings then stand between two quick drawings of an
empty page, or blanks in the places of renderings are slow as well. Both are UNKNOWN, with the figures.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.exact import high_bound, low_bound
from harness.judge.limit import percent
from harness.judge.page import finding
from harness.judge.page.against_load import chance
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot
from harness.judge.page.render_plan import (
    ALPHA,
    ASKED_AT_MOST,
    FAST_LOOKS,
    FIRST,
    MACHINE_MS,
    SHARE,
    SLOW_LOOKS,
    Attempt,
    Tally,
    decided,
    tally,
)
from harness.judge.quantile import counted, interval
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.verdict import Fact

QUANTILE: Final = 0.95
ENOUGH: Final = 0.6  # of the renderings; where fewer count, it was the machine that left too few
OF: Final = "renderings of an answer"


@dataclass(frozen=True, slots=True)
class Renderings:
    """All attempts of a look in their order, those that warmed the page up left out.

    `lost` counts questions that were not answered well. `spot` is the newest answer.
    """

    attempts: tuple[Attempt, ...] = ()
    lost: int = 0
    spot: Spot = NOWHERE
    around: Around = field(default_factory=Around)

    @property
    def counted(self) -> list[Attempt]:
        """The renderings that count."""
        return [one for one in self.attempts if one.counts and not one.blank]

    @property
    def drawings_ms(self) -> list[float]:
        """The drawings before each attempt, and the one after the last: most stand between two attempts."""
        return [one.before_ms for one in self.attempts] + [one.after_ms for one in self.attempts[-1:]]


def judge(record: Renderings, excused: Excused, p95_ms: float = 150.0, need: int = 59) -> Verdict:
    """Decide whether at most 5% of the renderings took `p95_ms` or longer.

    UNKNOWN: nothing was timed (NO_DATA); the machine was too busy, or load may be why renderings were slow
    (GENERATOR_INVALID); the plan's looks, or fewer than `need` renderings, leave it open (SAMPLE_TOO_SMALL).
    """
    seen = tally(record.attempts, p95_ms)
    found = decided(record.attempts, p95_ms)
    said = _said(record, seen, p95_ms)
    doubt = None if found == "slow" or (found == "fast" and seen.of >= need) else _doubt(record, seen, need, said)
    findings = [_finding(record, seen, p95_ms, said)] if found == "slow" else []
    verdict = finding.decide(findings, record.around, excused, checked=seen.of, of=OF, right=said)
    facts = {**verdict.facts, **_shares(record, seen, p95_ms), **_times(record)}
    if doubt is not None and verdict.outcome is not Outcome.VIOLATED:
        facts["needed"] = doubt[2]
        return unknown(doubt[0], doubt[1], **facts)
    because = verdict.because.removeprefix(f"1 of {seen.of} {OF}: ")  # one finding, and it counts them itself
    return Verdict(verdict.outcome, because, verdict.reason, facts)


def _doubt(record: Renderings, seen: Tally, need: int, said: str) -> tuple[Reason, str, int | None]:
    """Return why it is not known: the reason, the sentence, and how many more renderings are needed."""
    lost = f"; {record.lost} questions were not answered well" if record.lost else ""
    if not seen.asked:
        return Reason.NO_DATA, f"no rendering of an answer was timed{lost}", FIRST
    if seen.of < FIRST and seen.of < ENOUGH * seen.asked:
        because = (
            f"this machine was too busy to time a page: {seen.of} of {seen.asked} renderings stand between two "
            f"drawings of an empty page that took at most {MACHINE_MS:g} ms, wanted {FIRST} of {ASKED_AT_MOST[FIRST]}; "
            f"an empty one took {_p95(record.drawings_ms):.0f} ms (P95 of {len(record.drawings_ms)}); give this "
            "machine less to do and run again"
        )
        return Reason.GENERATOR_INVALID, because, None
    if seen.of >= FIRST and low_bound(seen.hits, seen.of, ALPHA) > SHARE:
        because = (
            f"{said}; but load may be why: {seen.slow_blanks} of {seen.blanks} blanks in their places were as slow "
            f"(probability up to {_chance(seen):.2g}); give this machine less to do and run again"
        )
        return Reason.GENERATOR_INVALID, because, None
    if seen.of >= FIRST and seen.within and not seen.fast:
        because = f"{said}; but {seen.dragged} slow ones were left out only for a slow drawing after them; run again"
        return Reason.GENERATOR_INVALID, because, None
    planned = next((look for look in FAST_LOOKS if look > seen.of), 0)
    more = max(planned, need) - seen.of
    if more <= 0:
        return Reason.SAMPLE_TOO_SMALL, f"{said}; all that were planned leave it open, run again{lost}", None
    return Reason.SAMPLE_TOO_SMALL, f"{said}; {more} more are needed{lost}", more


def _said(record: Renderings, seen: Tally, p95_ms: float) -> str:
    if not seen.of:
        return "no rendering counted"
    low, high = low_bound(seen.hits, seen.of, ALPHA), high_bound(seen.hits, seen.of, ALPHA)
    out = seen.asked - seen.of
    return (
        f"{seen.hits} of {seen.of} {OF} took {p95_ms:g} ms or longer ({percent(low)} to {percent(high)}), "
        f"wanted at most {percent(SHARE)}; P95 {_p95([one.ms for one in record.counted]):.0f} ms"
        f"{f'; {out} more left out, since this machine was busy' if out else ''}"
    )


def _finding(record: Renderings, seen: Tally, p95_ms: float, said: str) -> Finding:
    blamed = Counter(one.blame for one in record.counted if one.ms >= p95_ms and one.blame)
    work = blamed.most_common(1)[0][0] if blamed else ""
    return Finding(
        "slow-rendering",
        f"{said}{f'; most of the slow ones waited for {work}' if work else ''}",
        record.spot,
        wanted=f"at most {percent(SHARE)} at {p95_ms:g} ms or longer",
        got=f"{seen.hits} of {seen.of}",
        fix=f"shorten the work of {work or 'whatever runs between an answer and its paint'}",
    )


def _chance(seen: Tally) -> float:
    return chance(seen.hits, seen.of, seen.slow_blanks, seen.blanks, SHARE)


def _shares(record: Renderings, seen: Tally, p95_ms: float) -> dict[str, Fact]:
    """Return what was counted, in shares of 1."""
    some = seen.of > 0
    return {
        "estimate": seen.hits / seen.of if some else None,
        "low": low_bound(seen.hits, seen.of, ALPHA) if some else None,
        "high": high_bound(seen.hits, seen.of, ALPHA) if some else None,
        "limit_high": SHARE,
        "hits": seen.hits,
        "n": seen.of,
        "asked": seen.asked,
        "dragged": seen.dragged,
        "lost": record.lost,
        "value_limit": p95_ms,
        "value_unit": "ms",
        "blanks": seen.blanks,
        "slow_blanks": seen.slow_blanks,
        "slow_blanks_high": high_bound(seen.slow_blanks, seen.blanks, ALPHA) if seen.blanks else None,
        "chance_of_load": _chance(seen) if some else None,
        "looks": list(SLOW_LOOKS),
        "alpha": sum(SLOW_LOOKS.values()),
        "met_alpha": ALPHA * len(FAST_LOOKS),
        "confidence": 1 - 2 * ALPHA,
        "unit": "rendering",
        "method": "exact (Clopper-Pearson) intervals, exact binomial tails over any share of load, at planned looks",
    }


def _times(record: Renderings) -> dict[str, Fact]:
    """Return the times as figures, in ms: they decide nothing beside the shares."""
    ms = [one.ms for one in record.counted]
    pieces = [piece for one in record.counted for piece in one.pieces_ms]
    blanks = [one.ms for one in record.attempts if one.blank and one.counts]
    low, high = interval(counted(ms), QUANTILE, ALPHA) if ms else (-math.inf, math.inf)
    return {
        "quantile": QUANTILE,
        "p95_ms": _p95(ms) if ms else None,
        "p95_low_ms": low if math.isfinite(low) else None,
        "p95_high_ms": high if math.isfinite(high) else None,
        "median_ms": counted(ms).quantile(0.5)[1] if ms else None,
        "slowest_ms": max(ms) if ms else None,
        "pieces": len(pieces),
        "pieces_p95_ms": _p95(pieces) if pieces else None,
        "blanks_p95_ms": _p95(blanks) if blanks else None,
        "machine": len(record.drawings_ms),
        "machine_p95_ms": _p95(record.drawings_ms) if record.attempts else None,
        "machine_limit_ms": MACHINE_MS,
    }


def _p95(values: Sequence[float]) -> float:
    """Return the sample's P95: the ceil(0.95 n)-th smallest."""
    return counted(list(values)).quantile(QUANTILE)[1]

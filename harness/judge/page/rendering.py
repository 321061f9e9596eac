"""Is an answer on the screen in time? At most one rendering in twenty may take as long as the limit.

A rendering lasts from the end of the answer's arrival to the paint of the last node that it changed, on the page's own
clock. "P95 < L" is the statement "at most 5% take L or longer", so it is counted, without buckets or interpolation.

The plan is fixed before the first rendering: a look after 72, and one after 173 if the first settled nothing. At a look
the exact two-sided 95% interval of that share (Clopper and Pearson, Biometrika 26, 1934) must lie on one side of 5%.
So MET is none of 72 or at most 3 of 173, VIOLATED 9 of 72 or 16 of 173; the latter stands as soon as so many are there,
since nothing that comes later takes it back. Each look is wrong with a probability of at most 2.5% on either side, both
together with at most 5%, for independent renderings. 59 are the fewest that show a P95 at all, at one look.

A machine that is too busy to draw an empty page in time proves nothing about another page: UNKNOWN, whatever was seen.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from harness.judge.exact import high_bound, low_bound
from harness.judge.limit import percent
from harness.judge.page import finding
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot
from harness.judge.quantile import counted, interval
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.verdict import Fact

QUANTILE: Final = 0.95
SHARE: Final = 0.05  # of the renderings that may take longer
ALPHA: Final = 0.025  # each side of each look
LOOKS: Final = (72, 173)
MACHINE_MS: Final = 50.0  # P95 of drawing 200 rows on an empty page; 15 to 30 where nothing else runs
NEED_DRAWINGS: Final = 30  # for that P95 to bear one that is slow by chance
OF: Final = "renderings of an answer"


@dataclass(frozen=True, slots=True)
class Render:
    """One answer's way to the screen, in ms.

    `pieces_ms` are the ways of the pieces that were shown before the end of a streamed answer. `blame` is which script
    took longest, or style and layout; "" where no frame was long enough for the browser to say.
    """

    ms: float
    pieces_ms: tuple[float, ...] = ()
    blame: str = ""


@dataclass(frozen=True, slots=True)
class Renderings:
    """All of a look, in their order, those that warmed the page up left out.

    `machine_ms` are drawings of 200 rows on an empty page, spread over the same time; `lost` counts questions that
    were not answered well. `spot` is the newest answer.
    """

    renders: tuple[Render, ...] = ()
    machine_ms: tuple[float, ...] = ()
    lost: int = 0
    spot: Spot = NOWHERE
    around: Around = field(default_factory=Around)


def decided(slow: Sequence[bool]) -> Literal["fast", "slow", ""]:
    """Decide from which renderings, in their order, were too slow: at the plan's looks and at no other time."""
    for look in LOOKS:
        hits = sum(slow[:look])
        if low_bound(hits, look, ALPHA) > SHARE:  # those that are still to come count as fast
            return "slow"
        if len(slow) >= look and high_bound(hits, look, ALPHA) <= SHARE:
            return "fast"
    return ""


def settled(slow: Sequence[bool]) -> bool:
    """Tell whether no further rendering can change the verdict, so that none has to be waited for."""
    last = LOOKS[-1]
    if decided(slow) or len(slow) >= last:
        return True
    hits = sum(slow)
    never_fast = high_bound(hits, last, ALPHA) > SHARE
    never_slow = low_bound(hits + last - len(slow), last, ALPHA) <= SHARE
    return never_fast and never_slow


def busy(machine_ms: Sequence[float]) -> bool:
    """Tell whether the machine was too busy to time a page, by what it took to draw an empty one."""
    return len(machine_ms) >= NEED_DRAWINGS and _p95(machine_ms) > MACHINE_MS


def judge(record: Renderings, excused: Excused, p95_ms: float = 150.0, need: int = 59) -> Verdict:
    """Decide whether at most 5% of the renderings took `p95_ms` or longer.

    UNKNOWN: the machine was too busy (GENERATOR_INVALID), nothing was timed (NO_DATA), or the plan's looks, or fewer
    than `need` renderings, leave it open (SAMPLE_TOO_SMALL).
    """
    slow = [one.ms >= p95_ms for one in record.renders]
    said = _said(slow, record, p95_ms)
    doubt = _doubt(record, slow, need, said)
    findings = [_finding(record, slow, p95_ms, said)] if decided(slow) == "slow" and doubt is None else []
    verdict = finding.decide(findings, record.around, excused, checked=len(slow), of=OF, right=said)
    facts = {**verdict.facts, **_facts(record, slow, p95_ms)}
    if doubt is not None and verdict.outcome is not Outcome.VIOLATED:
        facts["needed"] = doubt[2]
        return unknown(doubt[0], doubt[1], **facts)
    because = verdict.because.removeprefix(f"1 of {len(slow)} {OF}: ")  # one finding, and it counts them itself
    return Verdict(verdict.outcome, because, verdict.reason, facts)


def _doubt(record: Renderings, slow: Sequence[bool], need: int, said: str) -> tuple[Reason, str, int | None] | None:
    """Return why it is not known, if so: the reason, the sentence, and how many more renderings are needed."""
    lost = f"; {record.lost} questions were not answered well" if record.lost else ""
    if busy(record.machine_ms):
        because = (
            f"this machine was too busy to time a page: it drew an empty one in {_p95(record.machine_ms):.0f} ms "
            f"(P95 of {len(record.machine_ms)}), wanted at most {MACHINE_MS:.0f} ms; give it less to do and run again"
        )
        return Reason.GENERATOR_INVALID, because, None
    if not slow:
        return Reason.NO_DATA, f"no rendering of an answer was timed{lost}", LOOKS[0]
    if len(record.machine_ms) < NEED_DRAWINGS:
        because = f"how busy this machine was is not known: {len(record.machine_ms)} drawings of an empty page"
        return Reason.NO_DATA, f"{because}, wanted {NEED_DRAWINGS}; {said}", None
    state = decided(slow)
    if state == "slow" or (state == "fast" and len(slow) >= need):
        return None
    planned = next((look for look in LOOKS if look > len(slow)), 0)
    more = max(planned, need) - len(slow)
    if more <= 0:
        return Reason.SAMPLE_TOO_SMALL, f"{said}; all that were planned leave it open, run again{lost}", None
    return Reason.SAMPLE_TOO_SMALL, f"{said}; {more} more are needed{lost}", more


def _said(slow: Sequence[bool], record: Renderings, p95_ms: float) -> str:
    if not slow:
        return "nothing was timed"
    hits, of = sum(slow), len(slow)
    low, high = low_bound(hits, of, ALPHA), high_bound(hits, of, ALPHA)
    return (
        f"{hits} of {of} {OF} took {p95_ms:g} ms or longer ({percent(low)} to {percent(high)}), "
        f"wanted at most {percent(SHARE)}; P95 {_p95([one.ms for one in record.renders]):.0f} ms"
    )


def _finding(record: Renderings, slow: Sequence[bool], p95_ms: float, said: str) -> Finding:
    blamed = Counter(one.blame for one, late in zip(record.renders, slow, strict=True) if late and one.blame)
    work = blamed.most_common(1)[0][0] if blamed else ""
    return Finding(
        "slow-rendering",
        f"{said}{f'; most of the slow ones waited for {work}' if work else ''}",
        record.spot,
        wanted=f"at most {percent(SHARE)} at {p95_ms:g} ms or longer",
        got=f"{sum(slow)} of {len(slow)}",
        fix=f"shorten the work of {work or 'whatever runs between an answer and its paint'}",
    )


def _facts(record: Renderings, slow: Sequence[bool], p95_ms: float) -> dict[str, Fact]:
    """Return every figure; times in ms, shares of 1."""
    hits, of = sum(slow), len(slow)
    times = [one.ms for one in record.renders]
    pieces = [ms for one in record.renders for ms in one.pieces_ms]
    low, high = interval(counted(times), QUANTILE, ALPHA) if times else (-math.inf, math.inf)
    return {
        "estimate": hits / of if of else None,
        "low": low_bound(hits, of, ALPHA) if of else None,
        "high": high_bound(hits, of, ALPHA) if of else None,
        "limit_high": SHARE,
        "hits": hits,
        "n": of,
        "lost": record.lost,
        "value_limit": p95_ms,
        "value_unit": "ms",
        "quantile": QUANTILE,
        "p95_ms": _p95(times) if times else None,
        "p95_low_ms": _finite(low),
        "p95_high_ms": _finite(high),
        "median_ms": counted(times).quantile(0.5)[1] if times else None,
        "slowest_ms": max(times) if times else None,
        "pieces": len(pieces),
        "pieces_p95_ms": _p95(pieces) if pieces else None,
        "machine": len(record.machine_ms),
        "machine_p95_ms": _p95(record.machine_ms) if record.machine_ms else None,
        "machine_limit_ms": MACHINE_MS,
        "looks": list(LOOKS),
        "alpha": ALPHA,
        "confidence": 1 - 2 * ALPHA,
        "unit": "rendering",
        "method": "exact two-sided (Clopper-Pearson) interval at each of two planned looks",
    }


def _p95(values: Sequence[float]) -> float:
    """Return the sample's P95: the ceil(0.95 n)-th smallest."""
    return counted(list(values)).quantile(QUANTILE)[1]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

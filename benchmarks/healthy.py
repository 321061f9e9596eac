"""How often is a healthy sandbox all MET? Runs of its sizes, simulated and judged by the suites' judges.

Lines that no chance touches are left out: a healthy sandbox has no failed request, save or validation at all.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from harness import policy, runbook, target
from harness.evidence import sketch
from harness.judge import comparison, slos, watched
from harness.judge.comparison import Margins, Sides, Two
from harness.judge.course import Course
from harness.judge.difference import Pair
from harness.judge.limit import Tally
from harness.judge.quantile import Counted
from harness.judge.share import asks_for, is_the_configured
from harness.judge.soak import Slice, State
from harness.judge.watched import Arms, Share
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNS = 2000
SIGMA = 0.35  # of the product's log-normal latencies (sandbox/product/latency.py)
CHAT_S, ENHANCED_S, FIRST_S = 0.130, 0.140, 0.0364  # medians at the sandbox's scale of 0.25
SESSIONS_PER_S, CANARY_SHARE, SETTLE_S = 114.0, 0.1, 8.0
ABANDONED, NEGATIVE = 0.0033, 0.00015
EDGES = np.array(sketch.EDGES)


def measure(runs: int = RUNS) -> dict[str, object]:
    """Return how many of `runs` healthy runs of each phase were MET in every line that chance touches."""
    dice = np.random.default_rng(20_261_125)
    profile = target.load("sandbox")
    tables: dict[str, object] = {}
    for phase, judge in (("staging", _staging), ("canary", _canary)):
        not_met: Counter[str] = Counter()
        good = 0
        for _ in range(runs):
            verdicts = judge(dice, profile)
            bad = [line for line, outcome in verdicts.items() if outcome is not Outcome.MET]
            not_met.update(bad)
            good += not bad
        tables[phase] = {"runs": runs, "all_met": good, "not_met": dict(not_met)}
        print(f"healthy {phase}: {good} of {runs} runs all MET {dict(not_met)}")
    return tables


def _course(seconds: float) -> Course:
    slices = tuple(Slice(at, at + 5.0, State.COMPLETE, "build") for at in np.arange(0.0, seconds, 5.0))
    return Course(slices, seconds, 10.0, ended=True)


def _arms(dice: np.random.Generator, one: tuple[float, float], other: tuple[float, float], course: Course) -> Arms:
    """Return a comparison: median (s) and requests per second of both sides, window by window of a second."""
    pairs = [Pair(_window(dice, *one), _window(dice, *other)) for _ in range(int(course.wanted_s))]
    return Arms((*pairs,), course, generated=True)


def _window(dice: np.random.Generator, median_s: float, per_s: float) -> Counted:
    values = median_s * dice.lognormal(0.0, SIGMA, dice.poisson(per_s))
    kept, counts = np.unique(np.searchsorted(EDGES, values), return_counts=True)
    return Counted(EDGES[kept - 1], EDGES[kept], counts.astype(np.int64))


def _staging(dice: np.random.Generator, profile: target.Target) -> dict[str, Outcome]:
    watch = profile.watched("staging")
    course, per_s = _course(watch.for_s or 0.0), watch.requests_per_s or 0.0
    alphas = _alphas("staging")
    arms = _arms(dice, (ENHANCED_S, 0.4 * per_s), (CHAT_S, 0.6 * per_s), course)
    margin = runbook.lines()["P1-SLO-03"].limits["delta_p95_s"]
    return {"P1-SLO-03": slos.delta(margin, {"traffic": arms}, alpha=alphas["P1-SLO-03"]).outcome}


def _canary(dice: np.random.Generator, profile: target.Target) -> dict[str, Outcome]:
    watch, alphas, lines = profile.watched("canary"), _alphas("canary"), runbook.lines()
    course = _course(watch.for_s or 0.0)
    per_s = watch.requests_per_s or profile.load.requests_per_s
    chat, enhanced, streams = (CHAT_S, 0.67 * per_s), (ENHANCED_S, 0.33 * per_s), (FIRST_S, 0.33 * per_s)
    compared = {
        "chat": _arms(dice, chat, chat, course),
        "enhanced": _arms(dice, enhanced, enhanced, course),
    }
    delta = _arms(dice, enhanced, chat, course)
    first = {"first token": _arms(dice, streams, streams, course)}
    sides = Sides(compared, first, {}, _two(dice, NEGATIVE, course), _two(dice, ABANDONED, course), _none(course))
    limits = {line: lines[line].limits for line in ("P2-MON-01", "P2-PASS-01", "P2-PASS-02", "P2-PASS-03")}
    margins = Margins(
        p50_s=limits["P2-MON-01"]["margin_p50_s"],
        p95_s=limits["P2-MON-01"]["margin_p95_s"],
        failed=0.003,
        negative=limits["P2-PASS-01"]["margin_points"] / 100,
        abandoned=limits["P2-PASS-02"]["margin_points"] / 100,
        first_token_p50=limits["P2-PASS-03"]["margin_p50_percent"] / 100,
        first_token_p95=limits["P2-PASS-03"]["margin_p95_percent"] / 100,
        mixed=0.01,
    )
    asks = asks_for(CANARY_SHARE)
    found = {
        "P2-RTE-02": is_the_configured(CANARY_SHARE, int(dice.binomial(asks, CANARY_SHARE)), asks),
        "P2-SLO-03": slos.delta(lines["P2-SLO-03"].limits["delta_p95_s"], {"t": delta}, alpha=alphas["P2-SLO-03"] / 2),
        "P2-MON-01": comparison.latency(sides, margins, alpha=alphas["P2-MON-01"] / 2),
        "P2-PASS-01": comparison.complaints(sides, margins, alpha=alphas["P2-PASS-01"]),
        "P2-PASS-02": comparison.completion(sides, margins, alpha=alphas["P2-PASS-02"]),
        "P2-PASS-03": comparison.first_token(sides, margins, alpha=alphas["P2-PASS-03"] / 2),
        "P2-PASS-04": watched.every({"sessions": comparison.enough(sides, margins)}),
    }
    return {line: verdict.outcome for line, verdict in found.items()}


def _two(dice: np.random.Generator, bad: float, course: Course) -> Two:
    sessions = dice.poisson(SESSIONS_PER_S * (course.wanted_s - SETTLE_S))
    canary = int(dice.binomial(sessions, CANARY_SHARE))
    arms = [Share((Tally(int(dice.binomial(n, bad)), n),), course) for n in (canary, sessions - canary)]
    return Two(arms[0], arms[1])


def _none(course: Course) -> Share:
    return Share((Tally(0, 1000),), course)


def _alphas(phase: str) -> Mapping[str, float]:
    known = policy.load()
    return {line: known.alpha_of(phase, line) for line in runbook.of_phase(phase)}

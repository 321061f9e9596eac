"""Whole verdicts: every figure and the sentence, since evidence is the product and no key of it may go missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.judge import difference, limit, sessions, trend
from harness.judge.difference import Pair
from harness.judge.limit import Tally
from harness.judge.quantile import counted
from harness.verdict import Verdict  # noqa: TC001

SEEN = json.loads(Path(__file__).with_name("verdicts.json").read_text(encoding="utf-8"))
STEPS = (0.01, 0.02, -0.01, 0.03, 0.0, -0.02)
FALLING = [Tally(6 if i < 12 else 3 if i < 24 else 1 + i % 2 if i < 36 else int(i % 3 == 0), 2_000) for i in range(48)]


def arms(shift: float, windows: int = 48) -> list[Pair]:
    """Twenty equal values a window; the judged arm's move by some steps."""
    moved = [1.0 + STEPS[(i * 5 + i // 7) % 6] + shift for i in range(windows)]
    return [Pair(counted(np.full(20, value)), counted(np.full(20, 1.0))) for value in moved]


def figures(verdict: Verdict) -> dict[str, object]:
    """The facts to six digits, which no machine rounds differently."""
    return {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in verdict.facts.items()}


CASES: dict[str, Verdict] = {
    "a worse arm": difference.not_worse(arms(0.2), 0.1, alpha=0.002, quantile=0.5),
    "an arm within a relative margin": difference.not_worse(arms(0.0), 0.1, alpha=0.002, quantile=0.5, relative=True),
    "a margin that no number of blocks shows": difference.not_worse(
        arms(0.0), 0.005, alpha=0.002, quantile=0.5, unit="MB"
    ),
    "a margin that more blocks show": difference.not_worse(
        arms(0.001, 97), 0.018, alpha=0.002, quantile=0.5, met_alpha=0.0001
    ),
    "an arm still watched": difference.not_worse(arms(0.0), 0.1, alpha=0.002, quantile=0.5, ended=False),
    "an arm without values": difference.not_worse([Pair(counted([]), counted([1.0] * 5))], 0.1, alpha=0.002),
    "a reference without values": difference.not_worse([Pair(counted([1.0] * 5), counted([]))], 0.1, alpha=0.002),
    "too few values": difference.not_worse([Pair(counted([1.0] * 10), counted([1.0] * 11))] * 60, 0.1, alpha=0.002),
    "blocks that correlate": difference.not_worse(
        [Pair(counted([1.0 + i / 50] * 100), counted([1.0] * 100)) for i in range(48)], 2.0, alpha=0.002
    ),
    "a share not shown": limit.keeps_within(0.003, [Tally(1, 500), Tally(0, 0), Tally(2, 500)], alpha=0.002),
    "a share that needs more": limit.keeps_within(0.003, [Tally(1, 500), Tally(0, 700)], alpha=0.002),
    "a share that crossed": limit.keeps_within(0.003, [Tally(0, 100), Tally(9, 200), Tally(0, 900)], alpha=0.002),
    "a share still watched": limit.keeps_within(0.003, [Tally(0, 2_000)], alpha=0.002, ended=False),
    "a quantile that is kept": limit.quantile_keeps_within(1.5, [Tally(2, 150), Tally(1, 150)], alpha=0.002),
    "no requests": limit.keeps_within(0.003, [], alpha=0.002),
    "fewer sessions not shown": sessions.not_fewer(Tally(780, 1_000), Tally(800, 1_000), 0.03, alpha=0.002),
    "more bad sessions within the margin": sessions.not_more(Tally(25, 1_000), Tally(20, 2_000), 0.03, alpha=0.002),
    "more bad sessions not shown": sessions.not_more(Tally(45, 1_000), Tally(20, 1_000), 0.03, alpha=0.002),
    "an arm without sessions": sessions.not_more(Tally(0, 0), Tally(20, 1_000), 0.03, alpha=0.002),
    "a reference without sessions": sessions.not_more(Tally(5, 50), Tally(0, 0), 0.03, alpha=0.002),
    "a dozen sessions": sessions.not_more(Tally(1, 12), Tally(20, 1_000), 0.03, alpha=0.002),
    "a share that settles": trend.settles(FALLING, 0.0005, alpha=0.002),
    "a share that ends too high to say": trend.settles(FALLING, 0.0002, alpha=0.002),
    "a share that rises": trend.settles(FALLING[::-1], 0.01, alpha=0.002),
    "a share that is low from the start": trend.settles(FALLING, 0.01, alpha=0.002),
    "no samples": trend.settles([], 0.0005, alpha=0.002),
    "too few windows": trend.settles([Tally(0, 10)] * 5, 0.0005, alpha=0.002),
    "too few hits": trend.settles([Tally(int(i == 1), 9) for i in range(48)], 0.0005, alpha=0.002),
}


@pytest.mark.parametrize("case", CASES)
def test_a_verdict_says_every_figure_it_was_decided_from(case: str) -> None:
    verdict = CASES[case]
    seen = {"outcome": verdict.outcome.name, "reason": verdict.reason, "because": verdict.because}
    assert seen | {"facts": figures(verdict)} == SEEN[case]

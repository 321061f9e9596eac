"""Where blocks of time can't tell, the whole of the watch may say MET, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge import family
from harness.judge.course import Course
from harness.judge.difference import Pair
from harness.judge.limit import MET_ALPHA
from harness.judge.overall import or_overall
from harness.judge.quantile import counted
from harness.judge.soak import Slice, State
from harness.judge.watched import Arms, quantile_not_worse
from harness.verdict import Outcome, Reason, met, unknown, violated

OPEN = unknown(Reason.SAMPLE_TOO_SMALL, "blocks still correlate")
EMPTY = counted([])


def pairs(dice: np.random.Generator, shift: float, *, each: int = 40, windows: int = 30) -> list[Pair]:
    """Return windows of both arms: log-normal seconds, the judged arm's `shift` later."""
    return [
        Pair(
            counted(0.5 * dice.lognormal(0, 0.3, each) + shift),
            counted(0.5 * dice.lognormal(0, 0.3, each)),
        )
        for _ in range(windows)
    ]


def test_a_small_difference_with_room_to_the_margin_is_met_and_says_how() -> None:
    verdict = or_overall(OPEN, pairs(np.random.default_rng(1), 0.02), 0.25, quantile=0.95, relative=False)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["by_blocks"] == "blocks still correlate"
    high = verdict.facts["high"]
    assert isinstance(high, float)
    assert 0.02 < high <= 0.25
    assert "1,200 and 1,200 values" in verdict.because


@pytest.mark.parametrize("said", [met("fine"), violated("worse")])
def test_what_blocks_can_tell_stands(said: object) -> None:
    windows = pairs(np.random.default_rng(2), 0.0)
    assert or_overall(said, windows, 1.0, quantile=0.95, relative=False) is said  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("relative", [False, True])
def test_at_the_margin_it_says_met_no_more_often_than_stated(*, relative: bool) -> None:
    dice, runs, margin = np.random.default_rng(3), 400, 0.1
    wrong = 0
    for _ in range(runs):
        windows = pairs(dice, 0.0 if relative else margin, windows=15)
        if relative:
            windows = [Pair(counted(1.1 * w.judged.lows), w.reference) for w in windows]
        wrong += or_overall(OPEN, windows, margin, quantile=0.5, relative=relative).outcome is Outcome.MET
    assert wrong <= family.most_by_chance(runs, MET_ALPHA / 2)


def test_a_difference_beyond_the_margin_stays_open_it_is_never_held_against_an_arm() -> None:
    assert or_overall(OPEN, pairs(np.random.default_rng(4), 2.0), 0.1, quantile=0.95, relative=False) is OPEN


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [Pair(EMPTY, EMPTY)],
        [Pair(counted([0.1] * 500), EMPTY), Pair(EMPTY, counted([0.1] * 500))],
        pairs(np.random.default_rng(5), 0.0, each=1, windows=50),
    ],
    ids=["none", "empty", "never both", "too few for a P95"],
)
def test_without_values_of_both_arms_at_the_same_time_nothing_changes(windows: list[Pair]) -> None:
    assert or_overall(OPEN, windows, 10.0, quantile=0.95, relative=False) is OPEN


def test_before_the_watch_has_ended_it_is_not_asked() -> None:
    slices = (Slice(0.0, 30.0, State.COMPLETE, "build"),)
    windows = (*pairs(np.random.default_rng(6), 0.0, windows=8),)
    ended, going = (Arms(windows, Course(slices, 30.0, 10.0, ended=end)) for end in (True, False))
    assert quantile_not_worse(0.5, ended, alpha=0.002).outcome is Outcome.MET
    assert quantile_not_worse(0.5, going, alpha=0.002).outcome is Outcome.UNKNOWN

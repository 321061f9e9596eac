"""Renderings: a plan of two looks with stated error rates, and a busy machine that proves nothing."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

from harness.judge.page.finding import Around, Excused
from harness.judge.page.rendering import LOOKS, Render, Renderings, busy, decided, judge, settled
from harness.verdict import Outcome, Reason

EXCUSED = Excused("2026-01-01")
IDLE = (20.0,) * 30
FIRST, LAST = LOOKS


def spread(above: int, of: int) -> list[bool]:
    """So many slow ones, evenly among all."""
    at = {(2 * i + 1) * of // (2 * above) for i in range(above)}
    return [i in at for i in range(of)]


def seen(
    slow: list[bool], machine: tuple[float, ...] = IDLE, *, around: Around | None = None, lost: int = 0
) -> Renderings:
    renders = tuple(Render(400.0, blame="fill in answer.js") if late else Render(30.0, (5.0,)) for late in slow)
    return Renderings(renders, machine, lost, around=around or Around())


@pytest.mark.parametrize(
    ("above", "of", "outcome"),
    [
        (0, FIRST, Outcome.MET),
        (0, FIRST - 1, Outcome.UNKNOWN),
        (1, FIRST, Outcome.UNKNOWN),
        (3, LAST, Outcome.MET),
        (4, LAST, Outcome.UNKNOWN),
        (15, LAST, Outcome.UNKNOWN),
        (16, LAST, Outcome.VIOLATED),
        (8, FIRST, Outcome.UNKNOWN),
        (9, FIRST, Outcome.VIOLATED),
        (9, 9, Outcome.VIOLATED),
        (2, 120, Outcome.UNKNOWN),  # between the looks nothing is decided
    ],
)
def test_at_the_two_looks_the_whole_interval_lies_on_one_side(above: int, of: int, outcome: Outcome) -> None:
    verdict = judge(seen(spread(above, of)), EXCUSED)
    assert verdict.outcome is outcome
    assert f"{above} of {of} renderings of an answer took 150 ms or longer" in verdict.because
    assert verdict.reason is (Reason.SAMPLE_TOO_SMALL if outcome is Outcome.UNKNOWN else None)


def _binomial(k: int, n: int, share: float) -> float:
    return math.comb(n, k) * share**k * (1 - share) ** (n - k)


def _chances(share: float) -> tuple[float, float]:
    """The exact probabilities of MET and of VIOLATED where so many of all renderings are slow."""
    fast = slow = 0.0
    for first in range(FIRST + 1):
        begins = _binomial(first, FIRST, share)
        early = decided([True] * first + [False] * (FIRST - first))
        fast, slow = fast + begins * (early == "fast"), slow + begins * (early == "slow")
        if early == "":
            rest = LAST - FIRST
            # whatever the order within the first look is, it settled nothing
            ends = {more: _last(first + more) for more in range(rest + 1)}
            fast += begins * sum(_binomial(more, rest, share) for more, end in ends.items() if end == "fast")
            slow += begins * sum(_binomial(more, rest, share) for more, end in ends.items() if end == "slow")
    return fast, slow


def _last(hits: int) -> str:
    return decided(spread(hits, LAST)) if 0 < hits <= 20 else "slow" if hits else "fast"


def test_error_rates_are_those_that_are_stated() -> None:
    fast, slow = _chances(0.05)
    assert fast <= 0.05
    assert slow <= 0.05
    assert _chances(0.001)[0] > 0.999
    assert _chances(0.01)[0] > 0.85
    assert _chances(0.2)[1] > 0.999


@pytest.mark.parametrize(
    ("slow", "enough"),
    [
        ([], False),
        ([False] * FIRST, True),
        (spread(1, FIRST), False),
        ([True] * 8, False),
        ([True] * 9, True),
        (spread(4, LAST - 20), False),  # 16 can still come
        (spread(4, LAST - 11), True),  # 3 are passed, and 16 can't come any more
        (spread(10, LAST), True),
    ],
)
def test_asking_ends_when_nothing_more_can_change_the_verdict(slow: list[bool], enough: bool) -> None:
    assert settled(slow) is enough


def test_as_long_as_the_limit_is_too_long() -> None:
    assert judge(Renderings((Render(150.0),) * 9, IDLE), EXCUSED).outcome is Outcome.VIOLATED
    assert judge(Renderings((Render(149.9),) * FIRST, IDLE), EXCUSED).outcome is Outcome.MET


def test_the_finding_names_what_the_slow_ones_waited_for() -> None:
    verdict = judge(seen([True] * 9), EXCUSED)
    (found,) = cast("list[dict[str, Any]]", verdict.facts["findings"])
    assert found["rule"] == "slow-rendering"
    assert "fill in answer.js" in verdict.because


@pytest.mark.parametrize("slow", [[False] * FIRST, [True] * FIRST, []])
def test_a_busy_machine_proves_nothing(slow: list[bool]) -> None:
    verdict = judge(seen(slow, (20.0,) * 25 + (80.0,) * 5), EXCUSED)
    assert verdict.reason is Reason.GENERATOR_INVALID
    assert "this machine was too busy to time a page" in verdict.because


def test_one_drawing_that_is_slow_by_chance_makes_no_machine_busy() -> None:
    assert not busy((20.0,) * 29 + (90.0,))
    assert not busy((90.0,) * 29)  # too few to say
    assert judge(seen([False] * FIRST, (20.0,) * 29), EXCUSED).reason is Reason.NO_DATA


def test_what_was_not_seen_is_never_met() -> None:
    verdict = judge(Renderings(lost=6), EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "6 questions were not answered well" in verdict.because


def test_fewer_than_the_runbook_wants_are_too_few() -> None:
    verdict = judge(seen([False] * FIRST), EXCUSED, need=100)
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == LAST - FIRST


def test_errors_of_the_page_count_however_fast_it_is() -> None:
    verdict = judge(seen([False] * FIRST, around=Around(errors=("boom",))), EXCUSED)
    assert verdict.outcome is Outcome.VIOLATED
    assert "boom" in verdict.because


def test_the_figures_are_there_to_be_checked_by_hand() -> None:
    facts = judge(seen(spread(3, LAST)), EXCUSED).facts
    assert (facts["n"], facts["hits"], facts["p95_ms"], facts["median_ms"]) == (LAST, 3, 30.0, 30.0)
    assert facts["pieces"] == LAST - 3
    assert facts["machine_p95_ms"] == 20.0

"""Renderings: a plan of looks with stated error rates, and a busy machine that proves nothing."""

from __future__ import annotations

import random
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.against_load import chance, excluded
from harness.judge.page.finding import Around, Excused
from harness.judge.page.render_plan import (
    ALPHA,
    ASKED_AT_MOST,
    FAST_LOOKS,
    FIRST,
    GLANCE,
    LAST,
    MACHINE_MS,
    SHARE,
    SLOW_LOOKS,
    Attempt,
    Tally,
    blank_next,
    decided,
    hopeless,
    settled,
    tally,
)
from harness.judge.page.rendering import Renderings, judge
from harness.judge.share import at_most
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EXCUSED = Excused("2026-01-01")
LIMIT = 150.0
RUNS = 100
BLANKS = {18: 3, FIRST: 14, LAST: 115}  # by each look, where all drawings are quick


def spread(above: int, of: int) -> list[bool]:
    """So many slow ones, evenly among all."""
    at = {(2 * i + 1) * of // (2 * above) for i in range(above)}
    return [i in at for i in range(of)]


def planned(slow: Sequence[bool], slow_blanks: int = 0, drawing_ms: float = 20.0) -> tuple[Attempt, ...]:
    """Renderings with blanks where the plan has them; the first blanks are slow."""
    made: list[Attempt] = []
    since = counted = 0
    for late in slow:
        if blank_next(counted, since):
            ms = 400.0 if slow_blanks > 0 else 115.0
            made.append(Attempt(ms, drawing_ms, drawing_ms, blank=True))
            since, slow_blanks = 0, slow_blanks - 1
        ms, pieces, blame = (400.0, (), "fill in answer.js") if late else (30.0, (5.0,), "")
        made.append(Attempt(ms, drawing_ms, drawing_ms, pieces_ms=pieces, blame=blame))
        since += 1
        counted += drawing_ms <= MACHINE_MS
    return tuple(made)


def seen(slow: Sequence[bool], slow_blanks: int = 0, *, around: Around | None = None, lost: int = 0) -> Renderings:
    return Renderings(planned(slow, slow_blanks), lost, around=around or Around())


@pytest.mark.parametrize(
    ("above", "of", "outcome"),
    [
        (0, FIRST, Outcome.MET),
        (0, FIRST - 1, Outcome.UNKNOWN),
        (1, FIRST, Outcome.UNKNOWN),
        (3, LAST, Outcome.MET),
        (4, LAST, Outcome.UNKNOWN),
        (12, LAST, Outcome.UNKNOWN),
        (20, LAST, Outcome.VIOLATED),
        (8, FIRST, Outcome.UNKNOWN),
        (36, FIRST, Outcome.VIOLATED),
        (18, 18, Outcome.VIOLATED),
        (17, 17, Outcome.UNKNOWN),
        (2, 120, Outcome.UNKNOWN),  # between the looks nothing is decided
    ],
)
def test_at_the_looks_the_whole_interval_lies_on_one_side(above: int, of: int, outcome: Outcome) -> None:
    verdict = judge(seen(spread(above, of) if above else [False] * of), EXCUSED)
    assert verdict.outcome is outcome
    assert f"{above} of {of} renderings of an answer took 150 ms or longer" in verdict.because
    assert verdict.reason is (Reason.SAMPLE_TOO_SMALL if outcome is Outcome.UNKNOWN else None)


@pytest.mark.parametrize("look", SLOW_LOOKS)
def test_the_plan_has_so_many_blanks_by_each_look(look: int) -> None:
    assert tally(planned([False] * look), LIMIT) == Tally(of=look, asked=look, blanks=BLANKS[look])


def _exactly(k: int, n: int, share: float) -> float:
    return at_most(k, n, share) - at_most(k - 1, n, share)


def test_met_is_wrong_as_seldom_as_is_stated_and_a_good_page_is_met() -> None:
    def met(share: float) -> float:
        """The exact probability of MET where so many of all renderings are slow."""
        total = 0.0
        for first in range(FIRST + 1):
            begins = _exactly(first, FIRST, share)
            if Tally(first, FIRST).fast:
                total += begins
                continue
            most = max((k for k in range(10) if Tally(k, LAST).fast), default=-1)
            total += begins * at_most(most - first, LAST - FIRST, share)
        return total

    assert [Tally(0, look).within for look in FAST_LOOKS] == [True, True]
    assert met(SHARE) <= ALPHA * len(FAST_LOOKS)
    assert met(0.001) > 0.999
    assert met(0.01) > 0.85


@cache
def _fewest(look: int, alpha: float, slow_blanks: int) -> int:
    """The fewest slow renderings that are VIOLATED beside so many slow blanks; more than there are where none is."""
    known = BLANKS[look]
    return bisect_left(range(look + 1), True, key=lambda k: Tally(k, look, slow_blanks, known).slow(alpha))


@pytest.mark.parametrize("load", [0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95])
@pytest.mark.parametrize(("look", "alpha"), SLOW_LOOKS.items())
def test_violated_is_wrong_as_seldom_as_is_stated_whatever_load_does(look: int, alpha: float, load: float) -> None:
    wrong = 0.0
    for slow_blanks in range(BLANKS[look] + 1):
        fewest = _fewest(look, alpha, slow_blanks)
        if fewest > look:
            break  # more slow blanks exclude even less
        slow = 1 - at_most(fewest - 1, look, min(1.0, SHARE + load))
        wrong += _exactly(slow_blanks, BLANKS[look], load) * slow
    assert wrong <= alpha


def test_a_page_that_is_slow_one_time_in_five_is_found_where_blanks_are_quick() -> None:
    assert Tally(17, LAST, 0, BLANKS[LAST]).slow(SLOW_LOOKS[LAST])
    assert 1 - at_most(16, LAST, 0.2) > 0.999


def test_the_chance_of_load_is_that_of_its_worst_share() -> None:
    at = [step / 2000 for step in range(1901)]
    products = [(1 - at_most(16, LAST, min(1.0, SHARE + q))) * at_most(1, 80, q) for q in at]
    assert max(products) <= chance(17, LAST, 1, 80, SHARE) <= 1.1 * max(products)
    alone = 1 - at_most(16, LAST, SHARE)
    assert alone <= chance(17, LAST, 0, 100_000, SHARE) <= 1.1 * alone
    assert chance(17, LAST, 0, 0, SHARE) == 1  # without blanks anything may be load
    assert chance(0, LAST, 0, 80, SHARE) == 1
    assert not excluded(17, LAST, 80, 80, share=SHARE, alpha=1.0)


def _steady(factor: float) -> Callable[[random.Random], Callable[[float], float]]:
    """A machine that takes so much longer for everything."""
    return lambda rng: lambda ms: ms * factor * rng.uniform(1.0, 1.03)


def _bursts(share: float) -> Callable[[random.Random], Callable[[float], float]]:
    """A machine that is busy for so much of the time, and stays what it is for a while."""

    def start(rng: random.Random) -> Callable[[float], float]:
        state = {"busy": rng.random() < share}

        def takes(ms: float) -> float:
            if rng.random() < 0.4:
                state["busy"] = rng.random() < share
            return ms * 1.6 + rng.expovariate(1 / 60) if state["busy"] else ms * rng.uniform(1.0, 1.05)

        return takes

    return start


def _looked(takes: Callable[[float], float], page_ms: float) -> list[Attempt]:
    """A whole look at a page of so many ms, with the machine taking what it takes for drawings, blanks and page."""
    made: list[Attempt] = []
    before, since, total = takes(22.0), 0, Tally()
    while total.of < LAST and total.asked < ASKED_AT_MOST[LAST]:
        blank = blank_next(total.of, since)
        since = 0 if blank else since + 1
        ms = takes(115.0 if blank else page_ms)
        after = takes(22.0)
        made.append(Attempt(ms, before, after, blank))
        total, before = total.plus(made[-1], LIMIT), after
    return made


@pytest.mark.parametrize(
    "machine",
    [_steady(1.3), _steady(1.45), _steady(1.6), _steady(2.2), _bursts(0.05), _bursts(0.2), _bursts(0.5), _bursts(0.9)],
    ids=["1.3", "1.45", "1.6", "2.2", "5%", "20%", "50%", "90%"],
)
def test_a_slow_machine_never_makes_a_page_of_100_ms_violated_more_often_than_stated(
    machine: Callable[[random.Random], Callable[[float], float]],
) -> None:
    slow = [decided(_looked(machine(random.Random(run)), 100.0), LIMIT) == "slow" for run in range(RUNS)]
    assert sum(slow) <= RUNS * sum(SLOW_LOOKS.values())


def test_on_an_idle_machine_140_ms_of_work_are_found_and_100_are_not() -> None:
    slow = _looked(_steady(1.0)(random.Random(1)), 165.0)
    assert decided(slow, LIMIT) == decided(slow[:21], LIMIT) == "slow"
    assert decided(_looked(_steady(1.0)(random.Random(1)), 125.0), LIMIT) == "fast"


@pytest.mark.parametrize(
    ("slow", "slow_blanks", "enough"),
    [
        ([], 0, False),
        ([False] * FIRST, 0, True),
        (spread(1, FIRST), 0, False),
        ([True] * 17, 0, False),
        ([True] * 18, 0, True),
        ([True] * 18, 3, False),  # it may have been load, and load may end
        (spread(5, LAST - 20), 0, False),  # many can still come
        (spread(4, LAST - 3), 0, True),  # 3 are passed, and enough can't come any more
        (spread(10, LAST), 0, True),
    ],
)
def test_asking_ends_when_nothing_more_can_change_the_verdict(slow: list[bool], slow_blanks: int, enough: bool) -> None:
    assert settled(planned(slow, slow_blanks), LIMIT) is enough


def test_as_long_as_the_limit_is_too_long() -> None:
    assert Tally().plus(Attempt(150.0, 20.0, 20.0), LIMIT).hits == 1
    assert Tally().plus(Attempt(149.9, 20.0, 20.0), LIMIT) == Tally(of=1, asked=1)


def test_the_finding_names_what_the_slow_ones_waited_for() -> None:
    verdict = judge(seen([True] * 18), EXCUSED)
    (found,) = cast("list[dict[str, Any]]", verdict.facts["findings"])
    assert found["rule"] == "slow-rendering"
    assert "fill in answer.js" in verdict.because


@pytest.mark.parametrize("late", [False, True])
def test_what_stands_beside_a_slow_drawing_does_not_count(late: bool) -> None:
    busy = planned([late] * FIRST, drawing_ms=MACHINE_MS + 30)
    assert tally(busy, LIMIT) == Tally(asked=FIRST)
    verdict = judge(Renderings(busy), EXCUSED)
    assert verdict.reason is Reason.GENERATOR_INVALID
    assert f"too busy to time a page: 0 of {FIRST} renderings" in verdict.because
    assert "an empty one took 80 ms" in verdict.because


def test_a_busy_machine_ends_the_look_by_its_drawings_alone() -> None:
    busy = planned([True] * 120, drawing_ms=MACHINE_MS + 30)
    assert [hopeless(busy[:n]) for n in (GLANCE - 1, GLANCE)] == [False, True]
    half = [quick for pair in zip(planned([False] * 60), busy, strict=False) for quick in pair]
    ended = next(n for n in range(len(half)) if hopeless(half[:n]))
    assert 100 < ended <= 130
    verdict = judge(Renderings(tuple(half[:ended])), EXCUSED)
    assert verdict.reason is Reason.GENERATOR_INVALID


@pytest.mark.parametrize("slow_blanks", [4, 14])
def test_slow_renderings_beside_slow_blanks_prove_nothing_of_the_page(slow_blanks: int) -> None:
    verdict = judge(seen(spread(20, FIRST), slow_blanks), EXCUSED)
    assert verdict.reason is Reason.GENERATOR_INVALID
    assert f"load may be why: {slow_blanks} of 14 blanks in their places were as slow" in verdict.because


@pytest.mark.parametrize(("dragged", "outcome"), [(3, Outcome.MET), (8, Outcome.UNKNOWN)])
def test_a_page_that_slows_the_drawings_after_its_slow_renderings_is_not_met(dragged: int, outcome: Outcome) -> None:
    out = (Attempt(400.0, 20.0, 90.0),) * dragged
    verdict = judge(Renderings((*out, *planned([False] * FIRST))), EXCUSED)
    assert verdict.outcome is outcome
    assert f"{dragged} more left out" in verdict.because
    assert verdict.facts["dragged"] == dragged


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
    assert (facts["blanks"], facts["slow_blanks"], facts["blanks_p95_ms"]) == (BLANKS[LAST], 0, 115.0)
    assert facts["machine_p95_ms"] == 20.0

"""Canary against stable: an arm that nobody saw is not as good as the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.judge import comparison, quantile
from harness.judge.comparison import Margins, Sides, Two
from harness.judge.difference import Pair
from harness.judge.limit import Tally
from harness.judge.watched import Arms, Share
from harness.verdict import Outcome, Reason
from tests.unit.judge.test_course import DARK, OK, OURS, WELL, course, hole

if TYPE_CHECKING:
    from harness.judge.course import Course

UNKNOWN = Outcome.UNKNOWN
MARGINS = Margins(0.05, 0.1, 0.01, 0.02, 0.03, 0.05, 0.10, 0.05)
LINES: dict[str, float] = dict.fromkeys(("P2-MON-01", "P2-MON-02", "P2-PASS-01", "P2-PASS-02", "P2-PASS-03"), 0.005)
NOTHING = quantile.counted([])


def share(hits: int, of: int, on: Course = WELL, **rest: Any) -> Share:
    return Share((Tally(hits, of),), on, **rest)


def latencies(judged: float = 0.5, on: Course = WELL) -> Arms:
    rng = np.random.default_rng(2)
    drawn = [judged * rng.lognormal(0, 0.05, (200, 150)), 0.5 * rng.lognormal(0, 0.05, (200, 150))]
    pairs = tuple(Pair(quantile.counted(a), quantile.counted(b)) for a, b in zip(*drawn, strict=True))
    return Arms(pairs, on, generated=True)


def sides(on: Course = WELL, **changed: Any) -> Sides:
    good: dict[str, Any] = {
        "latencies": {"chat by traffic": latencies(on=on)},
        "first_tokens": {"first token by traffic": latencies(on=on)},
        "failed": {"traffic": Two(share(0, 3000, on), share(0, 3000, on))},
        "negative": Two(share(10, 2000, on), share(10, 2000, on)),
        "abandoned": Two(share(10, 2000, on), share(10, 2000, on)),
        "mixed": share(0, 4000, on),
    }
    return Sides(**good | changed)


def outcomes(of: Sides) -> set[tuple[Outcome, Reason | None]]:
    return {(one.outcome, one.reason) for one in comparison.all_of(of, MARGINS, LINES).values()}


def test_equal_arms_are_met() -> None:
    assert outcomes(sides()) == {(Outcome.MET, None)}
    assert comparison.enough(sides(), MARGINS).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (replace(WELL, ended=False), Reason.INTERRUPTED),
        (course(OK, *[DARK] * 11), Reason.GAP),
        (course(), Reason.NO_DATA),
    ],
)
def test_equal_arms_in_a_watch_that_is_none_are_not_met(on: Course, reason: Reason) -> None:
    assert outcomes(sides(on)) == {(UNKNOWN, reason)}
    assert comparison.enough(sides(on), MARGINS).reason is reason


def test_an_arm_that_nobody_saw_is_no_data() -> None:
    dark = Arms((Pair(NOTHING, quantile.counted([0.5] * 200)),) * 60, WELL)
    nobody = Two(share(0, 0), share(10, 2000))
    for arms in (dark, Arms((), WELL), Arms((Pair(quantile.counted([0.5] * 200), NOTHING),) * 60, WELL)):
        found = sides(
            latencies={"chat": arms},
            first_tokens={"chat": arms},
            failed={"logs": nobody},
            negative=nobody,
            abandoned=nobody,
        )
        assert outcomes(found) == {(UNKNOWN, Reason.NO_DATA)}
    assert comparison.enough(sides(abandoned=nobody), MARGINS).reason is Reason.NO_DATA


def test_a_reference_that_nobody_saw_is_no_data() -> None:
    alone = Two(share(10, 2000), share(0, 0))
    found = sides(failed={"logs": alone}, negative=alone, abandoned=alone)
    verdicts = comparison.all_of(found, MARGINS, LINES)
    assert {verdicts[line].reason for line in ("P2-MON-02", "P2-PASS-01", "P2-PASS-02")} == {Reason.NO_DATA}
    assert comparison.enough(found, MARGINS).outcome is UNKNOWN


def test_no_source_at_all_is_no_data() -> None:
    found = comparison.all_of(sides(latencies={}, first_tokens={}, failed={}), MARGINS, LINES)
    assert {found[line].reason for line in ("P2-MON-01", "P2-MON-02", "P2-PASS-03")} == {Reason.NO_DATA}


def test_a_source_without_data_beside_a_good_one_is_not_met() -> None:
    two = {"traffic": Two(share(0, 3000), share(0, 3000)), "logs": Two(share(0, 0), share(0, 0))}
    assert comparison.failures(sides(failed=two), MARGINS, alpha=0.01).reason is Reason.NO_DATA
    arms = {"chat by traffic": latencies(), "chat by logs": Arms((), WELL)}
    assert comparison.latency(sides(latencies=arms), MARGINS, alpha=0.01).reason is Reason.NO_DATA


def test_a_worse_arm_is_a_violation() -> None:
    worse = sides(
        latencies={"chat": latencies(0.7)},
        first_tokens={"first": latencies(0.6)},
        failed={"traffic": Two(share(200, 3000), share(0, 3000))},
        negative=Two(share(200, 2000), share(10, 2000)),
        abandoned=Two(share(300, 2000), share(10, 2000)),
    )
    assert outcomes(worse) == {(Outcome.VIOLATED, None)}


def test_sessions_are_compared_once_so_an_early_finding_is_none() -> None:
    going_on = replace(WELL, ended=False)
    worse = Two(share(300, 2000, going_on), share(10, 2000, going_on))
    assert comparison.not_more(0.02, worse, alpha=0.01).reason is Reason.INTERRUPTED
    assert comparison.not_fewer(0.02, worse, alpha=0.01).reason is Reason.INTERRUPTED


def test_a_hole_on_either_side_makes_a_comparison_unknown() -> None:
    silent = (hole(0, 60),)
    for two in (
        Two(share(0, 3000, holes=silent), share(0, 3000)),
        Two(share(0, 3000), share(0, 3000, holes=silent)),
    ):
        assert comparison.not_more(0.01, two, alpha=0.01).reason is Reason.NO_DATA
        assert comparison.not_fewer(0.01, two, alpha=0.01).reason is Reason.NO_DATA


def test_our_own_spoiled_traffic_compares_nothing() -> None:
    on = course(*[OURS] * 12)
    two = Two(share(0, 3000, on, generated=True), share(0, 3000, on, generated=True))
    assert comparison.not_more(0.01, two, alpha=0.01).reason is Reason.GENERATOR_INVALID


def test_sessions_that_both_arms_answered_or_nobody_could_place_tell_nothing() -> None:
    for mixed in (share(1000, 4000), share(0, 0)):
        of = sides(mixed=mixed)
        assert comparison.complaints(of, MARGINS, alpha=0.01).reason is Reason.NO_DATA
        assert comparison.completion(of, MARGINS, alpha=0.01).reason is Reason.NO_DATA


def test_too_few_sessions_to_show_a_loss_are_named_with_how_many_are_needed() -> None:
    few = comparison.enough(sides(abandoned=Two(share(1, 40), share(100, 2000))), MARGINS)
    assert few.reason is Reason.SAMPLE_TOO_SMALL
    assert few.facts["needed"] == few.facts["needed_sessions"] - 40  # pyright: ignore[reportOperatorIssue]


def test_no_session_was_rated_is_no_data_not_no_complaint() -> None:
    found = comparison.complaints(sides(negative=Two(share(0, 0), share(0, 0))), MARGINS, alpha=0.01)
    assert found.reason is Reason.NO_DATA

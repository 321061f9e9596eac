"""The six SLOs from every source: a source that knows nothing is not a source that says it is fine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.judge import quantile, slos
from harness.judge.difference import Pair
from harness.judge.limit import Tally
from harness.judge.slos import FAILED, UNREAL, Limits, Ran, Six
from harness.judge.soak import State
from harness.judge.watched import Arms, Share
from harness.verdict import Outcome, Reason
from tests.unit.judge.test_course import DARK, OK, OURS, WELL, course, hole

if TYPE_CHECKING:
    from harness.judge.course import Course, Hole
    from harness.verdict import Verdict

UNKNOWN = Outcome.UNKNOWN
NOTHING = quantile.counted([])


def share(hits: int, of: int, on: Course = WELL, *, generated: bool = True, holes: tuple[Hole, ...] = ()) -> Share:
    """Counts in ten windows, the hits in the first."""
    first = Tally(hits, of // 10 + of % 10)
    return Share((first, *[Tally(0, of // 10)] * 9), on, generated, holes)


def arms(judged: float, reference: float, each: int = 200, on: Course = WELL) -> Arms:
    """Two hundred windows with latencies of the same shape around two medians, seconds."""
    rng = np.random.default_rng(1)
    pairs = [
        Pair(
            quantile.counted(judged * rng.lognormal(0, 0.1, each)),
            quantile.counted(reference * rng.lognormal(0, 0.1, each)),
        )
        for _ in range(200)
    ]
    return Arms((*pairs,), on, generated=True)


def is_(found: Verdict, outcome: Outcome, *words: str, reason: Reason | None = None) -> None:
    assert (found.outcome, found.reason) == (outcome, reason), found
    for word in words:
        assert word in found.because


def test_500_requests_without_a_failure_do_not_show_a_tenth_of_a_percent_and_say_how_many_would() -> None:
    found = slos.share(0.001, {"traffic": share(0, 500)}, alpha=0.01, wording=FAILED)
    is_(found, UNKNOWN, "2,495 more requests", reason=Reason.SAMPLE_TOO_SMALL)
    assert found.facts["needed"] == 2495
    assert slos.share(0.001, {"traffic": share(0, 2994)}, alpha=0.01, wording=FAILED).outcome is UNKNOWN
    assert slos.share(0.001, {"traffic": share(0, 2995)}, alpha=0.01, wording=FAILED).outcome is Outcome.MET


def test_without_an_enhanced_answer_there_is_no_word_on_the_difference() -> None:
    values = quantile.counted(np.linspace(0.1, 1, 200))
    found = slos.delta(0.1, {"traffic": Arms((Pair(NOTHING, values),) * 50, WELL)}, alpha=0.01)
    is_(found, UNKNOWN, "the judged arm has no values", reason=Reason.NO_DATA)
    found = slos.delta(0.1, {"traffic": Arms((), WELL)}, alpha=0.01)
    is_(found, UNKNOWN, reason=Reason.NO_DATA)


@pytest.mark.parametrize("judge", ["share", "p95", "delta"])
def test_no_source_at_all_is_no_data(judge: str) -> None:
    found = {
        "share": slos.share(0.1, {}, alpha=0.01, wording=FAILED),
        "p95": slos.p95(1.5, {}, alpha=0.01),
        "delta": slos.delta(0.1, {}, alpha=0.01),
    }[judge]
    is_(found, UNKNOWN, "nothing was there", reason=Reason.NO_DATA)


def test_a_source_without_data_beside_a_good_one_is_not_met() -> None:
    both = {"metrics": share(0, 9000), "logs": Share((), WELL)}
    is_(slos.share(0.001, both, alpha=0.01, wording=FAILED), UNKNOWN, "logs:", "metrics: MET", reason=Reason.NO_DATA)
    both["logs"] = Share((Tally(0, 0),) * 5, WELL)
    assert slos.share(0.001, both, alpha=0.01, wording=FAILED).reason is Reason.NO_DATA


def test_a_source_that_shows_a_violation_is_not_outvoted() -> None:
    both = {"metrics": share(0, 90_000), "logs": share(500, 9000)}
    is_(slos.share(0.001, both, alpha=0.01, wording=FAILED), Outcome.VIOLATED, "logs:", "metrics: MET")


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (course(*[OURS] * 12), Reason.GENERATOR_INVALID),
        (course(OK, *[DARK] * 11), Reason.GAP),
        (course(), Reason.NO_DATA),
        (course(*[OK] * 12, ended=False), None),
    ],
)
def test_good_figures_of_a_watch_that_is_none_are_not_met(on: Course, reason: Reason | None) -> None:
    for found in (
        slos.p95(1.5, {"traffic": share(0, 9000, on)}, alpha=0.01),
        slos.share(0.01, {"traffic": share(0, 9000, on)}, alpha=0.01, wording=FAILED),
        slos.delta(0.1, {"traffic": arms(0.5, 0.5, on=on)}, alpha=0.01),
        slos.never(share(0, 9000, on), 59, wording=UNREAL),
        slos.ran_as_planned(Ran(5, 5, {"a": 5}, {"a": 5}), {"a": "talks"}, on),
    ):
        assert found.outcome is UNKNOWN
        assert found.reason is (reason or Reason.INTERRUPTED)


def test_a_source_that_was_silent_too_long_is_not_met_by_what_it_saw_before() -> None:
    logs = share(0, 9000, generated=False, holes=(hole(50, 90),))
    is_(slos.share(0.001, {"logs": logs}, alpha=0.01, wording=FAILED), UNKNOWN, "HTTP 503", reason=Reason.NO_DATA)


def test_both_sides_of_a_difference_are_judged() -> None:
    assert slos.delta(0.1, {"traffic": arms(0.50, 0.50)}, alpha=0.01).outcome is Outcome.MET
    assert slos.delta(0.1, {"traffic": arms(0.75, 0.50)}, alpha=0.01).outcome is Outcome.VIOLATED


def test_all_six_are_judged_and_each_is_named() -> None:
    good = {"traffic": share(0, 9000)}
    six = Six(good, good, {"traffic": arms(0.5, 0.5)}, good, {}, {"logs": Share((), WELL)})
    alphas = {f"P1-SLO-0{n}": 0.001 for n in range(1, 7)}
    found = slos.all_six("P1", six, Limits(1.5, 1.6, 0.1, 0.003, 0.001, 0.005), alphas)
    assert [f"{name} {one.outcome.name}" for name, one in found.items()] == [
        "P1-SLO-01 MET",
        "P1-SLO-02 MET",
        "P1-SLO-03 MET",
        "P1-SLO-04 MET",
        "P1-SLO-05 UNKNOWN",
        "P1-SLO-06 UNKNOWN",
    ]


def test_never_needs_looks() -> None:
    is_(slos.never(share(0, 0), 59, wording=UNREAL), UNKNOWN, "59 more", reason=Reason.NO_DATA)
    is_(slos.never(share(0, 58), 59, wording=UNREAL), UNKNOWN, "1 more", reason=Reason.SAMPLE_TOO_SMALL)
    is_(slos.never(share(0, 59), 59, wording=UNREAL), Outcome.MET)
    is_(slos.never(share(1, 9), 59, wording=UNREAL), Outcome.VIOLATED)


def test_never_is_not_met_by_nothing_even_when_nothing_is_asked_for() -> None:
    is_(slos.never(share(0, 0), 0, wording=UNREAL), UNKNOWN, reason=Reason.NO_DATA)


@pytest.mark.parametrize(
    ("ran", "reason", "said"),
    [
        (Ran(0, 0, {}, {}), Reason.NO_DATA, "no traffic"),
        (Ran(9, 8, {"a": 9}, {"a": 8}), Reason.INTERRUPTED, "ended on the way"),
        (Ran(8, 9, {"a": 9}, {"a": 9}), Reason.INTERRUPTED, "counted twice"),
        (Ran(9, 9, {"a": 9}, {"a": 9}), Reason.SAMPLE_TOO_SMALL, "long prompts"),
        (Ran(9, 9, {"a": 9, "b": 1}, {"a": 9, "b": 0}), Reason.SAMPLE_TOO_SMALL, "long prompts"),
    ],
)
def test_traffic_that_did_not_go_out_as_planned_is_unknown(ran: Ran, reason: Reason, said: str) -> None:
    is_(slos.ran_as_planned(ran, {"a": "talks", "b": "long prompts"}, WELL), UNKNOWN, said, reason=reason)


def test_every_pod_has_its_limit_and_no_pod_is_no_data() -> None:
    limits = {"chat": 1.5, "enhanced": 1.6}
    is_(slos.each_within(limits, {}, alpha=0.01), UNKNOWN, reason=Reason.NO_DATA)
    pods = {"chat@a": share(0, 900), "chat@b": share(90, 900), "enhanced@a": share(0, 900)}
    is_(slos.each_within(limits, pods, alpha=0.01), Outcome.VIOLATED, "chat@b:")
    pods["chat@b"] = Share((), WELL)
    is_(slos.each_within(limits, pods, alpha=0.01), UNKNOWN, "chat@b:", reason=Reason.NO_DATA)


def test_spoiled_slices_are_no_choice_of_the_good_ones() -> None:
    on = course(*[State.GENERATOR_INVALID] * 4, *[State.COMPLETE] * 8)
    is_(slos.p95(1.5, {"traffic": share(0, 9000, on)}, alpha=0.01), UNKNOWN, reason=Reason.GENERATOR_INVALID)

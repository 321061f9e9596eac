"""Monitors: answering, fresh, carrying; old copies, empty pages, and those that nothing can be told of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.monitors import Carried, MonitorSeen, MonitorsSeen, Queried, Reading, works
from harness.verdict import Outcome, Reason, Verdict

NOW = 1_000_000.0
FIRST = Reading(NOW - 1, stamp_s=NOW - 2, carried={"p95": Carried(0.2)}, print="a")
LAST = Reading(NOW, stamp_s=NOW - 1, carried={"p95": Carried(0.2)}, print="b")
GOOD = MonitorSeen("latency", "http://x/latency.json", 1.0, (FIRST, LAST))


def judged(*readings: Reading, **more: object) -> Verdict:
    return works(replace(MonitorsSeen("staging", (replace(GOOD, readings=readings),)), **more))


def test_fresh_data_with_its_series_is_met() -> None:
    verdict = judged(FIRST, LAST)
    assert verdict.outcome is Outcome.MET
    assert verdict.because == "1 monitors answer with fresh data that carries 1 series"


@pytest.mark.parametrize("said", ["refused", "HTTP 404", 'HTTP 200 with {"error"}: the endpoint itself failed'])
def test_one_that_does_not_answer_or_answers_an_error_is_violated(said: str) -> None:
    verdict = judged(FIRST, Reading(NOW, said))
    assert verdict.outcome is Outcome.VIOLATED
    assert f"latency: {said}" in verdict.because


def test_an_old_time_that_stands_still_is_violated_and_one_that_advances_is_not() -> None:
    old = (replace(FIRST, stamp_s=NOW - 600), replace(LAST, stamp_s=NOW - 600))
    verdict = judged(*old)
    assert verdict.outcome is Outcome.VIOLATED
    assert "its own time is 600 s old and stands still, wanted at most 3 s" in verdict.because
    assert judged(old[0], replace(LAST, stamp_s=NOW - 599)).outcome is Outcome.MET


def test_a_time_far_ahead_proves_nothing() -> None:
    ahead = (replace(FIRST, stamp_s=NOW + 600), replace(LAST, stamp_s=NOW + 600))
    assert "600 s ahead and stands still" in judged(*ahead).because


def test_a_missing_series_or_an_old_last_point_is_violated() -> None:
    lacking = replace(LAST, carried={"p95": Carried(why="no series of that name")})
    assert "series p95: no series of that name" in judged(FIRST, lacking).because
    behind = replace(LAST, carried={"p95": Carried(0.2, NOW - 7200)})
    verdict = judged(FIRST, behind)
    assert verdict.outcome is Outcome.VIOLATED
    assert "series p95: its last point is 7200 s old" in verdict.because


def test_without_a_time_what_moves_is_fresh_and_what_stands_still_is_unknown() -> None:
    first, last = replace(FIRST, stamp_s=None), replace(LAST, stamp_s=None)
    assert judged(first, last).outcome is Outcome.MET
    verdict = judged(first, replace(last, print="a"))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "nothing moved in 1.0 s" in verdict.because
    dated = replace(last, print="a", carried={"p95": Carried(0.2, NOW - 1)})
    assert judged(first, dated).outcome is Outcome.MET


def test_one_that_could_not_be_asked_or_was_read_once_or_carries_nothing_is_unknown() -> None:
    assert "not asked: unknown host" in judged(Reading(NOW, "unknown host", asked=False)).because
    assert "not read twice" in judged(LAST).because
    bare = replace(LAST, carried={})
    assert "no series that it must carry" in judged(bare, bare).because


def test_no_monitors_in_the_profile_and_no_reading_are_unknown() -> None:
    verdict = works(MonitorsSeen("staging"))
    assert (verdict.reason, "names no monitors" in verdict.because) == (Reason.NO_DATA, True)
    assert works(MonitorsSeen("staging", trouble="no time")).reason is Reason.NO_DATA


def test_prometheus_has_to_have_a_recent_sample_of_each_series() -> None:
    fine = Queried("http_requests_total", 2.0)
    assert judged(FIRST, LAST, queried=(fine,), recent_s=45.0).outcome is Outcome.MET
    old = judged(FIRST, LAST, queried=(fine, Queried("redis_up", 60.0)), recent_s=45.0)
    assert old.outcome is Outcome.VIOLATED
    assert "prometheus: series redis_up: its last sample is 60 s old" in old.because
    none = judged(FIRST, LAST, queried=(Queried("redis_up", why="no sample in 45 s"),), recent_s=45.0)
    assert "no sample in 45 s" in none.because

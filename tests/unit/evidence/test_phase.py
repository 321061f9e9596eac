"""A phase's watch, from windows on the disk to the verdict: 48 hours in a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from fixtures.product import Product
from harness import runbook
from harness import target as targets
from harness.evidence import names, phase
from harness.evidence.watch import Pick
from harness.evidence.window import Series
from harness.judge import slos, watched
from harness.judge.slos import FAILED
from harness.observe.logs.seen import NOTE, LogsSeen
from harness.verdict import Outcome, Reason, met
from tests.unit.evidence.book import Book, Day, Lengths

if TYPE_CHECKING:
    from pathlib import Path

    from harness.evidence.phase import Watch
    from harness.target import Arm, Watched
    from harness.verdict import Verdict

HOUR = 3600.0
TWO_DAYS = Lengths(48 * HOUR, 300.0, 300.0, 600.0)
LINES = runbook.lines()
TARGET = targets.load("sandbox")
ALPHA = 0.001


def of(run: Path, named: Watched = "staging", arm: Arm | None = None) -> Watch:
    return phase.of(run, named, TARGET, LINES, arm)


def six(watch: Watch) -> dict[str, Verdict]:
    return slos.all_six(watch.prefix, watch.six, watch.limits, {f"{watch.prefix}-SLO-0{n}": ALPHA for n in range(1, 7)})


def passed(watch: Watch, whole: dict[str, Verdict] | None = None) -> Verdict:
    return watched.held_throughout(watch.course, watch.figures, six(watch) if whole is None else whole, alpha=ALPHA)


def noted(book: Book, began_s: float, at_s: float, **rest: float) -> None:
    book.writer.snapshot(NOTE, msgspec.to_builtins(LogsSeen(began_s, at_s, **rest)))  # pyright: ignore[reportArgumentType]


def test_48_clean_hours_are_met(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=TWO_DAYS)
    book.go_on(48 * HOUR)
    watch = of(book.done())
    assert {one.outcome for one in six(watch).values()} == {Outcome.MET}, six(watch)
    found = passed(watch)
    assert found.outcome is Outcome.MET, found
    assert (found.facts["n"], found.facts["largest_gap_s"]) == (576, 0)


def test_a_contiguous_outage_of_4_percent_of_48_hours_is_violated_though_the_p95_of_the_whole_is_fine(
    tmp_path: Path,
) -> None:
    book = Book(tmp_path, lengths=TWO_DAYS)
    book.go_on(40 * HOUR)
    book.go_on(23 * 300.0, Day(latency_s=4.0))
    book.go_on(8 * HOUR - 23 * 300.0)
    watch = of(book.done())
    p95 = watch.seen.sums(Pick(names.LOAD, "chat"))["chat"].quantile(0.95)
    assert p95 is not None
    assert p95.high < watch.limits.chat_s
    found = passed(watch, {"P95 of the whole": met("fine")})
    assert found.outcome is Outcome.VIOLATED
    assert "P1-SLO-01" in found.because
    assert passed(watch).outcome is Outcome.VIOLATED
    marked = watched.judged_slices(watch.course, watch.figures, alpha=ALPHA)
    assert sum(one.state.value == "VIOLATED" for one in marked) == 23


@pytest.mark.parametrize("into_s", [0.0, 100.0])
def test_a_hole_of_ten_minutes_in_the_evidence_restarts_the_clock(tmp_path: Path, into_s: float) -> None:
    book = Book(tmp_path, lengths=TWO_DAYS)
    book.go_on(20 * HOUR + into_s)
    book.away(601)
    book.go_on(28 * HOUR)
    book.writer.state(book.stream, "done")
    book.writer.flush()
    watch = of(tmp_path)
    hole = watch.course.holes[0]
    assert hole.ours
    assert hole.length == pytest.approx(601)
    found = passed(watch)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.GAP)
    assert found.facts["estimate"] == 28 * HOUR
    book.go_on(20 * HOUR)
    assert passed(of(book.done())).outcome is Outcome.MET


def test_a_hole_of_four_minutes_is_bridged_and_told(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=TWO_DAYS)
    book.go_on(20 * HOUR + 100)
    book.away(240)
    book.go_on(28 * HOUR)
    found = passed(of(book.done()))
    assert found.outcome is Outcome.MET, found
    assert found.facts["largest_gap_s"] == 600  # the slice that was begun, and up to the next window's edge
    assert found.facts["holes_of_the_collector_s"] == pytest.approx(240)


def test_nothing_but_windows_is_no_data(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(8)
    watch = of(book.done())
    assert not watch.course.slices
    assert {one.reason for one in six(watch).values()} == {Reason.NO_DATA}
    assert passed(watch).reason is Reason.NO_DATA


def test_nothing_but_slices_is_no_data(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(120, Day(each=0))
    watch = of(book.done())
    assert len(watch.course.slices) == 12
    assert {one.reason for one in six(watch).values()} == {Reason.NO_DATA}
    assert passed(watch).outcome is Outcome.UNKNOWN
    assert passed(watch, {"x": met("fine")}).reason is Reason.NO_DATA


def test_a_run_that_never_watched_is_no_data(tmp_path: Path) -> None:
    watch = of(tmp_path)
    assert {one.reason for one in six(watch).values()} == {Reason.NO_DATA}
    assert passed(watch).reason is Reason.NO_DATA


def test_a_watch_that_was_killed_is_interrupted(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(120)
    watch = of(book.stopped())
    assert {one.reason for one in six(watch).values()} >= {Reason.INTERRUPTED}
    assert Outcome.MET not in {one.outcome for one in six(watch).values()}
    assert passed(watch).outcome is Outcome.UNKNOWN


def test_one_source_of_a_count_alone_is_not_both(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(120, Day(each=100, sources=(names.FROM_METRICS,)))
    watch = of(book.done())
    found = slos.share(0.001, watch.unsaved, alpha=ALPHA, wording=FAILED)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "logs:" in found.because


def test_sessions_that_nobody_vouches_for_are_no_data(tmp_path: Path) -> None:
    book = Book(tmp_path, "canary")
    began = book.from_s
    for number in range(24):
        book.windows.count(began + 5 * number, Series(names.SESSIONS, "chat", "canary"), 50)
    book.go_on(120, Day(arm="canary"))
    assert of(tmp_path, "canary", "canary").abandoned.sum.of == 0  # no document at all
    noted(book, began, began + 120)
    assert of(tmp_path, "canary", "canary").abandoned.sum.of == 0  # it does not say until when
    noted(book, began, began + 120, sessions_until_s=began + 61)
    assert of(book.done(), "canary", "canary").abandoned.sum.of == 12 * 50


def test_failures_by_logs_whose_lines_name_no_status_are_not_known(tmp_path: Path) -> None:
    book = Book(tmp_path, "canary")
    began = book.from_s
    book.go_on(120, Day(arm="canary", streams=(names.LOAD, names.LOGS)))

    def reason() -> Reason | None:
        return slos.share(0.01, of(tmp_path, "canary", "canary").failed, alpha=ALPHA, wording=FAILED).reason

    book.writer.state(book.stream, "done")
    assert reason() is Reason.NO_DATA  # nobody said whether they do
    noted(book, began, began + 120, requests=900, no_status=1)
    assert reason() is Reason.NO_DATA
    noted(book, began + 60, began + 120, requests=900)
    assert reason() is Reason.NO_DATA  # of the first half nobody knows
    noted(book, began - 900, began - 30, requests=900)
    assert reason() is Reason.NO_DATA  # another phase's
    noted(book, began, began + 120, requests=900)
    assert reason() is None
    _ = book.stopped()


def test_a_document_of_another_watch_is_none_of_this_one(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(120)
    name, began = "documents", book.from_s
    for times in ({"began_s": began - 50, "at_s": began - 1}, {"began_s": began + 121, "at_s": began + 130}):
        book.writer.snapshot(name, times)
        assert of(tmp_path).note(name) is None
    book.writer.snapshot(name, {"began_s": began - 50, "at_s": began + 1})
    assert of(tmp_path).note(name) is not None
    book.writer.snapshot(name, {"began_s": began, "at_s": began + 1}, "HTTP 503")
    assert of(tmp_path).note(name) is None
    _ = book.stopped()


def test_traffic_of_every_generator_is_added_up(tmp_path: Path) -> None:
    book = Book(tmp_path)
    total = {"scheduled": 10, "answered": 6, "failed": 2, "late": 1, "capped": 1}
    for seed in (1, 2):
        body = {"arrivals": {"a": 5}, "finished": {"a": 4}, "total": total}
        book.writer.snapshot(f"{names.LOAD}/staging/load/{seed}", body)
    book.go_on(120)
    ran = of(book.done()).ran
    assert (ran.scheduled, ran.accounted, ran.arrivals, ran.finished) == (20, 20, {"a": 10}, {"a": 8})


def test_a_prometheus_that_the_profile_names_is_one_more_source_and_silent_it_is_no_good_one(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=Lengths(1800.0, 300.0, 60.0, 600.0))
    book.go_on(1800.0, Day(each=200))
    run = book.done()
    asked = targets.Prometheus("http://prometheus:9090")
    staging = msgspec.structs.replace(TARGET.environments["staging"], prometheus=asked)
    configured = msgspec.structs.replace(TARGET, environments={"staging": staging})
    alone, beside = of(run), phase.of(run, "staging", configured, LINES)
    for found in (alone.slow("chat", 1.5), alone.failed, alone.unsaved):
        assert names.FROM_PROMETHEUS not in found
    for found in (beside.slow("chat", 1.5), beside.failed, beside.unsaved, beside.repaired):
        assert found[names.FROM_PROMETHEUS].sum.of == 0
    assert slos.p95(1.5, alone.slow("chat", 1.5), alpha=ALPHA).outcome is Outcome.MET
    verdict = slos.p95(1.5, beside.slow("chat", 1.5), alpha=ALPHA)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "prometheus" in verdict.because


def test_a_prometheus_that_falls_silent_takes_its_slow_requests_with_it(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=Lengths(3600.0, 300.0, 60.0, 600.0))
    slow = Series(f"{names.PROMETHEUS}-over-1.5", "chat", "stable")
    began = book.windows.timeline.at_s()
    book.go_on(1800.0)
    book.windows.count(began + 60.0, slow, 5000)
    book.windows.gap(names.PROMETHEUS, round((began + 1800.0) * 1e6), round((began + 3600.0) * 1e6), "it broke")
    book.go_on(1800.0)
    run = book.done()
    asked = targets.Prometheus("http://prometheus:9090")
    staging = msgspec.structs.replace(TARGET.environments["staging"], prometheus=asked)
    watch = phase.of(run, "staging", msgspec.structs.replace(TARGET, environments={"staging": staging}), LINES)
    share = watch.slow("chat", 1.5)[names.FROM_PROMETHEUS]
    assert share.sum.of == 5000
    found = slos.p95(1.5, {"prometheus": share}, alpha=ALPHA)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "it broke" in found.because


def test_an_alert_and_a_failed_validation_count_also_where_the_slice_says_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=Lengths(1800.0, 300.0, 60.0, 600.0))
    book.go_on(900.0)
    dark = book.windows.timeline.at_s()
    book.go_on(300.0, Day(trouble="the cluster was not read in this slice"))
    book.go_on(600.0)
    book.windows.count(dark + 30.0, Series(names.ALERTS, "RedisDown", None), 1, {"page": 1})
    book.windows.count(dark + 30.0, Series(names.ALERTS, "looks", None), 1)
    book.windows.count(dark + 30.0, Series(names.FAILURES, "no_blocks", None), 3)
    watch = of(book.done())
    assert [one.name for one in Product(watch).alerts.pages] == ["RedisDown"]
    assert Product(watch).alerts.looks == 1
    assert watch.failures == {"no_blocks": 3}

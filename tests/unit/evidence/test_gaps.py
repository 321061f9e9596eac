"""Instants that no setting of the clock moves, and the stretches of which nothing is known."""

from __future__ import annotations

import datetime

from harness.clock import FakeClock
from harness.evidence.gaps import Gap, Span, Timeline, empty, of_shards

HOUR = datetime.timedelta(hours=1)


class Set(FakeClock):
    """A clock whose wall can be set."""

    def set(self, by: datetime.timedelta) -> None:
        self._wall += by


def test_setting_the_system_clock_back_an_hour_changes_no_duration() -> None:
    clock = Set()
    timeline = Timeline(clock, boot="b")
    before = timeline.now_us()
    clock.sleep(10)
    clock.set(-HOUR)
    clock.sleep(10)
    assert timeline.now_us() - before == 20_000_000


def test_a_run_taken_up_again_on_the_same_boot_has_a_hole_of_exact_length_whatever_the_wall_says() -> None:
    for by in (-HOUR, HOUR):
        clock = Set()
        first = Timeline(clock, boot="b")
        last = Span(0, 0, first.now_us(), first.mono_s(), "b")
        clock.sleep(7)
        clock.set(by)
        assert Timeline(clock, last, "b").now_us() - last.until_us == 7_000_000


def test_after_another_boot_the_wall_counts_but_never_before_the_last_instant() -> None:
    clock = Set()
    last = Span(0, 0, Timeline(clock, boot="b").now_us(), 1e9, "b")
    clock.sleep(60)
    assert Timeline(clock, last, "c").now_us() - last.until_us == 60_000_000
    clock.set(-HOUR)
    assert Timeline(clock, last, "c").now_us() == last.until_us


def test_missing_late_and_short_shards_are_gaps() -> None:
    spans = [Span(0, 0, 100_000), Span(1, 50, 60_000), Span(3, 40_000, 100_000)]
    assert of_shards(spans, 4, slack_us=1_000) == (
        Gap(0, 40_000, "", "shard 3 of 4 began late"),
        Gap(0, 100_000, "", "shard 2 of 4 is missing"),
        Gap(60_000, 100_000, "", "shard 1 of 4 ended early"),
    )
    assert of_shards([Span(0, 0, 9)], 1, 0) == ()


def test_stretches_without_a_window_are_found_at_the_ends_too() -> None:
    assert empty([20, 30, 30, 60, 990], 10, 0, 80) == ((0, 20), (40, 60), (70, 80))
    assert empty([], 10, 0, 80) == ((0, 80),)
    assert empty(range(0, 80, 10), 10, 0, 80) == ()

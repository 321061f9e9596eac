"""What a watch's windows come to: only those of slices that say something, and every hole that is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.evidence import names
from harness.evidence.sample import Sample
from harness.evidence.watch import Pick, WatchEvidence
from harness.evidence.window import Series
from harness.judge.limit import Tally
from harness.judge.soak import State
from tests.unit.evidence.book import Book, Day, Lengths

if TYPE_CHECKING:
    from pathlib import Path

LOAD, CHAT = Pick(names.LOAD), Pick(names.LOAD, "chat")
EACH = 2 * 20 * 2  # requests a slice of two windows: two endpoints of 20 a window


def of(book: Book) -> WatchEvidence:
    return WatchEvidence(book.done(), book.phase)


def states(seen: WatchEvidence) -> list[State]:
    return [one.state for one in seen.course.slices]


def test_every_window_of_a_good_slice_counts_once(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(120)
    seen = of(book)
    assert seen.failed(LOAD).sum == Tally(0, 12 * EACH)
    assert len(seen.failed(LOAD).windows) == 24
    assert seen.failed(LOAD).starts[:2] == (book.from_s, book.from_s + 5)
    assert sum(pair.judged.n for pair in seen.pairs(CHAT, Pick(names.LOAD, "enhanced")).pairs) == 12 * EACH / 2


def test_a_slice_that_our_traffic_spoiled_says_nothing_about_it_but_about_what_others_saw(tmp_path: Path) -> None:
    book = Book(tmp_path)
    both = (names.LOAD, names.LOGS)
    book.go_on(60, Day(streams=both))
    book.go_on(60, Day(streams=both, generator="it was late", error="5xx"))
    seen = of(book)
    assert states(seen)[6:] == [State.GENERATOR_INVALID] * 6
    assert seen.failed(LOAD).sum == Tally(0, 6 * EACH)
    assert seen.failed(Pick(names.LOGS)).sum == Tally(6 * EACH, 12 * EACH)


@pytest.mark.parametrize("stream", [names.LOAD, names.LOAD_TTFT, names.TOGETHER, names.REAL, names.UNIFIED])
def test_what_our_traffic_brought_is_known_to_be_ours(tmp_path: Path, stream: str) -> None:
    book = Book(tmp_path)
    book.go_on(60, Day(streams=(stream,), generator="it was late"))
    share = of(book).failed(Pick(stream))
    assert share.generated
    assert share.sum.of == 0


def test_a_slice_that_was_not_watched_whole_counts_for_nobody(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60, Day(streams=(names.LOAD, names.LOGS), trouble="a generator ended", generator="it was late"))
    seen = of(book)
    assert states(seen) == [State.INCOMPLETE] * 6
    assert seen.failed(LOAD).sum == seen.failed(Pick(names.LOGS)).sum == Tally(0, 0)
    assert seen.course.slices[0].because == "a generator ended"
    assert seen.by_slice(lambda _, rows: len(rows)) == {}


def test_a_slice_that_a_hole_of_the_collector_touches_is_not_whole(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60)
    book.windows.gap("", round((book.from_s + 19.5) * 1e6), round((book.from_s + 20.5) * 1e6), "the collector stalled")
    seen = of(book)
    assert [i for i, state in enumerate(states(seen)) if state is State.INCOMPLETE] == [1, 2]
    assert seen.failed(LOAD).sum.of == 4 * EACH
    assert [hole.ours for hole in seen.course.holes] == [True]


def test_windows_outside_of_all_slices_count_for_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60)
    for at_s in (book.from_s - 30, book.from_s + 61, book.from_s + 900):
        book.windows.add(Sample(at_s, names.LOAD, "chat", None, None, "5xx"))
        book.windows.count(at_s, Series(names.LOGS_PODS, "chat@a"), 9)
    seen = of(book)
    assert seen.failed(LOAD).sum == Tally(0, 6 * EACH)
    assert seen.endpoints(names.LOGS_PODS) == ()
    assert seen.sums(Pick(names.LOGS_PODS)) == {}


def test_slices_that_overlap_share_no_window(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60)
    book.slice(book.from_s + 25, Day())
    seen = of(book)
    assert len(seen.course.slices) == 7
    assert seen.failed(LOAD).sum.of == 6 * EACH
    assert seen.course.watched_s() == pytest.approx(60)


def test_the_holes_of_a_source_are_those_of_what_is_read_from_it(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60)
    for stream in (names.LOGS, names.SAVES, names.PROMETHEUS):
        book.windows.gap(stream, round((book.from_s + 1) * 1e6), round((book.from_s + 2) * 1e6), stream)
    seen = of(book)
    holes = {
        "saves by metrics": seen.with_error(frozenset({"unsaved"}), Pick(names.SAVES, names.FROM_METRICS)).holes,
        "saves by logs": seen.with_error(frozenset({"unsaved"}), Pick(names.SAVES, names.FROM_LOGS)).holes,
        "saves by prometheus": seen.with_error(frozenset({"unsaved"}), Pick(names.SAVES, names.FROM_PROMETHEUS)).holes,
        "sessions": seen.with_error(frozenset({"abandoned"}), Pick(names.SESSIONS)).holes,
        "requests in logs": seen.failed(Pick(names.LOGS)).holes,
        "our requests": seen.failed(LOAD).holes,
    }
    assert {name: [hole.why for hole in found] for name, found in holes.items()} == {
        "saves by metrics": ["saves"],
        "saves by logs": ["logs"],
        "saves by prometheus": ["prometheus"],
        "sessions": ["logs"],
        "requests in logs": ["logs"],
        "our requests": [],
    }


def test_a_hole_is_told_though_nothing_was_counted(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60, Day(each=0, sources=()))
    book.windows.gap("", round(book.from_s * 1e6), round((book.from_s + 60) * 1e6), "the collector stalled")
    seen = of(book)
    assert states(seen) == [State.INCOMPLETE] * 6
    assert len(seen.course.holes) == 1


def test_another_phases_windows_and_holes_are_not_this_ones(tmp_path: Path) -> None:
    book = Book(tmp_path, "canary")
    book.go_on(60, Day(error="5xx"))
    book.writer.state(book.stream, "done")
    book.windows.gap(names.LOGS, round((book.from_s + 10) * 1e6), round((book.from_s + 50) * 1e6), "HTTP 503")
    book.begin("postdeploy")
    book.go_on(60, Day(streams=(names.LOAD, names.LOGS_PODS)))
    book.windows.gap(names.SAVES, round((book.from_s + 70) * 1e6), round((book.from_s + 90) * 1e6), "HTTP 404")
    after = of(book)
    before = WatchEvidence(tmp_path, "canary")
    assert (before.failed(LOAD).sum, after.failed(LOAD).sum) == (Tally(6 * EACH, 6 * EACH), Tally(0, 6 * EACH))
    assert (len(before.holes(names.LOGS)), len(after.holes(names.LOGS))) == (1, 0)
    assert (len(before.holes(names.SAVES)), len(after.holes(names.SAVES))) == (0, 1)
    assert before.endpoints(names.LOGS_PODS) == ()
    assert after.endpoints(names.LOGS_PODS) == ("chat", "enhanced")


def test_arms_are_told_apart_and_none_is_everybody(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60, Day(arm="canary", error="5xx"))
    book.go_on(60, Day(arm="stable"))
    book.windows.count(book.from_s, Series(names.LOAD, "chat", None), 1)
    seen = of(book)
    assert seen.failed(Pick(names.LOAD, None, "canary")).sum == Tally(6 * EACH, 6 * EACH)
    assert seen.failed(Pick(names.LOAD, None, "stable")).sum == Tally(0, 6 * EACH)
    assert seen.failed(LOAD).sum == Tally(6 * EACH, 12 * EACH + 1)


@pytest.mark.parametrize("latency_s", [float("nan"), float("inf"), -1.0, None])
def test_a_latency_that_is_none_is_a_failure_and_no_fast_answer(tmp_path: Path, latency_s: float | None) -> None:
    book = Book(tmp_path, lengths=Lengths(10.0))
    for i in range(5):
        book.windows.add(Sample(book.from_s + i, names.LOAD, "chat", None, latency_s))
    book.go_on(10, Day(each=0, sources=()))
    seen = of(book)
    assert seen.failed(LOAD).sum == Tally(5, 5)
    assert seen.slower_than(1.5, CHAT).sum == Tally(0, 0)


def test_what_took_too_long_is_slow_and_what_was_our_own_fault_is_not_counted(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=Lengths(10.0))
    for error in ("timeout", "capped", "late", "interrupted", "rate-limited", "invalid", "5xx"):
        book.windows.add(Sample(book.from_s, names.LOAD, "chat", None, None, error))
    book.windows.add(Sample(book.from_s, names.LOAD, "chat", None, 0.2))
    book.go_on(10, Day(each=0, sources=()))
    seen = of(book)
    assert seen.slower_than(1.5, CHAT).sum == Tally(2, 3)
    assert seen.failed(CHAT).sum == Tally(3, 5)
    assert seen.with_error(frozenset({"invalid"}), CHAT).sum == Tally(1, 5)


def test_a_share_that_ends_at_an_instant_counts_whole_windows_before_it(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.go_on(60)
    seen = of(book)
    for until_s, windows in ((-float("inf"), 0), (book.from_s + 4.9, 0), (book.from_s + 5, 1), (book.from_s + 14, 2)):
        assert len(seen.with_error(frozenset(), LOAD, until_s=until_s).windows) == windows


def test_a_slice_has_the_windows_of_all_streams(tmp_path: Path) -> None:
    book = Book(tmp_path, lengths=Lengths(20.0))
    book.go_on(20, Day(streams=(names.LOAD, names.LOGS)))
    seen = of(book)
    found = seen.by_slice(
        lambda _, rows: (seen.failed_in(rows, LOAD), seen.slow_in(rows, CHAT, 1.5), seen.counted_in(rows, CHAT).n)
    )
    assert list(found) == [book.from_s, book.from_s + 10]
    assert set(found.values()) == {(Tally(0, EACH), Tally(0, EACH // 2), EACH // 2)}
    nothing = Pick(names.LOAD, "chat", "canary")
    assert seen.by_slice(lambda _, rows: (seen.bad_in(rows, nothing), seen.counted_in(rows, nothing).n)) == {
        start: (Tally(0, 0), 0) for start in found
    }

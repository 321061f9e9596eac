"""A phase's watch as judges take it: counts of its usable slices, window by window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from harness.evidence import names, sketch, slices
from harness.evidence.reading import WindowReader
from harness.evidence.store import Reader
from harness.evidence.window import CAPPED, Window
from harness.judge.course import Course, Hole
from harness.judge.difference import Pair
from harness.judge.limit import Tally
from harness.judge.quantile import Counted
from harness.judge.soak import Slice, State
from harness.judge.watched import Arms, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from harness.evidence.gaps import Gap
    from harness.evidence.window import Series
    from harness.judge.answers import Arm

SLOW_ERRORS: Final = frozenset({"timeout", CAPPED})  # they took longer than any limit
NOT_THE_TARGETS: Final = frozenset({"late", "interrupted", "rate-limited"})  # ours, and slices know of them
CONTENT: Final = frozenset({"invalid", "other session"})  # answered, but not as the contract says
GENERATED: Final = frozenset({names.LOAD, names.LOAD_TTFT, names.TOGETHER, names.REAL, names.UNIFIED})
FROM_LINES: Final = frozenset(
    {names.LOGS_TTFT, names.LOGS_PODS, names.CONTEXT, names.SESSIONS, names.MIXED, names.FEEDBACK, names.CLICKS}
)
_US: Final = 1_000_000
_LOWS: Final = np.array([0.0, *sketch.EDGES])  # of each bucket
_HIGHS: Final = np.array([*sketch.EDGES, np.inf])
Rows: TypeAlias = "list[tuple[Series, Window]]"


@dataclass(frozen=True, slots=True)
class Pick:
    """Which series: of a stream, an endpoint (None: all), and an arm (None: all)."""

    stream: str
    endpoint: str | None = None
    arm: Arm | None = None

    def takes(self, series: Series) -> bool:
        """Tell whether a series is meant."""
        return (
            series.stream == self.stream
            and (self.endpoint is None or self.endpoint == series.endpoint)
            and (self.arm is None or self.arm == series.arm)
        )


class WatchEvidence:
    """What a run's folder holds of one phase's watch. Read once; EvidenceError where it is damaged."""

    def __init__(self, run: Path, phase: str) -> None:
        """Read nothing yet."""
        self._run, self._phase = run, phase

    @cached_property
    def course(self) -> Course:
        """How the watch went."""
        stream = Reader(self._run).stream(f"{names.WATCH}/{self._phase}", with_probes=False)
        terms = slices.terms(self._run, self._phase)
        if terms is None:
            return Course(trouble=stream.note or stream.why)
        holes = self.holes("")
        rows = [_slice(row, holes) for row in slices.read(self._run, self._phase)]
        ended = stream.state == "done"
        return Course((*rows,), terms.for_s, terms.largest_gap_s, ended, "" if ended else stream.why, holes)

    def holes(self, stream: str) -> tuple[Hole, ...]:
        """Return the holes of a stream, in order; of "" those of the collector itself."""
        found = [gap for gap in self._gaps if gap.stream == stream]
        return tuple(Hole(gap.from_us / _US, gap.to_us / _US, gap.why, ours=not gap.stream) for gap in found)

    @cached_property
    def _gaps(self) -> tuple[Gap, ...]:
        """All gaps from the watch's beginning to its last slice: the rest of the run is another phase's."""
        terms = slices.terms(self._run, self._phase)
        rows = slices.read(self._run, self._phase) if terms is not None else ()
        if terms is None or not rows:
            return ()
        until_us = max(row.to_us for row in rows)
        return tuple(
            gap for gap in WindowReader(self._run).gaps() if gap.from_us < until_us and gap.to_us > terms.from_us
        )

    def slower_than(self, limit_s: float, pick: Pick) -> Share:
        """Return how many requests took longer than one of the counted limits; those without an answer did."""
        return self._share(pick, lambda window: _slow(window, limit_s))

    def failed(self, pick: Pick) -> Share:
        """Return how many requests ended in an error of the target's."""
        return self._share(pick, _failed)

    def with_error(self, kinds: frozenset[str], pick: Pick, *, until_s: float = math.inf) -> Share:
        """Return how many of what was counted or answered before `until_s` (UTC) have an error of these kinds."""
        return self._share(pick, lambda window: _bad(window, kinds), until_s)

    def pairs(self, judged: Pick, reference: Pick) -> Arms:
        """Return the latencies of two picks, window by window, where either has any."""
        generated = judged.stream in GENERATED
        found: dict[int, tuple[list[Window], list[Window]]] = {}
        for start, series, window in self._used(judged.stream, reference.stream, generated=generated):
            for at, pick in enumerate((judged, reference)):
                if pick.takes(series):
                    found.setdefault(start, ([], []))[at].append(window)
        pairs = tuple(Pair(counted(*found[start][0]), counted(*found[start][1])) for start in sorted(found))
        return Arms(pairs, self.course, generated, self._holes_of(judged))

    def by_slice(self, make: Callable[[Slice, Rows], object]) -> dict[float, object]:
        """Return what `make` makes of each complete slice's windows, by the slice's start."""
        wanted = {one.start: one for one in self.course.slices if one.state is State.COMPLETE}
        held: dict[float, list[tuple[Series, Window]]] = {start: [] for start in wanted}
        for start_ms, series, window in self._rows:
            one = self._by_window.get(start_ms)
            if one is not None and one.start in held:
                held[one.start].append((series, window))
        return {start: make(wanted[start], rows) for start, rows in held.items()}

    def slow_in(self, rows: Rows, pick: Pick, limit_s: float) -> Tally:
        """Return `slower_than` of the rows of one slice."""
        return _added(_slow(window, limit_s) for window in _picked(rows, pick))

    def failed_in(self, rows: Rows, pick: Pick) -> Tally:
        """Return `failed` of the rows of one slice."""
        return _added(_failed(window) for window in _picked(rows, pick))

    def bad_in(self, rows: Rows, pick: Pick) -> Tally:
        """Return how many of the rows of one slice have any error."""
        return _added(_bad(window, None) for window in _picked(rows, pick))

    def counted_in(self, rows: Rows, pick: Pick) -> Counted:
        """Return the latencies of the rows of one slice."""
        return counted(*_picked(rows, pick))

    def answered(self, pick: Pick, from_s: float, to_s: float) -> int:
        """Return how many requests were answered well that came in between two instants (whole windows of it)."""
        found = (
            window
            for start, series, window in self._rows
            if from_s * 1000 <= start <= to_s * 1000 - window.terms.window_ms and pick.takes(series)
        )
        return sum(window.n - window.failed for window in found)

    def endpoints(self, stream: str) -> tuple[str, ...]:
        """Return the endpoints a stream was seen of, in order."""
        return tuple(sorted({series.endpoint for _, series, _, _ in self._placed.get(stream, ())}))

    def sums(self, pick: Pick) -> Mapping[str, Window]:
        """Return the sum of a pick's windows by endpoint, of all slices that were watched."""
        found: dict[str, Window] = {}
        for _, series, window in self._used(pick.stream, generated=False):
            if pick.takes(series):
                found.setdefault(series.endpoint, Window(window.terms)).merge(window)
        return found

    def seen(self, pick: Pick) -> Mapping[str, Window]:
        """Return the same of all that was seen between the first slice and the last, whatever the slices are worth.

        For what one sight of it refutes: an alert that fired is no less an alert where the watch has a hole.
        """
        found: dict[str, Window] = {}
        ends = [one.end for one in self.course.slices]
        for start_ms, series, window in self._rows:
            if ends and start_ms < max(ends) * 1000 and pick.takes(series):
                found.setdefault(series.endpoint, Window(window.terms)).merge(window)
        return found

    def _share(self, pick: Pick, tally: Callable[[Window], Tally], until_s: float = math.inf) -> Share:
        generated = pick.stream in GENERATED
        found: dict[int, Tally] = {}
        for start, series, window in self._used(pick.stream, generated=generated):
            if pick.takes(series) and start + window.terms.window_ms <= until_s * 1000:
                seen, before = tally(window), found.get(start, Tally(0, 0))
                found[start] = Tally(before.hits + seen.hits, before.of + seen.of)
        starts = sorted(found)
        windows, at_s = tuple(found[start] for start in starts), tuple(start / 1000 for start in starts)
        return Share(windows, self.course, generated, self._holes_of(pick), at_s)

    def _holes_of(self, pick: Pick) -> tuple[Hole, ...]:
        """Return the holes of a pick's source: a gap in the logs is one of everything that is read from them."""
        own = () if pick.endpoint in {names.FROM_LOGS, names.FROM_PROMETHEUS} else self.holes(pick.stream)
        logs = self.holes(names.LOGS) if pick.endpoint == names.FROM_LOGS or pick.stream in FROM_LINES else ()
        counted = pick.stream.startswith(f"{names.PROMETHEUS}-") or pick.endpoint == names.FROM_PROMETHEUS
        scraped = self.holes(names.PROMETHEUS) if counted else ()
        return (*own, *logs, *scraped)

    @cached_property
    def _rows(self) -> list[tuple[int, Series, Window]]:
        terms = slices.terms(self._run, self._phase)
        if terms is None:
            return []
        return list(WindowReader(self._run).rows(from_ms=terms.from_us // 1000))

    def _used(self, *streams: str, generated: bool) -> Iterable[tuple[int, Series, Window]]:
        """Yield the rows of streams whose slice says something: spoiled ones say nothing about what we asked."""
        good = {State.COMPLETE} if generated else {State.COMPLETE, State.GENERATOR_INVALID}
        for stream in dict.fromkeys(streams):
            for start_ms, series, window, state in self._placed.get(stream, ()):
                if state in good:
                    yield start_ms, series, window

    @cached_property
    def _placed(self) -> dict[str, list[tuple[int, Series, Window, State]]]:
        """The rows that lie in a slice, by stream, each with its slice's state."""
        found: dict[str, list[tuple[int, Series, Window, State]]] = {}
        for start_ms, series, window in self._rows:
            one = self._by_window.get(start_ms)
            if one is not None:
                found.setdefault(series.stream, []).append((start_ms, series, window, one.state))
        return found

    @cached_property
    def _by_window(self) -> dict[int, Slice]:
        starts = sorted({start for start, _, _ in self._rows})
        ordered = sorted(self.course.slices, key=lambda one: one.start)
        found: dict[int, Slice] = {}
        at = 0
        for start in starts:
            middle = start / 1000 + _MIDDLE_S
            while at < len(ordered) and ordered[at].end <= middle:
                at += 1
            if at < len(ordered) and ordered[at].start <= middle:
                found[start] = ordered[at]
        return found


_MIDDLE_S: Final = 0.05  # slices begin within a few milliseconds of a window's edge


def _picked(rows: Rows, pick: Pick) -> list[Window]:
    return [window for series, window in rows if pick.takes(series)]


def _added(tallies: Iterable[Tally]) -> Tally:
    hits = of = 0
    for tally in tallies:
        hits, of = hits + tally.hits, of + tally.of
    return Tally(hits, of)


def _slow(window: Window, limit_s: float) -> Tally:
    late = sum(window.errors[kind] for kind in SLOW_ERRORS)
    return Tally(window.above(limit_s) + late, window.measured + late)


def _failed(window: Window) -> Tally:
    ours = sum(window.errors[kind] for kind in NOT_THE_TARGETS)
    content = sum(window.errors[kind] for kind in CONTENT)
    return Tally(window.failed - ours - content, window.n - ours)


def _bad(window: Window, kinds: frozenset[str] | None) -> Tally:
    ours = sum(window.errors[kind] for kind in NOT_THE_TARGETS)
    bad = window.failed - ours if kinds is None else sum(window.errors[kind] for kind in kinds)
    return Tally(bad, window.n - ours)


def counted(*windows: Window) -> Counted:
    """Return the latencies of windows together as judges take them."""
    sums: dict[int, int] = windows[0].buckets if len(windows) == 1 else {}
    for window in windows if len(windows) != 1 else ():
        for index, count in window.buckets.items():
            sums[index] = sums.get(index, 0) + count
    indices = np.fromiter(sums.keys(), np.int64, len(sums))
    counts = np.fromiter(sums.values(), np.int64, len(sums))
    order = np.argsort(indices)
    indices = indices[order]
    return Counted(_LOWS[indices], _HIGHS[indices], counts[order])


def _slice(row: slices.SliceRow, holes: Iterable[Hole]) -> Slice:
    start, end = row.from_us / _US, row.to_us / _US
    away = next((hole for hole in holes if hole.start < end and hole.end > start), None)
    if away is not None:
        state, because = State.INCOMPLETE, away.why
    elif row.trouble:
        state, because = State.INCOMPLETE, row.trouble
    elif row.generator:
        state, because = State.GENERATOR_INVALID, row.generator
    else:
        state, because = State.COMPLETE, ""
    return Slice(start, end, state, row.watched, because)

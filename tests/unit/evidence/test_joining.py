"""Shards' watches become one: what one of them doubts is doubted, and nothing is counted as watched that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli import run as gate
from harness.evidence import joining, names, planned, slices
from harness.evidence.merge import digest, merge
from harness.evidence.slices import SliceRow, WatchTerms
from harness.evidence.store import EvidenceError, Reader
from harness.report import soaking
from tests.unit.cli.watches import Kept, keep

if TYPE_CHECKING:
    from pathlib import Path

S = 1_000_000


def rows(from_s: float, count: int, **of: tuple[str, str, str]) -> tuple[SliceRow, ...]:
    """Make slices of 10 s; `of` gives (generator, watched, trouble) by "s" and number."""
    made: list[SliceRow] = []
    for number in range(count):
        start = round((from_s + 10 * number) * S)
        made.append(SliceRow("staging", start, start + 10 * S, *of.get(f"s{number}", ("", "build a", ""))))
    return tuple(made)


def terms(from_s: float, for_s: float = 50.0) -> WatchTerms:
    return WatchTerms("staging", round(from_s * S), for_s, 10.0, 20.0)


def test_slices_of_the_same_time_join_and_the_worst_of_them_wins() -> None:
    one = rows(0, 3, s1=("late", "build a", ""))
    two = rows(0, 3, s1=("refused", "build a", ""), s2=("", "build a", "unread"))
    agreed, joined = joining.join("staging", [(terms(0), one), (terms(0), two)])
    assert agreed == terms(0)
    assert [row.generator for row in joined] == ["", "late; refused", ""]
    assert [row.trouble for row in joined] == ["", "", "unread"]


def test_slices_of_shards_that_began_apart_are_matched_by_the_nearest() -> None:
    agreed, joined = joining.join("staging", [(terms(0), rows(0, 5)), (terms(3), rows(3, 5))])
    assert agreed.from_us == 3 * S
    assert [row.from_us for row in joined] == [round((3 + 10 * n) * S) for n in range(5)]
    assert [row.trouble for row in joined] == [""] * 5


def test_a_spoiled_slice_spoils_every_one_that_it_reaches_into() -> None:
    spoiled = rows(0, 5, s2=("late", "build a", ""))
    _, joined = joining.join("staging", [(terms(0), spoiled), (terms(3), rows(3, 5))])
    assert [row.generator for row in joined] == ["", "late", "late", "", ""]


def test_what_one_shard_did_not_watch_was_not_watched_by_all() -> None:
    _, joined = joining.join("staging", [(terms(0), rows(0, 5)), (terms(0), rows(0, 3))])
    assert [row.trouble for row in joined] == ["", "", "", joining.MISSING, joining.MISSING]
    _, joined = joining.join("staging", [(terms(0), rows(0, 2)), (None, ())])
    assert [row.trouble for row in joined] == [joining.MISSING] * 2


def test_shards_that_watched_other_builds_at_the_same_time_are_no_one_soak() -> None:
    other = rows(0, 2, s1=("", "build b", ""))
    _, joined = joining.join("staging", [(terms(0), rows(0, 2)), (terms(0), other)])
    assert "different builds" in joined[1].trouble


def test_shards_of_other_lengths_are_refused() -> None:
    with pytest.raises(EvidenceError, match="differ in length"):
        _ = joining.join("staging", [(terms(0), rows(0, 2)), (terms(0, 60.0), rows(0, 2))])


def test_a_merged_watch_has_plan_terms_slices_and_what_the_traffic_came_to(tmp_path: Path) -> None:
    runs = [keep(tmp_path / str(k), Kept(spoiled=(3 + k,)), shard=k, of=2) for k in range(2)]
    _ = merge(tmp_path / "all", runs)
    assert slices.terms(tmp_path / "all", "staging") == slices.terms(runs[0], "staging")
    plan = planned.planned(tmp_path / "all", f"{names.WATCH}/staging")
    assert plan is not None
    assert (plan.state, plan.expected) == ("done", 12)
    (ran,) = Reader(tmp_path / "all").snapshots(f"{names.LOAD}/staging/")
    assert ran == {"arrivals": {"a": 4}, "finished": {"a": 2}, "total": {"n": 10}}
    now = soaking.read(tmp_path / "all", "staging")
    assert (now.target, now.slices) == ("small", {"COMPLETE": 10, "GENERATOR_INVALID": 2})
    assert now.traffic.n == 2 * 12 * 20
    assert gate(["soak", "status", str(tmp_path / "all")]) == 0


def test_a_shard_that_did_not_end_leaves_the_whole_without_an_end(tmp_path: Path) -> None:
    whole, cut = keep(tmp_path / "a", Kept(), of=2), keep(tmp_path / "b", Kept(ended="stopped"), shard=1, of=2)
    _ = merge(tmp_path / "all", [whole, cut])
    now = soaking.read(tmp_path / "all", "staging")
    assert (now.state, now.good) == ("running", False)
    assert "MET" not in {slo.outcome for slo in now.slos}


def test_merging_in_two_steps_gives_the_same_watch(tmp_path: Path) -> None:
    runs = [keep(tmp_path / str(k), Kept(spoiled=(k,), missing=(7 + k,)), shard=k, of=3) for k in range(3)]
    _ = merge(tmp_path / "at once", runs)
    _ = merge(tmp_path / "two", runs[:2])
    _ = merge(tmp_path / "steps", [tmp_path / "two", runs[2]])
    assert slices.read(tmp_path / "steps", "staging") == slices.read(tmp_path / "at once", "staging")
    assert digest(tmp_path / "steps") == digest(tmp_path / "at once")
    assert Reader(tmp_path / "steps").snapshots(names.LOAD) == Reader(tmp_path / "at once").snapshots(names.LOAD)

"""Slices as the generators tell of them: whole, spoiled, cut short, or of a cluster that nobody read."""

from __future__ import annotations

import pytest

from harness.evidence.slices import SliceRow
from harness.observe.load.account import Account
from harness.observe.watching.slicing import READ_FOR, UNREAD, Slicing

FROM = 1_000.0


class Kept:
    """What a slicing handed on."""

    def __init__(self, slice_s: float = 10.0, generators: int = 2, largest_gap_s: float = 20.0) -> None:
        self.rows: list[SliceRow] = []
        self.slice_s = slice_s
        self.slicing = Slicing("staging", FROM, slice_s, largest_gap_s, self.rows.append)
        self.takes = [self.slicing.expect() for _ in range(generators)]

    def slice(self, number: int, *invalid: str, late_s: float = 0.002) -> None:
        """Let every generator, or as many as are given, tell of a slice."""
        for take, said in zip(self.takes, invalid or [""] * len(self.takes), strict=False):
            take(Account(FROM + number * self.slice_s + late_s, self.slice_s), said)

    @property
    def numbers(self) -> list[float]:
        return [(row.from_us / 1e6 - FROM) / self.slice_s for row in self.rows]


def test_a_slice_is_handed_on_when_all_generators_told_of_it() -> None:
    kept = Kept()
    kept.slicing.watched(FROM + 3, "build a")
    kept.slice(0, "")
    assert not kept.rows
    kept.takes[1](Account(FROM, 10.0), "")
    assert kept.rows == [SliceRow("staging", 1_000_000_000, 1_010_000_000, "", "build a", "")]


def test_one_generator_that_was_late_spoils_a_slice() -> None:
    kept = Kept()
    kept.slice(0, "", "it was late")
    assert kept.rows[0].generator == "it was late"


def test_a_generator_that_ended_early_leaves_no_whole_slice() -> None:
    kept = Kept()
    kept.slicing.watched(FROM + 3, "build a")
    kept.slice(0)
    kept.slice(1, "")
    kept.slicing.close()
    assert [row.trouble for row in kept.rows] == ["", "a generator ended before this slice did"]
    assert kept.numbers == [0, 1]


def test_a_slice_that_was_not_a_whole_one_is_none() -> None:
    kept = Kept(generators=1)
    kept.takes[0](Account(FROM, 9.0), "")
    assert not kept.rows
    assert kept.slicing.clean_s == 0


def test_slices_that_were_not_over_when_arrivals_ended_are_none() -> None:
    kept = Kept(generators=1)
    kept.slicing.end(FROM + 20)
    for number in range(4):
        kept.slice(number)
    assert kept.numbers == [0, 1]


def test_a_slice_before_the_cluster_was_ever_read_is_not_known() -> None:
    kept = Kept()
    kept.slice(0)
    assert (kept.rows[0].watched, kept.rows[0].trouble) == ("", UNREAD)


def test_a_cluster_that_could_not_be_read_is_told_with_its_reason() -> None:
    kept = Kept()
    kept.slicing.watched(FROM + 3, "", "HTTP 403")
    kept.slice(0)
    assert (kept.rows[0].watched, kept.rows[0].trouble) == ("", "HTTP 403")


def test_a_reading_holds_for_a_while_and_not_for_ever() -> None:
    kept = Kept()
    kept.slicing.watched(FROM + 3, "build a")
    for number in range(6):
        kept.slice(number)
    assert [row.watched for row in kept.rows] == ["build a"] * (READ_FOR + 1) + [""] * (5 - READ_FOR)
    assert [row.trouble for row in kept.rows] == [""] * (READ_FOR + 1) + [UNREAD] * (5 - READ_FOR)


def test_each_slice_has_its_own_reading() -> None:
    kept = Kept()
    for number, build in enumerate("aab"):
        kept.slicing.watched(FROM + number * 10 + 10 / 3, build)
        kept.slice(number)
    assert [row.watched for row in kept.rows] == ["a", "a", "b"]


@pytest.mark.parametrize("slice_s", [0.25, 0.5, 1.0, 5.0, 300.0])
def test_short_slices_are_not_mistaken_for_their_neighbours(slice_s: float) -> None:
    kept = Kept(slice_s)
    for number in range(4):
        kept.slicing.watched(FROM + number * slice_s + slice_s / 3, f"build {number}")
        kept.slice(number, late_s=slice_s * 0.1)
    assert kept.numbers == [0, 1, 2, 3]
    assert [row.watched for row in kept.rows] == [f"build {number}" for number in range(4)]


def test_what_began_before_the_watch_is_no_slice_of_it() -> None:
    kept = Kept()
    kept.slice(-1)
    assert not kept.rows


def test_clean_time_bridges_short_holes_and_begins_anew_after_long_ones() -> None:
    kept = Kept(generators=1)
    kept.slicing.watched(FROM + 3, "build a")
    kept.slice(0)
    kept.slice(1, "it was late")
    assert kept.slicing.clean_s == 10
    kept.slice(2)
    assert kept.slicing.clean_s == 30
    kept.slicing.watched(FROM + 63, "build a")
    kept.slice(6)
    assert kept.slicing.clean_s == 10

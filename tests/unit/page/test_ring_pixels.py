"""Pixels of a ring: what counts, how much is enough, and what changes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.judge.page import ring_pixels
from harness.judge.page.ring_pixels import Change, Shots

if TYPE_CHECKING:
    from harness.judge.page.ring_pixels import Pixels

WHITE, BLACK, PALE = 255, 0, 240


def ground(value: int = WHITE) -> Pixels:
    return np.full((40, 60, 3), value, dtype=np.uint8)


def with_bar(rows: int, value: int = BLACK) -> Pixels:
    shot = ground()
    shot[10 : 10 + rows, :50] = value
    return shot


def twice(lit: Pixels) -> Shots:
    return Shots(lit, ground(), lit, ground())


@pytest.mark.parametrize(
    ("width", "height", "area"),
    [(160, 40, 96.0), (24, 24, 14.4), (400, 60, 192.0), (13, 13, 7.8), (1, 1, 6.0), (0, 0, 6.0), (600, 10, 32.0)],
)
def test_what_is_needed_grows_with_the_control(width: float, height: float, area: float) -> None:
    assert ring_pixels.needed(width, height) == pytest.approx(area)
    assert ring_pixels.needed(height, width) == pytest.approx(area)


def test_a_bold_bar_is_a_ring() -> None:
    change = ring_pixels.change(twice(with_bar(2)), 96)
    assert (change.changed, change.strong) == (100, 100)
    assert (change.reached, change.best) == pytest.approx((21.0, 21.0))


def test_a_pale_bar_changes_much_by_little() -> None:
    change = ring_pixels.change(twice(with_bar(4, PALE)), 96)
    assert (change.changed, change.strong) == (200, 0)
    assert 1.0 < change.reached == change.best < 1.2


def test_a_dot_reaches_nothing_on_the_area_that_is_needed() -> None:
    lit = ground()
    lit[10:13, 10:13] = BLACK
    change = ring_pixels.change(twice(lit), 96)
    assert (change.changed, change.strong, change.reached) == (9, 9, 1.0)
    assert change.best == pytest.approx(21.0)


def test_what_changes_by_itself_does_not_count() -> None:
    shots = Shots(with_bar(2), ground(), with_bar(2, 100), ground())
    assert ring_pixels.change(shots, 96) == Change()


def test_what_is_close_to_something_restless_does_not_count() -> None:
    again = with_bar(2)
    again[12:14, :50] = 90
    assert ring_pixels.change(Shots(with_bar(2), ground(), again, ground()), 96) == Change()


def test_a_ring_beside_a_clock_counts() -> None:
    lit, again = with_bar(2), with_bar(2)
    lit[30:35, 20:30] = 10
    again[30:35, 20:30] = 200
    assert ring_pixels.change(Shots(lit, ground(), again, ground()), 96).strong == 100


def test_the_smallest_differences_are_none() -> None:
    assert ring_pixels.same(ground(200), ground(202))
    assert not ring_pixels.same(ground(200), ground(203))
    assert not ring_pixels.same(ground(), ground()[:-1])


def test_shots_of_different_sizes_tell_nothing() -> None:
    assert ring_pixels.change(Shots(with_bar(2), ground(), with_bar(2)[:-1], ground()), 96) == Change()


def test_only_the_part_that_is_asked_for_counts() -> None:
    lit = with_bar(2)
    where = ring_pixels.near(lit.shape, [(0, 10, 25, 2)], 0)
    assert ring_pixels.change(twice(lit), 10, where).strong == 50
    assert ring_pixels.change(twice(lit), 10, ~where).strong == 50


def test_near_ends_at_the_edges_of_the_shot() -> None:
    assert ring_pixels.near((40, 60, 3), [(5, 5, 10, 10)]).all()
    assert not ring_pixels.near((40, 60, 3), [(-500, -500, 10, 10)]).any()
    assert ring_pixels.near((40, 60, 3), [(10, 10, 10, 10)], 2).sum() == 14 * 14

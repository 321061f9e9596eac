"""The order of stops against what is seen: rows, columns, layers."""

from __future__ import annotations

import pytest

from harness.judge.page.reading_order import Jump, Place, jumps


def row(y: float, x: float = 0.0, width: float = 100.0, layer: int = -1) -> Place:
    return Place((x, y, width, 20.0), layer)


@pytest.mark.parametrize(
    "places",
    [
        [],
        [row(0)],
        [row(0), row(30), row(60)],
        [row(0), row(0, 120), row(0, 240), row(30)],
        [row(0, 240), row(0, 120), row(0)],  # a row from right to left
        [row(0), row(6, 50), row(3)],  # one row, not quite even
        [row(0), row(40), row(80), row(0, 150), row(40, 150)],  # the links beside the text
        [row(0, 150), row(40, 150), row(0), row(40)],  # the same from right to left
        [row(0), row(900), row(700, layer=0)],  # a bar that sticks to the window's end
        [row(0), row(25), row(2)],  # the next row, by less than half of its height
    ],
)
def test_an_order_that_people_can_follow(places: list[Place]) -> None:
    assert jumps(places) == ()


def test_a_stop_above_what_came_before_it_is_a_jump_measured_from_the_lowest() -> None:
    assert jumps([row(0), row(100), row(200), row(40)]) == (Jump(3, 2, 140.0),)


def test_of_stops_in_a_row_that_are_out_of_order_the_first_is_told() -> None:
    found = jumps([row(0), row(200), row(40), row(70), row(300), row(100)])
    assert [jump.at for jump in found] == [2, 5]


def test_examples_from_the_last_to_the_first_are_one_jump() -> None:
    assert [jump.at for jump in jumps([row(y) for y in (120, 90, 60, 30)])] == [2]


def test_within_a_layer_order_counts_too() -> None:
    assert [jump.at for jump in jumps([row(100, layer=2), row(0, layer=2)])] == [1]

"""Where reading goes on: by time and place, whatever the precision of the times."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.observe.logs.cursor import Cursor, Stamped
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DAY = "2026-11-23T10:00:"


def new(cursor: Cursor, text: str, size: int = 7) -> tuple[list[str], int]:
    """Read a log text in pieces; return the lines that are new, and how many had no time."""

    async def pieces() -> AsyncIterator[bytes]:
        for i in range(0, len(text), size):
            yield text[i : i + size].encode()

    async def go() -> tuple[list[str], int]:
        stamped = Stamped(cursor)
        found = [line.decode() async for lines, _ in stamped.batches(pieces()) for line in lines]
        return found, stamped.odd

    return asyncio.run(go())


def test_lines_of_one_time_are_told_apart_by_their_place() -> None:
    cursor = Cursor()
    text = f"{DAY}01.5Z a\n{DAY}01.5Z b\n"
    assert new(cursor, text)[0] == ["a", "b"]
    cursor.reopen()
    assert new(cursor, f"{DAY}00.9Z z\n{text}{DAY}01.5Z c\n{DAY}02Z d\n")[0] == ["c", "d"]
    assert (cursor.again, cursor.hole) == (3, "")
    cursor.reopen()
    assert new(cursor, f"{DAY}02Z d\n{DAY}02.1Z e\n")[0] == ["e"]


def test_an_unfinished_line_is_left_for_the_next_connection() -> None:
    cursor = Cursor()
    assert new(cursor, f"{DAY}01.5Z a\n{DAY}01.6Z half")[0] == ["a"]
    cursor.reopen()
    assert new(cursor, f"{DAY}01.5Z a\n{DAY}01.6Z half and half\n")[0] == ["half and half"]


def test_a_last_line_that_does_not_come_again_is_a_hole() -> None:
    cursor = Cursor()
    _ = new(cursor, f"{DAY}01.5Z a\n")
    cursor.reopen()
    assert new(cursor, f"{DAY}09.5Z z\n")[0] == ["z"]
    assert cursor.hole == f"{DAY}09.5Z"


def test_times_of_any_precision_and_zone_are_in_order() -> None:
    cursor = Cursor()
    assert new(cursor, f"{DAY}01.12Z a\n{DAY}01.123Z b\n2026-11-23T11:00:01.124+01:00 c\n")[0] == ["a", "b", "c"]
    assert cursor.behind == 0
    assert cursor.ns % 1_000_000_000 == 124_000_000
    cursor.reopen()
    assert new(cursor, f"{DAY}01.123Z b\n2026-11-23T11:00:01.124+01:00 c\n")[0] == []


def test_words_of_the_node_are_no_lines_of_the_container() -> None:
    assert new(Cursor(), f"failed to watch file\n{DAY}01Z a\n{DAY}zzZ b\n") == (["a"], 2)


def test_a_clock_set_back_is_noticed_and_loses_nothing_on_one_connection() -> None:
    cursor = Cursor()
    assert new(cursor, f"{DAY}30Z a\n{DAY}01Z b\n{DAY}02Z c\n")[0] == ["a", "b", "c"]
    assert cursor.behind == 2


def test_lines_of_before_the_start_are_left_out_to_the_nanosecond_and_still_move_the_cursor() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield f"{DAY}01.5Z a\n{DAY}01.500000001Z b\n".encode()

    async def go(from_ns: int) -> tuple[list[bytes], int]:
        stamped = Stamped(cursor, from_ns)
        return [line async for lines, _ in stamped.batches(pieces()) for line in lines], stamped.early

    start_s, cursor = utc(f"{DAY}01.5Z"), Cursor()
    assert start_s is not None
    assert asyncio.run(go(round(start_s * 1e9) + 1)) == ([b"b"], 1)
    assert cursor.count == 1
    cursor.reopen()
    assert asyncio.run(go(round(start_s * 1e9) + 1)) == ([], 0)

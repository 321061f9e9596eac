"""What following missed becomes gaps with its bounds, each told once."""

from __future__ import annotations

import itertools

from harness.evidence.names import LOGS
from harness.observe.logs.follow import Followed, Hole
from harness.observe.logs.gaps import BRIEF_S, Gaps
from harness.observe.logs.times import utc
from tests.unit.logs.kept import Kept

START = "2026-11-23T10:00:00Z"
START_S = utc(START) or 0.0
BEGAN_S = 50.0


def made() -> tuple[Kept, Followed, Gaps]:
    kept, followed = Kept(), Followed()
    return kept, followed, Gaps(followed, kept, START_S, BEGAN_S)


def test_a_hole_has_the_bounds_of_the_lines_around_it_and_is_told_once() -> None:
    kept, followed, gaps = made()
    followed.holes.append(Hole("a", "main", "2026-11-23T10:00:07.25Z", "2026-11-23T10:00:09.5Z", "rotated"))
    gaps.tell(BEGAN_S + 20)
    gaps.tell(BEGAN_S + 21)
    assert kept.gaps == [(LOGS, START_S + 7.25, START_S + 9.5, "a/main: rotated")]


def test_a_hole_without_an_end_lasts_until_now_and_one_without_a_begin_from_the_start() -> None:
    kept, followed, gaps = made()
    followed.holes.append(Hole("a", "main", "", "", "deleted"))
    followed.holes.append(Hole("ahead", "main", "2026-11-23T10:00:30Z", "", "deleted"))
    followed.holes.append(Hole("a", "main", "2026-11-23T09:00:00Z", "2026-11-23T09:59:00Z", "before our time"))
    followed.skews["ahead"] = -15.0
    gaps.tell(BEGAN_S + 20)
    assert [gap[1:3] for gap in kept.gaps] == [(START_S, START_S + 20), (START_S + 30, START_S + 35)]


def test_an_outage_is_told_of_while_it_lasts_and_to_its_end() -> None:
    kept, followed, gaps = made()
    followed.fell("a/main", BEGAN_S + 1)
    for second in range(2, 14):
        gaps.tell(BEGAN_S + second)
    followed.fell("a/main", BEGAN_S + 12)
    followed.rose("a/main", BEGAN_S + 14.5)
    gaps.tell(BEGAN_S + 15)
    gaps.tell(BEGAN_S + 30)
    bounds = [(from_s - START_S, to_s - START_S) for _, from_s, to_s, _ in kept.gaps]
    assert bounds[0][0] == 1
    assert bounds[-1][1] == 14.5
    assert all(a[1] == b[0] for a, b in itertools.pairwise(bounds))
    assert len(bounds) == 3
    assert {gap[3] for gap in kept.gaps} == {"a/main could not be read"}


def test_a_short_outage_is_none_and_an_open_one_is_told_to_the_last() -> None:
    kept, followed, gaps = made()
    followed.fell("a/main", BEGAN_S + 1)
    followed.rose("a/main", BEGAN_S + 1 + BRIEF_S)
    followed.rose("never fell", BEGAN_S + 2)
    followed.fell("b/main", BEGAN_S + 3)
    gaps.tell(BEGAN_S + 9)
    gaps.tell(BEGAN_S + 10, last=True)
    assert [gap[1:3] for gap in kept.gaps] == [(START_S + 3, START_S + 9), (START_S + 9, START_S + 10)]

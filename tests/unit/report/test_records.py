from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.report.deciding import events, records

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = st.lists(st.sampled_from([*records.ALLOWED.values(), records.FAILED_OR_BROKEN]), max_size=6)
THEIRS = st.lists(st.sampled_from(["passed", "failed", "broken", "skipped", "none"]), max_size=6)


def _one_by_one(ours: Sequence[frozenset[str]], theirs: Sequence[str]) -> bool:
    """The same question, answered by trying: can each of ours take one of theirs so that none is left?"""
    if not ours:
        return not theirs
    return any(
        status in ours[0] and _one_by_one(ours[1:], [*theirs[:i], *theirs[i + 1 :]]) for i, status in enumerate(theirs)
    )


@given(OURS, THEIRS)
def test_statuses_agree_exactly_if_they_can_be_paired(ours: list[frozenset[str]], theirs: list[str]) -> None:
    agree = records._agree(collections.Counter(ours), collections.Counter(theirs))
    assert agree == _one_by_one(ours, theirs)


def test_many_names_are_not_all_listed() -> None:
    assert events.some([]) == ""
    assert events.some(["a", "b"]) == "a, b"
    assert events.some([str(i) for i in range(2_000)]) == "0, 1, 2, 3, 4 and 1,995 more"

"""Buckets: stated error, exact sums, one way to write them down."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence import sketch

COUNTS = st.dictionaries(st.integers(0, sketch.BUCKETS - 1), st.integers(1, 10**9), max_size=40)


@given(st.floats(1e-6, 1e5))
def test_a_buckets_middle_is_within_the_stated_relative_error(seconds: float) -> None:
    index = sketch.bucket(seconds)
    low, high = sketch.bounds(index)
    assert low < seconds <= high
    assert abs(sketch.middle(index) - seconds) <= float(sketch.ALPHA) * seconds * (1 + 1e-12)


def test_the_shortest_and_the_longest_have_a_bucket_and_no_false_precision() -> None:
    assert sketch.bucket(0.0) == sketch.bucket(1e-6) == 0
    last = sketch.bucket(1e9)
    assert sketch.bounds(last)[1] == sketch.middle(last) == math.inf
    assert sketch.bounds(last)[0] >= 1e5


@given(COUNTS)
def test_what_is_packed_is_unpacked(counts: dict[int, int]) -> None:
    got: dict[int, int] = {}
    sketch.unpack(sketch.pack(counts), got)
    assert got == counts


@given(COUNTS, COUNTS)
def test_unpacking_into_counts_adds(one: dict[int, int], other: dict[int, int]) -> None:
    got = dict(one)
    sketch.unpack(sketch.pack(other), got)
    assert got == {index: one.get(index, 0) + other.get(index, 0) for index in one.keys() | other.keys()}


@pytest.mark.parametrize("packed", [b"\xf0", b"\x0f", b"\x0f\x80", b"\xf0\xff\xff\xff\x7f"])
def test_bytes_that_nobody_packed_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="bucket"):
        sketch.unpack(packed, {})


@pytest.mark.parametrize("counts", [{3: 0}, {-1: 2}, {sketch.BUCKETS: 1}])
def test_counts_that_can_not_be_are_not_packed(counts: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="bucket"):
        _ = sketch.pack(counts)


def test_a_usual_minute_takes_about_a_byte_per_bucket() -> None:
    counts = {2600 + 2 * i: 1 + i % 4 for i in range(300)}
    assert len(sketch.pack(counts)) < 310

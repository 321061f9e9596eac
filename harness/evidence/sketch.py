"""Logarithmic buckets of durations: integer counts whose sum is exact, whatever the order or the grouping.

The mapping is DDSketch's (Masson, Rim, Lee 2019, "DDSketch: a fast and fully-mergeable quantile sketch"): bucket i
holds the values in (g^(i-1), g^i] of the smallest one, g = (1 + ALPHA) / (1 - ALPHA). Edges are a table made with
decimal arithmetic, so that a value falls into the same bucket on every machine, whatever its logarithm's last digit.
"""

from __future__ import annotations

import decimal
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ALPHA: Final = "0.0025"  # relative error of a bucket's middle: 3.75 ms at 1.5 s
SMALLEST_S: Final = "0.000001"  # bucket 0 holds all that is not longer
LARGEST_S: Final = "100000"  # the last bucket holds all that is longer than the first edge beyond this
_ESCAPE: Final = 15  # a nibble that says: the rest follows as a varint


def _edges() -> tuple[float, ...]:
    with decimal.localcontext() as context:
        context.prec = 50
        alpha = decimal.Decimal(ALPHA)
        growth = (1 + alpha) / (1 - alpha)
        edge, edges = decimal.Decimal(SMALLEST_S), [float(SMALLEST_S)]
        while edge < decimal.Decimal(LARGEST_S):
            edge *= growth
            edges.append(float(edge))
    return tuple(edges)


EDGES: Final = _edges()
BUCKETS: Final = len(EDGES) + 1


def bucket(seconds: float) -> int:
    """Return the bucket of a duration that is finite and not negative."""
    return bisect_left(EDGES, seconds)


def bounds(index: int) -> tuple[float, float]:
    """Return the seconds between which a bucket's values lie: above the first, at most the second."""
    return (EDGES[index - 1] if index else 0.0), (EDGES[index] if index < len(EDGES) else float("inf"))


def middle(index: int) -> float:
    """Return the value that is at most ALPHA away from all of a bucket, relatively; inf for the last one."""
    low, high = bounds(index)
    if index == len(EDGES):
        return high
    return 2 * low * high / (low + high) if low else high


def pack(counts: Mapping[int, int]) -> bytes:
    """Write counts by bucket as bytes: the same counts always give the same bytes.

    For each bucket in order one byte, (gap << 4) | (count - 1), where gap is the number of empty buckets before it;
    a half that is 15 is followed by the rest as a varint (7 bits a byte, least first), the gap's before the count's.
    """
    out, last = bytearray(), -1
    for index in sorted(counts):
        gap, more = index - last - 1, counts[index] - 1
        if more < 0 or not 0 <= index < BUCKETS:
            raise ValueError(f"bucket {index} with count {counts[index]}: wanted 0..{BUCKETS - 1} and at least 1")
        out.append(min(gap, _ESCAPE) << 4 | min(more, _ESCAPE))
        for rest in (gap - _ESCAPE, more - _ESCAPE):
            if rest >= 0:
                _put(out, rest)
        last = index
    return bytes(out)


def unpack(packed: bytes, counts: dict[int, int]) -> None:
    """Add packed counts to others; ValueError where the bytes are not what `pack` writes."""
    index, at, end = -1, 0, len(packed)
    while at < end:
        byte = packed[at]
        at += 1
        gap, more = byte >> 4, byte & _ESCAPE
        if gap == _ESCAPE:
            gap, at = _get(packed, at, gap)
        if more == _ESCAPE:
            more, at = _get(packed, at, more)
        index += gap + 1
        counts[index] = counts.get(index, 0) + more + 1
    if index >= BUCKETS:
        raise ValueError(f"bucket {index}: wanted at most {BUCKETS - 1}")


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _get(packed: bytes, at: int, number: int) -> tuple[int, int]:
    shift = 0
    while True:
        if at >= len(packed):
            raise ValueError("bucket counts end in the middle of a number")
        byte = packed[at]
        at += 1
        number += (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7

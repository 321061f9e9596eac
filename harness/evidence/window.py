"""One window: what one source saw of one endpoint and arm in one length of time, as counts that add exactly."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import msgspec

from harness.evidence import sketch

if TYPE_CHECKING:
    from harness.evidence.sample import Sample
    from harness.judge.answers import Arm

CAPPED: Final = "capped"  # the error of a request that was never sent: too many were in flight
UNMEASURABLE: Final = "unmeasurable"  # the error of a sample whose latency is no duration
NO_ANSWER: Final = "no answer"  # the error of a sample with neither a latency nor an error
_MICRO: Final = 1_000_000
_LONGEST_US: Final = 10**15  # what a duration without a finite figure is kept as: 31 years


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What windows must agree on before they can be added: lengths in ms, limits and tolerance in microseconds."""

    window_ms: int
    limits_us: tuple[int, ...]
    late_over_us: int
    alpha: str = sketch.ALPHA

    def __post_init__(self) -> None:
        """Refuse terms under which nothing can be counted."""
        rising = all(a < b for a, b in zip(self.limits_us, self.limits_us[1:], strict=False))
        if self.window_ms <= 0 or not rising or self.late_over_us < 0:
            raise ValueError(f"{self}: wanted a window longer than 0, limits in rising order, a tolerance from 0")

    def start_ms(self, at_s: float) -> int:
        """Return when the window of an instant begins; windows are aligned to 1970, so those of shards coincide."""
        return math.floor(at_s * 1000 / self.window_ms) * self.window_ms


def terms(window_s: float, limits_s: tuple[float, ...], late_over_s: float) -> Terms:
    """Return the terms for a window's length, the limits above which is counted, and the generator's tolerance."""
    limits = tuple(sorted({round(limit * _MICRO) for limit in limits_s}))
    return Terms(round(window_s * 1000), limits, round(late_over_s * _MICRO))


@dataclass(frozen=True, slots=True)
class Series:
    """Whose figures they are; `arm` is None where the answer does not say."""

    stream: str
    endpoint: str
    arm: Arm | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What sorts them, and names them in the file."""
        return self.stream, self.endpoint, self.arm or ""

    def __str__(self) -> str:
        """Read as stream endpoint arm."""
        return " ".join(part for part in self.key if part)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile in seconds: it lies above `low` and is at most `high`; `value` is the bucket's middle."""

    value: float
    low: float
    high: float


class Window:
    """Counts of one window, or of many added up; two with the same samples are equal, however they came together.

    `n` samples, of which `capped` were never sent, `late` sent late, `answered` answered in any way. `errors` by
    kind. `buckets` count the latencies of those without an error; `over` how many of these were above each limit.
    `scheduled` is what the generator announced, 0 where nothing is generated.
    """

    __slots__ = (
        "_buckets", "_limits_s", "_over_s", "_packed", "_passed", "answered", "capped", "errors", "late", "late_max_us",
        "max_us", "n", "scheduled", "sum_us", "terms",
    )  # fmt: skip

    def __init__(self, terms: Terms) -> None:
        """Begin with nothing."""
        self.terms = terms
        self._limits_s = tuple(limit / _MICRO for limit in terms.limits_us)
        self._over_s = terms.late_over_us / _MICRO
        self.n = self.scheduled = self.answered = self.capped = self.late = 0
        self.late_max_us = self.sum_us = self.max_us = 0
        self.errors: Counter[str] = Counter()
        self._buckets: dict[int, int] = {}
        self._packed: list[bytes] = []  # read, and not yet asked for: most windows of a watch never are
        self._passed = [0] * (len(terms.limits_us) + 1)  # by how many limits they are above

    @property
    def buckets(self) -> dict[int, int]:
        """Return how many latencies each bucket holds; ValueError if what was read is not what was written."""
        if self._packed:
            for packed in self._packed:
                sketch.unpack(packed, self._buckets)
            self._packed.clear()
        return self._buckets

    def add(self, sample: Sample) -> None:
        """Count one sample."""
        self.n += 1
        if sample.late_s > 0:
            self._late(sample.late_s)
        elif sample.late_s != sample.late_s:
            self._late(math.inf)
        error, latency = sample.error, sample.latency_s
        if latency is not None and not 0 <= latency < math.inf:
            error, latency = error or UNMEASURABLE, None
        if latency is not None and error != CAPPED:
            self.answered += 1
        if error or latency is None:
            error = error or NO_ANSWER
            self.capped += error == CAPPED
            self.errors[error] += 1
            return
        index, buckets = sketch.bucket(latency), self.buckets
        buckets[index] = buckets.get(index, 0) + 1
        self._passed[bisect_left(self._limits_s, latency)] += 1
        micro = min(round(latency * _MICRO), _LONGEST_US)
        self.sum_us += micro
        self.max_us = max(self.max_us, micro)

    def count(self, n: int, errors: dict[str, int]) -> None:
        """Count `n` requests at once, those of `errors` among them, from a source that tells no latencies."""
        if n < 0 or min(errors.values(), default=0) < 0 or sum(errors.values()) > n:
            raise ValueError(f"{n} requests with errors {errors}: wanted counts from 0, no more errors than requests")
        self.n += n
        self.answered += n
        self.errors.update({kind: count for kind, count in errors.items() if count})

    def _late(self, seconds: float) -> None:
        micro = round(min(seconds * _MICRO, _LONGEST_US))
        self.late_max_us = max(self.late_max_us, micro)
        self.late += seconds > self._over_s

    def merge(self, other: Window) -> None:
        """Add another one's counts; ValueError if they were counted under other terms."""
        if other.terms != self.terms:
            raise ValueError(f"windows counted under {other.terms} can't be added to those under {self.terms}")
        for name in ("n", "scheduled", "answered", "capped", "late", "sum_us"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.late_max_us = max(self.late_max_us, other.late_max_us)
        self.max_us = max(self.max_us, other.max_us)
        self.errors.update(other.errors)
        self._packed += other._packed
        for index, count in other._buckets.items():
            self._buckets[index] = self._buckets.get(index, 0) + count
        self._passed = [a + b for a, b in zip(self._passed, other._passed, strict=True)]

    @property
    def sent(self) -> int:
        """How many went out."""
        return self.n - self.capped

    @property
    def failed(self) -> int:
        """How many ended in an error."""
        return self.errors.total()

    @property
    def measured(self) -> int:
        """How many latencies the buckets hold."""
        return sum(self._passed)

    @property
    def over(self) -> tuple[int, ...]:
        """How many measured latencies were above each limit of the terms, exactly."""
        return tuple(sum(self._passed[i + 1 :]) for i in range(len(self.terms.limits_us)))

    def above(self, limit_s: float) -> int:
        """Return how many measured latencies were above one of the limits; ValueError if it is not one."""
        limit = round(limit_s * _MICRO)
        if limit not in self.terms.limits_us:
            known = ", ".join(f"{us / _MICRO:g}" for us in self.terms.limits_us)
            raise ValueError(f"{limit_s:g} s: wanted one of the limits counted above, {known} s")
        return self.over[self.terms.limits_us.index(limit)]

    def quantile(self, share: float, *, failures_last: bool = False) -> Quantile | None:
        """Return the smallest latency that `share` of them do not exceed (nearest rank); None without any.

        With `failures_last` every error counts as one that never came: a target that only fails is not fast.
        """
        total = self.measured + (self.failed if failures_last else 0)
        if not 0 < share <= 1:
            raise ValueError(f"quantile {share}: wanted a share above 0, at most 1")
        if not total:
            return None
        return self.at_rank(math.ceil(Fraction(str(share)) * total))

    def at_rank(self, rank: int) -> Quantile:
        """Return the latency that is `rank`-th from the shortest, counted from 1; beyond the measured ones inf."""
        if rank < 1:
            raise ValueError(f"rank {rank}: wanted at least 1")
        for index in sorted(self.buckets):
            rank -= self.buckets[index]
            if rank <= 0:
                return Quantile(sketch.middle(index), *sketch.bounds(index))
        return Quantile(math.inf, math.inf, math.inf)

    def columns(self) -> tuple[object, ...]:
        """Return the counts as the file keeps them, in the order of COLUMNS."""
        errors = msgspec.json.encode(dict(sorted(self.errors.items()))).decode()
        passed = msgspec.json.encode(self._passed).decode()
        numbers = (self.n, self.scheduled, self.answered, self.capped, self.late, self.late_max_us)
        return (*numbers, self.sum_us, self.max_us, errors, passed, sketch.pack(self.buckets))

    def take(self, columns: tuple[object, ...]) -> None:
        """Add the counts of a row that `columns` wrote; ValueError or msgspec's error if it did not."""
        row = msgspec.convert(columns, _ROW)
        self.n += row[0]
        self.scheduled += row[1]
        self.answered += row[2]
        self.capped += row[3]
        self.late += row[4]
        self.late_max_us = max(self.late_max_us, row[5])
        self.sum_us += row[6]
        self.max_us = max(self.max_us, row[7])
        self.errors.update(msgspec.json.decode(row[8], type=dict[str, int]))
        passed = msgspec.json.decode(row[9], type=list[int])
        self._passed = [a + b for a, b in zip(self._passed, passed, strict=True)]
        if row[10]:
            self._packed.append(row[10])

    def __eq__(self, other: object) -> bool:
        """Compare all counts."""
        if not isinstance(other, Window):
            return NotImplemented
        return self.terms == other.terms and self.columns() == other.columns()

    __hash__ = None  # pyright: ignore[reportAssignmentType]  it changes


COLUMNS: Final = (
    "n", "scheduled", "answered", "capped", "late", "late_max_us", "sum_us", "max_us", "errors", "passed", "buckets",
)  # fmt: skip
_ROW: Final = tuple[int, int, int, int, int, int, int, int, str, str, bytes]

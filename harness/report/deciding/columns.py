"""How many records are kept in little memory: a sequence that holds columns and makes a record when it is asked for.

A row holds only what differs from record to record; a record that a row cannot hold without loss is kept whole beside
the columns. So what is read from the sequence is what was added to it, always.
"""

from __future__ import annotations

import datetime
import itertools
import zlib
from abc import abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, cast, overload

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from harness.report.deciding.model import Event, Recorded

T = TypeVar("T")
D = TypeVar("D", bound="Event | Recorded")

EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
TICK: Final = datetime.timedelta(microseconds=1)
PACK: Final = 600  # texts
SHA256: Final = 32  # bytes
_PACKER: Final = msgspec.msgpack.Encoder()
_UNPACKER: Final = msgspec.msgpack.Decoder(list[bytes])


def ticks(when: datetime.datetime) -> int:
    """Return a time as microseconds since 1970 began."""
    return (when - EPOCH) // TICK


def moment(count: int) -> datetime.datetime:
    """Return the time so many microseconds after 1970 began, in UTC."""
    return EPOCH + datetime.timedelta(microseconds=count)


class Kept(Sequence[T]):  # noqa: PLW1641  it grows, so it is nobody's key
    """Records in columns, each made again when it is asked for."""

    def __init__(self, records: Iterable[T] = ()) -> None:
        """Keep these."""
        self._whole: dict[int, T] = {}  # by place; where one stands, the columns hold a blank
        for record in records:
            self.append(record)

    @abstractmethod
    def append(self, record: T) -> None:
        """Keep one more."""

    @abstractmethod
    def _row(self, place: int) -> T:
        """Make the record again that is a row."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        """Return the record at a place, or those of a slice, kept alike."""
        places = range(len(self))
        if isinstance(index, slice):
            return type(self)(self[place] for place in places[index])
        place = places[index]
        whole = self._whole.get(place)
        return self._row(place) if whole is None else whole

    def __iter__(self) -> Iterator[T]:
        """Make one record after the other."""
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Tell whether the other holds equal records in the same order."""
        if not isinstance(other, Kept):
            return NotImplemented
        theirs = cast("Kept[object]", other)
        return len(self) == len(theirs) and all(mine == its for mine, its in zip(self, theirs, strict=True))


class Dated(Kept[D]):
    """Records with a time each. A row's is in UTC: one with another offset is kept whole, since messages show it."""

    def __init__(self, records: Iterable[D] = ()) -> None:
        """Keep these."""
        self._ticks = array("q")  # of every record, also of those that are kept whole
        super().__init__(records)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ticks)

    def span(self) -> tuple[datetime.datetime, ...]:
        """Return the first and the last time, of equal ones that which was added first; nothing of no records."""
        if not self._ticks:
            return ()
        first, last = min(self._ticks), max(self._ticks)
        return self[self._ticks.index(first)].at, self[self._ticks.index(last)].at


class Texts:
    """Many short texts, packed by the hundred, since neighbours resemble each other. Made to be looked at seldom."""

    def __init__(self) -> None:
        """Begin with none."""
        self._packs: list[bytes] = []
        self._open: list[bytes] = []  # not packed yet
        self._last: tuple[int, list[bytes]] = (-1, [])  # the pack that was opened last, by its place

    def append(self, text: bytes) -> None:
        """Keep one more."""
        self._open.append(text)
        if len(self._open) == PACK:
            self._packs.append(zlib.compress(_PACKER.encode(self._open), level=1))
            self._open.clear()

    def __getitem__(self, place: int) -> bytes:
        """Return the text at a place."""
        pack, within = divmod(place, PACK)
        if pack == len(self._packs):
            return self._open[within]
        if self._last[0] != pack:
            self._last = pack, _UNPACKER.decode(zlib.decompress(self._packs[pack]))
        return self._last[1][within]


class Digests(Mapping[str, str]):
    """The sha256 of each file by its name, in hex; kept as bytes beside the names, which are sorted."""

    def __init__(self, names: Sequence[str]) -> None:
        """Begin with no digest; `names` are those of all files that may get one, sorted."""
        self._names = names
        self._raw = bytearray(SHA256 * len(names))
        self._known = bytearray(len(names))
        self._next = 0  # most are added in the names' order

    def add(self, name: str, digest: bytes) -> None:
        """Keep the digest of one more file."""
        place = located(self._names, name, self._next)
        if place is None:
            raise KeyError(name)
        self._raw[SHA256 * place : SHA256 * (place + 1)] = digest
        self._known[place] = True
        self._next = place + 1

    def __getitem__(self, name: str) -> str:
        """Return a file's digest."""
        place = located(self._names, name)
        if place is None or not self._known[place]:
            raise KeyError(name)
        return self._raw[SHA256 * place : SHA256 * (place + 1)].hex()

    def __iter__(self) -> Iterator[str]:
        """Give the names of files that have one, sorted."""
        return itertools.compress(self._names, self._known)

    def __len__(self) -> int:
        """Return how many there are."""
        return self._known.count(True)


def located(names: Sequence[str], name: str, guess: int = 0) -> int | None:
    """Return the place of a name among sorted ones, None if it is not there; `guess` is where to look first."""
    if guess < len(names) and names[guess] == name:
        return guess
    place = bisect_left(names, name)
    return place if place < len(names) and names[place] == name else None

"""Server-sent events, piece by piece, with the moments that matter (the format is the HTML standard's, 9.2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1 << 20  # bytes of one event; longer ones end the stream


@dataclass(frozen=True, slots=True)
class StreamFields:
    """Where a stream's events carry what: names of the whole answer's event, and places of pieces of text."""

    answer: tuple[str, ...] = ("answer",)
    content: tuple[str, ...] = ("text", "delta.content", "choices.0.delta.content")


@dataclass(slots=True)
class Stamps:
    """Seconds from when the request was due; None for what did not happen.

    `connect_s` is how long opening a connection took, 0 on one that was open. `gap_s` is the longest silence
    between two pieces of content.
    """

    due_s: float = 0.0
    connect_s: float = 0.0
    headers_s: float | None = None
    first_event_s: float | None = None
    first_content_s: float | None = None
    last_s: float | None = None
    gap_s: float | None = None
    pieces: int = 0
    latest_s: float | None = None

    def content(self, at_s: float) -> None:
        """Note one piece of content."""
        if self.first_content_s is None:
            self.first_content_s = at_s
        if self.latest_s is not None:
            self.gap_s = max(self.gap_s or 0.0, at_s - self.latest_s)
        self.latest_s = at_s
        self.pieces += 1


class Events:
    """Cuts bytes into events; lines may end in LF or CRLF, and pieces may end anywhere."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = b""
        self._name = ""
        self._data: list[bytes] = []
        self.size = 0  # of the event that is not over yet

    def feed(self, piece: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield name ("message" without one) and data of each event that is whole by now."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self.size = len(self._rest) + sum(map(len, self._data))
        for line in lines:
            text = line.removesuffix(b"\r")
            if not text:
                if self._data:
                    yield self._name or "message", b"\n".join(self._data)
                self._name, self._data = "", []
                continue
            field, _, value = text.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"data":
                self._data.append(value)
            elif field == b"event":
                self._name = value.decode("utf-8", "replace")


class Reader:
    """Reads one streamed answer: stamps its events and keeps the whole answer when it comes."""

    def __init__(self, fields: StreamFields, stamps: Stamps) -> None:
        """Stamp into `stamps`."""
        self._answer = fields.answer
        self._paths = tuple(tuple(path.split(".")) for path in fields.content)
        self._events = Events()
        self._stamps = stamps
        self.answer = b""

    def feed(self, piece: bytes, at_s: float) -> bool:
        """Take what arrived at `at_s`; False when the stream is not one to go on with."""
        for name, data in self._events.feed(piece):
            if self._stamps.first_event_s is None:
                self._stamps.first_event_s = at_s
            if name in self._answer:
                self.answer = data
            elif self._has_content(data):
                self._stamps.content(at_s)
        return self._events.size <= LONGEST

    def _has_content(self, data: bytes) -> bool:
        """Tell whether an event carries text: a role or a keep-alive does not count as the first token."""
        try:
            document = cast("object", msgspec.json.decode(data))
        except msgspec.DecodeError:
            return False
        return any(_text(document, path) for path in self._paths)


def _text(document: object, path: tuple[str, ...]) -> bool:
    for key in path:
        if isinstance(document, dict):
            document = cast("dict[str, object]", document).get(key)
        elif isinstance(document, list) and key.isdecimal():
            items = cast("list[object]", document)
            document = items[int(key)] if int(key) < len(items) else None
        else:
            return False
    return isinstance(document, str) and document != ""

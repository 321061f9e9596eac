"""Streams in pieces of any size give the same events; only text counts as content."""

from __future__ import annotations

import pytest

from harness.observe.load.sse import LONGEST, Events, Reader, Stamps, StreamFields

TEXT = b': hello\n\nevent: delta\r\ndata: {"text":\r\ndata: "a"}\r\n\r\ndata: last\n\ndata: unfinished'


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_do_not_depend_on_where_the_bytes_are_cut(size: int) -> None:
    events = Events()
    found = [event for i in range(0, len(TEXT), size) for event in events.feed(TEXT[i : i + size])]
    assert found == [("delta", b'{"text":\n"a"}'), ("message", b"last")]


def test_a_role_an_empty_piece_and_a_keep_alive_are_no_content() -> None:
    stamps = Stamps()
    reader = Reader(StreamFields(), stamps)
    quiet = [b'{"choices":[{"delta":{"role":"assistant","content":""}}]}', b'{"text":""}', b"[DONE]", b'"text"']
    for at, data in enumerate(quiet):
        assert reader.feed(b"data: " + data + b"\n\n", float(at))
    assert (stamps.first_event_s, stamps.first_content_s) == (0.0, None)
    assert reader.feed(b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', 9.0)
    assert reader.feed(b'event: answer\ndata: {"title":"t"}\n\n', 10.0)
    assert (stamps.first_content_s, stamps.pieces, reader.answer) == (9.0, 1, b'{"title":"t"}')


def test_an_event_without_end_is_given_up() -> None:
    assert not Reader(StreamFields(), Stamps()).feed(b"data: " + b"x" * (LONGEST + 1), 0.0)

"""Whether an answer is one: schema v2, whole, and of the conversation that asked."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

INVALID, FOREIGN = "invalid", "other session"

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Prose(msgspec.Struct, tag_field="type", tag="markdown"):
    content: str


class _Code(msgspec.Struct, tag_field="type", tag="code"):
    content: str


class _Callout(msgspec.Struct, tag_field="type", tag="callout"):
    content: str


class _Image(msgspec.Struct, tag_field="type", tag="image"):
    content: str


class _List(msgspec.Struct, tag_field="type", tag="list"):
    content: str | list[msgspec.Raw]


class _Table(msgspec.Struct, tag_field="type", tag="table"):
    caption: str
    headers: list[str]
    rows: list[list[str | int | float | bool | None]]

    def whole(self) -> bool:
        """Tell whether each row has a cell for each header."""
        width = len(self.headers)
        return all(len(row) == width for row in self.rows)


class _Meta(msgspec.Struct):
    schema: Literal["v2"]
    session_id: _Text
    tier: _Text
    tokens_used: int


class Answer(msgspec.Struct):
    """An answer of schema v2."""

    title: Annotated[str, msgspec.Meta(min_length=10)]
    blocks: Annotated[list[_Prose | _Code | _Callout | _Image | _List | _Table], msgspec.Meta(min_length=1)]
    meta: _Meta

    @property
    def text(self) -> str:
        """All that is said in words."""
        said = [block.content for block in self.blocks if isinstance(block, (_Prose, _Code, _Callout))]
        cells = [str(cell) for block in self.blocks if isinstance(block, _Table) for row in block.rows for cell in row]
        return "\n".join([self.title, *said, *cells])


_decoder = msgspec.json.Decoder(Answer)


def read(body: bytes, session_id: str) -> tuple[str, Answer | None]:
    """Return "" and the answer for a valid one of this session, else the kind of failure and None."""
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return INVALID, None
    if not all(block.whole() for block in answer.blocks if isinstance(block, _Table)):
        return INVALID, None
    return ("", answer) if answer.meta.session_id == session_id else (FOREIGN, None)


def trouble(body: bytes, session_id: str) -> str:
    """Return "" for a valid answer of this session, else the kind of failure."""
    return read(body, session_id)[0]

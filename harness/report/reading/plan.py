"""The plan's line of a ledger, the quick way (see written): one line with every test, so it is read piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from harness.report.deciding.model import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 64 * 1024  # bytes, at least
# Whatever stands in a text has its quotes escaped, so that none of these can stand in one.
_LINE: Final = b'{"event":"plan",'
_TESTS: Final = b'"tests":['
_END: Final = b'],"deselected":['
_BETWEEN: Final = b'},{"nodeid":'
_READER: Final = msgspec.json.Decoder(list[Planned])
_WRITER: Final = msgspec.json.Encoder()


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event", tag="plan"):
    """The line as the ledger's writer writes it."""

    at: str
    seq: int
    tests: tuple[Planned, ...]
    deselected: tuple[str, ...]


_SHELL: Final = msgspec.json.Decoder(Plan)


def where(text: bytes) -> tuple[int, int]:
    """Return where the plan's line begins and where it ends behind its newline; both the text's end if it has none."""
    begin = 0 if text.startswith(_LINE) else text.find(b"\n" + _LINE) + 1
    if not begin and not text.startswith(_LINE):
        return len(text), len(text)
    return begin, text.index(b"\n", begin) + 1


def read(text: bytes, begin: int, end: int, words: dict[str, str]) -> Plan | None:
    """Return the plan whose line stands there; None if it is not just as its writer writes it.

    Names and lines are taken from `words` or put there. Raises what msgspec raises.
    """
    first = text.find(_TESTS, begin, end) + len(_TESTS)
    last = text.rfind(_END, begin, end)
    if not begin < first <= last:
        return None
    shell = text[begin:first] + text[last : end - 1]
    plan = _SHELL.decode(shell)
    if _WRITER.encode(plan) != shell:
        return None
    tests: list[Planned] = []
    phases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for piece in _pieces(text, first, last):
        found = _READER.decode(piece)
        if _WRITER.encode(found) != piece:
            return None
        tests += (
            Planned(
                words.setdefault(one.nodeid, one.nodeid),
                words.setdefault(one.line, one.line),
                phases.setdefault(one.phases, one.phases),
            )
            for one in found
        )
    return msgspec.structs.replace(plan, tests=tuple(tests))


def _pieces(text: bytes, begin: int, end: int) -> Iterator[bytes]:
    """Cut a list's inside between its objects; give each piece as a list."""
    while begin < end:
        cut = text.find(_BETWEEN, begin + PIECE, end)
        stop = end if cut < 0 else cut + 1
        yield b"[" + text[begin:stop] + b"]"
        begin = stop + 1

"""Mutations of a genuine file's bytes: blind ones, and ones that know JSON, lines or numbers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Way: TypeAlias = Callable[[st.DrawFn, bytes, bytes], bytes]
    Places: TypeAlias = list[tuple[Any, Any]]

MOST = 3  # mutations of one file
AGAIN = "@again@"  # stands behind a key that is to be there twice, until it is written


def _deep(levels: int) -> list[Any]:
    return [_deep(levels - 1)] if levels else []


DEEP = _deep(70)
EXTREMES: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 2**200, 1.5, 1e308, float("nan"), float("inf"),
    "", "\0", "\ud800", "x" * 5_000, "GO", "MET", "passed", "../../../etc/passwd", "\u202e", "\u0420",
    "2096-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+14:00", "2026-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    [], {}, DEEP, {"a": DEEP},
]  # fmt: skip
PIECES = [
    b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n", b"\n", b'"', b"\\", b"{", b"}", b"[" * 1_000, b"NaN", b"-Infinity",
    b"1e999", b"9" * 5_000, b"\xed\xa0\x80", b"\\ud800", b'"":"",', b"null", b"=", b"#", b"'''",
]  # fmt: skip
NUMBERS = [b"inf", b"nan", b"-1", b"0", b"1e308", b"-0.0", b"9" * 400, b"2026-01-01", b"true", b"0x10", b"1_0"]
TWINS = ["\u200b", "\u0420", "\uff12", "\u2011", "\u0301"]
NUMBER = re.compile(rb"(?<![\w.\"-])\d+(?:\.\d+)?")


@st.composite
def mutated(draw: st.DrawFn, raw: bytes, other: bytes) -> bytes:
    """Give a file's bytes after one to three mutations; `other` is where foreign pieces come from."""
    for _ in range(draw(st.integers(1, MOST))):
        raw = draw(st.sampled_from(WAYS))(draw, raw, other)
    return raw


def _slice(draw: st.DrawFn, raw: bytes, longest: int = 200) -> tuple[int, int]:
    begin = draw(st.integers(0, len(raw)))
    return begin, min(len(raw), begin + draw(st.integers(0, longest)))


def flip(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Flip a bit."""
    if not raw:
        return b"\0"
    at, bit = draw(st.integers(0, len(raw) - 1)), draw(st.integers(0, 7))
    return raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]


def cut(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Take a piece out."""
    begin, end = _slice(draw, raw)
    return raw[:begin] + raw[end:]


def shorten(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Lose the end."""
    return raw[: draw(st.integers(0, len(raw)))]


def double(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Put a piece in once more, somewhere."""
    begin, end = _slice(draw, raw)
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + raw[begin:end] + raw[at:]


def splice(draw: st.DrawFn, raw: bytes, other: bytes) -> bytes:
    """Put a piece of another file in the place of one."""
    begin, end = _slice(draw, raw)
    first, last = _slice(draw, other)
    return raw[:begin] + other[first:last] + raw[end:]


def put(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Put bytes in that readers stumble over, or any."""
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(st.sampled_from(PIECES) | st.binary(min_size=1, max_size=4)) + raw[at:]


def recode(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Write it in another encoding."""
    return raw.decode("utf-8", "replace").encode(draw(st.sampled_from(["utf-16", "utf-32-be", "utf-7", "utf-8-sig"])))


def line(draw: st.DrawFn, raw: bytes, _: bytes) -> bytes:
    """Lose a line, have it twice, or elsewhere."""
    lines = raw.split(b"\n")
    at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    held = lines[at]
    if draw(st.booleans()):
        _ = lines.pop(at)
    if draw(st.booleans()):
        lines.insert(to, held)
    return b"\n".join(lines)


def number(draw: st.DrawFn, raw: bytes, other: bytes) -> bytes:
    """Change one number in a text of any kind."""
    found = list(NUMBER.finditer(raw))
    if not found:
        return flip(draw, raw, other)
    at = found[draw(st.integers(0, len(found) - 1))]
    return raw[: at.start()] + draw(st.sampled_from(NUMBERS)) + raw[at.end() :]


def value(draw: st.DrawFn, raw: bytes, other: bytes) -> bytes:
    """Change one value or key of a JSON text, or of one line of JSON lines."""
    try:
        return _changed(draw, json.loads(raw))
    except (ValueError, RecursionError):
        lines = raw.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    try:
        lines[at] = _changed(draw, json.loads(lines[at]))
    except (ValueError, RecursionError):
        return flip(draw, raw, other)
    return b"\n".join(lines)


def _changed(draw: st.DrawFn, whole: Any) -> bytes:
    places = list(_places(whole))
    if not places:
        return json.dumps(draw(st.sampled_from(EXTREMES))).encode()
    held, key = places[draw(st.integers(0, len(places) - 1))]
    draw(st.sampled_from(CHANGES))(draw, held, key, places)
    return json.dumps(whole).replace(AGAIN, "").encode()


def _places(whole: object) -> Iterator[tuple[Any, Any]]:
    """Give each place in a value: what holds it, and its key or index there."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(whole, dict):
        inside = list(cast("dict[str, Any]", whole).items())
    elif isinstance(whole, list):
        inside = list(enumerate(cast("list[Any]", whole)))
    for key, one in inside:
        yield whole, key
        yield from _places(one)


def _drop(_: st.DrawFn, held: Any, key: Any, __: Places) -> None:
    del held[key]


def _twice(draw: st.DrawFn, held: Any, key: Any, _: Places) -> None:
    if isinstance(held, list):
        cast("list[Any]", held).insert(key, held[key])
    else:
        held[f"{key}{AGAIN}"] = draw(st.sampled_from(EXTREMES))


def _rename(_: st.DrawFn, held: Any, key: Any, __: Places) -> None:
    if isinstance(held, list):
        held.reverse()
    else:
        held[f"{key}_"] = held.pop(key)


def _extreme(draw: st.DrawFn, held: Any, key: Any, _: Places) -> None:
    held[key] = draw(st.sampled_from(EXTREMES))


def _retype(_: st.DrawFn, held: Any, key: Any, __: Places) -> None:
    one: object = held[key]
    if isinstance(one, dict):
        held[key] = list(cast("dict[str, Any]", one))
    elif isinstance(one, list):
        held[key] = {str(at): inner for at, inner in enumerate(cast("list[Any]", one))}
    else:
        held[key] = [one] if isinstance(one, str) else str(one)


def _swap(draw: st.DrawFn, held: Any, key: Any, places: Places) -> None:
    there, its = places[draw(st.integers(0, len(places) - 1))]
    if isinstance(held[key], (dict, list)) or isinstance(there[its], (dict, list)):
        return  # one of them may hold the other
    held[key], there[its] = there[its], held[key]


def _twin(draw: st.DrawFn, held: Any, key: Any, _: Places) -> None:
    said: object = held[key]
    if isinstance(said, str) and said:
        at, twin = draw(st.integers(0, len(said) - 1)), draw(st.sampled_from(TWINS))
        held[key] = said[:at] + twin + said[at + 1 :]


CHANGES = [_drop, _twice, _rename, _extreme, _extreme, _retype, _swap, _twin]
WAYS: list[Way] = [flip, cut, shorten, double, splice, put, recode, line, number, value, value, value, value]

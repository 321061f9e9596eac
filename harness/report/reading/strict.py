"""JSON read strictly: what two readers could understand differently is refused.

Python's own reader takes the last of two equal keys, NaN and any size; a file that says `"decision": "NO_GO",
"decision": "GO"` must not be evidence of anything.

Strict reading in Python is slow, so text is tried the quick way first. msgspec reads it, writes again what it has read,
and the quick way counts only if that gives the same bytes, as `harness.report.files` lays them out or with a space
behind each comma and colon, as Python's json and allure-pytest do. Then the text is what a writer makes of that value
and of no other, and any reader finds that value in it: of two equal keys one would be gone, an escape that need not be
one would have become a letter, 1.0 and 1e1 would have kept or lost their form, and NaN, half a character, a byte order
mark or text behind the value would not have been read at all. Whatever is written otherwise is read the slow way, so
that the answer is the same for every input; the tests hold the two against each other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, cast

import msgspec

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64

_Holder: TypeAlias = "dict[str, object] | list[object]"

_READER: Final = msgspec.json.Decoder()
_WRITER: Final = msgspec.json.Encoder()
_HOLDERS: Final = (dict, list)
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)  # what msgspec may answer with


class Malformed(HarnessError):  # noqa: N818  it names what the text is
    """Text that is not exactly one JSON value, or not safely so."""


def loads(text: str | bytes) -> object:
    """Return the one JSON value in `text` (str or UTF-8 bytes), or raise Malformed with one line."""
    if len(text) > MAX_BYTES:
        raise Malformed(f"wanted at most {MAX_BYTES} bytes, got {len(text)}")
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    value = quick(content)
    return slow(content) if value is msgspec.UNSET else value


def quick(content: bytes) -> object:
    """Return the value of text that is laid out as a writer does, else msgspec.UNSET; Malformed if it is too deep."""
    try:
        value: object = _READER.decode(content)
        if not laid_out(content, _WRITER.encode(value)):
            return msgspec.UNSET
    except UNREADABLE:
        return msgspec.UNSET
    if content.count(b"[") + content.count(b"{") >= MAX_DEPTH:  # fewer brackets cannot nest deeper
        check_depth(value, MAX_DEPTH)
    return value


def laid_out(content: bytes, written: bytes) -> bool:
    """Tell whether text is what was `written` by msgspec, with or without a space behind each comma and colon."""
    if content == written:
        return True
    return content == msgspec.json.format(written, indent=0)


def lines(content: bytes) -> list[object] | None:
    """Return the value of each line of whole lines, if each is written as `files.append_line` does.

    None says nothing about them but that each has to be read by itself.
    """
    try:
        values: list[object] = _READER.decode_lines(content)
        if _WRITER.encode_lines(values) != content:
            return None
        check_depth(values, MAX_DEPTH + 1)  # the list around them is ours
    except (*UNREADABLE, Malformed):
        return None
    return values


def slow(content: bytes) -> object:
    """Return the value of any text that is strictly JSON, or raise Malformed."""
    try:
        text = content.decode("utf-8")
        value: object = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError as trouble:
        raise Malformed(f"not UTF-8 at byte {trouble.start}") from trouble
    except json.JSONDecodeError as trouble:
        raise Malformed(f"not JSON: {trouble}") from trouble
    except RecursionError as trouble:
        raise Malformed(f"nested deeper than {MAX_DEPTH} levels") from trouble
    except ValueError as trouble:  # an integer with more digits than Python converts
        raise Malformed(f"not JSON: {trouble}") from trouble
    check_depth(value, MAX_DEPTH)
    if "\\u" in text:  # nothing else can bring half a character into text that is UTF-8
        _check_characters(value)
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(f"key {key[:80]!r} appears twice in one object")
            seen.add(key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Malformed(f"the number {text[:40]} is too large")
    return number


def check_depth(value: object, most: int) -> None:
    """Refuse a value that holds values on more than `most` levels, itself being the first."""
    level = [cast("_Holder", value)] if type(value) in _HOLDERS and value else []
    for _ in range(most - 1):
        if not level:
            return
        level = [
            cast("_Holder", inner)
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _HOLDERS and inner
        ]
    if level:
        raise Malformed(f"nested deeper than {MAX_DEPTH} levels")


def _check_characters(value: object) -> None:
    try:
        _ = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as trouble:
        raise Malformed("an escape stands for half a character (a surrogate without its other half)") from trouble


def read(path: Path) -> object:
    """Return the JSON value of a file; Malformed names the file, a missing file stays an OSError."""
    return _named(_bytes(path), str(path))


def read_lines(path: Path) -> list[object]:
    """Return the value of each line of a .jsonl file.

    A last line without its newline was cut off while it was written: that, as any other bad line, is Malformed
    with file and line number; a blank line is, too.
    """
    content = _bytes(path)
    if not content:
        return []
    each = content.split(b"\n")
    if each.pop():
        raise Malformed(f"{path}:{len(each) + 1}: the last line is cut off")
    return [_named(line, f"{path}:{number}") for number, line in enumerate(each, start=1)]


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Malformed(f"{path}: wanted at most {MAX_BYTES} bytes, got {size}")
    return path.read_bytes()


def _named(text: bytes, where: str) -> object:
    try:
        return loads(text)
    except Malformed as trouble:
        raise Malformed(f"{where}: {trouble}") from trouble

"""JSON read strictly: what two readers could understand differently is refused.

Python's own reader takes the last of two equal keys, NaN and any size; a file that says `"decision": "NO_GO",
"decision": "GO"` must not be evidence of anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64


class Malformed(HarnessError):  # noqa: N818  it names what the text is
    """Text that is not exactly one JSON value, or not safely so."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise Malformed(f"key {twice[0]!r} appears twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Malformed(f"the number {text[:40]} is too large")
    return number


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for inner in level:
            if isinstance(inner, dict):
                deeper.extend(inner.values())  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(inner, list):
                deeper.extend(inner)  # pyright: ignore[reportUnknownArgumentType]
        if not deeper:
            return
        level = deeper
    raise Malformed(f"nested deeper than {MAX_DEPTH} levels")


def loads(text: str | bytes) -> object:
    """Return the one JSON value in `text` (str or UTF-8 bytes), or raise Malformed with one line."""
    if len(text) > MAX_BYTES:
        raise Malformed(f"wanted at most {MAX_BYTES} bytes, got {len(text)}")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value: object = json.loads(decoded, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError as trouble:
        raise Malformed(f"not UTF-8 at byte {trouble.start}") from trouble
    except json.JSONDecodeError as trouble:
        raise Malformed(f"not JSON: {trouble}") from trouble
    except RecursionError as trouble:
        raise Malformed(f"nested deeper than {MAX_DEPTH} levels") from trouble
    except ValueError as trouble:  # an integer with more digits than Python converts
        raise Malformed(f"not JSON: {trouble}") from trouble
    _check_depth(value)
    return value


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
    lines = content.split(b"\n")
    if lines.pop():
        raise Malformed(f"{path}:{len(lines) + 1}: the last line is cut off")
    return [_named(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]


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

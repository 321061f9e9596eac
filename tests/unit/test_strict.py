from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import files, strict

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_was_written_is_what_is_read(value: object) -> None:
    assert strict.loads(files.encode(value)) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"decision": "NO_GO", "decision": "GO"}', "'decision' appears twice"),
        ('[{"a": {"b": 1, "b": 1}}]', "'b' appears twice"),
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ('{"n": -Infinity}', "-Infinity is not JSON"),
        ("1e999", "too large"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
        ("[" * 100_000, "deeper than 64"),
        ("9" * 5_000, "not JSON"),
        ("", "not JSON"),
        ('{"a": 1} {"a": 2}', "not JSON"),
        (b'"\xff"', "not UTF-8"),
    ],
    ids=["twice", "twice-deep", "nan", "inf", "-inf", "1e999", "deep", "deeper", "digits", "empty", "two", "bytes"],
)
def test_what_two_readers_could_take_differently_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(strict.Malformed, match=said):
        _ = strict.loads(text)


def test_lines_are_refused_with_file_and_number(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    assert strict.read_lines(_with(path, "")) == []
    assert strict.read_lines(_with(path, '{"a":1}\n[2]\n')) == [{"a": 1}, [2]]
    with pytest.raises(strict.Malformed, match=r"some.jsonl:2: the last line is cut off"):
        _ = strict.read_lines(_with(path, '{"a":1}\n{"a"'))
    with pytest.raises(strict.Malformed, match=r"some.jsonl:2: not JSON"):
        _ = strict.read_lines(_with(path, '{"a":1}\n\n{"a":2}\n'))


def test_what_is_too_large_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "MAX_BYTES", 8)
    with pytest.raises(strict.Malformed, match="at most 8 bytes, got 11"):
        _ = strict.read(_with(tmp_path / "x.json", '"123456789"'))


def _with(path: Path, text: str) -> Path:
    _ = path.write_text(text)
    return path

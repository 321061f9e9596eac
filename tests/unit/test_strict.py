from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from harness.report import files
from harness.report.reading import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

# JSON as text, with everything in it that two readers take differently or that has two spellings
ODD = [
    *("null", "true", "0", "-0", "00", "1", "1.0", "-0.0", "1e1", "1E5", "1e+16", "1e400", "0.1", "1e-7", ".5", "+1"),
    *("18446744073709551615", "18446744073709551616", "100000000000000000000", "9" * 400, "NaN", "-Infinity"),
    *('""', '"a"', r'"\u0061"', r'"\/"', r'"\n"', r'"\u000a"', r'"\u000A"', r'"\u001f"', '"\x7f"', '"\t"', '"\0"'),
    *('"é"', r'"\u00e9"', r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', '"\U0001f600"', r'"\x"', '"', "'a'"),
    *('"[[[["', '"{"', '"\u2028"', '"\ufeff"'),
]
ATOMS = (
    st.sampled_from(ODD)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.text().map(json.dumps)
    | st.text().map(lambda said: json.dumps(said, ensure_ascii=False))
)
KEYS = st.sampled_from(['"a"', '"b"', r'"\u0061"', '""', '"é"', r'"\u00e9"', "a"]) | st.text().map(json.dumps)
LAYOUTS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t"), (",,", ":")])


def _array(inner: Sequence[str], layout: tuple[str, str]) -> str:
    return f"[{layout[0].join(inner)}]"


def _object(pairs: Sequence[tuple[str, str]], layout: tuple[str, str]) -> str:
    return f"{{{layout[0].join(layout[1].join(pair) for pair in pairs)}}}"


TEXTS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds(_array, st.lists(inner, max_size=4), LAYOUTS)
        | st.builds(_object, st.lists(st.tuples(KEYS, inner), max_size=4), LAYOUTS)
    ),
    max_leaves=10,
)
AROUND = st.sampled_from(["", "", "", " ", "\n", "\r\n", "\ufeff", "\0", "x", "{}", ",", "//"])


def _answer(read: Callable[[bytes], object], text: bytes) -> tuple[bool, str]:
    """What a reader says; repr tells 1 from 1.0 and from True."""
    try:
        return True, repr(read(text))
    except strict.Malformed as trouble:
        return False, str(trouble)


@given(JSON)
def test_what_was_written_is_what_is_read(value: object) -> None:
    assert strict.loads(files.encode(value)) == value


@given(JSON)
def test_what_our_writer_writes_is_read_the_quick_way(value: object) -> None:
    assert strict.quick(files.encode(value)) == value


@pytest.mark.parametrize("value", [{"name": 'a "b"\n', "labels": [{"name": "run", "value": "é"}], "start": 1}, [], {}])
def test_what_allure_writes_is_read_the_quick_way(value: object) -> None:
    assert strict.quick(json.dumps(value, ensure_ascii=False).encode()) == value


@given(AROUND, TEXTS, AROUND)
def test_both_ways_of_reading_answer_the_same(before: str, text: str, after: str) -> None:
    content = (before + text + after).encode()
    assert _answer(strict.loads, content) == _answer(strict.slow, content)


@given(JSON, st.integers(0, 300), st.integers(0, 3), st.binary(max_size=3), st.booleans())
def test_both_ways_answer_the_same_about_damaged_text(
    value: object, at: int, length: int, instead: bytes, spaced: bool
) -> None:
    whole = json.dumps(value, ensure_ascii=False).encode() if spaced else files.encode(value)
    at %= len(whole) + 1
    content = whole[:at] + instead + whole[at + length :]
    assert _answer(strict.loads, content) == _answer(strict.slow, content)


@pytest.mark.parametrize("depth", range(strict.MAX_DEPTH - 3, strict.MAX_DEPTH + 4))
@pytest.mark.parametrize(("opens", "inside", "closes"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "{}", "}")])
def test_both_ways_answer_the_same_about_depth(depth: int, opens: str, inside: str, closes: str) -> None:
    content = (opens * depth + inside + closes * depth).encode()
    answer = _answer(strict.loads, content)
    assert answer == _answer(strict.slow, content)
    assert answer[0] == (depth + bool(inside) <= strict.MAX_DEPTH)


@given(st.lists(TEXTS | JSON.map(lambda value: files.encode(value).decode()), max_size=6))
def test_lines_that_are_read_together_are_what_each_is_by_itself(texts: list[str]) -> None:
    content = "".join(f"{text}\n" for text in texts).encode()
    together = strict.lines(content)
    if together is not None:
        assert repr(together) == repr([strict.slow(line) for line in content.split(b"\n")[:-1]])


@given(st.lists(JSON, max_size=6))
def test_lines_as_our_writer_writes_them_are_read_together(values: list[object]) -> None:
    assert strict.lines(b"".join(files.encode(value) + b"\n" for value in values)) == values


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":1}{"a":2}\n',
        b'{"a":1}\n\n',
        b'{"a":1}',
        b'{"a":1,"a":1}\n',
        b'{"a": 1}\n',
        b"[" * 65 + b"]" * 65 + b"\n",
    ],
)
def test_other_lines_are_left_to_be_read_one_by_one(content: bytes) -> None:
    assert strict.lines(content) is None


def test_text_in_another_layout_takes_the_slow_way() -> None:
    assert strict.quick(b'{"a" :1}') is UNSET
    assert strict.loads(b'{"a" :1}') == {"a": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"decision": "NO_GO", "decision": "GO"}', "'decision' appears twice"),
        (r'{"decision": "NO_GO", "decis\u0069on": "GO"}', "'decision' appears twice"),
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
        ("\ufeff{}", "not JSON"),
        (b'"\xff"', "not UTF-8"),
        ('"\ud800"', "not UTF-8"),
        (r'"\ud800"', "half a character"),
        (r'{"a": {"\udc00": 1}}', "half a character"),
    ],
    ids=[
        *("twice", "twice-escaped", "twice-deep", "nan", "inf", "-inf", "1e999", "deep", "deeper", "digits", "empty"),
        *("two", "bom", "bytes", "surrogate", "escaped-surrogate", "surrogate-key"),
    ],
)
def test_what_two_readers_could_take_differently_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(strict.Malformed, match=said):
        _ = strict.loads(text)


def test_a_whole_pair_of_escapes_is_one_character() -> None:
    assert strict.loads(r'"\ud83d\ude00"') == "\U0001f600"


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

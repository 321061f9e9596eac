"""Whether a text says a value: in any case, with any blanks and hyphens, but whole; luck and lists don't count."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import msgspec

from harness.observe.facts import SHAPE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

CUT: Final = 200  # characters of an answer that are kept

_HYPHENS: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-")
_MARKS: Final = dict.fromkeys(map(ord, "*_`~"), " ")  # of Markdown, around a word or within it
_BREAK: Final = r"[\s-]*"
_BEFORE: Final = r"(?<![^\W_])(?<![^\W_]-)"  # neither a letter nor a word with a hyphen
_AFTER: Final = r"(?![^\W_])(?!-[^\W_])"
_SHAPES: Final = {"L": "[a-z]", "D": "[0-9]"}
_WORDS: Final = ("title", "summary", "blocks")  # of an answer; `meta` is not said to anybody


def remembered(text: str, value: str, told: Collection[str] = ()) -> bool:
    """Tell whether a text gives the value back as what this conversation was told, and no value of anybody else.

    `told` are the other values of the conversation: only those may stand beside it.
    """
    plain = normalised(text)
    if not _whole(value).search(plain):
        return False
    known = {_bare(one) for one in (value, *told)}
    return all(_bare(found) in known for found in _any_value().findall(plain))


def mentions(text: str, value: str) -> bool:
    """Tell whether a text gives a value away: anywhere, also inside a longer word."""
    return _bare(value) in _bare(normalised(text))


def normalised(text: str) -> str:
    """Return a text as it is compared: NFKC, one case, one kind of hyphen, nothing invisible, no Markdown marks."""
    plain = unicodedata.normalize("NFKC", text.translate(_HYPHENS)).translate(_HYPHENS).translate(_MARKS)
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf").casefold()


def words(body: bytes) -> str:
    """Return all that an answer says in words, in its order; "" where it is no JSON object."""
    try:
        document = cast("object", msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(document, dict):
        return ""
    found = cast("dict[str, object]", document)
    return "\n".join(said for name in _WORDS for said in _texts(found.get(name)))


def cut(text: str) -> str:
    """Return a text as it is kept: in one line, its first 200 characters."""
    return " ".join(text.split())[:CUT]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in cast("dict[str, object]", value).items():
            if name != "type":
                yield from _texts(one)
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _texts(one)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@lru_cache(maxsize=256)
def _whole(value: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + _BREAK.join(map(re.escape, _bare(value))) + _AFTER)


@lru_cache(maxsize=1)
def _any_value() -> re.Pattern[str]:
    return re.compile(_BEFORE + _BREAK.join(_SHAPES[one] for one in SHAPE if one in _SHAPES) + _AFTER)

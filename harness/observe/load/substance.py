"""Whether a good-looking answer is one: an apology, a text for everybody, or a text about something else is not."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.observe.load.validity import Answer

CANNED, REPEATED, UNRELATED = "canned", "repeated", "unrelated"
REMEMBERED: Final = 1000  # answers that a new one is compared with
_WORD: Final = re.compile(r"\w{4,}")
_EMPTY: Final = frozenset({"what", "which", "this", "that", "with", "from", "your", "comes", "next", "turn", "number"})


class Substance:
    """Judges the answers of one run, in the order in which they come."""

    def __init__(self, apologies: Sequence[str]) -> None:
        """Know the texts that stand for "not now"."""
        self._apologies = tuple(_plain(text) for text in apologies if text.strip())
        self._seen: OrderedDict[int, int] = OrderedDict()

    def kind(self, answer: Answer, question: str) -> str:
        """Return "" for an answer to its question, else what it is instead."""
        text = _plain(answer.text)
        if any(apology in text for apology in self._apologies):
            return CANNED
        if self._before(text, question):
            return REPEATED
        asked = {word for word in _WORD.findall(_plain(question)) if word not in _EMPTY}
        return UNRELATED if asked and not any(word in text for word in asked) else ""

    def _before(self, text: str, question: str) -> bool:
        """Tell whether the same text, title included, has lately answered another question; remember it."""
        key, asked = hash(text), hash(question)
        other = self._seen.setdefault(key, asked)
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            _ = self._seen.popitem(last=False)
        return other != asked


def _plain(text: str) -> str:
    """Return a text as it is compared: one case, one apostrophe, one blank between words."""
    return " ".join(text.casefold().replace("\u2019", "'").split())

"""A strict reader of CSV after RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180#section-2).

It reads on after a breach, as spreadsheets do, so that what is inside can be compared all the same. The RFC leaves the
last line's end optional; so it is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FIELD: Final = re.compile(r'"(?P<quoted>(?:[^"]|"")*+)"|(?P<plain>[^",\r\n]*)')
_STRAY: Final = re.compile(r"[^,\r\n]*")  # what stands between a field's end and the next comma or line end
_ENDINGS: Final = ("\r\n", "\n", "\r")
_CALLED: Final = {"\n": "LF", "\r": "CR"}

LINE_END: Final = "line-end"


@dataclass(frozen=True, slots=True)
class Breach:
    """The first breach of one rule; line and column count from 1."""

    rule: str
    says: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """All records, and the first breach of each kind."""

    rows: tuple[tuple[str, ...], ...]
    breaches: tuple[Breach, ...]

    @property
    def sound(self) -> bool:
        """Whether its fields are where they belong, however its lines end."""
        return all(breach.rule == LINE_END for breach in self.breaches)


def parse(text: str) -> Parsed:
    """Read a document without its byte order mark."""
    rows: list[tuple[str, ...]] = []
    row: list[str] = []
    breaches: dict[str, Breach] = {}
    at = 0

    def breach(rule: str, says: str, place: int) -> None:
        before = text[:place]
        column = place - (before.rfind("\n") + 1) + 1
        _ = breaches.setdefault(rule, Breach(rule, says, before.count("\n") + 1, column))

    while at < len(text):
        value, at, wrong = _field(text, at)
        row.append(value)
        if wrong:
            breach(*wrong)
        if text.startswith(",", at):
            at += 1
            if at == len(text):
                row.append("")
            continue
        ending = next((end for end in _ENDINGS if text.startswith(end, at)), "")
        if ending in _CALLED:
            breach(LINE_END, f"a line ends in {_CALLED[ending]} alone", at)
        at += len(ending)
        rows.append(tuple(row))
        row.clear()
    if row:
        rows.append(tuple(row))
    uneven = next((i for i, one in enumerate(rows) if len(one) != len(rows[0])), None)
    if uneven is not None:
        says = f"record {uneven + 1} has {len(rows[uneven])} fields, the first {len(rows[0])}"
        _ = breaches.setdefault("field-count", Breach("field-count", says, uneven + 1, 1))
    return Parsed(tuple(rows), tuple(breaches.values()))


def _field(text: str, at: int) -> tuple[str, int, tuple[str, str, int] | None]:
    """Return a field's value, where it ends, and what is wrong with it: rule, sentence and place."""
    found = _FIELD.match(text, at)  # always there: a plain field may be empty
    quoted: str | None = found["quoted"] if found else None
    plain: str = (found["plain"] or "") if found else ""
    place = found.end() if found else at
    stray = _STRAY.match(text, place)
    rest = stray[0] if stray else ""
    value = plain if quoted is None else quoted.replace('""', '"')
    if not rest:
        return value, place, None
    if quoted is not None:
        wrong = "text-after-quote", "text follows a closing quote: a quote inside a field is not doubled", place
    elif plain:
        wrong = "quote-in-plain-field", "a field without quotes around it holds a quote", place
    else:
        wrong = "quote-unclosed", "a quoted field has no end", place
    return value + rest, place + len(rest), wrong

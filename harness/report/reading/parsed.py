"""Records of a run, read strictly into their structs: whatever cannot be is a blocker that says where, not a crash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

import msgspec

from harness.report.deciding.kept import Ledger, Outcomes
from harness.report.deciding.model import Blocker, Event, Recorded
from harness.report.reading import strict, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
K = TypeVar("K")

RUN_AGAIN = "run again, and leave the folder as the run wrote it"
ODD = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # breaks a line, or is no text at all
NAMES: Final = ("nodeid", "line")  # what repeats from line to line and is long
LONGEST = 300  # characters of a name in a message


@dataclass(frozen=True, slots=True)
class Kind(Generic[T, K]):
    """What the lines of a file are: one, many of them, how they are kept, and how those of our writers are read."""

    one: type[T]
    many: type[list[T]]
    kept: Callable[[], K]
    append: Callable[[K, T], None]
    written: Callable[[bytes, K, dict[str, str]], bool]


EVENTS: Final = Kind(Event, list[Event], Ledger, Ledger.append, written.events)
OUTCOMES: Final = Kind(Recorded, list[Recorded], Outcomes, Outcomes.append, written.outcomes)


def one(content: bytes, where: str, kind: type[T], troubles: list[Blocker]) -> T | None:
    """Return the record that a text is; None, and a trouble, if it is none."""
    try:
        return msgspec.convert(strict.loads(content), kind)
    except (strict.Malformed, msgspec.ValidationError) as trouble:
        troubles.append(damaged(where, trouble))
        return None


def damaged(where: str, trouble: Exception | str) -> Blocker:
    """Return the blocker for a record that is not what its writer writes."""
    return Blocker("TAMPERED", f"{where} is damaged or was edited: {trouble}; {RUN_AGAIN}")


def lines(blocks: Iterable[bytes], name: str, kind: Kind[T, K], words: dict[str, str], troubles: list[Blocker]) -> K:
    """Read each line that can be read; a cut last line is what a kill leaves, any other bad one is worse.

    `blocks` is the file's content in pieces of any length; of each, only the records stay. `words` holds each test's
    name once, for this file and the next.
    """
    found = kind.kept()
    number, begun = 0, list[bytes]()
    for block in blocks:
        head, newline, tail = block.rpartition(b"\n")
        if not newline:
            begun.append(block)
            continue
        whole = b"".join((*begun, head, newline))
        begun = [tail] if tail else []
        if not kind.written(whole, found, words):
            for record in _whole(whole, (name, number), kind, words, troubles):
                kind.append(found, record)
        number += whole.count(b"\n")
    if begun:
        where = f"{name} line {number + 1}"
        troubles.append(Blocker("INTERRUPTED", f"{where} is cut off: its writer was killed; run again"))
    return found


def _whole(
    text: bytes, where: tuple[str, int], kind: Kind[T, K], words: dict[str, str], troubles: list[Blocker]
) -> list[T]:
    """Read whole lines, all at once where they are as `files.append_line` writes them.

    `where` is the file and how many of its lines came before.
    """
    name, before = where
    values = strict.lines(text)
    if values is not None:
        _share(values, words)
        try:
            return msgspec.convert(values, kind.many)
        except msgspec.ValidationError:
            pass  # one of them is no such record; which, is told below
    found: list[T] = []
    for number, line in enumerate(text[:-1].split(b"\n"), start=before + 1):
        record = one(line, f"{name} line {number}", kind.one, troubles)
        if record is not None:
            found.append(record)
    return found


def _share(values: Iterable[object], words: dict[str, str]) -> None:
    """Let equal names of tests be one object: a test's name stands in a dozen places."""
    for value in values:
        if type(value) is not dict:
            continue
        record = cast("dict[str, object]", value)
        for field in NAMES:
            said = record.get(field)
            if type(said) is str:
                record[field] = words.setdefault(said, said)
        tests = record.get("tests")
        if type(tests) is list:
            _share(cast("list[object]", tests), words)


def shown(name: str) -> str:
    """Return a name that somebody chose as it can stand in a message of one line."""
    plain = name.encode("unicode_escape").decode("ascii") if ODD.search(name) else name
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."

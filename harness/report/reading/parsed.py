"""Records of a run, read strictly into their structs: whatever cannot be is a blocker that says where, not a crash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

import msgspec

from harness.report.deciding.model import Blocker, Event, Planned, Recorded
from harness.report.reading import strict

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

RUN_AGAIN = "run again, and leave the folder as the run wrote it"
ODD = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # breaks a line, or is no text at all
LONGEST = 300  # characters of a name in a message


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What the lines of a file are: one, many of them, and the fields whose words repeat from line to line."""

    one: type[T]
    many: type[list[T]]
    words: tuple[str, ...]


EVENTS: Final = Kind(Event, list[Event], ("nodeid", "when", "outcome"))
OUTCOMES: Final = Kind(Recorded, list[Recorded], ("nodeid", "line"))


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


def lines(blocks: Iterable[bytes], name: str, kind: Kind[T], words: dict[str, str], troubles: list[Blocker]) -> list[T]:
    """Read each line that can be read; a cut last line is what a kill leaves, any other bad one is worse.

    `blocks` is the file's content in pieces of any length; of each, only the records stay. `words` holds each repeated
    text once, for this file and the next.
    """
    found: list[T] = []
    number, begun = 0, list[bytes]()
    for block in blocks:
        head, newline, tail = block.rpartition(b"\n")
        if not newline:
            begun.append(block)
            continue
        whole = b"".join((*begun, head, newline))
        begun = [tail] if tail else []
        found += _whole(whole, (name, number), kind, words, troubles)
        number += whole.count(b"\n")
    if begun:
        where = f"{name} line {number + 1}"
        troubles.append(Blocker("INTERRUPTED", f"{where} is cut off: its writer was killed; run again"))
    return found


def _whole(
    text: bytes, where: tuple[str, int], kind: Kind[T], words: dict[str, str], troubles: list[Blocker]
) -> list[T]:
    """Read whole lines, all at once where they are as their writer writes them.

    `where` is the file and how many of its lines came before.
    """
    name, before = where
    values = strict.lines(text)
    if values is not None:
        _share(values, kind.words, words)
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


def _share(values: Iterable[object], fields: tuple[str, ...], words: dict[str, str]) -> None:
    """Let equal texts be one object: a test's name stands in a dozen places."""
    for value in values:
        if type(value) is not dict:
            continue
        record = cast("dict[str, object]", value)
        for field in fields:
            said = record.get(field)
            if type(said) is str:
                record[field] = words.setdefault(said, said)
        tests = record.get("tests")
        if type(tests) is list:
            _share(cast("list[object]", tests), ("nodeid", "line"), words)


def share_phases(records: Iterable[Planned | Recorded]) -> None:
    """Let equal `phases` be one object, too; what a record says stays the same."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for record in records:
        msgspec.structs.force_setattr(record, "phases", known.setdefault(record.phases, record.phases))


def shown(name: str) -> str:
    """Return a name that somebody chose as it can stand in a message of one line."""
    plain = name.encode("unicode_escape").decode("ascii") if ODD.search(name) else name
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."

"""Copying tables: is what lies on the clipboard the whole table of the button's own answer, however it was pressed?

What was copied may be tab-separated (what spreadsheets paste), a Markdown table, or CSV; blanks may stand for what
those can't hold. The answer's document is the oracle.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.page import grid
from harness.judge.page.choice import CLICK, once, short
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Verdict

_RULE: Final = re.compile(r"(?=.*--)[ \t|:\-]+")  # the line between a Markdown table's header and its rows
_BETWEEN: Final = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Copied:
    """One press of a copy button, and what it did.

    `wanted` is the table of its answer, `others` are those of earlier answers. `source` says where `text` was read, ""
    where nothing was copied; `failed` why the button could not be pressed. `said` is what was announced, `before` and
    `after` the button's name; `focus` is what has it instead of the button, "" for nothing else. `labels` are those of
    the answer's buttons.
    """

    what: str
    how: str
    wanted: grid.Grid
    others: tuple[grid.Grid, ...] = ()
    text: str = ""
    source: str = ""
    failed: str = ""
    said: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    focus: str = ""
    labels: tuple[str, ...] = ()
    spot: Spot = NOWHERE

    @property
    def state(self) -> str:
        """What was pressed, and how."""
        return f"{self.what}, {self.how}"


@dataclass(frozen=True, slots=True)
class CopyingSeen:
    """All presses; `missing` are the answers with a table that have no copy button: what was asked for, and where."""

    copies: tuple[Copied, ...] = ()
    missing: tuple[tuple[str, Spot], ...] = ()
    around: Around = field(default_factory=Around)


def judge(record: CopyingSeen, excused: Excused) -> Verdict:
    """Decide BB-02 from all presses: what was copied, what was announced, and where focus is afterwards."""
    found = once([*_missing(record), *_dead(record.copies), *(one for copy in record.copies for one in _copied(copy))])
    sources = ", ".join(dict.fromkeys(copy.source for copy in record.copies if copy.source))
    right = f"read from: {sources}" if sources else ""
    return decide(found, record.around, excused, checked=len(record.copies), of="ways to copy a table", right=right)


def _missing(record: CopyingSeen) -> Iterator[Finding]:
    for what, spot in record.missing:
        yield Finding(
            "no-copy-button",
            "an answer with a table has no copy button",
            spot,
            wanted="a button that copies the table",
            got="none",
            state=what,
            fix="give each table a copy button",
        )


def _dead(copies: Sequence[Copied]) -> Iterator[Finding]:
    """Give presses that copied nothing; dead by keyboard alone is a defect of its own."""
    dead = [copy for copy in copies if not copy.source]
    by_mouse = any(copy.how == CLICK and copy.source for copy in copies)
    for copy in dead:
        keyboard = copy.how != CLICK and by_mouse
        yield Finding(
            "dead-by-keyboard" if keyboard else "dead",
            f"pressing the copy button copied nothing{f' ({copy.failed})' if copy.failed else ''}",
            copy.spot,
            wanted="the table on the clipboard",
            got=copy.failed or "the clipboard as it was",
            state=copy.state,
            criterion="WCAG 2.1.1 Keyboard (A)" if keyboard else "",
            fix="make it a button, which has keyboard and pointer alike" if keyboard else "let it copy its table",
        )


def _copied(copy: Copied) -> Iterator[Finding]:
    if copy.source:
        yield from _content(copy)
        yield from _told(copy)
    if copy.focus:
        yield Finding(
            "focus-lost",
            f"after it was pressed, focus is no longer on the copy button but on {copy.focus}",
            copy.spot,
            wanted="focus stays on the button",
            got=copy.focus,
            state=copy.state,
            criterion="WCAG 2.4.3 Focus Order (A)",
            fix="give focus back to the button",
        )


def _content(copy: Copied) -> Iterator[Finding]:
    wanted, got = copy.wanted, short(copy.text)
    found = _differences(copy.text, wanted)
    if not found:
        return
    words = {" ".join(label.split()).casefold() for label in copy.labels if label.strip()}
    lines = [line.strip() for line in copy.text.splitlines() if line.strip()]
    button = next((line for line in lines if " ".join(line.split()).casefold() in words), "")
    if any(not _differences(copy.text, other) for other in copy.others):
        yield _wrong(copy, "other-answer", f"another answer's table was copied: {got}", "copy the button's own table")
    elif button:
        says = f"the words of a button were copied, {short(button)}: {got}"
        yield _wrong(copy, "words-of-buttons", says, "copy the answer's data, not what is drawn around it")
    elif all(len(read.headers) < 2 for read in _readings(copy.text)):
        says = f"what was copied is no table of {len(wanted.headers)} columns: {got}"
        yield _wrong(copy, "not-a-table", says, "put tabs between cells and each row on a line")
    else:
        for one in found:
            says = f"what was copied is not the table: {one.says}"
            yield Finding(one.rule, says, copy.spot, one.wanted, one.got, copy.state, fix=one.fix)


def _wrong(copy: Copied, rule: str, says: str, fix: str) -> Finding:
    wanted = f"{len(copy.wanted.rows)} rows under {' | '.join(copy.wanted.headers)}"
    return Finding(rule, says, copy.spot, wanted=wanted, got=copy.text[:200], state=copy.state, fix=fix)


def _told(copy: Copied) -> Iterator[Finding]:
    """Give what a screen reader's user does not hear: only a name that changed may be read out, so a person listens."""
    if copy.said:
        return
    changed = copy.after != copy.before
    yield Finding(
        "name-changed-only" if changed else "silent",
        f"that the table was copied is only shown by the button's new name, {short(copy.after)}"
        if changed
        else "nothing was announced when the table was copied",
        copy.spot,
        wanted="a status message, such as 'Copied'",
        got=copy.after if changed else "nothing",
        state=copy.state,
        criterion="WCAG 4.1.3 Status Messages (AA)",
        fix="write it into an element with role=status",
        certain=not changed,
    )


def _differences(text: str, wanted: grid.Grid) -> tuple[grid.Difference, ...]:
    """Return how what was copied differs from a table, in that reading which is nearest to it."""
    need = grid.undone(wanted)
    found = [grid.differences(need, grid.undone(read)) for read in _readings(text)]
    return min(found, key=_far)


def _far(found: Sequence[grid.Difference]) -> int:
    """Return how far from a table a reading is; one with other headers is none of it."""
    return len(found) + 10 * any(one.rule == "headers-differ" for one in found)


def _readings(text: str) -> tuple[grid.Grid, ...]:
    """Return all that a text can be read as: tab-separated as it is, with quotes, Markdown, or CSV."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    marked = [line for line in lines if not _RULE.fullmatch(line)]
    return (
        grid.of_lines([line.split("\t") for line in lines]),
        grid.of_lines(list(csv.reader(lines, delimiter="\t"))),
        grid.of_lines(
            [[cell.replace("\\|", "|") for cell in _BETWEEN.split(line.strip().strip("|"))] for line in marked]
        ),
        grid.of_lines(list(csv.reader(lines))),
    )

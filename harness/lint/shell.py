"""Split shell text into pipelines, each with its line; nothing is run or expanded.

Quotes, continuations, comments, substitutions and here-documents are understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SUBSTITUTED = "$()"  # stands where a command's output would
REDIRECT = "\x01"  # begins a word that redirects; the next word is where to

_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|([^\s;|&<>()]+))")
_RETRIES = 50


@dataclass(frozen=True, slots=True)
class Part:
    """One command of a pipeline as it was typed, substitutions taken out; `fed` are its here-documents."""

    text: str
    line: int
    fed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Scanned:
    """Pipelines in the order they would run, comments by line, and lines that could not be read with the reason."""

    pipelines: tuple[tuple[Part, ...], ...]
    comments: dict[int, str]
    unread: dict[int, str]


class _UnclosedError(Exception):
    """A quote or bracket that opens at `line` and never closes."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def scan(text: str, first: int = 1) -> Scanned:
    """Return what a text holds; its first line is number `first`. A line whose quote never closes is left out."""
    unread: dict[int, str] = {}
    lines = text.split("\n")
    for _ in range(_RETRIES):
        found = _Scanner("\n".join(lines), first)
        try:
            found.run()
        except _UnclosedError as trouble:
            at = min(max(trouble.line - first, 0), len(lines) - 1)
            unread[trouble.line] = str(trouble)
            lines[at] = ""
            continue
        return Scanned(tuple(found.pipelines), found.comments, unread)
    return Scanned((), {}, unread | {first: f"more than {_RETRIES} quotes that never close"})


@dataclass(slots=True)
class _Scanner:
    text: str
    line: int
    at: int = 0
    pipelines: list[tuple[Part, ...]] = field(default_factory=list[tuple[Part, ...]])
    comments: dict[int, str] = field(default_factory=dict[int, str])
    _typed: list[str] = field(default_factory=list[str])
    _began: int = 0
    _parts: list[Part] = field(default_factory=list[Part])
    _pending: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    _fed: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def run(self) -> None:
        while self.at < len(self.text):
            self._step()
        self._end()

    def _step(self) -> None:  # noqa: PLR0912  a character is one of these
        text, at = self.text, self.at
        char, two = text[at], text[at : at + 2]
        if two == "\\\n":
            _ = self._skip(2)
            self._typed.append(" ")
        elif char == "\\":
            self._take(two)
        elif char == "'":
            self._quoted_plainly()
        elif char == '"':
            self._quoted()
        elif two in {"$(", "<(", ">("} or char == "`":
            self._substitution()
        elif char == "#" and not self._in_word():
            self._comment()
        elif (found := _HEREDOC.match(text, at)) and text[at : at + 3] != "<<<":
            self._pending.append((found[2] or found[3] or found[4], bool(found[1])))
            _ = self._skip(found.end() - at)
        elif char in "<>" or two == "&>":
            self._redirection()
        elif char == "\n":
            self._newline()
        elif two in {"&&", "||", ";;"}:
            _ = self._skip(2)
            self._end()
        elif char == "|":
            _ = self._skip(2 if two == "|&" else 1)
            self._end_part()
        elif char in ";&)" or (char == "(" and not self._array()):
            _ = self._skip(1)
            self._end()
        else:
            self._take(char)

    def _skip(self, count: int) -> str:
        taken = self.text[self.at : self.at + count]
        self.line += taken.count("\n")
        self.at += count
        return taken

    def _take(self, piece: str) -> None:
        if not self._began and piece.strip():
            self._began = self.line
        self._typed.append(self._skip(len(piece)))

    def _in_word(self) -> bool:
        return bool(self._typed) and not self._typed[-1][-1:].isspace()

    def _array(self) -> bool:
        """Keep `name=(a b c)` in one piece."""
        if not (self._typed and self._typed[-1].endswith("=")):
            return False
        close = self.text.find(")", self.at)
        if close < 0:
            raise _UnclosedError(self.line, "a bracket is never closed")
        _ = self._skip(close + 1 - self.at)
        self._typed.append(SUBSTITUTED)
        return True

    def _quoted_plainly(self) -> None:
        close = self.text.find("'", self.at + 1)
        if close < 0:
            raise _UnclosedError(self.line, "a quote is never closed")
        self._take(self.text[self.at : close + 1])

    def _quoted(self) -> None:
        began = self.line
        self._take('"')
        while self.at < len(self.text):
            char, two = self.text[self.at], self.text[self.at : self.at + 2]
            if two == "\\\n":
                _ = self._skip(2)
            elif char == "\\":
                self._take(two)
            elif two == "$(" or char == "`":
                self._substitution()
            else:
                self._take(char)
                if char == '"':
                    return
        raise _UnclosedError(began, "a quote is never closed")

    def _substitution(self) -> None:
        """Read a command whose output is used here as a pipeline of its own, which runs first."""
        began, line = self.at, self.line
        if self.text[began] == "`":
            close = self.text.find("`", began + 1)
            inside = slice(began + 1, close)
        else:
            close = _closing(self.text, began + 1)
            inside = slice(began + 2, close)
        if close < 0:
            raise _UnclosedError(line, "a bracket is never closed")
        if not self.text.startswith("$((", began):
            inner = _Scanner(self.text[inside], line)
            inner.run()
            self.pipelines += inner.pipelines
        self._began = self._began or line
        _ = self._skip(close + 1 - began)
        self._typed.append(SUBSTITUTED)

    def _comment(self) -> None:
        end = self.text.find("\n", self.at)
        words = self.text[self.at + 1 : end if end >= 0 else len(self.text)].strip()
        self.comments[self.line] = words
        _ = self._skip((end if end >= 0 else len(self.text)) - self.at)

    def _redirection(self) -> None:
        """Mark what follows as a file, or drop `2>&1` whole; a file descriptor before it belongs to it."""
        found = re.compile(r"&?[<>]{1,3}[|]?(&[0-9-]+)?").match(self.text, self.at)
        width = found.end() - self.at if found else 1
        if self._typed and self._typed[-1].isdigit() and (len(self._typed) == 1 or self._typed[-2].isspace()):
            _ = self._typed.pop()
        whole = self._skip(width)
        self._typed.append(" " if found and found[1] else f" {REDIRECT}{whole} ")

    def _newline(self) -> None:
        _ = self._skip(1)
        for mark, indented in self._pending:
            self._heredoc(mark, indented=indented)
        self._pending.clear()
        if self._parts and not "".join(self._typed).strip():
            return  # the line ended in a pipe: its other side is still to come
        self._end()

    def _heredoc(self, mark: str, *, indented: bool) -> None:
        began, lines = self.line, list[str]()
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            whole = self._skip((end + 1 if end >= 0 else len(self.text)) - self.at).rstrip("\n")
            if (whole.lstrip("\t") if indented else whole) == mark:
                break
            lines.append(whole)
        else:
            raise _UnclosedError(began - 1, f"the here-document never ends in {mark}")
        self._fed.append(("\n".join(lines), began))

    def _end_part(self) -> None:
        if typed := "".join(self._typed).strip():
            self._parts.append(Part(typed, self._began or self.line, tuple(self._fed)))
            self._fed.clear()
        self._typed, self._began = [], 0

    def _end(self) -> None:
        self._end_part()
        if self._parts:
            self.pipelines.append(tuple(self._parts))
            self._parts = []


def _closing(text: str, opens: int) -> int:
    """Return where the bracket at `opens` is closed, quotes understood; -1 if nowhere."""
    depth, at = 0, opens
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "'":
            at = text.find("'", at + 1)
            if at < 0:
                return -1
        elif char == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at = _closing(text, at + 1) if text[at : at + 2] == "$(" else at + (text[at] == "\\")
                if at < 0:
                    return -1
                at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1

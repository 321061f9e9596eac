"""Commands as they would run: words without quotes, known variables filled in, wrappers taken off, loops remembered."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from harness.lint.shell import REDIRECT, SUBSTITUTED, Part, scan

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^{}]*))?\}|\$(\w+)")
_FUNCTION = re.compile(
    r"^[ \t]*(?:function[ \t]+)?([\w-]+)[ \t]*\(\)[ \t\n]*\{[ \t\n]*(kubectl\b[^;\n{}]*?)[ \t]*\"?\$@\"?", re.MULTILINE
)
_SEQUENCE = re.compile(r"\{(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?\}")
_LEADING = {"do", "then", "else", "elif", "if", "while", "until", "!", "{", "time"}
_DECLARES = {"export", "local", "readonly", "declare", "typeset"}
_WRAPS = {"sudo", "timeout", "env", "nohup", "exec", "command", "watch", "nice", "stdbuf", "xargs", "retry"}
_SHELLS = {"bash", "sh", "zsh", "dash", "ash"}
_DEEPEST = 4  # shells within shells


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop around a command; `values` are those its variable takes, as far as they are written down."""

    line: int
    variable: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what is fed to it by a here-document, and the seconds a `timeout` around it allows."""

    words: tuple[str, ...]
    line: int
    fed: tuple[tuple[str, int], ...] = ()
    within: str = ""
    to: str = ""  # the file that its output goes to
    reads: str = ""  # the text of a here-string, or the file that it reads

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return PurePosixPath(self.words[0]).name if self.words else ""

    @property
    def args(self) -> tuple[str, ...]:
        """All words after the program."""
        return self.words[1:]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands that feed each other, and the loops they stand in; `into` is the variable that keeps what they print."""

    commands: tuple[Command, ...]
    loops: tuple[Loop, ...] = ()
    into: str = ""

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.commands[0].line


@dataclass(frozen=True, slots=True)
class Script:
    """One piece of shell that is typed or run as a whole; `title` is the heading or file it stands under."""

    pipelines: tuple[Pipeline, ...]
    comments: dict[int, str]
    unread: dict[int, str]
    title: str = ""

    def remark(self, line: int) -> str:
        """Return the comment that a line stands under: on it, or the nearest one above."""
        above = [at for at in self.comments if at <= line]
        return self.comments[max(above)] if above else ""


@dataclass(slots=True)
class _Reader:
    variables: dict[str, str] = field(default_factory=dict[str, str])
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    pipelines: list[Pipeline] = field(default_factory=list[Pipeline])
    unread: dict[int, str] = field(default_factory=dict[int, str])
    loops: list[Loop] = field(default_factory=list[Loop])

    def read(self, parts: tuple[Part, ...], depth: int = 0) -> None:
        commands: list[Command] = []
        for part in parts:
            try:
                typed = shlex.split(part.text, posix=True)
            except ValueError as trouble:
                self.unread[part.line] = str(trouble).lower()
                return
            if found := self._command(part, typed, depth):
                commands.append(found)
        if commands:
            self.pipelines.append(Pipeline(tuple(commands), tuple(self.loops)))

    def _command(self, part: Part, typed: list[str], depth: int) -> Command | None:
        words, to, reads = _redirected(typed)
        words = self._led(words, part.line)
        words = self._assigned(words)
        words = self._expanded(words)
        words, within = _unwrapped(words)
        if not words:
            return None
        if depth < _DEEPEST and (inner := _nested(words)):
            for pipeline in scan(inner, part.line).pipelines:
                self.read(pipeline, depth + 1)
            return None
        return Command(tuple(words), part.line, part.fed, within, self.filled(to), self.filled(reads))

    def _led(self, words: list[str], line: int) -> list[str]:
        """Take off the words of the grammar and keep count of loops."""
        while words:
            if words[0] == "for" and "in" in words[2:3]:
                self.loops.append(Loop(line, words[1], tuple(self._values(words[3:]))))
                return []
            if words[0] == "done":
                _ = self.loops.pop() if self.loops else None
                return []
            if words[0] in {"while", "until"}:
                self.loops.append(Loop(line))
            if words[0] not in _LEADING:
                break
            words = words[1:]
        return words

    def _values(self, words: list[str]) -> list[str]:
        values: list[str] = []
        for word in map(self.filled, words):
            if found := _SEQUENCE.fullmatch(word):
                values += _counted(int(found[1]), int(found[2]), int(found[3] or 0))
            elif word == SUBSTITUTED and (last := self.pipelines[-1:]) and last[0].commands[0].name == "seq":
                numbers = [int(arg) for arg in last[0].commands[0].args if re.fullmatch(r"-?\d+", arg)]
                values += _counted(numbers[0], numbers[-1], numbers[1] if len(numbers) > 2 else 0) if numbers else []
            else:
                values += word.split()
        return values

    def _assigned(self, words: list[str]) -> list[str]:
        """Remember variables; what a command is given for itself alone counts for no other."""
        declared = bool(words) and words[0] in _DECLARES
        rest = words[1:] if declared else words
        given: list[tuple[str, str]] = []
        while rest and (found := _ASSIGNMENT.fullmatch(rest[0])):
            given.append((found[1], self.filled(found[2])))
            rest = rest[1:]
        if declared or not rest:
            for name, value in given:
                self._keep(name, value)
            return ["export", *(f"{name}={value}" for name, value in given)] if declared and given else []
        if rest[0] == "alias" and len(rest) > 1 and (found := _ASSIGNMENT.fullmatch(rest[1])):
            self.aliases[found[1]] = tuple(shlex.split(found[2]))
            return []
        return rest

    def _keep(self, name: str, value: str) -> None:
        if SUBSTITUTED not in value:
            self.variables[name] = value
            return
        _ = self.variables.pop(name, None)
        if self.pipelines and value == SUBSTITUTED:
            last = self.pipelines[-1]
            self.pipelines[-1] = Pipeline(last.commands, last.loops, into=name)

    def _expanded(self, words: list[str]) -> list[str]:
        if not words:
            return words
        first = self.filled(words[0])
        rest = [self.filled(word) for word in words[1:]]
        try:
            head = shlex.split(first) if first != words[0] else [first]
        except ValueError:
            head = [first]
        return [*self.aliases.get(head[0], head[:1]), *head[1:], *rest] if head else rest

    def filled(self, word: str) -> str:
        """Return a word with the variables in it that are known."""

        def value(found: re.Match[str]) -> str:
            name = found[1] or found[3]
            return self.variables.get(name, found[2] if found[2] is not None else found[0])

        return _VARIABLE.sub(value, word)


def read(text: str, first: int = 1, title: str = "", before: dict[str, str] | None = None) -> Script:
    """Return the commands of a piece of shell; `before` are variables that earlier pieces of the same file set."""
    scanned = scan(text, first)
    reader = _Reader(before if before is not None else {})
    for found in _FUNCTION.finditer(text):
        reader.aliases[found[1]] = tuple(shlex.split(reader.filled(found[2])))
    for parts in scanned.pipelines:
        reader.read(parts)
    return Script(tuple(reader.pipelines), scanned.comments, scanned.unread | reader.unread, title)


def _counted(start: int, stop: int, step: int) -> list[str]:
    step = abs(step) or 1
    numbers = range(start, stop + 1, step) if start <= stop else range(start, stop - 1, -step)
    return [str(number) for number in numbers[:1000]]


def _redirected(typed: list[str]) -> tuple[list[str], str, str]:
    """Return the words without redirections, the file that is written and what is read."""
    words, to, reads = list[str](), "", ""
    rest = iter(typed)
    for word in rest:
        if not word.startswith(REDIRECT):
            words.append(word)
        elif "<" in word:
            reads = next(rest, "")
        else:
            to = next(rest, "")
    return words, to, reads


def _unwrapped(words: list[str]) -> tuple[list[str], str]:
    """Take off programs that only run another one; return what `timeout` allows it, too."""
    within = ""
    while words and PurePosixPath(words[0]).name in _WRAPS:
        wrapper, words = PurePosixPath(words[0]).name, words[1:]
        while words and (
            words[0].startswith("-") or _ASSIGNMENT.fullmatch(words[0]) or re.fullmatch(r"\d+(\.\d+)?[smhd]?", words[0])
        ):
            if wrapper == "timeout" and not words[0].startswith("-"):
                within = words[0]
            takes = words[0] in {"-u", "-n", "-I", "-P", "-L", "-k", "-s"} and len(words) > 1
            words = words[2:] if takes else words[1:]
    return words, within


def _nested(words: list[str]) -> str:
    """Return the text that a command hands to another shell, "" if it does not."""
    name = PurePosixPath(words[0]).name
    if name in _SHELLS:
        at = next((at for at, word in enumerate(words) if re.fullmatch(r"-[a-z]*c", word)), len(words))
        return words[at + 1] if at + 1 < len(words) else ""
    if name == "eval":
        return " ".join(words[1:])
    return words[0] if len(words) == 1 and " " in words[0] else ""

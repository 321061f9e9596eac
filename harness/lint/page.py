"""A file of commands, read: shell scripts, Markdown with fenced blocks, notes in plain text, manifests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.lint import annotated, script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.lint.annotated import Setting
    from harness.lint.names import Known
    from harness.lint.script import Script

SHELL = (".sh", ".bash")
MANIFESTS = (".yaml", ".yml")
ENDINGS = (*SHELL, ".md", ".txt", *MANIFESTS)
_LANGUAGES = {"", "bash", "sh", "shell", "zsh", "console", "shell-session", "sh-session", "terminal", "shellscript"}
_FENCE = re.compile(r"^[\s>]*(`{3,}|~{3,})\s*\{?\.?([\w-]*)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_PROMPT = re.compile(r"^(\s*)[$%]\s+")
_TYPED = re.compile(
    r"^\s*(?:[$%]\s+)?(?:[A-Za-z_]\w*=\S*\s+)*(?:sudo |timeout |watch |time )?"
    r"(?:kubectl|curl|wget|gate|helm|for|while|until|if|do|then|else|fi|done|export|alias|jq|cat|tee|sleep|source|bash|sh"
    r"|kubectx|redis-cli|pytest|tox|npm|[A-Za-z_]\w*=|\.{0,2}/\S+\.sh)(?:\s|$|[;|&(])"
)
_LONGEST = 80  # lines of one command in plain text


@dataclass(frozen=True, slots=True)
class Page:
    """One file: its pieces of shell in order, what its commands and manifests write, and what could not be read."""

    where: str
    scripts: tuple[Script, ...]
    settings: tuple[Setting, ...]
    known: Known

    def at(self, line: int) -> str:
        """Name a place in it."""
        return f"{self.where}:{line}"

    @property
    def unread(self) -> tuple[str, ...]:
        """Lines that could not be understood, each with the reason."""
        return tuple(f"{self.at(line)}: {why}" for one in self.scripts for line, why in sorted(one.unread.items()))


def gather(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are meant: a file as given, a folder's by their ending; UsageError where there is none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
            if not inside:
                wanted = f"wanted files that end in {', '.join(ENDINGS)}"
                raise UsageError(f"runbook {path}: {wanted}, got a folder without any; name another")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"runbook {path}: wanted a file or a folder, got nothing there; mend the path")
    return list(dict.fromkeys(found))


def read(path: Path, known: Known) -> Page:
    """Read one file, or raise UsageError with one line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        why = trouble.strerror if isinstance(trouble, OSError) else "bytes that are no UTF-8"
        raise UsageError(
            f"runbook {path}: wanted a readable text, got {why}; mend the file or leave it out"
        ) from trouble
    return parse(text, path.suffix, str(path), known)


def parse(text: str, suffix: str, where: str, known: Known) -> Page:
    """Return a file's commands by its ending; variables set in one piece are known in the next."""
    scripts: list[Script] = []
    settings: list[Setting] = []
    variables: dict[str, str] = {}
    for kind, title, first, piece in _pieces(text, suffix, where):
        if kind == "manifest":
            settings += annotated.of_manifests(piece, first)
        else:
            scripts.append(script.read(piece, first, title, variables))
            settings += annotated.of_script(scripts[-1])
    return Page(where, tuple(scripts), tuple(settings), known)


def _pieces(text: str, suffix: str, where: str) -> Iterator[tuple[str, str, int, str]]:
    stem = where.rpartition("/")[2].rpartition(".")[0]
    if suffix in MANIFESTS:
        yield "manifest", stem, 1, text
    elif suffix == ".md":
        yield from _fenced(text)
    elif suffix == ".txt":
        for first, piece in _typed(text.split("\n")):
            yield "shell", stem, first, piece
    else:
        yield "shell", stem, 1, text


def _fenced(text: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the fenced blocks of Markdown, each under the headings that it stands below."""
    headings: dict[int, str] = {}
    fence, language, first, block = "", "", 0, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        found = _FENCE.match(line)
        if not fence and found:
            fence, language, first, block = found[1], found[2].lower(), number + 1, []
        elif fence and found and found[1].startswith(fence) and not found[2]:
            kind = "shell" if language in _LANGUAGES else "manifest" if language in {"yaml", "yml", "json"} else ""
            if kind:
                yield kind, " / ".join(headings.values()), first, "\n".join(block)
            fence = ""
        elif fence:
            block.append(_PROMPT.sub(r"\1", line.removeprefix("> ")) if language not in {"yaml", "yml"} else line)
        elif heading := _HEADING.match(line):
            level = len(line) - len(line.lstrip("#"))
            headings = {at: said for at, said in headings.items() if at < level} | {level: heading[1]}


def _typed(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield from plain text the runs of lines that are commands: prose between them may hold any apostrophe."""
    kept, at, first = list[str](), 0, 0
    while at < len(lines):
        line = _PROMPT.sub(r"\1", lines[at])
        comment = line.lstrip().startswith("#")
        if comment or _TYPED.match(line):
            whole = next((n for n in range(1, _LONGEST) if _whole("\n".join([line, *lines[at + 1 : at + n]]))), 1)
            first = first or at + 1
            kept += [line, *lines[at + 1 : at + whole]]
            at += whole
        else:
            kept += [""] if kept else []
            at += 1
    if kept:
        yield first, "\n".join(kept)


def _whole(text: str) -> bool:
    return not script.scan(text).unread and not text.endswith("\\")

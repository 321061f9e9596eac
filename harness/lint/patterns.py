"""What a pattern over raw log lines really matches: it is tried on lines of a product that is perfectly well."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.lint.script import Command
    from harness.observe.logs.fields import Fields

_GREPS = {"grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack"}
_CLASSES = {
    "[:digit:]": r"\d", "[:space:]": r"\s", "[:alpha:]": "a-zA-Z", "[:alnum:]": "a-zA-Z0-9", "[:upper:]": "A-Z",
    "[:lower:]": "a-z", "[:xdigit:]": "0-9a-fA-F", "[:blank:]": r" \t", "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip
_TAKES = {
    "-A",
    "-B",
    "-C",
    "-m",
    "-e",
    "-f",
    "--after-context",
    "--before-context",
    "--context",
    "--max-count",
    "-t",
    "-g",
}


def healthy(fields: Fields) -> tuple[str, ...]:
    """Return log lines of requests that went well: ids and durations have digits, questions have any words."""
    well: dict[str, object] = {
        fields.timestamp: "2030-05-04T15:05:50.503Z", fields.event: fields.request, "level": "INFO",
        fields.endpoint: "/api/chat/ask", fields.status: 200, fields.latency_ms: 512, fields.session: "9f503ab1e5550c",
        "prompt_hash": "c5a5021d", fields.known: 5, fields.repair_reason: None, fields.repaired: False,
        "schema_repair": False, "persist_error": None, "error": None, "errors": 0, "upstream": "10.0.5.12:8501",
        fields.version: "a1b2c3d", fields.ttft_ms: 150,
    }  # fmt: skip
    text = 'INFO 500 tokens for the question "why do I see ERROR 502, a failed request or a timeout exception?"'
    return (json.dumps(well), json.dumps(well, separators=(",", ":")), text)


def asked(command: Command) -> tuple[str, ...]:
    """Return the patterns that a grep looks for, as Python's; none for another program or one that leaves lines out."""
    if command.name not in _GREPS:
        return ()
    given, loose, options = list[str](), list[str](), ""
    at, args = 0, command.args
    while at < len(args):
        arg, at = args[at], at + 1
        if arg in {"-e", "--regexp"} and at < len(args):
            given.append(args[at])
            at += 1
        elif arg.startswith("--regexp="):
            given.append(arg.partition("=")[2])
        elif arg in _TAKES:
            at += 1
        elif arg.startswith("-") and len(arg) > 1:
            options += " " + arg
        else:
            loose.append(arg)
    if re.search(r"\s-[a-zA-Z]*v|--invert-match", options):
        return ()
    found = given or loose[:1]
    extended = command.name in {"egrep", "rg", "ag", "ack"} or re.search(r"\s-[a-zA-Z]*[EP]|--(extended|perl)", options)
    fixed = command.name == "fgrep" or re.search(r"\s-[a-zA-Z]*F|--fixed", options)
    flag = "(?i)" if re.search(r"\s-[a-zA-Z]*i|--ignore-case", options) else ""
    edge = r"\b" if re.search(r"\s-[a-zA-Z]*w|--word", options) else ""
    return tuple(
        f"{flag}{edge}(?:{re.escape(one) if fixed else _classes(one) if extended else _basic(one)}){edge}"
        for one in found
    )


def counts(command: Command) -> bool:
    """Tell whether a command makes a number of lines."""
    if command.name in _GREPS:
        return any(re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*|--count", arg) for arg in command.args)
    if command.name == "wc":
        return any(re.fullmatch(r"-[a-z]*l[a-z]*|--lines", arg) for arg in command.args) or not command.args
    if command.name == "uniq":
        return any(arg in {"-c", "--count"} for arg in command.args)
    return command.name in {"awk", "gawk", "mawk"} and bool(re.search(r"\+\+|\+=|\bNR\b", " ".join(command.args)))


def in_awk(command: Command) -> tuple[str, ...]:
    """Return the patterns between slashes of an awk program."""
    if command.name not in {"awk", "gawk", "mawk"}:
        return ()
    return tuple(
        _classes(found[1]) for found in re.finditer(r"(?<![\w)])/((?:[^/\\\n]|\\.)+)/", " ".join(command.args))
    )


def matches(pattern: str, lines: tuple[str, ...]) -> bool:
    """Tell whether a pattern finds any of these lines; one that can't be read finds nothing."""
    try:
        return any(re.search(pattern, line) for line in lines)
    except (re.error, RecursionError):
        return False


def _classes(pattern: str) -> str:
    for posix, ours in _CLASSES.items():
        pattern = pattern.replace(posix, ours)
    return pattern


def _basic(pattern: str) -> str:
    """Turn a basic regular expression, where a bare `|` or `(` is text, into an extended one."""

    def other(found: re.Match[str]) -> str:
        return found[0][1:] if len(found[0]) == 2 else "\\" + found[0]

    return re.sub(r"\\[|(){}+?]|[|(){}+?]", other, _classes(pattern))

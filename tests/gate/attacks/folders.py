"""Runs that are spoilt before anybody decides: what `gate decide` has to say of them, never GO.

What allure-pytest, accidents and plain editing leave stands in tests/gate/mutations.py and test_allure_gate_rows.py;
here is what somebody does who wants to be believed, or wants the gate to fall over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.gate.attacks.envelopes import DEEP
from tests.gate.attacks.people import GIB
from tests.gate.attacks.records import attachment, linked_folder
from tests.gate.breaking import ONE, OTHER, finish, outcome, result
from tests.gate.builder import nodeid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.builder import Folder

    Do = Callable[[Folder], object]

TWINS = {
    "a Cyrillic letter": ONE.replace("P", "\N{CYRILLIC CAPITAL LETTER ER}"),
    "a full-width digit": ONE.replace("2-R", "\N{FULLWIDTH DIGIT TWO}-R"),
    "a combining mark": ONE.replace("P2", "P\N{COMBINING ACUTE ACCENT}2"),
    "a zero-width space": ONE.replace("-RTE", "-\N{ZERO WIDTH SPACE}RTE"),
    "another hyphen": ONE.replace("-", "\N{NON-BREAKING HYPHEN}"),
    "another direction": f"\N{RIGHT-TO-LEFT OVERRIDE}{ONE}",
    "small letters": ONE.lower(),
    "a space behind": f"{ONE} ",
}


@dataclass(frozen=True)
class Spoilt:
    """A way to spoil a run; `says` stands in a blocker of that code."""

    name: str
    code: str
    says: str
    do: Do


def twin(line: str) -> Do:
    """Call a line by another name in every record."""

    def do(folder: Folder) -> None:
        name = folder.result(ONE)

        def labels(held: list[dict[str, str]]) -> list[dict[str, str]]:
            return [{**one, "value": line} if one["name"] == "runbook" else one for one in held]

        folder.change(name, lambda value: value.update(labels=labels(value["labels"])))
        folder.events(lambda events: [_renamed(event, line) for event in events])
        outcome(ONE, line=line)(folder)

    return do


def _renamed(event: dict[str, Any], line: str) -> dict[str, Any]:
    if event["event"] == "plan":
        return event | {"tests": [t | {"line": line} if t["line"] == ONE else t for t in event["tests"]]}
    return event | {"line": line} if event.get("line") == ONE else event


def attached(source: str) -> Do:
    """Let a result name something else as its attachment."""
    return result(ONE, attachments=[{"name": "log", "source": source, "type": "text/plain"}])


def prefixed(name: str, prefix: bytes) -> Do:
    """Put bytes before a file's first; for JSON, in the place of its first brace."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        raw = path.read_bytes()
        _ = path.write_bytes(prefix + (raw[1:] if prefix.startswith(b"{") else raw))

    return do


def of_result(how: Callable[[str], Do]) -> Do:
    """Do something to the file of a result."""
    return lambda folder: how(folder.result(ONE))(folder)


def replaced(name: str, old: bytes, new: bytes) -> Do:
    """Change bytes of a file, wherever they stand."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        raw = path.read_bytes()
        assert old in raw
        _ = path.write_bytes(raw.replace(old, new))

    return do


def recoded(name: str, encoding: str) -> Do:
    """Write a file in another encoding."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        _ = path.write_bytes(path.read_bytes().decode().encode(encoding))

    return do


def whole(name: str, content: bytes) -> Do:
    """Write a file."""
    return lambda folder: (folder.path / name).write_bytes(content)


def behind(folder: Folder, name: str, more: bytes) -> None:
    """Write more at the end of a file."""
    with (folder.path / name).open("ab") as file:
        _ = file.write(more)


def hole(name: str, size: int) -> Do:
    """Let a file be as large as wished, all of it a hole: it takes no room."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        path.touch()
        os.truncate(path, size)

    return do


def link(name: str, target: str) -> Do:
    """Put a link in the place of a file."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return do


def no_text(folder: Folder) -> None:
    """Put a file there whose name is no text."""
    handle = os.open(os.fsencode(folder.path / "artifacts") + b"/\xff\xfe.png", os.O_CREAT | os.O_WRONLY)
    os.close(handle)


def uncalled(events: list[Any]) -> list[Any]:
    """Take the report of a test's own step out."""
    return [event for event in events if (event.get("nodeid"), event.get("when")) != (nodeid(ONE), "call")]


def called_otherwise(events: list[Any]) -> list[Any]:
    """Call a test's own step by another name."""
    return [
        event | {"when": "cool"} if (event.get("nodeid"), event.get("when")) == (nodeid(ONE), "call") else event
        for event in events
    ]


def ended_early(events: list[Any]) -> list[Any]:
    """Let the run have finished before its last test."""
    end = finish(0, events)
    return [*events[:-4], end, *events[-4:-1]]


RESULT = f"allure-results/{OTHER}-result.json"
SPOILT = [
    # two ways to read it
    Spoilt("a key twice in run.json", "TAMPERED", "twice", prefixed("run.json", b'{"environment": "staging", ')),
    Spoilt("a key twice in a result", "TAMPERED", "twice", of_result(lambda n: prefixed(n, b'{"status": "failed", '))),
    Spoilt("a key twice in an outcome", "TAMPERED", "twice", prefixed("outcomes.jsonl", b'{"outcome": "VIOLATED", ')),
    Spoilt("a key twice in the ledger", "TAMPERED", "twice", prefixed("ledger.jsonl", b'{"event": "finish", ')),
    Spoilt("Infinity among facts", "TAMPERED", "Infinity", replaced("outcomes.jsonl", b"0.1002", b"Infinity")),
    Spoilt("a number too large", "TAMPERED", "too large", replaced("outcomes.jsonl", b"0.1002", b"1e999")),
    Spoilt("a number of 5,000 digits", "TAMPERED", "not JSON", replaced("outcomes.jsonl", b"3500", b"1" * 5_000)),
    Spoilt("a byte order mark", "TAMPERED", "run.json", prefixed("run.json", b"\xef\xbb\xbf")),
    Spoilt(
        "a byte order mark in the ledger",
        "TAMPERED",
        "ledger.jsonl line 1",
        prefixed("ledger.jsonl", b"\xef\xbb\xbf"),
    ),
    Spoilt("run.json in UTF-16", "TAMPERED", "run.json", recoded("run.json", "utf-16")),
    Spoilt("the ledger in UTF-16", "TAMPERED", "ledger.jsonl line", recoded("ledger.jsonl", "utf-16")),
    Spoilt("outcomes in UTF-32", "TAMPERED", "outcomes.jsonl line", recoded("outcomes.jsonl", "utf-32")),
    Spoilt(
        "NUL bytes in an outcome",
        "TAMPERED",
        "outcomes.jsonl line",
        replaced("outcomes.jsonl", b'"MET"', b'"ME\0T"'),
    ),
    Spoilt(
        "NUL bytes behind the ledger",
        "INTERRUPTED",
        "cut off",
        lambda folder: behind(folder, "ledger.jsonl", b"\0" * 9),
    ),
    Spoilt("blank lines in the ledger", "TAMPERED", "ledger.jsonl line", replaced("ledger.jsonl", b"\n", b"\n\n")),
    Spoilt(
        "half a character in an outcome",
        "TAMPERED",
        "outcomes.jsonl line",
        replaced("outcomes.jsonl", b'"it holds"', b'"\\ud800"'),
    ),
    # names that look like others
    *(
        Spoilt(f"{name} in a line's name, everywhere", "INCOMPLETE", f"no test of required line {ONE}", twin(line))
        for name, line in TWINS.items()
    ),
    Spoilt(
        "a look-alike line in the outcomes",
        "TAMPERED",
        "the plan says",
        outcome(ONE, line=TWINS["a Cyrillic letter"]),
    ),
    # paths
    Spoilt("an attachment up the path", "INCOMPLETE", "../../../etc/passwd", attached("../../../etc/passwd")),
    Spoilt("an attachment by an absolute path", "INCOMPLETE", "/etc/passwd", attached("/etc/passwd")),
    Spoilt("an attachment that is a record", "INCOMPLETE", "../run.json", attached("../run.json")),
    Spoilt("an attachment by an address", "INCOMPLETE", "file:///etc/passwd", attached("file:///etc/passwd")),
    Spoilt("an attachment with a NUL in its name", "INCOMPLETE", "is not there", attached("a\0b")),
    Spoilt(
        "an attachment that is a link",
        "EXTRA_FILE",
        "symbolic link",
        lambda f: link(attachment(f), "/etc/hostname")(f),
    ),
    Spoilt("results that are a link", "EXTRA_FILE", "symbolic link", linked_folder),
    Spoilt("run.json that is a link", "EXTRA_FILE", "symbolic link", link("run.json", "/etc/hostname")),
    Spoilt("evidence that is a link", "EXTRA_FILE", "symbolic link", link("evidence.db", "/etc/hostname")),
    Spoilt("a link to itself", "EXTRA_FILE", "symbolic link", link("artifacts/loop", "loop")),
    Spoilt("a link to the folder it is in", "EXTRA_FILE", "symbolic link", link("artifacts/loop", "..")),
    Spoilt("a name that is no text", "EXTRA_FILE", "artifacts/", no_text),
    # size and depth
    Spoilt("an artifact of 8 GiB", "EXTRA_FILE", "larger than", hole("artifacts/bomb.zip", 8 * GIB)),
    Spoilt("an attachment of 8 GiB", "EXTRA_FILE", "larger than", lambda f: hole(attachment(f), 8 * GIB)(f)),
    Spoilt("evidence of 8 GiB", "EXTRA_FILE", "larger than", hole("evidence.db", 8 * GIB)),
    Spoilt("a result of 8 GiB", "EXTRA_FILE", "larger than", hole(RESULT, 8 * GIB)),
    Spoilt("a ledger of 8 GiB", "EXTRA_FILE", "larger than", hole("ledger.jsonl", 8 * GIB)),
    Spoilt("10^6 lists in each other in a result", "TAMPERED", "deeper than", whole(RESULT, b"[" * DEEP)),
    Spoilt("10^6 objects in each other in a result", "TAMPERED", RESULT, whole(RESULT, b'{"a":' * DEEP)),
    Spoilt(
        "10^6 lists in each other in run.json",
        "TAMPERED",
        "deeper than",
        whole("run.json", b"[" * DEEP + b"]" * DEEP),
    ),
    Spoilt(
        "10^6 lists in each other in the ledger",
        "TAMPERED",
        "deeper than",
        whole("ledger.jsonl", b"[" * DEEP + b"\n"),
    ),
    Spoilt(
        "100 lists in each other among facts",
        "TAMPERED",
        "deeper than",
        replaced("outcomes.jsonl", b"3500", b"[" * 100 + b"]" * 100),
    ),
    Spoilt("10^5 equal keys in a result", "TAMPERED", "twice", whole(RESULT, b"{" + b'"a":1,' * 100_000 + b'"a":1}')),
    # a ledger that is numbered without a hole, and still not whole
    Spoilt("a step taken out, renumbered", "TAMPERED", nodeid(ONE), lambda f: f.events(uncalled)),
    Spoilt("a step of another name", "TAMPERED", nodeid(ONE), lambda f: f.events(called_otherwise)),
    Spoilt("reports behind the finish, renumbered", "TAMPERED", "finish", lambda f: f.events(ended_early)),
]

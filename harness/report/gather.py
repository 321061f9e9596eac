"""Reads a run's folder for the gate, strictly, and keeps going: whatever is wrong becomes a blocker, not a crash.

Nothing is followed out of the folder (no symbolic links), and a file that no writer of a run makes blocks.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from harness.report import age, strict
from harness.report.model import Blocker, Event, Evidence, Recorded, Result, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")

OURS = frozenset({"verdict.json", "verdict.intoto.json", "verdict.html", "verdict.md", "junit.xml"})
INDEXES = frozenset({"evidence.db-shm"})  # SQLite's shared memory: no content, comes and goes with its readers
TOP = re.compile(
    r"(run|target|identity)\.json|ledger\.jsonl|outcomes\.jsonl|evidence\.db(-wal)?|collector\.lock|[a-z0-9_-]+\.log"
)
ALLURE = re.compile(
    r"[0-9a-f-]{32,36}-(result|container|globals)\.json|[0-9a-f-]{32,36}-attachment(\.[A-Za-z0-9]+)?"
    r"|environment\.properties|executor\.json|categories\.json"
)
SELF_EXCUSES = ("known", "muted", "flaky")
RUN_AGAIN = "run again, and leave the folder as the run wrote it"


def folder(path: Path) -> Evidence:
    """Read a run's folder; OSError only if it cannot be listed at all. The name kept is the folder's own."""
    root = path.resolve(strict=True)
    troubles: list[Blocker] = []
    names = _names(root, troubles)
    held = {name: _hold(root / name) for name in names}
    files = {name: one.sha256 for name, one in held.items()}
    run = _one(held["run.json"], "run.json", Run, troubles) if "run.json" in held else None
    ledger = _lines(held, "ledger.jsonl", Event, troubles)
    recorded = _lines(held, "outcomes.jsonl", Recorded, troubles)
    results = _allure(held, troubles)
    measured = age.of(root, troubles) if run is not None or ledger else None
    return Evidence(
        folder=_shown(path, root),
        run=run,
        ledger=tuple(ledger),
        outcomes=tuple(recorded),
        results=tuple(results),
        measured=measured,
        troubles=tuple(troubles),
        files=files,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """A file, read once: what is decided from is what was hashed. `content` of records only, None if too large."""

    sha256: str
    content: bytes | None = None


def _hold(path: Path) -> _Held:
    if path.suffix in {".json", ".jsonl"} and path.stat().st_size <= strict.MAX_BYTES:
        content = path.read_bytes()
        return _Held(hashlib.sha256(content).hexdigest(), content)
    with path.open("rb") as file:
        return _Held(hashlib.file_digest(file, "sha256").hexdigest())


def _shown(path: Path, root: Path) -> str:
    """Return the folder as people can type it: relative where that is shorter, never through `latest`."""
    given = path.parent / root.name if path.is_symlink() else path
    try:
        return str(given.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(given)


def _names(root: Path, troubles: list[Blocker]) -> list[str]:
    found: list[str] = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            troubles.append(Blocker("EXTRA_FILE", f"{name} is a symbolic link; evidence is files only; {RUN_AGAIN}"))
        elif path.is_dir():
            continue
        elif not path.is_file():
            troubles.append(Blocker("EXTRA_FILE", f"{name} is neither a file nor a folder; {RUN_AGAIN}"))
        elif name not in OURS and name not in INDEXES and not (name == "evidence.db-wal" and not path.stat().st_size):
            found.append(name)
            if not _belongs(name):
                troubles.append(Blocker("EXTRA_FILE", f"{name} is not a file that a run writes; {RUN_AGAIN}"))
    return found


def _belongs(name: str) -> bool:
    top, _, rest = name.partition("/")
    if not rest:
        return TOP.fullmatch(name) is not None
    if top == "allure-results":
        return ALLURE.fullmatch(rest) is not None
    return top == "artifacts"


def _one(held: _Held, name: str, kind: type[T], troubles: list[Blocker]) -> T | None:
    try:
        return msgspec.convert(strict.loads(_content(held)), kind)
    except (strict.Malformed, msgspec.ValidationError) as trouble:
        troubles.append(Blocker("TAMPERED", f"{name} is damaged or was edited: {trouble}; {RUN_AGAIN}"))
        return None


def _lines(held: Mapping[str, _Held], name: str, kind: type[T], troubles: list[Blocker]) -> list[T]:
    """Read each line that can be read; a cut last line is what a kill leaves, any other bad one is worse."""
    found: list[T] = []
    if name not in held:
        return found
    raw = (held[name].content or b"").split(b"\n")
    if held[name].content is None:
        troubles.append(Blocker("TAMPERED", f"{name} is larger than {strict.MAX_BYTES} bytes; {RUN_AGAIN}"))
    if raw.pop():
        where = f"{name} line {len(raw) + 1}"
        troubles.append(Blocker("INTERRUPTED", f"{where} is cut off: its writer was killed; run again"))
    for number, line in enumerate(raw, start=1):
        record = _one(_Held("", line), f"{name} line {number}", kind, troubles)
        found += [] if record is None else [record]
    return found


def _content(held: _Held) -> bytes:
    if held.content is None:
        raise strict.Malformed(f"larger than {strict.MAX_BYTES} bytes")
    return held.content


class _Details(msgspec.Struct, frozen=True):
    known: bool = False
    muted: bool = False
    flaky: bool = False


class _Label(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Raw(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    status: str | None = None
    status_details: _Details | None = None
    history_id: str | None = None
    start: int | None = None
    stop: int | None = None
    labels: tuple[_Label, ...] = ()


def _allure(held: Mapping[str, _Held], troubles: list[Blocker]) -> list[Result]:
    inside = [name for name in held if name.startswith("allure-results/")]
    found: list[Result] = []
    sources: set[str] = set()
    for name in inside:
        if not name.endswith(("-result.json", "-container.json", "-globals.json")):
            continue
        try:
            value = strict.loads(_content(held[name]))
            sources.update(_sources(value))
            if name.endswith("-result.json"):
                found.append(_result(name, msgspec.convert(value, _Raw)))
        except (strict.Malformed, msgspec.ValidationError) as trouble:
            troubles.append(Blocker("TAMPERED", f"{name} is damaged or was edited: {trouble}; {RUN_AGAIN}"))
    for source in sorted(sources - {name.rpartition("/")[2] for name in inside}):
        said = f"allure-results/{source} is named by a result, but is not there"
        troubles.append(Blocker("INCOMPLETE", f"{said}; {RUN_AGAIN}"))
    for name in inside:
        if "-attachment" in name and name.rpartition("/")[2] not in sources:
            said = f"{name} belongs to no result: the test that made it was killed, or it was put there"
            troubles.append(Blocker("EXTRA_FILE", f"{said}; run again"))
    return found


def _result(name: str, raw: _Raw) -> Result:
    details = raw.status_details or _Details()
    return Result(
        file=name.rpartition("/")[2],
        name=raw.name,
        status=raw.status,
        lines=tuple(label.value for label in raw.labels if label.name == "runbook"),
        runs=tuple(label.value for label in raw.labels if label.name == "run"),
        history_id=raw.history_id,
        flags=tuple(flag for flag in SELF_EXCUSES if getattr(details, flag)),
        start_ms=raw.start,
        stop_ms=raw.stop,
    )


def _sources(value: object) -> list[str]:
    """Return every attachment that a result names, in its steps and fixtures too."""
    if isinstance(value, list):
        return [source for inner in cast("Sequence[Any]", value) for source in _sources(inner)]
    if not isinstance(value, dict):
        return []
    pairs = cast("Mapping[str, Any]", value)
    here = [pairs["source"]] if isinstance(pairs.get("source"), str) else []
    return here + [source for inner in pairs.values() for source in _sources(inner)]

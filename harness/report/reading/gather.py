"""Reads a run's folder for the gate, strictly, and keeps going: whatever is wrong becomes a blocker, not a crash.

Nothing is followed out of the folder (no symbolic links), and a file that no writer of a run makes blocks. Each file is
read once, hashed and decoded as it comes, and dropped; only what the decision compares stays in memory.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.report.deciding.columns import Digests
from harness.report.deciding.kept import Ledger, Outcomes
from harness.report.deciding.model import Blocker, Evidence, Run
from harness.report.reading import age, allure_results, attachments, hashed, parsed, strict
from harness.report.reading.parsed import RUN_AGAIN
from harness.report.showing.publish import PENDING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from harness.report.deciding.kept import Results
    from harness.report.reading.parsed import Kind

T = TypeVar("T")
K = TypeVar("K")

OURS = frozenset(
    {
        "verdict.json",
        "verdict.intoto.json",
        "test-result.intoto.json",
        "verdict.html",
        "verdict.md",
        "junit.xml",
    }
)
INDEXES = frozenset({"evidence.db-shm"})  # SQLite's shared memory: no content, comes and goes with its readers
FIRST = ("run.json", "ledger.jsonl", "outcomes.jsonl")
ODD_NAME = "has a name that no run gives a file; it was not read"
TOP = re.compile(
    r"(run|target|identity)\.json|ledger\.jsonl|outcomes\.jsonl|evidence\.db(-wal)?|collector\.lock|[a-z0-9_-]+\.log"
)
ALLURE = re.compile(
    r"[0-9a-f-]{32,36}-(result|container|globals)\.json|[0-9a-f-]{32,36}-attachment(\.[A-Za-z0-9]+)?"
    r"|environment\.properties|executor\.json|categories\.json"
)


def folder(path: Path) -> Evidence:
    """Read a run's folder; OSError only if it cannot be listed at all. The name kept is the folder's own."""
    root = path.resolve(strict=True)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with _without_cycles():
            return _Folder(root, handle).read(_shown(path, root))
    finally:
        os.close(handle)


@contextmanager
def _without_cycles() -> Generator[None]:
    """Look for no cycles of objects meanwhile: there are hundreds of thousands of records and no cycle among them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _shown(path: Path, root: Path) -> str:
    """Return the folder as people can type it: relative where that is shorter, never through `latest`."""
    given = path.parent / root.name if path.is_symlink() else path
    try:
        return str(given.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(given)


class _Folder:
    """A run's folder while it is read."""

    def __init__(self, root: Path, handle: int) -> None:
        self._root, self._handle = root, handle
        self._troubles: list[Blocker] = []
        self._files = Digests(())
        self._words: dict[str, str] = {}

    def read(self, shown: str) -> Evidence:
        """Read everything; `shown` is what people call the folder."""
        names = self._names()
        self._files = Digests(names)
        run = self._run() if "run.json" in names else None
        ledger = self._lines("ledger.jsonl", parsed.EVENTS) if "ledger.jsonl" in names else Ledger()
        outcomes = self._lines("outcomes.jsonl", parsed.OUTCOMES) if "outcomes.jsonl" in names else Outcomes()
        self._words.clear()
        results = self._others(names)
        measured = age.of(self._root, self._troubles) if run is not None or ledger else None
        return Evidence(
            folder=shown,
            run=run,
            ledger=ledger,
            outcomes=outcomes,
            results=results,
            measured=measured,
            troubles=tuple(self._troubles),
            files=self._files,
        )

    def _names(self) -> list[str]:
        """Return what has to be hashed, sorted, and tell of everything that does not belong."""
        strange: list[tuple[str, str]] = []
        found: list[str] = []
        for name in sorted(self._listed(strange)):
            said = _strange(name)
            if said:
                strange.append((name, said))
            if said != ODD_NAME:
                found.append(name)
        for name, said in sorted(strange):
            self._block("EXTRA_FILE", f"{parsed.shown(name)} {said}")
        return found

    def _listed(self, strange: list[tuple[str, str]]) -> Iterator[str]:
        """Give every file below the folder but the gate's own, and add what is no file to `strange`."""
        folders = [""]
        for below in folders:  # grows on the way
            for entry in self._entries(below, strange):
                name = below + entry.name
                if entry.is_file(follow_symlinks=False):
                    if not _ours(name, entry):
                        yield name
                elif entry.is_symlink():
                    strange.append((name, "is a symbolic link; evidence is files only"))
                elif not entry.is_dir(follow_symlinks=False):
                    strange.append((name, "is neither a file nor a folder"))
                elif name != PENDING:
                    folders.append(f"{name}/")

    def _entries(self, below: str, strange: list[tuple[str, str]]) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / below) as entries:
                yield from entries
        except OSError as trouble:
            if not below:
                raise
            strange.append((below, f"cannot be listed: {trouble.strerror or trouble}"))

    def _run(self) -> Run | None:
        content = self._content("run.json", strict.MAX_BYTES)
        if content is not None:
            return parsed.one(content, "run.json", Run, self._troubles)
        if "run.json" in self._files:
            self._troubles.append(parsed.damaged("run.json", f"larger than {strict.MAX_BYTES} bytes"))
        return None

    def _lines(self, name: str, kind: Kind[T, K]) -> K:
        digest = hashlib.sha256()
        try:
            if (self._root / name).lstat().st_size > strict.MAX_BYTES:
                _ = self._content(name)
                self._block("TAMPERED", f"{name} is larger than {strict.MAX_BYTES} bytes")
                return kind.kept()
            blocks = hashed.blocks(name, self._handle, digest.update)
            found = parsed.lines(blocks, name, kind, self._words, self._troubles)
        except (OSError, hashed.TooLarge) as trouble:
            self._unread(name, trouble)
            return kind.kept()
        self._files.add(name, digest.digest())
        return found

    def _others(self, names: list[str]) -> Results:
        """Hash the rest, and reduce Allure's results."""
        below = [name for name in names if name.startswith(attachments.FOLDER)]
        allure = allure_results.Reader(below, self._troubles)
        for name in names:
            if name in FIRST:
                continue
            inside = name.startswith(attachments.FOLDER)
            most = strict.MAX_BYTES if inside and name.endswith(allure_results.READ) else 0
            content = self._content(name, most)
            if inside and (content is not None or not most or name in self._files):
                allure.take(name, content)
        allure.finish()
        return allure.results

    def _content(self, name: str, most: int = 0) -> bytes | None:
        """Hash a file, and return its bytes if they are wanted and not more than `most`; a trouble if it can't be."""
        try:
            digest, content = hashed.read(name, self._handle, most)
        except (OSError, hashed.TooLarge) as trouble:
            self._unread(name, trouble)
            return None
        self._files.add(name, bytes.fromhex(digest))
        return content

    def _unread(self, name: str, trouble: OSError | hashed.TooLarge) -> None:
        if isinstance(trouble, OSError):
            self._block("TAMPERED", f"{name} cannot be read: {trouble.strerror or trouble}")
        else:
            self._block("EXTRA_FILE", f"{trouble}, which no run writes; it was not read")

    def _block(self, code: str, said: str) -> None:
        self._troubles.append(Blocker(code, f"{said}; {RUN_AGAIN}"))


def _ours(name: str, entry: os.DirEntry[str]) -> bool:
    """Tell whether a file is the gate's own, or holds nothing that counts."""
    if name in OURS or name in INDEXES:
        return True
    return name == "evidence.db-wal" and not entry.stat(follow_symlinks=False).st_size


def _strange(name: str) -> str:
    """Say what is wrong with a file by its name alone; nothing if a run writes such files there."""
    top, _, rest = name.partition("/")
    if top == "allure-results" and ALLURE.fullmatch(rest):
        return ""
    if parsed.ODD.search(name):
        return ODD_NAME
    belongs = top == "artifacts" if rest else TOP.fullmatch(name)
    return "" if belongs else "is not a file that a run writes"

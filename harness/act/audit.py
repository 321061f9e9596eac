"""Who changed what, from what to what, and when: a line before each write and a line after it, on the disk at once."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harness.act.kube import ActError, ConflictError
from harness.report.files import append_line

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from harness.clock import Clock

FILE = "audit.jsonl"
_LONGEST = 300  # characters of a reason


class AuditError(ActError):
    """The audit can't be written; whatever was about to be changed stays unchanged."""


class Audit:
    """Append-only JSON lines, fsynced.

    `{"number","at","who","run","target","environment","object","what","before","after","state"}`: `state` is "begun"
    before the write, then "done", "refused", "failed: why" or "unchanged" (a dry run). A line that is begun and never
    ended tells after a kill -9 what may or may not have been written, and what was there before. `number` counts the
    changes of one process; both lines of a change carry it and say everything.
    """

    def __init__(self, path: Path, clock: Clock, *, who: str, run: str = "") -> None:
        """Append to a file; `who` is user@host."""
        self.path, self.clock = path, clock
        self._about = {"who": who, "run": run}
        self._begun: dict[int, dict[str, object]] = {}
        self._count = 0

    def begin(self, where: str, ref: str, what: str, before: object, after: object) -> int:
        """Write that a change begins; return its number. Values are the changed fields only, secrets never.

        `where` is "target/environment". AuditError if it can't be written: then nothing may be changed.
        """
        target, _, environment = where.rpartition("/")
        self._count += 1
        line = {"target": target, "environment": environment, "object": ref, "what": what}
        self._begun[self._count] = line | {"before": before, "after": after}
        self._write(self._count, "begun")
        return self._count

    def end(self, number: int, state: str) -> None:
        """Write how it ended; AuditError if it can't be written."""
        self._write(number, state)
        del self._begun[number]

    @contextmanager
    def change(self, where: str, ref: str, what: str, before: object, after: object) -> Generator[None]:
        """Bracket one write: begun before it; done, refused (a conflict) or failed after it."""
        number = self.begin(where, ref, what, before, after)
        try:
            yield
        except BaseException as trouble:
            why = f"failed: {type(trouble).__name__}: {trouble}"[:_LONGEST]
            with suppress(AuditError):  # what went wrong first is what has to be told
                self.end(number, "refused" if isinstance(trouble, ConflictError) else why)
            raise
        self.end(number, "done")

    def _write(self, number: int, state: str) -> None:
        at = self.clock.wall().isoformat(timespec="milliseconds")
        line = {"number": number, "at": at, **self._about, **self._begun[number], "state": state}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            append_line(self.path, line)
        except OSError as trouble:
            change = f"{line['what']!r} on {line['object']}"
            raise AuditError(
                f"audit file {self.path}: wanted to write that {change} is {state}, got {trouble.strerror or trouble}; "
                "make room or mend the folder's rights: without this line nothing is changed"
            ) from None


def who() -> str:
    """Return user@host of whoever acts."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container whose user has no name
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"

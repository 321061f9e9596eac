"""Container logs as a node keeps them: one file per run of a container, in the CRI format."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.kube.store import Obj

CHUNK = 65536
LONGEST = 16384  # containerd splits longer lines and marks the pieces but the last with P
ROTATED = 256 * 1024  # bytes after which a log is put aside where logs are rotated early (a kubelet's 10 MiB)
KEPT = 5  # files of a log, as a kubelet keeps
BREATH_S = 0.02  # lines of so long are written together: busy pods would wake us for each line


def log_path(logs: Path, pod: Obj, container: str, run: int) -> Path:
    """Return where the log of a container's run (its restart count) is; `pod` is the pod's metadata."""
    return logs / f"{pod['namespace']}_{pod['name']}_{pod['uid']}" / container / f"{run}.log"


def stamp(nanoseconds: int) -> str:
    """Return a time as CRI logs have it: RFC 3339 with nine digits."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


class LogPipe:
    """A pipe for a process to write to, drained into a log file by the event loop."""

    def __init__(
        self,
        path: Path,
        *,
        spoil: Callable[[list[bytes]], list[bytes]] | None = None,
        rotates: Callable[[], bool] | None = None,
    ) -> None:
        """Open both ends; `writer` is the descriptor for the process, to be closed after its start.

        `spoil` may change the lines before they are written, `rotates` tells whether the file is put aside when full.
        """
        self._path, self._spoil, self._rotates = path, spoil, rotates
        self._rotations = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._out = self._file()
        self._rest = b""
        self._open = True
        self._last = 0
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._loop.add_reader(self._reader, self._readable)

    def _file(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def started(self) -> None:
        """Close our copy of the writing end, so that the pipe ends when the process does."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def _readable(self) -> None:
        if self._take():
            _ = self._loop.remove_reader(self._reader)
            self._pause = self._loop.call_later(BREATH_S, self._resume)
        else:
            self.close()

    def _resume(self) -> None:
        self._pause = None
        self._loop.add_reader(self._reader, self._readable)

    def _take(self) -> bool:
        """Move what is there into the file with one write; False at the end of the pipe."""
        try:
            data = os.read(self._reader, CHUNK)
        except BlockingIOError:
            return True
        if not data:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._spoil is not None:
            lines = self._spoil(lines)
        self._write([(b"F", line) for line in lines])
        if len(self._rest) > LONGEST:
            self._write([(b"P", self._rest)])
            self._rest = b""
        return True

    def _write(self, lines: list[tuple[bytes, bytes]]) -> None:
        # a line's time is when we read it; counting up keeps the order visible within a batch
        start = max(time.time_ns(), self._last + 1)
        self._last = start + len(lines)
        batch = b"".join(
            b"%s stdout %s %s\n" % (stamp(start + i).encode(), tag, line) for i, (tag, line) in enumerate(lines)
        )
        _ = os.write(self._out, batch)
        if self._rotates is not None and self._rotates() and os.fstat(self._out).st_size >= ROTATED:
            self._rotate()

    def _rotate(self) -> None:
        """Put the file aside under a name of its own and begin a new one, as a kubelet does; keep the last few."""
        self._rotations += 1
        aside = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        _ = self._path.rename(self._path.with_name(f"{self._path.name}.{aside}.{self._rotations:06d}"))
        os.close(self._out)
        self._out = self._file()
        older = sorted(self._path.parent.glob(f"{self._path.name}.*"), key=lambda file: file.name[-6:])
        for file in older[: -(KEPT - 1)]:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Write what is left and close; the process is gone or does not matter any more."""
        if not self._open:
            return
        self._open = False
        self.started()
        if self._pause is not None:
            self._pause.cancel()
        _ = self._loop.remove_reader(self._reader)
        while True:  # until the pipe is empty: a blocking read would have said so, ours says it by changing nothing
            before = self._last, len(self._rest)
            if not self._take() or (self._last, len(self._rest)) == before:
                break
        if self._rest:
            self._write([(b"F", self._rest)])
        os.close(self._reader)
        os.close(self._out)

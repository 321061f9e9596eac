"""A program that runs beside the harness: its own process group, stopped in an orderly way, never left behind."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

POLITE_S = 10.0  # after its input closed
FIRM_S = 5.0  # after SIGTERM


class Child:
    """A started program. Its input stays open as long as it is wanted; closing it is the request to end."""

    def __init__(self, command: Sequence[str], *, folder: Path, log: Path) -> None:
        """Start it in `folder`; what it writes after its first line, and its errors, go to the file `log`."""
        self._log: IO[bytes] = log.open("ab")
        try:
            self._process = subprocess.Popen(  # noqa: S603  a profile's own command
                list(command),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                start_new_session=True,
            )
        except OSError:
            self._log.close()
            raise
        self._first: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name=f"reads {command[0]}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The program's process id; also that of its process group."""
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """Its exit status (negative: the signal's number), or None while it runs."""
        return self._process.poll()

    def first_line(self, within_s: float) -> bytes | None:
        """Return its first line of output: empty if it ended without one, None if it took too long."""
        try:
            return self._first.get(timeout=within_s)
        except queue.Empty:
            return None

    def tell(self, why: str) -> None:
        """Close its input with a last word: a request to end, and why. It is waited for by `stop`."""
        if self._process.stdin and not self._process.stdin.closed:
            with contextlib.suppress(OSError):  # it has gone by itself
                _ = self._process.stdin.write(why.encode())
                self._process.stdin.close()

    def stop(self, polite_s: float = POLITE_S) -> int:
        """End it: close its input, then SIGTERM, then SIGKILL to the whole group. Return its exit status.

        Done once; later calls return the same status.
        """
        if self._log.closed and self._process.returncode is not None:
            return self._process.returncode
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        for patience, sign in ((polite_s, signal.SIGTERM), (FIRM_S, signal.SIGKILL)):
            try:
                _ = self._process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                self._signal(sign)
        status = self._process.wait()
        self._signal(signal.SIGKILL)  # whatever it had started and forgot
        self._reader.join(FIRM_S)
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()
        return status

    def _signal(self, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, sign)

    def _read(self) -> None:
        output = self._process.stdout
        if output is None:  # pragma: no cover  a pipe was asked for
            return
        self._first.put(output.readline())
        for line in output:
            _ = self._log.write(line)
            self._log.flush()

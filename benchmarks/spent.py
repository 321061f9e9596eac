"""What another program takes: processor time, the most memory it held, time on the wall; by os.wait4 of its family.

A process counts as held what its parent held before the program began, so a small process in between starts it:
this file, run as a program of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Spent(NamedTuple):
    """Exit status, seconds of user and system time, most resident MB (1024 * 1024), seconds on the wall, its output."""

    status: int
    cpu_s: float
    mb: float
    wall_s: float
    said: str


def by(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> Spent:
    """Run a program to its end, in a folder, with `more` in its environment."""
    with tempfile.TemporaryDirectory() as scratch:
        told, heard = Path(scratch, "told.json"), Path(scratch, "heard.log")
        with heard.open("wb") as log:
            _ = subprocess.run(
                [sys.executable, "-I", "-S", __file__, str(told), *command],
                cwd=cwd,
                env={**os.environ, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )
        status, cpu_s, mb, wall_s = json.loads(told.read_text(encoding="utf-8"))
        return Spent(status, cpu_s, mb, wall_s, heard.read_text(encoding="utf-8", errors="replace"))


def _measure(told: str, command: list[str]) -> None:
    began = time.perf_counter()
    child = subprocess.Popen(command)
    _, ended, used = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - began
    figures = [os.waitstatus_to_exitcode(ended), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, wall_s]
    _ = Path(told).write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    _measure(sys.argv[1], sys.argv[2:])

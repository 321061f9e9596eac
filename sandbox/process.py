"""Start child processes that cannot outlive the sandbox, even when it is killed with SIGKILL."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_NICENESS = 10
_libc = ctypes.CDLL(None, use_errno=True)


def let_others_go_first() -> None:
    """Take only the processor time that others leave, for this process and all that it starts from now on.

    A real target does not run on the machine that measures it: where both want a core, it is the measuring one's.
    """
    _ = os.nice(_NICENESS)


def _die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies; runs in the child between fork and exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


async def spawn(argv: Sequence[str], *, env: Mapping[str, str], log: Path | int) -> asyncio.subprocess.Process:
    """Start a process in a group of its own, without stdin; stdout and stderr go to `log`.

    It has no session of its own: some kernels share processor time between sessions, and ten of them would leave
    an eleventh to whoever measures. `log` is a file that is appended to, or a file descriptor such as a pipe's
    writing end, which stays the caller's to close. Call from the event loop's main thread: the kernel's death signal
    follows the starting *thread*.
    """
    if not isinstance(log, int):
        with log.open("ab") as out:
            return await spawn(argv, env=env, log=out.fileno())
    parent = os.getpid()
    return await asyncio.create_subprocess_exec(
        *argv,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        process_group=0,
        preexec_fn=lambda: _die_with_parent(parent),
    )


async def stop(process: asyncio.subprocess.Process, grace_s: float) -> int:
    """End a process: SIGTERM, after `grace_s` seconds SIGKILL; return its exit code."""
    if process.returncode is None:
        process.terminate()
        try:
            _ = await asyncio.wait_for(process.wait(), grace_s)
        except TimeoutError:
            process.kill()
    return await process.wait()


def kill_group(process: asyncio.subprocess.Process) -> None:
    """Kill a process and whatever it started: `spawn` gave it a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

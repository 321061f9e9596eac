"""Where running sandboxes are: their state folders, and the loopback networks they hold."""

from __future__ import annotations

import os
import random
import shutil
import socket
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def claim_subnet() -> tuple[str, socket.socket]:
    """Return a /24 of the loopback network for pods, held by a socket so that two sandboxes never share one."""
    dice = random.SystemRandom()
    for _ in range(200):
        subnet = f"127.{dice.randint(64, 126)}.{dice.randint(1, 254)}"
        claim = socket.socket()
        try:
            claim.bind((f"{subnet}.1", 40404))
        except OSError:
            claim.close()
            continue
        return subnet, claim
    raise RuntimeError("no free loopback subnet: this platform gives pods no addresses of their own (Linux does)")


def new_state(given: Path | None) -> Path:
    """Return an empty state folder: the given one, or one named by this process in the runtime folder."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        if any(given.iterdir()):
            raise ValueError(f"state folder {given}: wanted an empty one; give another with --state")
        return given
    state = runtime() / str(os.getpid())
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, mode=0o700)
    return state


def runtime() -> Path:
    """Return where running sandboxes leave their state, one folder each, named by process id."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"onesource-sandbox-{os.getuid()}"


def running(state: Path | None = None) -> Path:
    """Return the state folder of the sandbox to talk to: the given one, or the only (newest) that lives."""
    if state is not None:
        return state
    alive = [folder for folder in runtime().glob("*") if (folder / "control.sock").exists() and _lives(folder.name)]
    if not alive:
        raise ValueError("no running sandbox found; start one with `python -m sandbox up`, or give --state")
    return max(alive, key=lambda folder: folder.stat().st_mtime)


def _lives(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()

"""The sandbox's start-up, resident memory and idle CPU, and the canary suite's time on it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
IDLE_S = 20.0


def measure(starts: int = 3) -> dict[str, object]:
    """Return start-up seconds (each of `starts`), MB resident by kind of process, idle cores, suite seconds."""
    ups: list[float] = []
    for _ in range(starts - 1):
        with _Up() as (_, _, seconds):
            ups.append(seconds)
    with _Up("--users", "0") as (process, said, seconds):
        ups.append(seconds)
        memory = _memory(process)
        idle = _idle(process)
        suite = _suite(str(said["target"]))
    return {
        "start_up_s": [round(s, 2) for s in ups],
        "resident_mb": {**memory, "all": round(sum(memory.values()), 1)},
        "idle_cores_without_users": round(idle, 3),
        "canary_suite_s": round(suite, 1),
    }


class _Up:
    """A sandbox for the length of a `with`: the process, what it said, and how long it took."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._state = tempfile.TemporaryDirectory()

    def __enter__(self) -> tuple[subprocess.Popen[str], dict[str, object], float]:
        began = time.perf_counter()
        command = [sys.executable, "-m", "sandbox", "up", "--json", "--until-eof", *self._options]
        self._process = subprocess.Popen(
            [*command, "--state", self._state.name], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        return self._process, said, time.perf_counter() - began

    def __exit__(self, *_: object) -> None:
        _ = self._process.communicate(timeout=30)
        self._state.cleanup()


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def _memory(process: subprocess.Popen[str]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for member in _family(process):
        found[_kind(member)] += member.memory_info().rss
    return {kind: round(size / 1e6, 1) for kind, size in found.items()}


def _kind(member: psutil.Process) -> str:
    words = " ".join(member.cmdline())
    kinds = {
        "sandbox.product": "product pods",
        "sandbox up": "API, controllers, node",
        "traefik": "ingress controllers",
    }
    return next((kind for word, kind in kinds.items() if word in words), "stores")


def _idle(process: subprocess.Popen[str]) -> float:
    def spent() -> float:
        return sum(sum(member.cpu_times()[:2]) for member in _family(process))

    time.sleep(3)
    before = spent()
    time.sleep(IDLE_S)
    return (spent() - before) / IDLE_S


def _suite(target: str) -> float:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as reports:
        command = [sys.executable, "-m", "pytest", "-q", "-m", "canary", f"--target={target}", f"--reports={reports}"]
        _ = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began

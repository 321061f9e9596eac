"""Faults of whoever observes: the collector of a run is stopped for a while, or gets a tenth of a core."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, cast

from harness.evidence import slices
from harness.evidence.store import EvidenceError, Reader

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

AWAY_S = 16.0  # longer than the profile's largest gap of 10 s, wherever in a slice it begins
FEW_S, MANY_S = 0.01, 0.09  # of each tenth of a second: runs, does not
KINDS = {"evidence-hole": "hole", "watch-hole": "hole", "generator-starved": "starved"}


@contextlib.contextmanager
def striking(fault: str, phase: str, reports: Path) -> Generator[None]:
    """Strike the collector of the run that is about to begin in `reports`, if the fault is one of these."""
    kind = KINDS.get(fault)
    if kind is None:
        yield
        return
    ended = threading.Event()
    work = threading.Thread(target=_strike, args=(kind, phase, reports, ended), daemon=True)
    work.start()
    try:
        yield
    finally:
        ended.set()
        work.join()


def _strike(kind: str, phase: str, reports: Path, ended: threading.Event) -> None:
    pid, run = _collector(reports, ended)
    wanted = 2 if kind == "hole" else 0
    while not ended.is_set() and (slices.terms(run, phase) is None or len(slices.read(run, phase)) < wanted):
        _ = ended.wait(0.2)
    with contextlib.suppress(ProcessLookupError):
        if kind == "hole":
            _stop(pid, AWAY_S, ended)
            return
        while not ended.is_set():
            _stop(pid, MANY_S, ended)
            _ = ended.wait(FEW_S)


def _stop(pid: int, seconds: float, ended: threading.Event) -> None:
    os.kill(pid, signal.SIGSTOP)
    _ = ended.wait(seconds)
    os.kill(pid, signal.SIGCONT)


def _collector(reports: Path, ended: threading.Event) -> tuple[int, Path]:
    """Wait for the run's collector to say its process id."""
    while not ended.wait(0.1):
        with contextlib.suppress(EvidenceError):
            run = (reports / "latest").resolve()
            said = Reader(run).meta("started")
            if isinstance(said, dict):
                return int(cast("dict[str, int]", said)["pid"]), run
    raise RuntimeError("the run ended before its collector said who it is")

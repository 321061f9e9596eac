"""The sandbox comes up as promised, stands beside another, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import psutil

from sandbox import images
from tests.running import Running

if TYPE_CHECKING:
    from pathlib import Path


def _family(running: Running) -> list[psutil.Process]:
    return psutil.Process(running.process.pid).children(recursive=True)


def _alive(family: list[psutil.Process]) -> list[str]:
    return [p.name() for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_two_sandboxes_run_side_by_side_and_end_without_a_trace(tmp_path: Path) -> None:
    with Running(tmp_path / "a", "--users", "0") as one, Running(tmp_path / "b", "--users", "0") as two:
        assert one.said.url != two.said.url
        assert one.said.cluster_uids == two.said.cluster_uids  # the machine's: decisions about one hold for the next
        assert len(set(one.said.cluster_uids.values())) == 2
        seen = Counter(httpx.get(two.said.url + "/version").headers["X-Onesource-Version"] for _ in range(100))
        assert 8 <= seen[images.commit_of("v1.5.0")] <= 12  # exactly 10, but for a reload in between
        families = _family(one) + _family(two)
        assert len(families) >= 20
    assert _alive(families) == []


def test_killing_the_parent_with_sigkill_leaves_no_process_after_five_seconds(tmp_path: Path) -> None:
    running = Running(tmp_path / "a").__enter__()
    family = _family(running)
    os.kill(running.process.pid, signal.SIGKILL)
    _ = running.process.communicate()
    deadline = time.monotonic() + 5
    while _alive(family) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _alive(family) == []


def test_whoever_measures_goes_first_no_process_has_a_session_of_its_own_or_the_usual_priority(tmp_path: Path) -> None:
    with Running(tmp_path / "a") as running:
        family = _family(running)
        assert len(family) >= 10
        assert {os.getsid(one.pid) for one in family} == {os.getsid(0)}
        assert {one.nice() for one in family} == {min(19, os.nice(0) + 10)}


def test_a_pod_that_is_killed_comes_back(tmp_path: Path) -> None:
    with Running(tmp_path / "a", "--users", "0") as running:
        victim = next(p for p in _family(running) if "sandbox.product" in " ".join(p.cmdline()))
        victim.kill()
        time.sleep(0.5)
        _ = running.kubectl("wait", "--for=condition=ready", "pod", "-l", "app=onesource", "--timeout=30s", "-A")
        both = [running.kubectl("get", "pods", "-A", context=c) for c in ("staging", "production")]
        assert sum(line.split()[4] == "1" for text in both for line in text.splitlines()[1:]) == 1

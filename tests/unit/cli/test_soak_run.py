"""`gate soak run` with a real collector against a small product: killed, ended, gone on with, in shards."""

from __future__ import annotations

import os
import shlex
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.cli import run as command
from harness.evidence import slices
from harness.evidence.reading import WindowReader
from harness.evidence.store import Reader
from harness.report import soaking
from tests.unit.cli.watches import collector_of, gate, profile, sliced, until
from tests.unit.load.product import Chat
from tests.unit.observe.servers import serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Iterator
    from pathlib import Path

IN_ORDER = 2


@pytest.fixture
def url() -> Iterator[str]:
    with serving(Chat().app) as address:
        yield address


@contextmanager
def started(*words: str) -> Generator[subprocess.Popen[str]]:
    """Run `gate`; whatever happens, it is gone after it."""
    process = gate(*words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        _ = process.communicate(timeout=10)


def ended(process: subprocess.Popen[str], within_s: float = 30.0) -> tuple[int, list[str]]:
    out, _ = process.communicate(timeout=within_s)
    return process.returncode, out.splitlines()


def soak(run: Path, target: Path, *more: str) -> list[str]:
    return ["soak", "run", "staging", "--target", str(target), "--run", str(run), *more]


@pytest.mark.timeout(60)
def test_a_killed_collector_leaves_an_exact_hole_that_restarts_the_clock(tmp_path: Path, url: str) -> None:
    run, target = tmp_path / "run", profile(tmp_path, url, for_s=5.0, gap_s=4.0)
    with started(*soak(run, target)) as process:
        until(sliced(run, 3))
        os.kill(collector_of(run), signal.SIGKILL)
        code, lines = ended(process)
    assert code == 2
    assert any("the collector ended with -9" in line for line in lines)
    (before,) = WindowReader(run).spans()
    kept = slices.read(run, "staging")
    samples = sum(window.n for _, _, window in WindowReader(run).rows(to_ms=kept[-1].to_us // 1000))
    assert lines[-1].startswith("Next: gate soak run staging")
    until(lambda: time.time() > before.until_us / 1e6 + 3.5)  # longer than allowed when the collector is up again
    with started(*shlex.split(lines[-1])[2:]) as process:  # what it says goes on with it
        code, lines = ended(process)
    assert code == 0, lines
    (gap,) = (gap for gap in WindowReader(run).gaps() if gap.why == "the collector was not running")
    assert (gap.stream, gap.from_us) == ("", before.until_us)
    again = [row for row in slices.read(run, "staging") if row.from_us > kept[-1].from_us]
    assert gap.to_us <= again[0].from_us <= gap.to_us + 1_200_000  # it goes on at the next edge of a window
    assert sum(w.n for _, _, w in WindowReader(run).rows(to_ms=kept[-1].to_us // 1000)) == samples  # nothing is lost
    now = soaking.read(run, "staging")
    assert len(again) == 5  # watched whole: the hole is longer than the allowed one
    assert now.largest_gap_s >= gap.seconds > 4.0
    assert "nothing usable for" in now.resets[0]
    assert (now.clean_s, now.slices_done) == (5.0, len(kept) + 5)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_a_short_hole_is_bridged(tmp_path: Path, url: str, sign: signal.Signals) -> None:
    run, target = tmp_path / "run", profile(tmp_path, url, for_s=8.0, gap_s=30.0)
    with started(*soak(run, target)) as process:
        until(sliced(run, 2))
        assert command(["soak", "status", str(run)]) == 0  # while it is written
        assert command(soak(run, target)) == 4  # a second one is refused
        process.send_signal(sign)
        code, lines = ended(process)
    assert code == 2
    assert any(f"ended by {sign.name}" in line for line in lines)
    assert lines[-1].startswith("Next: gate soak run staging")
    assert Reader(run).collector() == "stopped"
    assert command(["soak", "status", str(run)]) == 2
    before = len(slices.read(run, "staging"))
    with started(*soak(run, target)) as process:
        code, lines = ended(process)
    assert code == 0, lines
    now = soaking.read(run, "staging")
    assert before + 1 <= now.slices_done < before + 8  # the rest, not the whole again
    assert now.resets == []
    assert now.clean_s >= 8.0  # the bridged hole passes on the clock as it does on the wall


@pytest.mark.timeout(60)
def test_two_shards_become_one_watch(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    target, names = profile(tmp_path, url, for_s=4.0, gap_s=30.0), ("a", "b")
    runs = [tmp_path / name for name in names]
    shards = [("--shards", "2", "--shard", str(number), "--name", "soak-1") for number in range(2)]
    with started(*soak(runs[0], target, *shards[0])) as one, started(*soak(runs[1], target, *shards[1])) as two:
        for process in (one, two):
            code, lines = ended(process)
            assert code == 0, lines
            assert "gate evidence merge" in lines[-1]
    assert command(["evidence", "merge", str(tmp_path / "all"), *(str(run) for run in runs)]) == 0
    now = soaking.read(tmp_path / "all", "staging")
    counts = [sum(window.n for window in WindowReader(run).totals().values()) for run in (*runs, tmp_path / "all")]
    assert counts[0] + counts[1] == counts[2] > 0
    assert now.state == "done"
    assert now.target == "small"  # target.json came along
    assert now.slices_done == 4
    assert command(["soak", "status", str(tmp_path / "all")]) == 0
    assert "P1-SLO-01" in capsys.readouterr().out


def test_a_target_that_does_not_come_up_is_no_watch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = profile(tmp_path)
    broken = target.read_text(encoding="utf-8").replace(
        "[watch", '[launch]\ncommand = ["{python}", "-c", ""]\n[watch', 1
    )
    _ = target.write_text(broken, encoding="utf-8")
    assert command(soak(tmp_path / "run", target)) == IN_ORDER
    assert "before it gave its address" in capsys.readouterr().err

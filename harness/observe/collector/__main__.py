"""See harness.observe.collector."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.clock import SystemClock
from harness.errors import HarnessError, UsageError
from harness.evidence.store import Writer
from harness.observe.collector.ending import watch
from harness.observe.collector.notes import Notes
from harness.observe.collector.phases import PHASES, needs
from harness.observe.collector.work import Work
from harness.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL_IN, SOMETHING_MISSING, ENDED_EARLY, WRONG_USE = 0, 1, 3, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, observe, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.observe.collector", description=__doc__)
    _ = parser.add_argument("--run", type=Path, required=True, help="the run's folder, with target.json in it")
    _ = parser.add_argument("--phase", action="append", required=True, choices=sorted(PHASES))
    _ = parser.add_argument("--name", default="", help="the run's name where several shards make it")
    _ = parser.add_argument("--shard", type=int, default=0, help="this shard's number, from 0")
    _ = parser.add_argument("--shards", type=int, default=1, help="how many shards there are")
    given = parser.parse_args(argv)
    run, phases = Path(given.run), [str(phase) for phase in given.phase]
    shard = (int(given.shard), int(given.shards))
    try:
        if not 0 <= shard[0] < shard[1]:
            raise UsageError(f"--shard {shard[0]}: wanted 0 to {shard[1] - 1}; give --shards how many there are")
        return asyncio.run(collect(run, read_target(run), phases, name=str(given.name), shard=shard))
    except HarnessError as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201  the one line a person needs
        return WRONG_USE


def read_target(run: Path) -> Target:
    """Read the profile that the controller left in the run's folder."""
    path = run / "target.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Target)
    except OSError as trouble:
        raise UsageError(
            f"collector: wanted a readable {path}, got {trouble.strerror}; the controller writes it first"
        ) from trouble
    except (msgspec.DecodeError, msgspec.ValidationError) as trouble:
        raise UsageError(f"collector: {path}: {trouble}; write it with msgspec.json.encode(target)") from trouble


async def collect(
    run: Path, target: Target, phases: Sequence[str], *, name: str = "", shard: tuple[int, int] = (0, 1)
) -> int:
    """Observe what the phases need, until it is in or somebody ends it; what is in stays in."""
    clock = SystemClock()
    notes = Notes(run / "collector.log", clock)
    writer = Writer(run, clock)
    writer.meta("started", {"at": clock.wall().isoformat(), "pid": os.getpid(), "phases": list(phases)})
    writer.flush()
    notes.say(f"observing {target.name} for {', '.join(phases)}")
    work = Work(run, target, writer, notes, clock, name=name, shard=shard)
    task = asyncio.create_task(work.do(needs(phases)))
    why: list[str] = []

    def end(reason: str) -> None:
        why.append(reason)
        _ = task.cancel()

    ended = "stopped: it broke"
    try:
        watch(asyncio.get_running_loop(), end)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        ended = f"stopped: {why[0]}" if why else "finished"
    finally:
        writer.close(ended)
        notes.say(ended + "".join(f"; missing {what}" for what in work.missing))
    if why:
        return ENDED_EARLY
    return SOMETHING_MISSING if work.missing else ALL_IN


if __name__ == "__main__":
    raise SystemExit(main())

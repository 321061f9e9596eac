"""The collector outside of pytest: a folder, a target, a child that observes, and what is told meanwhile."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.live import Live

from harness import launch
from harness import target as targets
from harness.child import Child
from harness.cli import soak_table
from harness.errors import HarnessError, UsageError
from harness.evidence import names
from harness.evidence.planned import planned
from harness.evidence.rows import FILE
from harness.evidence.store import LOCK, EvidenceError, Reader
from harness.report import files, soaking

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console

    from harness.clock import Clock
    from harness.target import Target, Watched

COLLECTOR: Final = (sys.executable, "-m", "harness.observe.collector")
ROOT: Final = Path(__file__).parent.parent.parent
PLAIN_S, PLAIN_SHORT_S, SHORT_S = 30.0, 5.0, 600.0  # a line each; a watch below SHORT_S is short
LIVE_S: Final = 2.0
BUSY: Final = 15.0  # a look that took t s is not repeated before 15 t s: it takes turns with the generator
LAST_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be watched, where it is kept, and as which shard."""

    phase: Watched
    given: str  # the target as it was named
    target: Target
    folder: Path
    name: str = ""
    shard: tuple[int, int] = (0, 1)

    @property
    def again(self) -> str:
        """The command that goes on with it."""
        words = ["gate", "soak", "run", self.phase, "--target", self.given, "--run", str(self.folder)]
        if self.shard[1] > 1:
            words += ["--shard", str(self.shard[0]), "--shards", str(self.shard[1]), "--name", self.name]
        return shlex.join(words)


@dataclass
class Told:
    """Whether somebody wants it to end, and by which signal."""

    event: threading.Event = field(default_factory=threading.Event)
    how: str = ""
    raising: bool = True  # while a target starts: it is stopped at once


def prepare(order: Order) -> bool:
    """Make the folder, or check that it may be gone on with; True if its watch is over already.

    UsageError, one line, where it is another target's, is being written, or holds evidence of nobody knows what.
    """
    folder = order.folder
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--run {folder}: wanted a folder, got a file; give another one")
    known = folder / "target.json"
    if known.is_file():
        before = soaking.target_of(folder)
        if before is None:
            raise UsageError(f"--run {folder}: its target.json can't be read; keep the folder and use a new one")
        differs = _differences(before, order.target)
        if differs:
            raise UsageError(
                f"--run {folder}: wanted target {order.target.name} as it was, got one that differs in {differs}; "
                "give the same --target or a new folder"
            )
    elif (folder / FILE).exists():
        raise UsageError(f"--run {folder}: it has evidence, but no target.json; use a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    reader = Reader(folder)
    if reader.collector() == "running":
        raise UsageError(f"--run {folder}: another collector is writing it; end that one first or use a new folder")
    return _over(order)


def _over(order: Order) -> bool:
    plan = planned(order.folder, f"{names.WATCH}/{order.phase}")
    return plan is not None and plan.state == "done"


def _differences(before: Target, now: Target) -> str:
    """Return the first-level keys that differ; what a launched target says of itself differs each time."""
    a, b = _as_profile(before), _as_profile(now)
    return ", ".join(sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key)))


def _as_profile(target: Target) -> dict[str, Any]:
    plain = msgspec.to_builtins(target)
    if target.launch is not None:
        for environment in plain["environments"].values():
            for key in ("url", "kubeconfig", "cluster_uid", "token_file"):
                _ = environment.pop(key, None)
    return plain


def watch(order: Order, clock: Clock, console: Console) -> str:
    """Start target and collector and tell how it goes; return "" when the watch came to its end, else why not."""
    with _listening() as told:
        try:
            return _watch(order, clock, console, told)
        except KeyboardInterrupt:
            return f"ended by {told.how or 'SIGINT'} while the target was starting"


def _watch(order: Order, clock: Clock, console: Console, told: Told) -> str:
    folder = order.folder

    def say(line: str) -> None:
        console.print(line, soft_wrap=True)

    started = launch.start(order.target, faults=(), folder=ROOT, log=folder / "launch.log", clock=clock, say=say)
    told.raising = False
    try:
        files.write_json(folder / "target.json", started.target)
        command = [*COLLECTOR, "--run", str(folder.resolve()), "--phase", order.phase]
        command += ["--name", order.name, "--shard", str(order.shard[0]), "--shards", str(order.shard[1])]
        log = folder / LOCK
        begun = log.stat().st_size if log.exists() else 0
        try:
            child = Child(command, folder=ROOT, log=log)
        except OSError as trouble:
            raise HarnessError(f"the collector could not be started: {trouble.strerror}") from trouble
        try:
            _tell(order, clock, console, child, told)
        finally:
            status = child.stop()
        return _why_not(order, told, status, begun)
    finally:
        if started.child is not None:
            _ = started.child.stop()


def _why_not(order: Order, told: Told, status: int, begun: int) -> str:
    if _over(order):
        return ""
    if told.how:
        return f"ended by {told.how}; what is in stays in"
    last = _last_words(order.folder / LOCK, begun)
    return f"the collector ended with {status}{': ' + last if last else ''}; see {order.folder / LOCK}"


def _last_words(log: Path, begun: int) -> str:
    with log.open("rb") as file:
        _ = file.seek(begun)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:LAST_WORDS] if lines else ""


def _tell(order: Order, clock: Clock, console: Console, child: Child, told: Told) -> None:
    """Show how it goes until the collector ends or somebody wants it to."""
    short = (order.target.watched(order.phase).for_s or 0.0) < SHORT_S
    if not console.is_terminal:
        every = PLAIN_SHORT_S if short else PLAIN_S
        for now in _looks(order, clock, child, told, every):
            console.print(soak_table.line(now), soft_wrap=True)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        for now in _looks(order, clock, child, told, LIVE_S):
            live.update(soak_table.table(now), refresh=True)


def _looks(
    order: Order, clock: Clock, child: Child, told: Told, every_s: float
) -> Generator[soaking.Status, None, None]:
    due = clock.now() + every_s
    while child.ended is None and not told.event.wait(0.1):
        if clock.now() < due:
            continue
        began = clock.now()
        try:
            now = soaking.read(order.folder, order.phase)
        except HarnessError as trouble:  # it is told again at the end; the collector goes on
            now = soaking.Status(
                str(order.folder), order.phase, order.target.name, "running", "unknown", why=str(trouble)
            )
        yield now
        due = clock.now() + max(every_s, BUSY * (clock.now() - began))


@contextmanager
def _listening() -> Generator[Told, None, None]:
    """Note SIGINT and SIGTERM instead of dying of them; the collector is then ended in order."""
    told = Told()

    def heard(number: int, _frame: object) -> None:
        told.how = signal.Signals(number).name
        told.event.set()
        if told.raising:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            _ = signal.signal(number, handler)


def load(name_or_file: str) -> Target:
    """Read the profile."""
    return targets.load(name_or_file)


def finished(folder: Path, phase: Watched) -> soaking.Status | None:
    """Return how it stands now; None where nothing can be told."""
    try:
        return soaking.read(folder, phase)
    except (EvidenceError, UsageError):
        return None

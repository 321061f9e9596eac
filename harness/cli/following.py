"""Run pytest and show the phase's checklist instead of what it prints, on a terminal and elsewhere.

pytest writes its dots without an end of line, from whatever process it likes, and so does what it starts. A screen that
is drawn again and again can't be shared with that, so all of it goes to a file, which the run keeps as its pytest.log,
and the checklist alone has the terminal. Nothing is measured for it: it reads the run's folder, as anybody could from
another window. Where there is no terminal, or where pytest did not come to its own end, the file is printed afterwards.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness import runbook
from harness.cli import checklist
from harness.clock import SystemClock
from harness.report import so_far
from harness.report.showing import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Group

    from harness.clock import Clock
    from harness.report.so_far import SoFar

EVERY_S: Final = 0.5
ENDED: Final = (0, 1)  # of pytest: all passed, or some did not; anything else it has to explain
LOG: Final = "artifacts/pytest.log"
PLUGIN: Final = ("-p", "harness.plugin.begun")


def follow(phase: str, command: list[str], run: Callable[[], Path | None], clock: Clock | None = None) -> int:
    """Run pytest to its end beside its checklist, and return its exit status; Ctrl-C is pytest's to handle.

    `run` returns the folder of the run that was made, None before there is one.
    """
    lines, now = runbook.lines(), clock or SystemClock()
    console = Console(highlight=False, markup=False, emoji=False)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "pytest.log"
        words = [*command, *PLUGIN]
        view = _Terminal(phase, console) if console.is_terminal else _Plain(phase, console)
        with log.open("wb") as out, subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT) as child, view:  # noqa: S603
            status = _watched(child, lambda: view.show(checklist.of(_read(run()), lines, now.wall())))
        made = run()
        if not console.is_terminal or status not in ENDED:
            _copy(log)
        if made is not None:
            with suppress(OSError):  # a disk that is full is told by the run itself
                _ = shutil.copyfile(log, made / LOG)
            console.print(Text(text.plain(f"pytest's own words: {made / LOG}"), "dim"), soft_wrap=True)
    return status


def _watched(child: subprocess.Popen[bytes], show: Callable[[], None]) -> int:
    """Show again and again until it has ended, and once more."""
    while True:
        with suppress(KeyboardInterrupt):
            status = _ended(child)
            with suppress(OSError):  # whoever read along may have gone
                show()
            if status is not None:
                return status


def _ended(child: subprocess.Popen[bytes]) -> int | None:
    """Wait for a moment; None if it still runs then."""
    try:
        return child.wait(timeout=EVERY_S)
    except subprocess.TimeoutExpired:
        return None


def _read(made: Path | None) -> SoFar:
    return so_far.SoFar({}, frozenset(), ()) if made is None else so_far.read(made)


def _copy(log: Path) -> None:
    """Print what pytest wrote, byte by byte: it is its own output, delayed."""
    _ = sys.stdout.flush()
    with log.open("rb") as held:
        shutil.copyfileobj(held, sys.stdout.buffer)
    _ = sys.stdout.flush()


class _Terminal:
    """Draws the checklist in place; at the end it stands there whole."""

    def __init__(self, phase: str, console: Console) -> None:
        self._phase, self._now = phase, checklist.Checklist(())
        self._live = Live(self._shown(), console=console, auto_refresh=False, transient=True)
        self._console = console

    def __enter__(self) -> None:
        self._live.start(refresh=True)

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._console.print(checklist.table(self._phase, self._now, whole=True))

    def show(self, now: checklist.Checklist) -> None:
        self._now = now
        self._live.update(self._shown(), refresh=True)

    def _shown(self) -> Group:
        return checklist.table(self._phase, self._now)


class _Plain:
    """Prints a line for each item that begins or ends."""

    def __init__(self, phase: str, console: Console) -> None:
        self._phase, self._console, self._now = phase, console, checklist.Checklist(())

    def __enter__(self) -> None:
        self._say(checklist.head(self._phase, self._now))

    def __exit__(self, *_: object) -> None:
        self._say(checklist.head(self._phase, self._now))

    def show(self, now: checklist.Checklist) -> None:
        for line in checklist.news(self._now.rows, now):
            self._say(line)
        self._now = now

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)

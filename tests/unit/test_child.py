"""Programs beside the harness are started, heard and ended, however they behave."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import child as children
from harness import launch
from harness.child import Child
from harness.clock import FakeClock, SystemClock
from harness.errors import UsageError
from harness.target import Environment, Launch, Target
from harness.wait import Patience, until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
forgotten = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(forgotten.pid, flush=True)
time.sleep(60)
"""


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def _child(program: str, folder: Path) -> Child:
    return Child([sys.executable, "-c", program], folder=folder, log=folder / "log")


def test_closing_its_input_ends_it_and_its_words_are_kept(tmp_path: Path) -> None:
    child = _child("import sys; print('first'); print('second', flush=True); sys.stdin.read(); sys.exit(3)", tmp_path)
    assert child.first_line(10.0) == b"first\n"
    assert child.ended is None
    assert (child.stop(), child.stop()) == (3, 3)
    assert (tmp_path / "log").read_text() == "second\n"


def test_it_hears_a_last_word_and_ends_even_if_nobody_waits_for_it(tmp_path: Path) -> None:
    child = _child("import sys; print('first', flush=True); print(sys.stdin.read(), flush=True)", tmp_path)
    assert child.first_line(10.0) == b"first\n"
    child.tell("enough")
    child.tell("nobody hears this")
    assert child.stop() == 0
    assert (tmp_path / "log").read_text() == "enough\n"


def test_one_that_ends_by_itself_or_says_nothing_is_told_apart(tmp_path: Path) -> None:
    quick = _child("", tmp_path)
    assert quick.first_line(10.0) == b""
    assert quick.stop() == 0
    mute = _child("input()", tmp_path)
    assert mute.first_line(0.05) is None
    assert mute.stop() == 1


def test_one_that_will_not_end_is_killed_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRM_S", 0.3)
    child = _child(STUBBORN, tmp_path)
    forgotten = int(child.first_line(10.0) or 0)
    assert child.stop(polite_s=0.1) == -9
    gone = until(lambda alive: not alive, lambda: _alive(forgotten), SystemClock(), Patience(5.0, 0.05))
    assert gone.settled


def test_a_target_that_runs_anyway_is_not_started_and_takes_no_faults(tmp_path: Path) -> None:
    target = Target("real", {"production": Environment()})
    with pytest.raises(UsageError, match="--fault x: target real is not started by the harness"):
        launch.check_faults(target, ["x"])
    started = launch.start(target, faults=[], folder=tmp_path, log=tmp_path / "log", clock=FakeClock(), say=print)
    assert (started.target, started.child) == (target, None)


def test_a_command_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    target = Target("odd", {"production": Environment()}, launch=Launch(("/no/such/program",)))
    with pytest.raises(launch.LaunchError, match="could not start /no/such/program: No such file"):
        _ = launch.start(target, faults=[], folder=tmp_path, log=tmp_path / "log", clock=FakeClock(), say=print)


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        (("staging",), "got --users 5"),
        (("canary",), "got nothing"),
        (("staging", "canary"), "got nothing"),
        ((), "got nothing"),
    ],
)
def test_words_of_a_phase_are_added_where_it_alone_is_asked_for(
    tmp_path: Path, phases: tuple[str, ...], words: str
) -> None:
    says = "import sys; sys.exit('got ' + (' '.join(sys.argv[1:]) or 'nothing'))"
    starts = Launch(("{python}", "-c", says), by_phase={"staging": ("--users", "5")})
    target = Target("odd", {"production": Environment()}, launch=starts)
    log = tmp_path / "log"
    with pytest.raises(launch.LaunchError, match=f"its last words: {words};"):
        _ = launch.start(target, faults=[], folder=tmp_path, log=log, clock=SystemClock(), say=print, phases=phases)

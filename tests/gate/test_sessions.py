"""From a real session to a decision: whatever stops, shrinks or breaks `pytest -m PHASE`, `gate decide` says so."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.faults.papers import papers
from tests.running import ROOT, Running, heed_sigint

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

pytestmark = pytest.mark.xdist_group("sessions")


class Session:
    """`pytest -m PHASE` against a running sandbox, with its own reports folder; one after the other."""

    def __init__(self, running: Running, reports: Path, phase: str = "staging") -> None:
        """Use a sandbox; what is written goes to `reports`."""
        self.reports, self._phase = reports, phase
        self._words = [f"--target={running.said.target}", f"--reports={reports}", "-q", "-p", "no:cacheprovider"]

    def start(self, *words: str, root: Path = ROOT) -> subprocess.Popen[str]:
        """Begin a session in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-m", self._phase, *self._words, *words],
            cwd=root,
            env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            preexec_fn=heed_sigint,
        )

    def run(self, *words: str, root: Path = ROOT) -> int:
        """Run a session to its end; return its exit status."""
        return self.start(*words, root=root).wait(timeout=150)

    def begun(self, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        """Wait until a session has planned its tests, hence waits for evidence."""
        latest = self.reports / "latest" / "ledger.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if latest.exists() and '"plan"' in latest.read_text() and (latest.parent / "evidence.db").exists():
                return process
            time.sleep(0.02)
        raise AssertionError(f"the session planned nothing; it ended with {process.poll()}")

    def decision(self) -> tuple[int, str, str]:
        """Decide on the newest run: exit code, decision, and its blockers as text."""
        gate = [str(Path(sys.executable).with_name("gate")), "decide", self._phase, "--reports", str(self.reports)]
        done = subprocess.run(gate, cwd=ROOT, capture_output=True, text=True, check=False)
        said = json.loads((self.reports / "latest" / "verdict.json").read_text())
        return done.returncode, said["decision"], json.dumps(said["blockers"])

    def outcomes(self) -> dict[str, Any]:
        """Return line and outcome of the newest run."""
        rows = (self.reports / "latest" / "outcomes.jsonl").read_text().splitlines()
        return {row["line"]: row["outcome"] for row in map(json.loads, rows)}


class Elsewhere:
    """Another place: a signed run's folder came there; known are the keyring, a profile and the live cluster."""

    def __init__(self, running: Running, run: Path, home: Path) -> None:
        """Carry a run there."""
        self._running, self._run = running, home / run.name
        _ = shutil.copytree(run, self._run)
        _ = shutil.copy(run.parent / "keys" / "gate.pub", home / "gate.pub")
        _ = (home / "ring.toml").write_text('[[keys]]\nname = "gate"\nfile = "gate.pub"\nmay = ["decide"]\n')
        self._ring, self._env = home / "ring.toml", {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "Asia/Tokyo"}

    def verify(self) -> tuple[int, str]:
        """Verify against the keyring and what the cluster runs now; return the exit code and the refusals."""
        words = ["verify", str(self._run / "verdict.intoto.json"), "--keyring", str(self._ring), "--rehearsal"]
        words += ["--expect", "phase=a11y", "--expect", f"cluster_uid={self._running.said.cluster_uids['staging']}"]
        words += ["--target", str(self._running.said.target)]
        gate = str(Path(sys.executable).with_name("gate"))
        done = subprocess.run(
            [gate, *words], cwd=self._run.parent, env=self._env, capture_output=True, text=True, check=False
        )
        return done.returncode, "".join(line for line in done.stdout.splitlines() if line.startswith("refused"))

    @contextlib.contextmanager
    def another_build_rolled_out(self) -> Generator[None]:
        """Let staging run the build that was there before, for a while."""
        roll = ("deployment/onesource", "--timeout=60s")
        _ = self._running.kubectl("set", "image", "deployment/onesource", "backend=onesource/backend:v1.4.0")
        _ = self._running.kubectl("rollout", "status", *roll)
        try:
            yield
        finally:
            _ = self._running.kubectl("rollout", "undo", "deployment/onesource")
            _ = self._running.kubectl("rollout", "status", *roll)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def session(running: Running, tmp_path: Path) -> Session:
    """A session that finds the decisions it rests on, and no newest run."""
    papers(tmp_path / "reports", running.said)
    (tmp_path / "reports" / "latest").unlink()
    return Session(running, tmp_path / "reports")


def test_a_whole_run_is_go_and_judged_again_from_its_evidence_it_is_the_same(running: Running, tmp_path: Path) -> None:
    session = Session(running, tmp_path / "reports", "a11y")  # what else this machine does makes it slower, not worse
    assert session.run("-n", "2") == 0
    assert session.decision() == (0, "GO", "[]")
    seen, watched = session.outcomes(), (session.reports / "latest").resolve()
    assert session.run(f"--evidence={watched}") == 0
    assert session.outcomes() == seen
    elsewhere = Elsewhere(running, watched, tmp_path / "elsewhere")
    assert elsewhere.verify() == (0, "")
    with elsewhere.another_build_rolled_out():
        code, why = elsewhere.verify()
    assert (code, "live: stable runs sha256:" in why) == (1, True), why


def test_a_filtered_run_is_inconclusive_and_names_the_lines_left_out(session: Session) -> None:
    assert session.run("-k", "en_01") == 0
    code, decision, why = session.decision()
    assert (code, decision) == (2, "INCONCLUSIVE")
    assert "P1-SLO-01" in why
    assert "-k" in why


def test_an_empty_selection_is_inconclusive(session: Session) -> None:
    assert session.run("-k", "nothing_has_this_name") == pytest.ExitCode.NO_TESTS_COLLECTED
    code, decision, why = session.decision()
    assert (code, decision) == (2, "INCONCLUSIVE")
    assert "INCOMPLETE" in why


@pytest.mark.parametrize(("sign", "said"), [(signal.SIGINT, "INTERRUPTED"), (signal.SIGKILL, "killed")])
def test_a_run_stopped_half_way_is_inconclusive(session: Session, sign: signal.Signals, said: str) -> None:
    process = session.begun(session.start())
    process.send_signal(sign)
    _ = process.wait(timeout=60)
    code, decision, why = session.decision()
    assert (code, decision) == (2, "INCONCLUSIVE")
    assert said in why


def test_a_crashed_worker_is_inconclusive(running: Running, tmp_path: Path) -> None:
    session = Session(running, tmp_path / "reports", "a11y")
    process = session.begun(session.start("-n", "2", "-k", "en_01 or ax_08"))
    family = psutil.Process(process.pid).children(recursive=True)
    worker = next(p for p in family if "exec(eval(" in " ".join(p.cmdline()))
    worker.kill()
    assert process.wait(timeout=150) != 0
    code, decision, why = session.decision()
    assert (code, decision) == (2, "INCONCLUSIVE")
    assert "worker gw" in why


def test_a_broken_conftest_is_inconclusive_also_after_a_good_run(running: Running, tmp_path: Path) -> None:
    session = Session(running, tmp_path / "reports", "a11y")
    assert session.run("-k", "en_01") == 0
    _ = shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("suites", "runbook"):
        _ = shutil.copytree(ROOT / folder, tmp_path / folder)
    _ = (tmp_path / "conftest.py").write_text("import nothing_of_that_name\n")
    assert session.run(root=tmp_path) == pytest.ExitCode.USAGE_ERROR
    code, decision, why = session.decision()
    assert (code, decision) == (2, "INCONCLUSIVE")
    assert "nothing_of_that_name" in why

"""A genuine run is believed elsewhere: in another folder, process, time zone and hash seed; and its judgement, too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness import target
from harness.report import files
from harness.report.signing import envelope
from tests.gate.builder import DIGEST, UID, build
from tests.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.gate.conftest import Signed

MAIN = "from harness.cli import main; main()"
WITHIN_S = 180.0
ELSEWHERE = [
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONOPTIMIZE": "1"},
]
RING = """
[[keys]]
name = "the gate"
file = "gate.pub"
may = ["decide"]
"""


@dataclass(frozen=True)
class There:
    """Another place: its own folder, home, environment and umask; of here it has the checkout alone."""

    home: Path
    env: Mapping[str, str]

    def gate(self, *words: str) -> tuple[int, str]:
        """Run the gate in a process of its own; return its exit code and all it printed."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONPATH": str(ROOT), **self.env}
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *words],
            cwd=self.home,
            env=env,
            umask=0o077,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


def held(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but what SQLite makes and takes away for its readers."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: raw for name, raw in found.items() if not name.endswith(("-shm", "-wal"))}


def moved(signed: Signed, home: Path, env: Mapping[str, str]) -> There:
    """Bring runs and the public key to another place, as an archive of a CI job does: other modes, other times."""
    for path in signed.folder.path.parent.iterdir():
        if not path.is_symlink():
            _ = shutil.copytree(path, home / "artifacts" / path.name, copy_function=shutil.copyfile)
    for path in (home / "artifacts").rglob("*"):
        if path.is_file():
            path.chmod(0o444)
            os.utime(path, (0, 0))
    _ = shutil.copy(signed.keys.public, home / "gate.pub")
    _ = (home / "keyring.toml").write_text(RING)
    return There(home, env)


@pytest.mark.parametrize("env", ELSEWHERE, ids=lambda env: env["TZ"])
def test_a_genuine_decision_holds_where_nothing_but_the_keyring_and_the_checkout_is_known(
    env: dict[str, str], signed: Signed, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    there = moved(signed, tmp_path / "there", env)
    shutil.rmtree(signed.folder.path.parent)
    runs = there.home / "artifacts"
    before = held(runs)
    words = ["verify", f"artifacts/{signed.folder.run}/verdict.intoto.json", "--keyring", "keyring.toml"]
    for pair in ("phase=canary", "environment=production", f"cluster_uid={UID}", f"digest={DIGEST}", "nonce=5d41"):
        words += ["--expect", pair]
    code, text = there.gate(*words)
    assert (code, text.endswith("holds\n")) == (0, True), text
    assert held(runs) == before, "verifying writes nothing"


def test_what_was_changed_on_the_way_is_seen_there(signed: Signed, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    there = moved(signed, tmp_path / "there", ELSEWHERE[0])
    run = there.home / "artifacts" / signed.folder.run
    (run / "collector.log").chmod(0o644)
    _ = (run / "collector.log").write_text("lost on the way")
    code, text = there.gate("verify", str(run / "verdict.intoto.json"), "--keyring", "keyring.toml")
    assert code == 1
    assert "collector.log was changed" in text


def test_deciding_in_two_places_gives_the_same_verdict(tmp_path: Path) -> None:
    folder = build(tmp_path / "reports", "flags")
    said: list[dict[str, Any]] = []
    for number, env in enumerate(ELSEWHERE):
        home = tmp_path / str(number)
        _ = shutil.copytree(folder.path, home / "run")
        code, text = There(home, env).gate("decide", "flags", "--run", "run")
        assert code == 0, text
        verdict = json.loads((home / "run" / "verdict.json").read_text())
        said.append({key: value for key, value in verdict.items() if key not in {"decided_at", "expires_at"}})
    assert said[0] == said[1]


PHASE = "troubleshoot"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run by a real session that judged evidence of another collector: what is missing in it is UNKNOWN."""
    watched = build(tmp_path / "watched", PHASE, target="sandbox", rehearsal=True)
    files.write_json(watched.path / "target.json", target.load("sandbox"))
    words = ["-m", PHASE, "-q", "-p", "no:cacheprovider", f"--evidence={watched.path}", "--target=sandbox"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--reports={tmp_path / 'reports'}"],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return (tmp_path / "reports" / "latest").resolve()


@pytest.mark.xdist_group("sessions")
def test_judged_again_elsewhere_a_run_comes_to_the_same_outcomes_and_decision(recorded: Path, tmp_path: Path) -> None:
    _ = envelope.keygen(tmp_path / "keys")
    home = tmp_path / "there"
    _ = shutil.copytree(recorded, home / "run", copy_function=shutil.copyfile)
    there = There(home, ELSEWHERE[0])
    code, text = there.gate("decide", PHASE, "--run", "run", "--key", str(tmp_path / "keys" / "gate.key"))
    assert code in {1, 2}, text
    decided = json.loads((home / "run" / "verdict.json").read_text())
    before = held(home / "run")
    code, text = _rejudged(home / "run")
    assert code == 0, text
    assert "outcomes come out as recorded" in text
    assert f"the decision comes out as recorded: {decided['decision']} for {PHASE}" in text
    assert held(home / "run") == before, "judging again writes nothing"


def _rejudged(run: Path) -> tuple[int, str]:
    """Judge a run again where the suites are: that is what `gate rejudge` runs."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "rejudge", str(run)],
        cwd=ROOT,
        env={**clean, "PYTHONHASHSEED": "3", "TZ": "Pacific/Kiritimati"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr

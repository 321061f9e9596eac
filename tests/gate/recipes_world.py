"""Where pipelines are played: two runners with what they keep, the keys, and the gate that stands on their PATH."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.cli.app import run as gate
from harness.report.signing import envelope
from tests.gate.builder import DIGEST, UID, build
from tests.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.gate.builder import Folder

KEYRING = '[[keys]]\nname = "measures"\nfile = "decide.pub"\nmay = ["decide"]\n'
PINS = {"production": UID, "staging": "another"}


@dataclass
class World:
    """The newest run there is, before a pipeline makes its own, is a GO of staging: nobody may mistake it for one."""

    root: Path
    run: Folder | None = None
    live: str = DIGEST
    exit: str = ""
    said: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        """Make keys, a keyring, a profile and the run of staging."""
        for name in ("bin", "checkout/keys", "targets", "artifacts"):
            (self.root / name).mkdir(parents=True)
        self.key, public, _ = envelope.keygen(self.root / "secret")
        _ = shutil.copy(public, self.root / "checkout" / "keys" / "decide.pub")
        _ = (self.root / "checkout" / "keys" / "keyring.toml").write_text(KEYRING)
        pins = "".join(f'[environments.{name}]\ncluster_uid = "{uid}"\n' for name, uid in PINS.items())
        _ = (self.root / "targets" / "onesource.toml").write_text(f'name = "onesource"\n{pins}')
        staging = build(self.reports, "staging", target="onesource")
        words = ["--run", str(staging.path), "--key", str(self.key), "--reports", str(self.reports)]
        assert gate(["decide", "staging", *words]) == 0

    @property
    def reports(self) -> Path:
        """The folder of runs on the runner that measures."""
        return self.root / "reports"

    @property
    def nonces(self) -> Path:
        """The book on the runner that promotes."""
        return self.root / "nonces.jsonl"

    @property
    def summary(self) -> str:
        """What was written for people."""
        path = self.root / "summary.md"
        return path.read_text() if path.exists() else ""

    @property
    def called(self) -> list[str]:
        """The commands of the gate that were called, in order."""
        path = self.root / "log"
        return path.read_text().split() if path.exists() else []

    def real(self, verdicts: dict[str, Any] | None = None) -> None:
        """Put the real gate there, with a canary run that shows this."""
        self.run = build(self.root / "built", "canary", verdicts=verdicts, target="onesource")
        self.install(f'[ "$1" = rollout ] || exec {sys.executable} -m tests.gate.recipes_gate "$@"')

    def install(self, script: str) -> None:
        """Put a program called gate on the PATH; it keeps a list of what it is called for."""
        path = self.root / "bin" / "gate"
        _ = path.write_text(f'#!/bin/sh\necho "$1" >> "{self.root / "log"}"\n{script}\n')
        path.chmod(0o755)

    def shell(self, text: str, home: Path, env: Mapping[str, str], *, posix: bool = False) -> int:
        """Run a step's text as a runner does and return its exit code."""
        base = {
            "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.root),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PLAYED_TARGETS": str(self.root / "targets"),
            "PLAYED_LIVE": self.live,
            "PLAYED_RUN": str(self.run.path) if self.run else "",
        }
        base |= {"PLAYED_EXIT": self.exit} if self.exit else {}
        command = ["sh", "-xe", "-c"] if posix else ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        done = subprocess.run(
            [*command, text], cwd=home, env=base | dict(env), capture_output=True, text=True, timeout=120, check=False
        )
        self.said.append(done.stdout + done.stderr)
        return 128 - done.returncode if done.returncode < 0 else done.returncode

    def home(self, job: str) -> Path:
        """Return a job's fresh checkout."""
        path = self.root / "work" / job
        _ = shutil.copytree(self.root / "checkout", path)
        return path

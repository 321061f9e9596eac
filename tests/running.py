"""A sandbox that runs as its users start it: a process of its own, known by the line of JSON it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.act.objects import bookless

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
LOOKING = ("bugbash", "a11y")  # phases that look at the page
ACTING = ("rollback", "rollout", "flags")  # phases that change what they verify
KUBECTL = str(Path(sys.executable).with_name("kubectl"))  # the wheel's: distributions ship versions from long ago


def heed_sigint() -> None:
    """Undo what a shell does to its background jobs: a session that ignores Ctrl-C can't show what Ctrl-C does."""
    _ = signal.signal(signal.SIGINT, signal.SIG_DFL)


def _acting(phase: str) -> tuple[str, ...]:
    return ("--act",) if phase in ACTING else ()


@dataclass(frozen=True, slots=True)
class Said:
    """What `sandbox up --json` printed."""

    url: str
    staging_url: str
    pid: int
    state: Path
    target: Path
    kubeconfigs: Mapping[str, str]
    cluster_uids: Mapping[str, str]


class Running:
    """A sandbox for the length of a `with`."""

    def __init__(self, state: Path, *options: str) -> None:
        """Prepare; options go to `sandbox up`."""
        self._command = [
            sys.executable,
            "-m",
            "sandbox",
            "up",
            "--json",
            "--until-eof",
            "--state",
            str(state),
            *options,
        ]
        self._state = state

    def __enter__(self) -> Running:
        """Start it and wait for its line."""
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the sandbox ended with {self.process.wait()} before it was up"
        said = json.loads(line)
        self.said = Said(
            said["url"],
            said["staging_url"],
            said["pid"],
            Path(said["state"]),
            Path(said["target"]),
            said["kubeconfigs"],
            said["cluster_uids"],
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End it by closing its standard input."""
        if self.process.poll() is None:
            _ = self.process.communicate(timeout=30)
            assert self.process.returncode == 0

    def switch(self, *names: str) -> None:
        """Make exactly these faults active; return when they took effect."""
        command = [sys.executable, "-m", "sandbox", "fault"]
        state = ["--state", str(self._state)]
        _ = subprocess.run([*command, "only", *names, *state], cwd=ROOT, check=True, timeout=90, capture_output=True)

    def users(self, per_s: float) -> None:
        """Let production's users come at another rate, in requests per second."""
        command = [sys.executable, "-m", "sandbox", "users", str(per_s), "--state", str(self._state)]
        _ = subprocess.run(command, cwd=ROOT, check=True, timeout=30, capture_output=True)

    def kube_env(self, role: str) -> dict[str, str]:
        """Return an environment for kubectl; its cache goes where the sandbox's state is."""
        return {**os.environ, "HOME": str(self._state), "KUBECONFIG": self.said.kubeconfigs[role]}

    def kubectl(
        self, *words: str, context: str = "staging", role: str = "admin", ok: bool = True, timeout: float = 60
    ) -> str:
        """Run the real kubectl; return what it printed on both streams."""
        env = self.kube_env(role)
        done = subprocess.run(
            [KUBECTL, "--context", context, *words],
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, f"kubectl {' '.join(words)}: {done.returncode}\n{said}"
        return said

    def objects(self) -> dict[str, Any]:
        """Return all that a phase could change, of both clusters, without what the server and controllers keep."""
        found: dict[str, Any] = {}
        for context in ("staging", "production"):
            text = self.kubectl("get", "deployments,services,ingresses,configmaps", "-o", "json", context=context)
            for item in json.loads(text)["items"]:
                found[f"{context}/{item['kind']}/{item['metadata']['name']}"] = bookless(item)
        return found

    def outcomes(self, phase: str, reports: Path, *words: str, seed: int = 1) -> dict[str, tuple[str, str]]:
        """Run a phase's suite against it, its traffic drawn from `seed`; return (outcome, reason) of each line."""
        command = [*self.suite(phase, reports, seed), *words]
        done = subprocess.run(command, cwd=ROOT, check=False, timeout=500, capture_output=True, text=True)
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        lines = (reports / "latest" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
        said = [json.loads(line) for line in lines]
        return {row["line"]: (row["outcome"], row["reason"] or "") for row in said}

    def suite(self, phase: str, reports: Path, seed: int = 1) -> list[str]:
        """Return the words that run a phase's suite against it."""
        target = self.said.target.with_name(f"target-{seed}.toml")
        text = self.said.target.read_text(encoding="utf-8")
        assert text.count("[load]\n") == 1
        _ = target.write_text(text.replace("[load]\n", f"[load]\nseed = {seed}\n"), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-m", phase, f"--target={target}", *_acting(phase)]
        workers = ("-n", "2") if phase in LOOKING else ()  # as tox runs them
        return [*command, *workers, f"--reports={reports}"]

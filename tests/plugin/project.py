"""A small project with suites of its own, and what a pytest session in it left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.running import heed_sigint

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 30.0

SETTINGS = """
[tool.pytest.ini_options]
strict = true
addopts = [
  "-ra", "--import-mode=importlib", "-p", "harness.plugin", "-p", "no:cacheprovider",
  "-p", "allure_pytest", "-p", "xdist"
]
testpaths = ["suites"]
filterwarnings = ["error"]
markers = ["runbook(id): x", "acts(on): x", "staging: x", "canary: x", "rollout: x", "rollback: x"]
"""
CONFTEST = """
import sys, time
import pytest
from harness.plugin import serving

serving.COLLECTOR = (sys.executable, "-c", "import sys; _ = sys.stdin.read()")
pytest_plugins = ["fixtures.decide", "fixtures.line", "fixtures.run"]


@pytest.fixture
def linger(request):
    def wait():
        (request.config.rootpath / "reached").touch()
        time.sleep(60)

    return wait


@pytest.fixture
def swallow():
    def outer(say):
        def quiet(verdict):
            try:
                say(verdict)
            except AssertionError:
                pass

        return quiet

    return outer
"""
LINES = """
[{id}]
says = "{id} holds"
phases = {phases}
source = "here"
evidence = "none"
escalation = "L2"
on_violation = "hold"
acts = {acts}
planned = {planned}
"""
TARGET = """
name = "sandbox"
rehearsal = true
{head}
[environments.staging]
cluster_uid = "uid-staging"
[environments.production]
cluster_uid = "uid-production"
{tail}
"""
HEAD = "import pytest\nfrom harness.verdict import Reason, met, unknown, violated\n"


@dataclass(frozen=True, slots=True)
class Done:
    """An ended session; `run` is the folder that `latest` named afterwards."""

    code: int
    text: str
    run: Path | None

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """The ledger's events."""
        assert self.run is not None
        return [json.loads(line) for line in (self.run / "ledger.jsonl").read_text().splitlines()]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The ledger's events of one kind."""
        return [event for event in self.ledger if event["event"] == name]

    @property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        """What was decided, by line."""
        assert self.run is not None
        rows = [json.loads(line) for line in (self.run / "outcomes.jsonl").read_text().splitlines()]
        assert len({row["line"] for row in rows}) == len(rows), "a line was decided twice"
        return {row["line"]: row for row in rows}

    @property
    def about(self) -> dict[str, Any]:
        """run.json."""
        assert self.run is not None
        return json.loads((self.run / "run.json").read_text())

    @property
    def allure(self) -> dict[str, dict[str, Any]]:
        """Allure's results, by the runbook label."""
        assert self.run is not None
        found: dict[str, dict[str, Any]] = {}
        for path in (self.run / "allure-results").glob("*-result.json"):
            result = json.loads(path.read_text())
            labels = {label["name"]: label["value"] for label in result.get("labels", [])}
            found[labels.get("runbook", result["name"])] = {**result, "label": labels}
        return found

    @property
    def unfinished(self) -> bool:
        """Whether the ledger was begun and has no end."""
        names = [event["event"] for event in self.ledger]
        return names[:1] == ["start"] and "finish" not in names


@dataclass(slots=True)
class Project:
    """Files in a folder; the lines P2-RTE-01.. are those that `suite` is given tests for."""

    root: Path
    lines: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Lay out the project."""
        _ = self.write("pyproject.toml", SETTINGS)
        _ = self.write("conftest.py", CONFTEST)
        self.target()
        for number in range(1, 10):
            self.line(f"P2-RTE-{number:02}")

    def write(self, name: str, text: str) -> Path:
        """Put a file there."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _ = path.write_text(text)
        return path

    def line(self, line_id: str, *, phases: str = '["canary"]', acts: bool = False, planned: bool = False) -> None:
        """Add or replace a runbook line."""
        self.lines[line_id] = LINES.format(
            id=line_id, phases=phases, acts=str(acts).lower(), planned=str(planned).lower()
        )
        _ = self.write("runbook/lines.toml", "".join(self.lines.values()))

    def target(self, *, head: str = "", tail: str = "", name: str = "sandbox") -> None:
        """Write a target's profile."""
        _ = self.write(f"targets/{name}.toml", TARGET.format(head=head, tail=tail).replace('"sandbox"', f'"{name}"'))

    def suite(self, *bodies: str, name: str = "test_it.py") -> None:
        """Write a suite: body n is that of the test of P2-RTE-0n, its arguments are found in it."""
        tests = [self.test(f"P2-RTE-{number:02}", body) for number, body in enumerate(bodies, start=1)]
        _ = self.write(f"suites/{name}", HEAD + "pytestmark = pytest.mark.canary\n" + "".join(tests))

    @staticmethod
    def test(line_id: str, body: str) -> str:
        """Return one test as text."""
        asked = [
            "decide",
            *(word for word in ("linger", "line", "target", "run", "broken", "swallow", "environment") if word in body),
        ]
        name = line_id.lower().replace("-", "_")
        lines = "".join(f"    {row}\n" for row in body.splitlines())
        return f'\n\n@pytest.mark.runbook("{line_id}")\ndef test_{name}_x({", ".join(asked)}):\n{lines}'

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start a session in a process group of its own."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "ALLURE_"))}
        clean |= {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *words],
            cwd=self.root,
            env=clean,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=heed_sigint,
        )

    def run(self, *words: str, **env: str) -> Done:
        """Run a session to its end."""
        process = self.start(*words, **env)
        return self.ended(process)

    def ended(self, process: subprocess.Popen[str]) -> Done:
        """Wait for a session's end and read what it left."""
        text, _ = process.communicate(timeout=PATIENCE_S)
        latest = self.root / "reports" / "latest"
        return Done(process.returncode, text, latest.resolve() if latest.exists() else None)

    def stopped(self, sign: signal.Signals, *words: str) -> Done:
        """Send a signal to a session once one of its tests lingers."""
        process = self.start(*words)
        reached = self.root / "reached"
        deadline = time.monotonic() + PATIENCE_S
        while not reached.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert reached.exists(), process.communicate()
        if sign is signal.SIGINT:
            os.killpg(process.pid, sign)  # as a terminal does: workers get it too
        else:
            process.send_signal(sign)
        return self.ended(process)

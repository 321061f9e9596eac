"""`gate` as a pipeline meets it in tests: the real one, with a run that is there already and without a cluster.

What is played stands in the environment: PLAYED_RUN (the run that `gate run` makes), PLAYED_TARGETS (the folder of
profiles), PLAYED_LIVE (the digest that the canary runs now), PLAYED_EXIT (an exit of `gate run` that is not its own).
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from harness import target
from harness.cli.app import run as gate
from harness.observe import running
from harness.report.deciding import rules
from tests.gate.builder import UID

if TYPE_CHECKING:
    from harness.target import Environment, Target

STABLE = "sha256:" + "cd" * 32  # as tests.gate.builder has it
_load = target.load


def played(words: list[str], reports: Path) -> int:
    """Make the run, as pytest would have; it says itself how it ended."""
    assert words
    source = Path(os.environ["PLAYED_RUN"])
    reports.mkdir(parents=True, exist_ok=True)
    _ = shutil.copytree(source, reports / source.name)
    latest = reports / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(source.name)
    return 0


def live(name: str, environment: Environment) -> running.Running:
    """Say what the cluster runs now."""
    del name, environment
    return running.Running(UID, {"stable": (STABLE,), "canary": (os.environ["PLAYED_LIVE"],)})


def profile(name: str, folder: Path | None = None) -> Target:
    """Read a profile from the folder that is played."""
    del folder
    return _load(name, Path(os.environ["PLAYED_TARGETS"]))


def main(words: list[str]) -> int:
    """Run one command with all of that in place."""
    with ExitStack() as stack:
        _ = stack.enter_context(patch.object(importlib.import_module("harness.cli.run"), "pytest", played))
        _ = stack.enter_context(patch.object(running, "read", live))
        _ = stack.enter_context(patch.object(target, "load", profile))
        _ = stack.enter_context(patch.object(rules.profile_of, "__defaults__", (Path(os.environ["PLAYED_TARGETS"]),)))
        code = gate(words)
    return int(os.environ["PLAYED_EXIT"]) if words[0] == "run" and "PLAYED_EXIT" in os.environ else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

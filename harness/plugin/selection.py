"""Whether a call of pytest is a verification, and which phases it asks for."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from harness.runbook import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

SUITES = "suites"
LOOKS_ONLY = ("help", "version", "collectonly", "markers", "showfixtures", "show_fixtures_per_test", "setupplan")


def suites(config: pytest.Config) -> Path:
    """Return the folder of the verification suites."""
    return config.rootpath / SUITES


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of xdist; known from the environment before xdist has told the config."""
    return hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ


def is_verification(config: pytest.Config) -> bool:
    """Whether something in suites/ is selected to be run; can be asked before conftest files are loaded."""
    given: dict[str, Any] = vars(config.known_args_namespace)
    if any(given.get(name) for name in LOOKS_ONLY) or given.get("cacheshow"):
        return False
    home = suites(config).resolve()
    chosen = [path.resolve() for path in _paths(config, given)]
    return any(path.is_relative_to(home) or home.is_relative_to(path) for path in chosen)


def _paths(config: pytest.Config, given: dict[str, Any]) -> list[Path]:
    start = config.invocation_params.dir
    words = [str(word).split("::", 1)[0] for word in given.get("file_or_dir") or ()]
    if given.get("pyargs"):
        words = [word if (start / word).exists() else word.replace(".", "/") for word in words]
    if words:
        return [start / word for word in words]
    testpaths: list[str] = config.getini("testpaths")
    if testpaths and start == config.rootpath:
        return [path for pattern in testpaths for path in config.rootpath.glob(pattern)]
    return [start]


def phases_asked(markers: str, planned: Iterable[str]) -> tuple[str, ...]:
    """Return the phases that `-m` names, among those of the collected tests; all of them if it names none.

    A line of several phases is judged for the phase that was asked for, not for each of its markers.
    """
    there = set(planned)
    collected = [phase for phase in PHASES if phase in there]
    named = [phase for phase in collected if re.search(rf"(?<!not )\b{phase}\b", markers)]
    return tuple(named or collected)


def may_run(markers: str, phases: Iterable[str]) -> bool:
    """Tell whether a test of these phases can be among those that `-m` selects."""
    return not markers or any(re.search(rf"(?<!not )\b{phase}\b", markers) for phase in phases)

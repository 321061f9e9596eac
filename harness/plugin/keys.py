"""What the plugin's parts keep for each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness import runbook_tests
from harness.plugin import selection
from harness.report.reading import strict
from harness.target import Target
from harness.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.clock import Clock
    from harness.plugin.options import Options
    from harness.plugin.serving import Serving
    from harness.report.recorder import Recorder
    from harness.report.run import RunFolder
    from harness.runbook import EnvironmentName, Line
    from harness.runbook_tests import SuiteTest


@dataclass(slots=True)
class Controller:
    """What only the recording process has: without xdist the only one, with it the controller."""

    recorder: Recorder
    started: str
    argv: tuple[str, ...]
    serving: Serving | None = None
    accepted: bool = False  # collection came to its end, and everything in it may run
    deselected: list[str] = field(default_factory=list[str])
    phases: tuple[str, ...] = ()


@dataclass(slots=True)
class Context:
    """What every process of a run knows."""

    folder: RunFolder
    clock: Clock
    options: Options
    lines: Mapping[str, Line]
    found: runbook_tests.Found
    target: Target  # as its profile says; a started target's addresses are in folder.target
    markers: str = ""
    controller: Controller | None = None
    _resolved: Target | None = None

    def test(self, nodeid: str) -> SuiteTest | None:
        """Return the suite test of a nodeid, parameters or not."""
        return self.found.tests.get(runbook_tests.base(nodeid))

    @property
    def evidence(self) -> Path:
        """The evidence's database: this run's own, or the one attached to."""
        given = self.options.evidence
        if given is None:
            return self.folder.path / "evidence.db"
        return given / "evidence.db" if given.is_dir() else given

    def asked(self, test: SuiteTest) -> str:
        """Return the phase that a test is run for: the one `-m` names, else its first."""
        return next(iter(selection.phases_asked(self.markers, test.phases)), test.phases[0])

    def environment(self, test: SuiteTest) -> EnvironmentName:
        """Return where a test's line is watched in the phase that was asked for."""
        return self.lines[test.line].environment_in(self.asked(test))

    def resolved(self) -> Target:
        """Return the target with its addresses, once it runs; before that, what its profile says."""
        if self._resolved is None and self.folder.target.is_file():
            self._resolved = msgspec.convert(strict.read(self.folder.target), Target)
        return self._resolved or self.target


FOLDER = pytest.StashKey["RunFolder"]()
RECORDER = pytest.StashKey["Recorder"]()
CONTEXT = pytest.StashKey[Context]()
VERDICT = pytest.StashKey[Verdict]()  # of an item


def context(config: pytest.Config) -> Context:
    """Return the run's context; a usage error outside of a verification."""
    found = config.stash.get(CONTEXT, None)
    if found is None:
        raise pytest.UsageError("no verification is running here; select something in suites/, as `pytest -m canary`")
    return found

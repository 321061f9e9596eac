"""What runs beside the tests: the target, if the harness starts it, and the collector of evidence."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from harness import launch
from harness.child import Child
from harness.errors import HarnessError, UsageError
from harness.evidence.store import Reader
from harness.plugin import early, selection, tagging
from harness.plugin.early import Early, violated
from harness.plugin.progress import Ticker, terminal
from harness.report import files, run
from harness.report.reading import strict
from harness.runbook import PHASES, SELECTORS
from harness.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.plugin.keys import Context, Controller
    from harness.runbook import EnvironmentName
    from harness.target import Watched

COLLECTOR = (sys.executable, "-m", "harness.observe.collector")
COLLECTOR_LOG = "collector.log"


class Identity(msgspec.Struct, frozen=True):
    """What the collector read of the cluster (identity.json); what it could not read is None or not there."""

    cluster_uid: str | None = None
    image_digests: dict[str, list[str]] = {}


class Serving:
    """Starts target and collector once tests are known, stops them once, and keeps run.json true."""

    def __init__(
        self,
        context: Context,
        *,
        root: Path,
        git: Mapping[str, str | bool | None],
        policy_sha256: str | None,
        say: Callable[[str], None],
    ) -> None:
        """Start nothing yet."""
        self._context = context
        self._root = root
        self._git = git
        self._policy_sha256 = policy_sha256
        self._say = say
        self._target = context.target
        self._launched: Child | None = None
        self._collector: Child | None = None
        self._ticker: Ticker | None = None
        self._early: list[Early] = []
        self._stopped = False

    @property
    def _controller(self) -> Controller:
        controller = self._context.controller
        if controller is None:  # pragma: no cover  workers make no Serving
            raise UsageError("only the process that records may serve")
        return controller

    def start(self) -> None:
        """Start what the planned tests need; HarnessError with one line when the target does not come up."""
        planned = list(self._controller.recorder.tests.values())
        if not planned:
            return
        there = {phase for test in planned for phase in test.phases}
        self._controller.phases = selection.phases_asked(self._context.markers, there)
        if self._context.options.evidence is not None:
            self._attach()
        else:
            started = launch.start(
                self._context.target,
                faults=self._context.options.faults,
                folder=self._root,
                log=self._context.folder.artifacts / "launch.log",
                clock=self._context.clock,
                say=self._say,
                phases=self._controller.phases,
            )
            self._target, self._launched = started.target, started.child
        files.write_json(self._context.folder.target, self._target)
        self.write_run()
        if self._context.options.evidence is None:
            self._collect()

    def _collect(self) -> None:
        wanted = [phase for phase in self._controller.phases if phase not in SELECTORS]
        words = [word for phase in wanted for word in ("--phase", phase)]
        command = [*COLLECTOR, "--run", str(self._context.folder.path), *words]
        try:
            self._collector = Child(command, folder=self._root, log=self._context.folder.path / COLLECTOR_LOG)
        except OSError as trouble:
            raise HarnessError(f"the collector could not be started: {trouble.strerror}") from trouble
        self._ticker = Ticker(Reader(self._context.folder.path).progress, self._context.clock, terminal())
        self._early = [self._ends_early(phase, self._collector) for phase in early.asked(self._target, wanted)]

    def _ends_early(self, phase: Watched, collector: Child) -> Early:
        """Let a violated SLO end a phase's watch."""
        run, target, lines = self._context.folder.path, self._target, self._context.lines
        planned = {test.line for test in self._controller.recorder.tests.values()}

        def end(said: str) -> None:
            self._say(f"\n{phase}: {said}; the watch ends here")
            collector.tell(said)

        return Early(lambda: violated(run, phase, target, lines, planned), end, target.watched(phase).slice_s)

    def _attach(self) -> None:
        """Take target and evidence of another collector's run."""
        evidence = self._context.evidence
        if not evidence.is_file():
            raise UsageError(f"--evidence: wanted a run folder or its evidence.db, got none at {evidence}")
        known = evidence.parent / "target.json"
        try:
            self._target = msgspec.convert(strict.read(known), Target)
        except (OSError, strict.Malformed, msgspec.ValidationError) as trouble:
            raise UsageError(f"--evidence: wanted the target it is about at {known}, got: {trouble}") from trouble
        if self._target.name != self._context.target.name:
            raise UsageError(
                f"--evidence: it is about target {self._target.name}, this run about {self._context.target.name}; "
                f"give --target {self._target.name}"
            )

    def stop(self) -> None:
        """Stop both in an orderly way, once; what the collector read of the cluster goes into run.json."""
        if self._stopped:
            return
        self._stopped = True
        recorder = self._controller.recorder
        for one in self._early:
            one.stop()
            if one.trouble:
                self._say(one.trouble)
        if self._ticker is not None:
            self._ticker.stop()
        try:
            if self._collector is not None:
                before = self._collector.ended
                status = self._collector.stop()
                when = "before the tests' end" if before is not None else "when it was stopped"
                recorder.collector_exit(status, f"ended {when}; see {COLLECTOR_LOG}")
            if self._context.options.evidence is not None:
                self._keep_evidence()
        finally:
            if self._launched is not None:
                _ = self._launched.stop()
        self.write_run()
        tagging.write_environment(
            self._context,
            {
                "environment": self.environment(),
                "cluster_uid": self.identity().cluster_uid,
                "phases": ", ".join(self._controller.phases) or None,
            },
        )

    def _keep_evidence(self) -> None:
        """Copy the evidence attached to, as it is now, so that the run's folder holds all it was judged from."""
        source, home = self._context.evidence, self._context.folder.path
        if not source.is_file():
            return
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as theirs,
            closing(sqlite3.connect(home / "evidence.db")) as ours,
        ):
            theirs.backup(ours)
        identity = source.parent / "identity.json"
        if identity.is_file():
            files.write_whole(home / "identity.json", identity.read_bytes())

    def environment(self) -> EnvironmentName | None:
        """Return the one environment that this run is about, or None when it is about several or none."""
        named: set[EnvironmentName] = {PHASES[phase] for phase in self._controller.phases if phase in PHASES}
        return named.pop() if len(named) == 1 else None

    def identity(self) -> Identity:
        """Return what the collector read of the cluster."""
        try:
            return msgspec.convert(strict.read(self._context.folder.path / "identity.json"), Identity)
        except (OSError, strict.Malformed, msgspec.ValidationError):
            return Identity()

    def write_run(self) -> None:
        """Write run.json as far as things are known."""
        controller, identity = self._controller, self.identity()
        given = self._context.options.evidence
        run.write(
            self._context.folder,
            run.Facts(
                run=self._context.folder.id,
                started=controller.started,
                argv=controller.argv,
                target=self._target,
                phases=controller.phases,
                environment=self.environment(),
                cluster_uid=identity.cluster_uid,
                image_digests=identity.image_digests,
                git=self._git,
                policy_sha256=self._policy_sha256,
                evidence=str(given) if given else None,
            ),
        )

"""A run's folder: opened before anything can fail, never overwritten, always the one that `latest` names."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.report import files, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.runbook import EnvironmentName
    from harness.target import Target

TOOLS = ("pytest", "pytest-xdist", "allure-pytest", "kubernetes", "aiohttp", "httpx", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run writes; the id is the folder's name."""

    path: Path

    @property
    def id(self) -> str:
        """The run's UUIDv7."""
        return self.path.name

    @property
    def allure(self) -> Path:
        """Where allure-pytest writes."""
        return self.path / "allure-results"

    @property
    def artifacts(self) -> Path:
        """Pictures, traces, logs."""
        return self.path / "artifacts"

    @property
    def target(self) -> Path:
        """The resolved target, as JSON: for the collector and for the tests' processes."""
        return self.path / "target.json"


def create(reports: Path, clock: Clock) -> RunFolder:
    """Make a fresh folder in `reports` and let `latest` name it; UsageError where nothing can be written."""
    path = reports / stamp.run_id(clock.wall())
    try:
        path.mkdir(parents=True)
        (path / "allure-results").mkdir()
        (path / "artifacts").mkdir()
        _point_latest(reports, path.name)
    except OSError as trouble:
        raise UsageError(
            f"reports: wanted a folder to write into, got {trouble.strerror} at {trouble.filename}; "
            "give another with --reports DIR"
        ) from trouble
    return RunFolder(path)


def _point_latest(reports: Path, name: str) -> None:
    draft = reports / f".latest.{name}"
    draft.symlink_to(name)
    _ = draft.replace(reports / "latest")


@dataclass(frozen=True, slots=True)
class Facts:
    """What run.json says; what is not known is None, never guessed."""

    run: str
    started: str
    argv: Sequence[str]
    target: Target
    phases: Sequence[str] = ()
    environment: EnvironmentName | None = None
    cluster_uid: str | None = None
    image_digests: Mapping[str, Sequence[str]] | None = None
    git: Mapping[str, str | bool | None] | None = None
    policy_sha256: str | None = None
    evidence: str | None = None


def write(folder: RunFolder, facts: Facts) -> None:
    """Write run.json at once."""
    target = facts.target
    pinned = target.environments.get(facts.environment) if facts.environment else None
    files.write_json(
        folder.path / "run.json",
        {
            "run": facts.run,
            "started": facts.started,
            "phases": list(facts.phases),
            "argv": list(facts.argv),
            "target": target.name,
            "rehearsal": target.rehearsal,
            "environment": facts.environment,
            "cluster_uid": facts.cluster_uid,
            "expected_cluster_uid": (pinned.cluster_uid or None) if pinned else None,
            "image_digests": facts.image_digests or {},
            "git": facts.git or {"commit": None, "dirty": None},
            "policy_sha256": facts.policy_sha256,
            "versions": versions(),
            "evidence": facts.evidence,
        },
    )


def versions() -> dict[str, str | None]:
    """Return the versions of the tools that shape a result."""
    found: dict[str, str | None] = {}
    for tool in TOOLS:
        try:
            found[tool] = metadata.version(tool)
        except metadata.PackageNotFoundError:
            found[tool] = None
    return found


def git_state(root: Path) -> dict[str, str | bool | None]:
    """Return the checkout's commit and whether files differ from it; None where git cannot tell."""
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain")
    return {"commit": commit or None, "dirty": None if changes is None else bool(changes)}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  fixed words
            ["git", "-C", str(root), *words],  # noqa: S607  whichever git the person uses
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None

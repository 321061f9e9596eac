"""Start a target that the harness runs itself (see harness.target.Launch) and learn where it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness import target as targets
from harness.child import Child
from harness.errors import HarnessError, UsageError
from harness.report.reading import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.target import Launch, Target


LAST_WORDS = 200


class LaunchError(HarnessError):
    """The target did not come up; nothing can be said about it."""


class _Said(msgspec.Struct, frozen=True):
    """The first line a started target writes; further keys are its own business."""

    url: str
    staging_url: str
    kubeconfig: str
    cluster_uids: Mapping[str, str]
    token_file: str = ""
    act_kubeconfig: str = ""
    rollback_script: tuple[str, ...] = ()
    around: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A running target and where it is; `child` is None for one that runs anyway."""

    target: Target
    child: Child | None = None


def start(
    target: Target,
    *,
    faults: Sequence[str],
    folder: Path,
    log: Path,
    clock: Clock,
    say: Callable[[str], None],
    phases: Sequence[str] = (),
) -> Started:
    """Start the target if it wants to be started; LaunchError with one line when it does not come up in time."""
    launch = target.launch
    if launch is None:
        return Started(target)
    check_faults(target, faults)
    command = [sys.executable if word == "{python}" else word for word in launch.command]
    command += launch.by_phase.get(phases[0], ()) if len(phases) == 1 else ()
    command += [word for fault in faults for word in ("--fault", fault)]
    begun = clock.now()
    say(f"{target.name}: starting ...")
    try:
        child = Child(command, folder=folder, log=log)
    except OSError as trouble:
        raise LaunchError(f"target {target.name}: could not start {command[0]}: {trouble.strerror}") from trouble
    try:
        said = _wait(child, target.name, launch, log)
        resolved = _fill(target, said, log)
    except BaseException:
        _ = child.stop(polite_s=1.0)  # it never was of use
        raise
    say(f"{target.name}: up in {clock.now() - begun:.1f} s")
    return Started(resolved, child)


def check_faults(target: Target, faults: Sequence[str]) -> None:
    """Refuse faults for a target that the harness does not start."""
    if faults and target.launch is None:
        raise UsageError(f"--fault {faults[0]}: target {target.name} is not started by the harness; drop the option")


def _wait(child: Child, name: str, launch: Launch, log: Path) -> bytes:
    line = child.first_line(launch.within_s)
    if line is None:
        raise LaunchError(f"target {name}: wanted its address within {launch.within_s:g} s, got nothing; see {log}")
    if not line:
        status = child.stop()
        raise LaunchError(
            f"target {name}: ended with {status} before it gave its address, its last words: {_last(log)}; see {log}"
        )
    return line


def _last(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:LAST_WORDS] if lines else "none"


def _fill(target: Target, line: bytes, log: Path) -> Target:
    try:
        said = msgspec.convert(strict.loads(line), _Said)
        return targets.launched(target, msgspec.structs.asdict(said))
    except (strict.Malformed, msgspec.ValidationError, KeyError) as trouble:
        raise LaunchError(
            f"target {target.name}: wanted one JSON line with its addresses, got {line[:120]!r} ({trouble}); see {log}"
        ) from trouble

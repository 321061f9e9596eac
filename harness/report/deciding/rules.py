"""Policy, lines and profile of a phase, brought together for the gate."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness import policy, runbook, target
from harness.errors import UsageError
from harness.report.deciding.model import Rule, Rules, Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from harness.target import Target

SANDBOX = "sandbox"  # what pytest runs against when nobody says otherwise


def of_phase(phase: str, profile: Target | None, folder: Path = policy.FOLDER) -> Rules:
    """Read what a phase asks for; an unknown phase is a UsageError."""
    file = policy.load(folder)
    wants = file.of(phase)
    lines = {
        key: Rule(
            id=key,
            says=line.says,
            planned=line.planned,
            escalation=line.escalation,
            next=runbook.next_step(line, profile, phase=phase) if profile else "",
            alpha=file.alpha_of(phase, key),
        )
        for key, line in runbook.of_phase(phase, folder).items()
    }
    name = [] if profile is None or profile.name == SANDBOX else ["--target", profile.name]
    return Rules(
        phase=phase,
        environment=wants.environment,
        required=wants.required,
        lines=lines,
        max_age_s=wants.max_age_s,
        valid_for_s=wants.valid_for_s,
        sha256=file.sha256,
        again=shlex.join(["pytest", "-m", phase, *name]),
        alpha=file.alpha_family,
        after=wants.after,
        unwaivable=file.unwaivable,
    )


def profile_of(name: str | None, folder: Path = target.FOLDER) -> Target | None:
    """Return the checked-in profile of that name, if there is one that can be read."""
    if not name or target.locate(name, folder).parent != folder:
        return None
    try:
        return target.load(name, folder)
    except UsageError:
        return None


def wanted(environment: str | None, profile: Target | None) -> Wanted:
    """Say what the run must be about: `environment` as given with --for, the rest from the profile."""
    known = {str(name): env for name, env in profile.environments.items()} if profile else {}
    pinned = known[environment].cluster_uid if environment in known else ""
    return Wanted(environment, pinned or None, profile.rehearsal if profile else None)

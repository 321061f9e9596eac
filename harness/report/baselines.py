"""A baseline taken from a run: what production was like over one whole watch, by the pods' logs, of all arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness import runbook
from harness.errors import UsageError
from harness.evidence import names
from harness.evidence import phase as phases
from harness.evidence.baseline import FORMAT, Baseline, Part
from harness.evidence.planned import planned
from harness.report import soaking

if TYPE_CHECKING:
    from pathlib import Path

    from harness.judge.watched import Share
    from harness.target import Watched

FEWEST_SESSIONS: Final = 598  # so many without a failure bound a share below 0.5% (95%)


def take(run: Path, phase: Watched) -> Baseline:
    """Return the figures of a run's watch; UsageError, one line, where it did not end or saw too little."""
    target = soaking.target_of(run)
    if target is None:
        raise UsageError(f"baseline of {run}: wanted a readable target.json in it, got none; give a run's folder")
    if "production" not in target.environments:
        raise UsageError(f"baseline of {run}: its target has no environment production; give another run")
    plan = planned(run, f"{names.WATCH}/{phase}")
    watch = phases.of(run, phase, target, runbook.lines())
    if plan is None or not watch.course.ended:
        why = watch.course.trouble or "it has none"
        raise UsageError(
            f"baseline of {run}: wanted a watch of {phase} that came to its end, got: {why}; watch it whole"
        )
    abandoned = watch.abandoned
    if abandoned.sum.of < FEWEST_SESSIONS:
        got = f"got {abandoned.sum.of:,}"
        raise UsageError(f"baseline of {run}: wanted {FEWEST_SESSIONS} sessions or more, {got}; watch for longer")
    shares = {"abandoned": abandoned, "unclicked": watch.unclicked, "failed": watch.failed["logs"]}
    for name, share in shares.items():
        _whole(run, name, share)
    return Baseline(
        FORMAT, plan.at, target.name, "production", *(Part(one.sum.hits, one.sum.of) for one in shares.values())
    )


def _whole(run: Path, name: str, share: Share) -> None:
    """Refuse a source that was silent for longer than a watch may be, or that saw nothing."""
    silent = [hole for hole in share.holes if hole.length > share.course.largest_gap_s]
    if silent:
        said = f"{silent[0].length:.0f} s in one piece: {silent[0].why}"
        raise UsageError(f"baseline of {run}: nothing was learnt of {name} for {said}; watch it again")
    if not share.sum.of:
        raise UsageError(f"baseline of {run}: nothing at all was counted of {name}; see the profile's log fields")

"""`gate prune`: take away old runs that nothing rests on any more; says of each run what becomes of it, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import policy
from harness.cli.app import INCONCLUSIVE, app
from harness.clock import SystemClock
from harness.errors import HarnessError, UsageError
from harness.report.pruning import prune as pruning
from harness.report.pruning import prune_reading, prune_removing
from harness.report.serving import folders
from harness.report.showing import text

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.report.pruning.prune import Choice, Wish


@app.command()
def prune(
    *,
    older_than: Annotated[str | None, typer.Option(help="Only runs that began so long ago: 12h, 30d, 8w.")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="The newest runs of each phase that stay anyhow.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Really remove; without it nothing is changed.")] = False,
    reports: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("reports"),
) -> int:
    """Tidy old runs: exit 0, or 2 where something that should go could not be removed."""
    if older_than is None and keep is None:
        raise UsageError("gate prune: wanted --older-than or --keep, or both; without them every run would be old")
    wish = pruning.Wish(pruning.age(older_than) if older_than else None, keep)
    if not reports.is_dir():
        raise UsageError(f"--reports {reports}: wanted a folder of runs, found none")
    clock = SystemClock()
    try:
        if yes:
            with prune_removing.alone(reports):
                return _removed(reports, wish, clock)
        _ = _planned(reports, wish, clock)
        for folder in prune_removing.left(reports):
            typer.echo(f"{folder.name}: left by an interrupted pruning, would be removed")
        typer.echo("nothing was removed; --yes does it")
    except OSError as trouble:
        raise HarnessError(f"gate prune: {folders.why(trouble)}; run it again") from trouble
    return 0


def _removed(reports: Path, wish: Wish, clock: Clock) -> int:
    troubles = prune_removing.finish(reports, clock)
    going = [choice for choice in _planned(reports, wish, clock) if choice.goes]
    troubles += prune_removing.remove(reports, going, clock)
    for trouble in troubles:
        typer.echo(text.plain(trouble))
    typer.echo(f"each that went has a line in {reports / prune_removing.BOOK}")
    return INCONCLUSIVE if troubles else 0


def _planned(reports: Path, wish: Wish, clock: Clock) -> list[Choice]:
    """Read, decide, and say it: a line per run, the oldest first."""
    now = clock.wall()
    max_age_s = {name: phase.max_age_s for name, phase in policy.load().phases.items()}
    around = pruning.Around(prune_reading.latest(reports), prune_reading.promoted(reports, now))
    chosen = pruning.plan(prune_reading.read(reports, max_age_s, now), wish, now, around)
    for choice in chosen:
        run, what = choice.run, "goes " if choice.goes else "stays"
        typer.echo(text.plain(" ".join(f"{what} {run.name} {run.phase} {run.decision}: {choice.why}".split())))
    going = sum(choice.goes for choice in chosen)
    typer.echo(f"{going} of {len(chosen)} runs {'goes' if going == 1 else 'go'}, {len(chosen) - going} stay")
    return chosen

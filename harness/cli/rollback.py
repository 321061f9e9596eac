"""`gate rollback`: what on-call types. The drills' own steps, watched by what users get, and not put back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from harness import target as targets
from harness.act import audit, guard, now
from harness.act.drilling import Draft, Scene, filmed
from harness.act.ways import everything
from harness.cli.app import GO, INCONCLUSIVE, NO_GO, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import drills, stamp
from harness.target import GatewayRouting

if TYPE_CHECKING:
    from harness.act.kube import Resource
    from harness.clock import Clock
    from harness.judge.drill import Drill
    from harness.runbook import EnvironmentName
    from harness.target import Target

KINDS: Final = ("emergency", "canary", "staged")
WHERE: Final[dict[str, EnvironmentName]] = {"production": "production", "staging": "staging"}


@app.command()
def rollback(
    kind: Annotated[str, typer.Argument(help=f"Which: {', '.join(KINDS)}.")],
    *,
    target: Annotated[str, typer.Option(help="The target: a name in targets/, or a TOML file.")],
    environment: Annotated[str, typer.Option("--env", help="production or staging.")] = "production",
    act: Annotated[bool, typer.Option("--act", help="Allow changes; without it nothing is done.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, change nothing.")] = False,
    script: Annotated[bool, typer.Option("--script", help="emergency: run the target's own script.")] = False,
    reports: Annotated[Path, typer.Option(help="Where the audit and the record go.")] = Path("reports"),
) -> int:
    """Roll back at once, and watch until users have it. Exit 0 they do, 1 they don't, 2 it failed, 4 refused."""
    if kind not in KINDS:
        raise UsageError(f"gate rollback: wanted one of {', '.join(KINDS)}, got {kind!r}")
    if environment not in WHERE:
        raise UsageError(f"--env: wanted production or staging, got {environment!r}")
    if script and kind != "emergency":
        raise UsageError(f"--script: wanted with emergency only, got {kind}")
    clock = SystemClock()
    run = stamp.run_id(clock.wall())
    scene = _scene(targets.load(target), WHERE[environment], reports, clock, run=run, act=act, dry_run=dry_run)
    if dry_run:
        for line in now.preview(scene, kind, by_script=script):
            typer.echo(line)
        typer.echo("dry run: nothing was changed")
        return GO
    return roll_back(scene, kind, reports / "rollbacks" / run, by_script=script)


def _scene(
    target: Target, where: EnvironmentName, reports: Path, clock: Clock, *, run: str, act: bool, dry_run: bool
) -> Scene:
    """Return the permitted scene; refusals are raised before anything is written."""
    trail = audit.Audit(reports / audit.FILE, clock, who=audit.who(), run=run)
    environment = target.environments.get(where)
    routing = environment.routing if environment else None
    route: Resource = "httproutes" if isinstance(routing, GatewayRouting) else "ingresses"
    needs: tuple[tuple[str, Resource], ...] = (("patch", "deployments"), *([("patch", route)] if routing else []))
    permit = guard.permit(target, where, trail, act=act, dry_run=dry_run, needs=needs)
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    return Scene(permit, clock, lambda line: console.print(line, soft_wrap=True))


def roll_back(scene: Scene, kind: str, folder: Path, *, by_script: bool = False) -> int:
    """Do it, keep the record, and say how it came out and what leads back."""
    found = {ref: scene.permit.kube.get(ref) for ref in everything(scene)}
    reached: list[bool] = []

    def act(draft: Draft) -> None:
        if kind == "emergency":
            reached.append(now.emergency_now(scene, draft, by_script=by_script))
        elif kind == "canary":
            reached.append(now.canary_now(scene, draft))
        else:
            reached.append(now.staged_now(scene, draft))

    acting = scene.target.acting
    rate = acting.asks_per_s if kind == "emergency" else max(acting.asks_per_s, acting.rollout_asks_per_s)
    record = filmed(scene, kind, act, per_s=rate, mix=now.MIXES[kind])
    typer.echo(f"Record: {drills.write(folder, record)}")
    for line in now.way_back(scene, kind, found):
        typer.echo(f"Way back: {line}")
    return _end(record, done=bool(reached) and reached[0])


def _end(record: Drill, *, done: bool) -> int:
    """Say how it came out."""
    failed = sum(bool(one.error) for one in record.seen)
    if record.foreign or record.trouble:
        typer.echo(f"{record.name}: {record.foreign or record.trouble}", err=True)
        return INCONCLUSIVE
    typer.echo(f"{record.name}: {failed:,} of {len(record.seen):,} users' requests failed meanwhile")
    if done:
        typer.echo(f"{record.name}: done, and seen by users {_took(record)}")
        return GO
    typer.echo(f"{record.name}: set, but users were not seen to have it; see the record", err=True)
    return NO_GO


def _took(record: Drill) -> str:
    return "" if record.command is None else f"{record.until_s - record.command.typed_s:.1f} s after the command"

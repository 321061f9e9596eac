"""`gate soak`: a watch without pytest, for as long as the runbook says; and how one stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console

from harness.cli import soak_table, soaking
from harness.cli.app import INCONCLUSIVE, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import soaking as standing
from harness.target import WATCHED_S

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.target import Watched

soak = typer.Typer(rich_markup_mode=None)
app.add_typer(soak, name="soak", help="Watch a phase for hours or days without pytest; show how such a watch stands.")


@soak.command()
def run(
    phase: Annotated[str, typer.Argument(help=f"The phase: {', '.join(WATCHED_S)}.")],
    target: Annotated[str, typer.Option(help="The target: a name in targets/, or a TOML file.")],
    *,
    folder: Annotated[Path | None, typer.Option("--run", help="The folder; an existing one is gone on with.")] = None,
    shard: Annotated[int, typer.Option(help="This shard's number, from 0.")] = 0,
    shards: Annotated[int, typer.Option(help="How many shards share the traffic.")] = 1,
    name: Annotated[str, typer.Option(help="The run's name, the same for all its shards.")] = "",
    reports: Annotated[Path, typer.Option(help="Where a new folder is made.")] = Path("reports"),
) -> int:
    """Watch a phase to its end (exit 0). Ctrl-C ends it in order (exit 2); the last line goes on with it."""
    clock = SystemClock()
    watched = standing.named(phase)
    if not 0 <= shard < shards:
        raise UsageError(f"--shard {shard}: wanted 0 to {shards - 1}; give --shards how many there are")
    if shards > 1 and not name:
        raise UsageError(f"--shards {shards}: wanted a --name that all of them share, got none")
    where = folder if folder is not None else _new(reports, watched, clock, shard if shards > 1 else None)
    order = soaking.Order(watched, target, soaking.load(target), where, name, (shard, shards))
    if soaking.prepare(order):
        typer.echo(f"{where}: this watch came to its end before; give a new folder for another one")
        return _end(order, "")
    typer.echo(f"{where}: watching {watched} of {order.target.name}")
    return _end(order, soaking.watch(order, clock, _console()))


def _end(order: soaking.Order, why: str) -> int:
    """Say how it stands and what comes next, as the last line."""
    now = soaking.finished(order.folder, order.phase)
    if now is not None:
        _console().print(soak_table.table(now))
    if why:
        typer.echo(f"gate: {order.phase}: {' '.join(why.split())}", err=True)
        typer.echo(f"Next: {order.again}")
        return INCONCLUSIVE
    if order.shard[1] > 1:
        typer.echo(f"Next, when all {order.shard[1]} shards are here: gate evidence merge OUT SHARD...")
    else:
        typer.echo(f"Next: pytest -m {order.phase} --target {order.given} --evidence={order.folder}")
    return 0


@soak.command()
def status(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    *,
    phase: Annotated[str | None, typer.Option(help="Which watch, where the run has several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")] = False,
) -> int:
    """Show how a watch stands: exit 0 while it goes on or when it ended as planned, 2 if it is dead or damaged."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: wanted a run's folder, found none")
    now = standing.read(folder, standing.phase_of(folder, phase))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(now), indent=2).decode())
    else:
        _console().print(soak_table.table(now))
    return 0 if now.good else INCONCLUSIVE


def _new(reports: Path, phase: Watched, clock: Clock, shard: int | None) -> Path:
    stamp = clock.wall().strftime("%Y%m%dT%H%M%SZ")
    return reports / (f"soak-{phase}-{stamp}" + ("" if shard is None else f"-{shard}"))


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)

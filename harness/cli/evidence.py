"""`gate evidence`: the windows of a run, put together from shards, and shown."""

from __future__ import annotations

import datetime
from pathlib import Path  # noqa: TC003  typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.app import INCONCLUSIVE, app
from harness.errors import UsageError
from harness.evidence import merge as merging
from harness.evidence.reading import WindowReader
from harness.report import baselines, files, soaking

if TYPE_CHECKING:
    from harness.evidence.window import Quantile, Series, Window
    from harness.target import Watched

evidence = typer.Typer(rich_markup_mode=None)
app.add_typer(evidence, name="evidence", help="Put the shards of a run together; show what a run's windows hold.")
MOST_GAPS = 20  # of them in a terminal; the export has all


@evidence.command()
def merge(
    out: Annotated[Path, typer.Argument(help="The new folder for the sum.")],
    shards: Annotated[list[Path], typer.Argument(help="The folders of the run's shards, each once.")],
) -> int:
    """Add shards exactly: the sum is what one process would have written. Refuses overlapping and foreign ones."""
    about = merging.merge(out, shards)
    reader = WindowReader(out)
    held = len(reader.spans())
    typer.echo(f"{out}: run {about.run} against {about.target}, {held} of {about.of} shards")
    _gaps(reader)
    typer.echo(f"sha256 of the canonical export: {merging.digest(out)}")
    return 0


@evidence.command()
def show(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    *,
    export: Annotated[bool, typer.Option("--export", help="Print the canonical export instead, for programs.")] = False,
) -> int:
    """Show a run's figures over all its windows, and its gaps; of a damaged file (exit 2) what is intact."""
    if export:
        for line in merging.canonical(run):
            typer.echo(line, nl=False)
        return 0
    reader = WindowReader(run)
    about = reader.about()
    sums, damage = reader.intact()
    typer.echo(f"run {about.run} against {about.target}, windows of {about.terms.window_ms / 1000:g} s")
    Console(highlight=False, markup=False, emoji=False).print(_table(sums))
    _gaps(reader)
    if damage:
        typer.echo(f"gate: {damage}", err=True)
        return INCONCLUSIVE
    typer.echo(f"sha256 of the canonical export: {merging.digest(run)}")
    return 0


@evidence.command()
def baseline(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    out: Annotated[Path, typer.Option(help="The file to write; the profile's environment then names it.")],
    *,
    phase: Annotated[str | None, typer.Option(help="canary or postdeploy, where the run has both.")] = None,
) -> int:
    """Keep the figures of a watch of production (all arms), for comparison after a rollout."""
    taken = baselines.take(run, _of_production(run, phase))
    files.write_json(out, taken)
    parts = {"sessions abandoned": taken.abandoned, "nothing clicked": taken.unclicked, "requests failed": taken.failed}
    typer.echo(f"{out}: {', '.join(f'{part.bad:,} of {part.of:,} {name}' for name, part in parts.items())}")
    return 0


def _of_production(run: Path, given: str | None) -> Watched:
    found = soaking.phase_of(run, given)
    if found not in {"canary", "postdeploy"}:
        raise UsageError(f"baseline: wanted a watch of production, canary or postdeploy, got {found}; give another run")
    return found


def _table(sums: dict[Series, Window]) -> Table:
    table = Table("stream", "endpoint", "arm", "n", "errors", "P50", "P95", "P99 in ms", "over", "late")
    for series in sorted(sums, key=lambda one: one.key):
        window = sums[series]
        errors = ", ".join(f"{kind} {count}" for kind, count in sorted(window.errors.items())) or "0"
        limits = zip(window.terms.limits_us, window.over, strict=True)
        over = ", ".join(f"{limit / 1e6:g} s: {count}" for limit, count in limits)
        quantiles = [_interval(window.quantile(share)) for share in (0.5, 0.95, 0.99)]
        table.add_row(*series.key, str(window.n), errors, *quantiles, over, str(window.late))
    return table


def _interval(quantile: Quantile | None) -> str:
    return "no data" if quantile is None else f"{quantile.low * 1000:.1f} to {quantile.high * 1000:.1f}"


def _gaps(reader: WindowReader) -> None:
    found = reader.gaps()
    for gap in found[:MOST_GAPS]:
        began = datetime.datetime.fromtimestamp(gap.from_us / 1e6, datetime.UTC).isoformat(timespec="milliseconds")
        typer.echo(f"GAP {began}, {gap.seconds:.3f} s, {gap.stream or 'all streams'}: {gap.why}")
    if len(found) > MOST_GAPS:
        typer.echo(f"... and {len(found) - MOST_GAPS} more gaps")

"""`gate verify ENVELOPE`: at promotion, every reason against acting on a decision."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  typer reads the annotations when it runs
from typing import Annotated

import typer

from harness.cli.app import app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import envelope, text
from harness.report import verify as verifying


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="ENVELOPE", help="verdict.intoto.json of a run.")],
    *,
    key: Annotated[list[Path], typer.Option(help="Public key that may have signed it; several are allowed.")],
    expect: Annotated[
        list[str] | None, typer.Option(help=f"NAME=VALUE, several are allowed: {', '.join(verifying.EXPECTABLE)}.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="The run's folder; by default where the envelope lies.")] = None,
    min_coverage: Annotated[
        float, typer.Option("--min-coverage", "--allow-coverage", help="Least share of lines with a test.")
    ] = 1.0,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Accept a sandbox's decision, for the cluster_uid expected.")
    ] = False,
) -> int:
    """Say whether a signed decision holds here and now: exit 0, or 1 with every reason."""
    wants = verifying.expected(expect or [], min_coverage=min_coverage, rehearsal=rehearsal)
    keys = [envelope.load_public(path) for path in key]
    try:
        raw = file.read_bytes()
    except OSError as trouble:
        raise UsageError(
            f"{file}: wanted a signed decision, got {trouble.strerror}; `gate decide --key` makes one"
        ) from trouble
    beside = file.parent if (file.parent / "run.json").is_file() else None
    reasons = verifying.verify(raw, keys, wants, run or beside, SystemClock().wall())
    for reason in reasons:
        typer.echo(f"refused: {text.plain(' '.join(reason.split()))}")
    if reasons:
        typer.echo(f"{file}: do not act on it ({len(reasons)} {'reason' if len(reasons) == 1 else 'reasons'})")
        return 1
    typer.echo(f"{file}: holds")
    return 0

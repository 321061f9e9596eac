"""`gate doctor`: what a run against this target still needs, said before the run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import target as profiles
from harness.cli.app import app
from harness.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.doctor import Finding

STYLES = {"ok": "green", "warning": "yellow", "missing": "bold red"}


@app.command()
def doctor(
    target: Annotated[str, typer.Option(help="A profile of targets/, or its file.")] = "sandbox",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> int:
    """Check a profile, this machine, the addresses and the clusters. Reads only, never longer than 15 s.

    Exit 0: all there (warnings are weaknesses). 1: something is missing. 4: the profile can't be read.
    """
    from harness.doctor import examine  # noqa: PLC0415  the Kubernetes client; other commands need not wait for it

    found = examine(profiles.load(target), _named(target), SystemClock())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        show(found, Console(highlight=False, markup=False, emoji=False))
    return 1 if any(finding.state == "missing" for finding in found) else 0


def _named(target: str) -> str:
    """Return the profile's file as people name it: inside the project, not on this machine."""
    path = profiles.locate(target)
    return f"targets/{path.name}" if path.parent == profiles.FOLDER else str(path)


def show(found: Sequence[Finding], console: Console) -> None:
    """Print a line each where a program reads it; for people a table, and below it what can be copied, unbroken."""
    if not console.is_terminal:
        for finding in found:
            typer.echo(str(finding))
    else:
        table = Table("state", "what", expand=False)
        table.add_column("found", overflow="fold")
        for one in found:
            table.add_row(Text(one.state, STYLES[one.state]), Text(one.what), Text(one.got))
        console.print(table)
        for one in found:
            if one.state != "ok":
                said = f": wanted {one.wanted} ({one.where})\n  {one.do}"
                console.print(Text.assemble((one.what, STYLES[one.state]), said), soft_wrap=True)
    lacking = sum(finding.state == "missing" for finding in found)
    weak = sum(finding.state == "warning" for finding in found)
    typer.echo(f"{lacking} missing, {weak} warnings, {len(found)} looked at")

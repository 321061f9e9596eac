"""`gate doctor`: what a run against this target still needs, said before the run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003  typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import lint
from harness import target as profiles
from harness.cli.app import app
from harness.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.doctor import Finding

STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "missing": "bold red", "wrong": "bold red"}


@app.command()
def doctor(
    target: Annotated[str, typer.Option(help="A profile of targets/, or its file.")] = "sandbox",
    *,
    runbook: Annotated[
        list[Path] | None,
        typer.Option(help="A file or folder of commands (sh, md, txt, yaml) to look for mistakes in."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> int:
    """Check a profile, this machine, the addresses, the clusters and files of commands. Reads only, in 15 s.

    Exit 0: all there (warnings are weaknesses). 1: something is missing, or a mistake stands somewhere.
    4: the profile or a runbook can't be read.
    """
    from harness.doctor import examine, mistakes  # noqa: PLC0415  the Kubernetes client; others need not wait for it

    profile = profiles.load(target)
    report = lint.check(runbook, profile, target) if runbook else None
    found = examine(profile, _named(target), SystemClock(), profile=target)
    found += mistakes.in_files(report) if report else []
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        show(found, Console(highlight=False, markup=False, emoji=False))
    return 1 if any(finding.state in {"missing", "wrong"} for finding in found) else 0


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
    wrong = sum(finding.state == "wrong" for finding in found)
    typer.echo(f"{lacking} missing, {f'{wrong} wrong, ' if wrong else ''}{weak} warnings, {len(found)} looked at")

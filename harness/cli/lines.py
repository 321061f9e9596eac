"""`gate lines`: every runbook line, with its tests and the faults that turn it."""

from __future__ import annotations

import collections
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness import runbook, runbook_tests
from harness.cli.app import app
from harness.report import files
from harness.report.reading import strict

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = (sys.executable, "-m", "sandbox", "faults", "--json")  # a program of its own: run, never imported
PATIENCE_S = 30.0


class _Fault(msgspec.Struct, frozen=True):
    name: str
    primary: str | None = None


@app.command()
def lines(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False) -> int:
    """List the lines, the tests that decide them and the sandbox's faults that must turn them."""
    known = runbook.lines()
    tests: dict[str, list[str]] = collections.defaultdict(list)
    for test in runbook_tests.read(ROOT / "suites", ROOT, known).tests.values():
        tests[test.line].append(test.nodeid)
    turned: dict[str, list[str]] = collections.defaultdict(list)
    for fault in faults():
        turned[fault.primary or ""].append(fault.name)
    if as_json:
        rows = [
            {
                "id": line.id,
                "phases": list(line.phases),
                "says": line.says,
                "tests": tests[line.id],
                "faults": turned[line.id],
            }
            for line in known.values()
        ]
        typer.echo(files.encode(rows).decode())
        return 0
    table = Table("line", "phases", "what is decided", "tests", "faults")
    for line in known.values():
        count = "planned" if line.planned else str(len(tests[line.id]))
        table.add_row(line.id, ", ".join(line.phases), line.says, count, ", ".join(turned[line.id]))
    Console(highlight=False, markup=False, emoji=False).print(table)
    return 0


def faults() -> list[_Fault]:
    """Ask the sandbox for its catalogue; none where it is not installed."""
    try:
        said = subprocess.run(CATALOGUE, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=True)  # noqa: S603
        return msgspec.convert(strict.loads(said.stdout), list[_Fault])
    except (OSError, subprocess.SubprocessError, strict.Malformed, msgspec.ValidationError) as trouble:
        typer.echo(f"gate: the sandbox's faults are not listed: {type(trouble).__name__}", err=True)
        return []

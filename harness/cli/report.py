"""`gate report RUN`: Allure's pages of a run, for people. Whether they can be built changes no decision."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.cli.decide import located
from harness.errors import HarnessError
from harness.report.showing import allure_pages, allure_tool, text


@app.command()
def report(
    run: Annotated[Path | None, typer.Argument(help="The run's folder, or its id; by default the newest.")] = None,
    reports: Annotated[Path, typer.Option(help="Where the runs are, and what Allure remembers of them.")] = Path(
        "reports"
    ),
    out: Annotated[Path | None, typer.Option(help="A new folder for the pages, outside of the run's.")] = None,
) -> int:
    """Build Allure's pages from a run, with its history: exit 0 when they are there, 2 with one line when not."""
    folder = located(run, reports)
    if folder is None:
        raise HarnessError(f"{reports}/latest does not exist: nothing has run yet")
    pages = out or reports / f"{folder.resolve().name}-allure"
    allure_pages.check(folder, pages)
    try:
        index = allure_pages.build(folder, pages, reports, allure_tool.find(os.environ))
    except (HarnessError, OSError) as trouble:
        own = f"the decision's own page needs no Allure: {folder}/verdict.html"
        raise HarnessError(f"report: {text.plain(str(trouble))}; {own}") from trouble
    typer.echo(str(index))
    return 0

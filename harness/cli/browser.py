"""`gate browser`: the Chromium that looks at the page, found or installed."""

from __future__ import annotations

import typer

from harness.cli.app import app
from harness.observe.page import chromium


@app.command()
def browser() -> int:
    """Find Chromium on this machine, or install one; print where it is."""
    typer.echo(chromium.install(lambda line: typer.echo(line, err=True)))
    return 0

"""`gate run PHASE`: pytest, then the decision about exactly the run that it made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness import policy
from harness.cli import console, following
from harness.cli import decide as deciding
from harness.cli.app import INCONCLUSIVE, app

LISTED = ("bugbash", "a11y")  # phases of items that a person would go through one by one


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    phase: Annotated[str, typer.Argument(help="The phase; what follows it goes to pytest.")],
    *,
    environment: Annotated[str | None, typer.Option("--for", help="As for `gate decide`.")] = None,
    key: Annotated[Path | None, typer.Option(help="As for `gate decide`.")] = None,
    nonce: Annotated[str | None, typer.Option(help="As for `gate decide`.")] = None,
    waivers: Annotated[Path | None, typer.Option(help="As for `gate decide`.")] = None,
    ring: Annotated[Path | None, typer.Option("--keyring", help="As for `gate decide`.")] = None,
    reports: Annotated[Path, typer.Option(help="Where the run's folder is made.")] = Path("reports"),
    checklist: Annotated[
        bool | None, typer.Option(help="Show the lines as they run instead of pytest's output; bugbash, a11y: yes.")
    ] = None,
) -> int:
    """Run a phase and decide it; where pytest does not even begin a run, no older one is decided instead."""
    _ = policy.load().of(phase)
    before = newest(reports)
    words = [phase, *context.args]
    if phase in LISTED if checklist is None else checklist:
        status = following.follow(phase, command(words, reports), lambda: _other(newest(reports), before))
    else:
        status = pytest(words, reports)
    made = newest(reports)
    if made is None or made == before:
        console.not_begun(phase, status)
        return INCONCLUSIVE
    return deciding.decide(
        phase,
        run=made,
        environment=environment,
        key=key,
        nonce=nonce,
        waivers=waivers,
        ring=ring,
        reports=reports,
    )


def newest(reports: Path) -> Path | None:
    """Return the folder that `latest` names."""
    latest = reports / "latest"
    return reports / latest.readlink() if latest.is_symlink() and latest.is_dir() else None


def command(words: list[str], reports: Path) -> list[str]:
    """Return how pytest is called: as `pytest -m PHASE` with what else was given."""
    return [sys.executable, "-m", "pytest", "-m", *words, f"--reports={reports}"]


def pytest(words: list[str], reports: Path) -> int:
    """Run pytest to its end; Ctrl-C is pytest's to handle."""
    with subprocess.Popen(command(words, reports)) as process:  # noqa: S603
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _other(made: Path | None, before: Path | None) -> Path | None:
    """Return the newest run, if it is another than before."""
    return None if made == before else made

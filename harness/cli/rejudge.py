"""`gate rejudge RUN`: the same evidence judged again, and the same decision made again from it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.app import app
from harness.cli.decide import located
from harness.errors import HarnessError
from harness.report.deciding import rejudged, rules
from harness.report.reading import gather
from harness.report.showing import text

if TYPE_CHECKING:
    from harness.report.deciding.model import Evidence

PATIENCE_S = 600.0
Said = tuple[str, str | None]  # outcome, reason


@app.command()
def rejudge(
    run: Annotated[Path, typer.Argument(help="The run's folder, or its id.")],
    reports: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("reports"),
) -> int:
    """Judge a run's stored evidence again: exit 0 if outcomes and decision come out as recorded, 1 if one differs."""
    folder = located(run, reports)
    assert folder is not None
    stored = gather.folder(folder)
    if stored.run is None or not stored.outcomes:
        raise HarnessError(f"{folder}: no run.json or no outcome to compare with; nothing was rejudged")
    with tempfile.TemporaryDirectory(prefix="rejudge-") as scratch:
        again = _judged_again(stored, folder, Path(scratch))
    return max(compare(stored, again), compare_decision(folder, stored, again))


def _judged_again(stored: Evidence, folder: Path, scratch: Path) -> Evidence:
    assert stored.run is not None
    target = stored.run.target if rules.profile_of(stored.run.target) else str(folder / "target.json")
    command = [sys.executable, "-m", "pytest", "-m", " or ".join(stored.run.phases), "-q", "-p", "no:cacheprovider"]
    command += [f"--evidence={folder.resolve()}", f"--target={target}", f"--reports={scratch}"]
    # a folder given as a word of its own would be taken for the project's root
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603
    newest = scratch / "latest"
    if done.returncode not in {0, 1} or not newest.is_dir():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise HarnessError(f"rejudge: pytest ended with {done.returncode}: {' '.join(last)}")
    return gather.folder(newest)


def outcomes(evidence: Evidence) -> dict[str, Said]:
    """Return what each test decided."""
    return {item.nodeid: (item.outcome, item.reason) for item in evidence.outcomes}


def compare(stored: Evidence, again: Evidence) -> int:
    """Print every test that decides differently; return 0 if none does, else 1."""
    before, after = outcomes(stored), outcomes(again)
    differ = [nodeid for nodeid in sorted(before.keys() | after.keys()) if before.get(nodeid) != after.get(nodeid)]
    for nodeid in differ:
        typer.echo(
            text.plain(f"{nodeid}: recorded {_word(before.get(nodeid))}, judged again {_word(after.get(nodeid))}")
        )
    if differ:
        typer.echo(f"{len(differ)} of {len(before)} outcomes differ")
        return 1
    typer.echo(f"all {len(before)} outcomes come out as recorded")
    return 0


def compare_decision(folder: Path, stored: Evidence, again: Evidence) -> int:
    """Decide again from the new outcomes and print what differs from verdict.json; return 0 if nothing does, else 1."""
    said = rejudged.read(folder)
    if said is None:
        typer.echo(f"no verdict.json in {folder}, so there is no decision to compare; `gate decide` makes one")
        return 0
    differ = rejudged.differences(said, rejudged.decide(stored, again, said))
    for one in differ:
        typer.echo(text.plain(" ".join(one.split())))
    if differ:
        typer.echo(f"the decision of phase {text.plain(said.phase)} is not the recorded one")
        return 1
    typer.echo(f"the decision comes out as recorded: {said.decision} for {text.plain(said.phase)}")
    return 0


def _word(said: Said | None) -> str:
    return "nothing" if said is None else rejudged.word(*said)

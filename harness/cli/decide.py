"""`gate decide PHASE`: read a run, decide, write the decision's files, say it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import policy
from harness.cli import console
from harness.cli.app import DECISIONS, INCONCLUSIVE, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import decision as deciding
from harness.report import document, envelope, files, gather, junit, markdown, page, rules

if TYPE_CHECKING:
    from harness.report.envelope import PrivateKey
    from harness.report.model import Decision

ENVIRONMENTS = ("staging", "production")


@app.command()
def decide(
    phase: Annotated[str, typer.Argument(help="The phase, as in `pytest -m PHASE`.")],
    *,
    run: Annotated[Path | None, typer.Option(help="The run's folder; by default the newest.")] = None,
    environment: Annotated[
        str | None, typer.Option("--for", help="Where the decision is to count: staging or production.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key to sign the decision with.")] = None,
    nonce: Annotated[str | None, typer.Option(help="What the promoter issued, to be signed along.")] = None,
    reports: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("reports"),
) -> int:
    """Decide a phase from a run: exit 0 GO, 1 NO_GO, 2 INCONCLUSIVE, 4 wrong use."""
    _ = policy.load().of(phase)
    if environment is not None and environment not in ENVIRONMENTS:
        raise UsageError(f"--for: wanted one of {', '.join(ENVIRONMENTS)}, got {environment!r}")
    signer = envelope.load_private(key) if key else None
    folder = located(run, reports)
    if folder is None:
        console.nothing_to_decide(phase, reports)
        return INCONCLUSIVE
    withdraw(folder)
    made = of_folder(folder, phase, environment)
    if signer is None and made.rehearsal:
        key, signer = rehearsals_own(folder.resolve().parent / "keys")
    public = str(key.with_suffix(".pub")) if key else None
    write(made, folder, signer, public, nonce)
    console.decision(made, public=public)
    return DECISIONS[made.decision]


def rehearsals_own(keys: Path) -> tuple[Path | None, PrivateKey | None]:
    """Return the key that rehearsals beside it sign with, made at first use; none where it can't be made.

    Only for rehearsals: what promotes a real target is signed by a key that somebody chose and keeps.
    """
    private = keys / "gate.key"
    try:
        if not private.exists():
            _ = envelope.keygen(keys)
            typer.echo(
                f"{private}: made to sign rehearsals with, its public half is gate.pub; for anything else: --key"
            )
        return private, envelope.load_private(private)
    except (OSError, UsageError) as trouble:
        typer.echo(f"not signed, so no later phase can rely on it: {trouble}")
        return None, None


def located(run: Path | None, reports: Path) -> Path | None:
    """Return the run's folder: as given, by its id in `reports`, or the newest; None if there is none yet."""
    if run is None:
        newest = reports / "latest"
        return newest if newest.is_dir() else None
    for candidate in (run, reports / run):
        if candidate.is_dir():
            return candidate
    raise UsageError(f"--run {run}: wanted a run's folder, found none; see {reports}/ for the runs there are")


def of_folder(folder: Path, phase: str, environment: str | None = None) -> Decision:
    """Decide a phase from a folder, now."""
    evidence = gather.folder(folder)
    profile = rules.profile_of(evidence.run.target if evidence.run else None)
    return deciding.decide(
        evidence, rules.of_phase(phase, profile), rules.wanted(environment, profile), SystemClock().wall()
    )


def withdraw(folder: Path) -> None:
    """Take away an earlier decision first: whatever happens now, it must not be mistaken for this one."""
    for name in ("verdict.json", *sorted(gather.OURS)):
        (folder / name).unlink(missing_ok=True)


def write(made: Decision, folder: Path, signer: PrivateKey | None, public: str | None, nonce: str | None) -> None:
    """Write every file of the decision, each whole, verdict.json last."""
    files.write_whole(folder / "verdict.html", page.render(made, public).encode())
    files.write_whole(folder / "verdict.md", markdown.render(made, public).encode())
    files.write_whole(folder / "junit.xml", junit.render(made))
    if signer:
        files.write_json(folder / "verdict.intoto.json", envelope.decision(made, signer, nonce))
    files.write_json(folder / "verdict.json", document.of(made))

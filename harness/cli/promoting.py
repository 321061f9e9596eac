"""`gate waive`, `gate break-glass`, `gate cosign`, `gate nonce`: what people and promoters sign and keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import policy
from harness.cli.app import app
from harness.cli.decide import of_folder
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import files
from harness.report.reading import gather
from harness.report.signing import attest, break_glass, envelope, nonces, verify
from harness.report.signing import waive as waiving

if TYPE_CHECKING:
    import datetime


@app.command()
def waive(
    line: Annotated[str, typer.Argument(help="The runbook line that is to pass.")],
    *,
    build: Annotated[str, typer.Option(help="The image digest it is for: sha256:...")],
    environment: Annotated[str, typer.Option(help="staging or production.")],
    outcome: Annotated[str, typer.Option(help="UNKNOWN, or VIOLATED, which covers UNKNOWN too.")],
    by: Annotated[str, typer.Option(help="Who takes responsibility.")],
    reason: Annotated[str, typer.Option(help="Why, in one sentence.")],
    key: Annotated[Path, typer.Option(help="Private key of the one who waives.")],
    valid_for: Annotated[str, typer.Option(help="30m, 24h, 7d: at most 14d.")] = "24h",
    out: Annotated[Path | None, typer.Option(help="Where to write it; never over another.")] = None,
) -> int:
    """Let a line pass that is not met: signed, for one build and environment, expiring, always shown."""
    said = waiving.make(
        line=line,
        build=build,
        environment=environment,
        outcome=outcome,
        by=by,
        reason=reason,
        valid_for=attest.duration(valid_for),
        unwaivable=policy.load().unwaivable,
        now=SystemClock().wall(),
    )
    path = out or Path("reports") / "waivers" / f"{line}-{build.removeprefix('sha256:')[:12]}.waiver.intoto.json"
    if path.exists():
        raise UsageError(f"{path} is there already; move it away or give --out")
    signed = waiving.sign(said, envelope.load_private(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, signed)
    typer.echo(
        f"{path}: {said.by} lets {line} pass for {said.build} on {said.environment}, until {_time(said.expires_at)}"
    )
    typer.echo("It counts where `gate decide --keyring` says that this key may waive; decide again.")
    return 0


@app.command("break-glass")
def broken(
    phase: Annotated[str, typer.Argument(help="The phase that is promoted without GO.")],
    *,
    run: Annotated[Path, typer.Option(help="The run's folder.")],
    by: Annotated[str, typer.Option(help="Who takes responsibility.")],
    reason: Annotated[str, typer.Option(help="Why it can't wait, in one sentence.")],
    key: Annotated[Path, typer.Option(help="Private key of the one who promotes.")],
    valid_for: Annotated[str, typer.Option(help="30m, 4h: at most 12h.")] = "4h",
) -> int:
    """Record a promotion without GO, signed: it is kept and shown with the run, and is never called GO."""
    evidence = gather.folder(run)
    if evidence.run is None:
        raise UsageError(f"--run {run}: wanted the folder of a run with a run.json that can be read")
    builds = verify.under_test(evidence.run.image_digests)
    if len(builds) != 1:
        raise UsageError(f"--run {run}: wanted a run of one build, it was of {', '.join(sorted(builds)) or 'none'}")
    said = break_glass.make(
        phase=phase,
        run=evidence.run.run,
        decision=of_folder(run, phase).decision,
        build=builds.pop(),
        environment=evidence.run.environment or "unknown",
        by=by,
        reason=reason,
        valid_for=attest.duration(valid_for),
        now=SystemClock().wall(),
    )
    path = break_glass.record(run.resolve().parent, said, break_glass.sign(said, envelope.load_private(key)))
    typer.echo(f"PROMOTED WITHOUT GO: {phase} of {said.build} by {said.by}, until {_time(said.expires_at)}")
    typer.echo(f"recorded in {path} and {path.parent.parent / break_glass.BOOK}; the decision stays {said.decision}")
    return 0


@app.command()
def cosign(
    file: Annotated[Path, typer.Argument(metavar="ENVELOPE", help="verdict.intoto.json of a run.")],
    *,
    key: Annotated[Path, typer.Option(help="Private key of the second person.")],
) -> int:
    """Put a second signature on a decision, where the keyring's threshold asks for more than one."""
    try:
        raw = file.read_bytes()
    except OSError as trouble:
        raise UsageError(f"{file}: wanted a signed decision, got {trouble.strerror}") from trouble
    files.write_json(file, envelope.cosign(raw, envelope.load_private(key)))
    typer.echo(f"{file}: signed by one more key")
    return 0


@app.command()
def nonce(
    phase: Annotated[str, typer.Argument(help="The phase that is going to be promoted.")],
    *,
    environment: Annotated[str, typer.Option(help="staging or production.")],
    book: Annotated[Path, typer.Option(help="The promoter's book; it only grows.")] = Path("nonces.jsonl"),
) -> int:
    """Issue a nonce for one promotion, print it, and remember it; earlier ones for this phase count no more."""
    _ = policy.load().of(phase)
    if environment not in ("staging", "production"):
        raise UsageError(f"--environment {environment!r}: wanted staging or production")
    typer.echo(nonces.issue(book, phase, environment, SystemClock().wall()))
    return 0


def _time(when: datetime.datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"

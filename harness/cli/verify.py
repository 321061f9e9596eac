"""`gate verify ENVELOPE`: at promotion, every reason against acting on a decision."""

from __future__ import annotations

import hashlib
from pathlib import Path  # noqa: TC003  typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from harness import target as targets
from harness.cli.app import app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.observe import running
from harness.report import files, stamp
from harness.report.showing import text
from harness.report.signing import break_glass, envelope, keyring, nonces, other_statements, promotion
from harness.report.signing import verify as verifying

if TYPE_CHECKING:
    import datetime

    from harness.observe.running import Running
    from harness.report.signing.keyring import Keyring


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="ENVELOPE", help="verdict.intoto.json of a run.")],
    *,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key that may have signed it; several are allowed.")
    ] = None,
    ring: Annotated[Path | None, typer.Option("--keyring", help="Which key may sign what; instead of --key.")] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help=f"NAME=VALUE, several are allowed: {', '.join(verifying.EXPECTABLE)}.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="The run's folder; by default where the envelope lies.")] = None,
    previous: Annotated[
        list[Path] | None, typer.Option(help="Envelope of an earlier phase, where it does not lie beside the run.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Profile of the live target: what runs there now has to be what was decided.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option("--nonces", help="The promoter's book of nonces: the signed one has to be its last.")
    ] = None,
    use: Annotated[bool, typer.Option("--use", help="Mark the nonce as used if everything holds.")] = False,
    vsa: Annotated[Path | None, typer.Option(help="Where to write a signed SLSA summary if everything holds.")] = None,
    sign_with: Annotated[Path | None, typer.Option(help="Private key for --vsa.")] = None,
    min_coverage: Annotated[
        float, typer.Option("--min-coverage", "--allow-coverage", help="Least share of lines with a test.")
    ] = 1.0,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Accept a sandbox's decision, for the cluster_uid expected.")
    ] = False,
) -> int:
    """Say whether a signed decision holds here and now: exit 0, or 1 with every reason."""
    wants = verifying.expected(expect or [], min_coverage=min_coverage, rehearsal=rehearsal)
    keys = _ring(key or [], ring)
    if use and book is None:
        raise UsageError("--use: wanted together with --nonces BOOK, which says what was issued")
    if (vsa is None) != (sign_with is None):
        raise UsageError("--vsa and --sign-with: wanted both or neither; the summary is signed by who verified")
    signer = envelope.load_private(sign_with) if sign_with else None
    raw, now = _read(file), SystemClock().wall()
    beside = run or (file.parent if (file.parent / "run.json").is_file() else None)
    asked = promotion.Asked(beside, tuple(previous or ()), book, _live(raw, target) if target else None)
    reasons = [*_broken_glass(raw, keys, now), *promotion.against(file, keys, wants, now, asked)]
    claim = verifying.claim(raw)
    if not reasons and use and book is not None and claim is not None:
        digest = hashlib.sha256(raw).hexdigest()
        reasons = nonces.use(book, claim.nonce or "", (claim.phase, claim.environment or ""), digest, now)
    for reason in reasons:
        typer.echo(f"refused: {text.plain(' '.join(reason.split()))}")
    if reasons:
        typer.echo(f"{file}: do not act on it ({len(reasons)} {'reason' if len(reasons) == 1 else 'reasons'})")
        return 1
    if vsa is not None and signer is not None:
        files.write_json(vsa, envelope.sign(other_statements.vsa(raw, now), signer))
    typer.echo(f"{file}: holds{', its nonce is used now' if use else ''}")
    return 0


def _ring(keys: list[Path], ring: Path | None) -> Keyring:
    if (ring is None) == (not keys):
        raise UsageError("wanted --keyring FILE, or --key PUB (several are allowed): whose signature is to count")
    return keyring.load(ring) if ring else keyring.of_keys([envelope.load_public(path) for path in keys])


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > envelope.MOST_BYTES:
            raise UsageError(f"{file}: wanted a signed decision of at most {envelope.MOST_BYTES} bytes, got more")
        return file.read_bytes()
    except OSError as trouble:
        raise UsageError(
            f"{file}: wanted a signed decision, got {trouble.strerror}; `gate decide --key` makes one"
        ) from trouble


def _live(raw: bytes, name: str) -> Running:
    """Read the cluster that the decision says it is about, by the profile's own access to it."""
    profile = targets.load(name)
    claim = verifying.claim(raw)
    known = {str(key): environment for key, environment in profile.environments.items()}
    where = claim.environment if claim is not None and claim.environment else ""
    if where not in known:
        return running.Running(trouble=f"profile {profile.name} has no environment {where or 'of that decision'}")
    return running.read(where, known[where])


def _broken_glass(raw: bytes, ring: Keyring, now: datetime.datetime) -> list[str]:
    """Say what a promotion without GO is: genuine or not, it is no decision."""
    said, against = break_glass.verify(raw, ring, now)
    if said is None:
        return []
    held = "its signature holds" if not against else "; ".join(against)
    until = stamp.rfc3339(said.expires_at)
    return [f"this is a promotion without GO by {said.by} until {until}: {said.reason}; {held}; it is never a GO"]

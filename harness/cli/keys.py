"""`gate keygen` and `gate attest`: keys, and what people sign with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import files
from harness.report.signing import attest as attesting
from harness.report.signing import envelope


@app.command()
def keygen(
    out: Annotated[Path, typer.Option(help="The folder for gate.key and gate.pub.")] = Path(),
) -> int:
    """Make an ed25519 key pair; an existing key is never overwritten."""
    private, public, keyid = envelope.keygen(out)
    typer.echo(f"private key  {private}  (mode 0600: keep it secret, give it to `gate decide --key`)")
    typer.echo(f"public key   {public}  (check it in, give it to `gate verify --key`)")
    typer.echo(f"key id       {keyid}")
    return 0


@app.command()
def attest(
    line: Annotated[str, typer.Argument(help="The runbook line that is signed off.")],
    *,
    build: Annotated[str, typer.Option(help="The image digest it is about: sha256:...")],
    environment: Annotated[str, typer.Option(help="staging or production.")],
    by: Annotated[str, typer.Option(help="Who says it.")],
    statement: Annotated[str, typer.Option(help="What is said, in one sentence.")],
    key: Annotated[Path, typer.Option(help="Private key of the one who says it.")],
    valid_for: Annotated[str, typer.Option(help="30m, 24h, 7d: at most 30d.")] = "24h",
    out: Annotated[Path | None, typer.Option(help="Where to write it; never over another.")] = None,
) -> int:
    """Sign what no machine can measure: bound to a line, a build and an environment, and expiring."""
    said = attesting.make(
        line=line,
        build=build,
        environment=environment,
        by=by,
        statement=statement,
        valid_for=attesting.duration(valid_for),
        now=SystemClock().wall(),
    )
    path = out or Path(f"{line}.attestation.intoto.json")
    if path.exists():
        raise UsageError(f"{path} is there already; move it away or give --out")
    signed = attesting.sign(said, envelope.load_private(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, signed)
    typer.echo(
        f"{path}: {said.by} signed {line} for {said.build} on {environment}, until {said.expires_at:%Y-%m-%d %H:%M} UTC"
    )
    return 0

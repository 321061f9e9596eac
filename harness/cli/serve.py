"""`gate serve`: the newest decisions over HTTP, read-only, for gates that ask an address and for people."""

from __future__ import annotations

import ipaddress
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from harness import structs
from harness.cli.app import app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report.serving.serving import Decisions
from harness.report.serving.serving_http import Server
from harness.report.serving.serving_pages import ASKABLE, Site
from harness.report.signing import envelope, keyring, verify

if TYPE_CHECKING:
    from harness.report.signing.keyring import Keyring

ENVIRONMENTS = ("staging", "production")


@app.command()
def serve(
    *,
    bind: Annotated[str, typer.Option(help="HOST:PORT to listen on; port 0: any that is free.")] = "127.0.0.1:0",
    reports: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("reports"),
    ring: Annotated[Path | None, typer.Option("--keyring", help="keyring.toml: whose signatures count.")] = None,
    key: Annotated[list[Path] | None, typer.Option(help="Public key that may have signed; several.")] = None,
    environment: Annotated[
        str | None, typer.Option("--for", help="staging or production; by default each phase's own.")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help=f"NAME=VALUE for every decision, several: {', '.join(ASKABLE)}.")
    ] = None,
    min_coverage: Annotated[float, typer.Option(help="Least share of lines with a test.")] = 1.0,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Accept a sandbox's decisions, of the cluster_uid expected.")
    ] = False,
) -> int:
    """Serve decisions and their pages until Ctrl-C or SIGTERM (exit 0); it reads and changes nothing."""
    host, port = address(bind)
    wants = verify.expected(expect or [], min_coverage=min_coverage, rehearsal=rehearsal)
    if wrong := sorted(wants.values.keys() - set(ASKABLE)):
        raise UsageError(f"--expect {wrong[0]}: wanted one of {', '.join(ASKABLE)}; each question names its phase")
    if environment is not None:
        if environment not in ENVIRONMENTS:
            raise UsageError(f"--for: wanted one of {', '.join(ENVIRONMENTS)}, got {environment!r}")
        wants = replace(wants, values={**wants.values, "environment": (environment,)})
    clock = SystemClock()
    structs.describe()
    site = Site(Decisions(reports, trusted(ring, key or []), wants, clock))
    with Server(host, port, site, clock, lambda line: typer.echo(line, err=True)) as server:
        if not _loopback(host):
            typer.echo(f"{host}: reachable from other machines, without TLS or login; put both in front of it")
        typer.echo(f"serving {reports} on {server.url} (Ctrl-C ends it)")
        _until_told(server)
    return 0


def address(bind: str) -> tuple[str, int]:
    """Read HOST:PORT ([HOST]:PORT for IPv6), or raise UsageError."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", bind)
    if found is None or int(found[2]) > 65_535:
        raise UsageError(f"--bind {bind!r}: wanted HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return found[1].strip("[]"), int(found[2])


def trusted(ring: Path | None, keys: list[Path]) -> Keyring:
    """Return whose signatures count, read once; UsageError unless exactly one way of saying it was used."""
    if (ring is None) == (not keys):
        raise UsageError("--keyring FILE or --key PUB: wanted one of them; without keys no signature can be checked")
    if ring is not None:
        return keyring.load(ring)
    return keyring.of_keys([envelope.load_public(path) for path in keys])


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _until_told(server: Server) -> None:
    before = signal.signal(signal.SIGTERM, _end)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("ended")
    finally:
        _ = signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt("SIGTERM")

"""`python -m sandbox up | faults | fault on|off NAME | users RATE`: the sandbox by hand."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sandbox import control, process
from sandbox import state as states
from sandbox.faults.catalogue import FAULTS
from sandbox.profile import profile
from sandbox.sandbox import Sandbox, checked

if TYPE_CHECKING:
    from collections.abc import Callable

cli = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
switch = typer.Typer(help="Switch a fault of a running sandbox.", no_args_is_help=True)
cli.add_typer(switch, name="fault")
State = Annotated[Path | None, typer.Option(help="State folder of the sandbox; by default the newest running one.")]


@cli.command()
def up(
    *,
    fault: Annotated[list[str] | None, typer.Option(help="A fault that is on from the start; repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="First print one line of JSON, then nothing.")] = False,
    until_eof: Annotated[bool, typer.Option(help="Also end when standard input closes.")] = False,
    state: Annotated[
        Path | None, typer.Option(help="An empty folder for everything it writes, kept at the end.")
    ] = None,
    users: Annotated[float, typer.Option(help="Background users' requests per second; 0 for none.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Seed of the background users.")] = 1,
) -> None:
    """Start the sandbox and keep it up until Ctrl-C or SIGTERM."""
    if until_eof and not stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        _fail(ValueError("--until-eof: wanted a pipe as standard input, got none; leave the option out"))
    process.let_others_go_first()
    try:
        folder = states.new_state(state)
        names = checked(fault or [])
    except ValueError as trouble:
        _fail(trouble)
    try:
        asyncio.run(_up(folder, names, as_json=as_json, until_eof=until_eof, users=users, seed=seed))
    except RuntimeError as trouble:  # something did not come up; the message says what and where to look
        _fail(trouble, code=1)
    finally:
        if state is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _up(folder: Path, names: frozenset[str], *, as_json: bool, until_eof: bool, users: float, seed: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), _drain, ended)
    sandbox = Sandbox(folder, faults=names, users_per_s=users, seed=seed)
    began = loop.time()
    try:
        starting = asyncio.create_task(sandbox.start())
        waiting = asyncio.create_task(ended.wait())
        _ = await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():  # told to end while starting
            _ = starting.cancel()
            return
        await starting
        runner = await control.serve(sandbox)
        said = sandbox.describe()
        said["target"] = str(profile(said, folder))
        _announce(said, names, as_json=as_json, took_s=loop.time() - began)
        _ = await waiting
        await runner.cleanup()
    finally:
        await sandbox.stop()


def _drain(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        _ = asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        ended.set()


def _announce(said: dict[str, object], names: frozenset[str], *, as_json: bool, took_s: float) -> None:
    if as_json:
        typer.echo(json.dumps(said, sort_keys=True))
        return
    typer.echo(f"sandbox up in {took_s:.1f} s; Ctrl-C ends it")
    typer.echo(f"  production  {said['url']}")
    typer.echo(f"  staging     {said['staging_url']}")
    typer.echo(f"  kubectl     export KUBECONFIG={said['kubeconfig']}")
    typer.echo(f"  suite       pytest -m canary --target={said['target']}")
    typer.echo(f"  faults on   {', '.join(sorted(names)) or 'none'}; python -m sandbox fault on NAME")


@cli.command()
def faults(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the catalogue of faults."""
    if as_json:
        typer.echo(json.dumps([fault.as_json() for fault in FAULTS.values()], indent=1))
        return
    width = max(len(name) for name in FAULTS)
    for fault in FAULTS.values():
        line, outcome = (fault.primary, fault.expected[0]) if fault.primary else ("none", "MET")
        typer.echo(f"{fault.name:{width}}  {line:10}  {outcome:8}  {fault.does}")


@cli.command()
def users(
    per_s: Annotated[float, typer.Argument(help="Requests per second; 0 for none.")], *, state: State = None
) -> None:
    """Let production's users come at another rate; returns when that took effect."""
    try:
        now = asyncio.run(control.users(states.running(state), per_s))
    except (ValueError, OSError) as trouble:
        _fail(trouble)
    typer.echo(f"users: {now:g} requests per second")


@switch.command()
def on(names: list[str], *, state: State = None) -> None:
    """Switch faults on, beside those that are on; returns when they took effect."""
    _switch(state, lambda active: active | set(names))


@switch.command()
def off(names: Annotated[list[str] | None, typer.Argument()] = None, *, state: State = None) -> None:
    """Switch faults off (all of them without names); returns when that took effect."""
    _switch(state, lambda active: active - set(names) if names else set())


@switch.command()
def only(names: Annotated[list[str] | None, typer.Argument()] = None, *, state: State = None) -> None:
    """Make exactly these faults active; returns when that took effect."""
    _switch(state, lambda _: set(names or []))


def _switch(state: Path | None, change: Callable[[set[str]], set[str]]) -> None:
    try:
        asyncio.run(_switched(states.running(state), change))
    except (ValueError, OSError) as trouble:
        _fail(trouble)


async def _switched(state: Path, change: Callable[[set[str]], set[str]]) -> None:
    active = set(await control.faults(state))
    now = await control.faults(state, frozenset(change(active)))
    typer.echo(f"faults on: {', '.join(now) or 'none'}")


def _fail(trouble: Exception, code: int = 4) -> NoReturn:
    typer.echo(f"sandbox: {trouble}", err=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    cli()

"""`gate flags`: what every place says of the feature flags, and setting them as the suites do."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import target as targets
from harness.cli.app import GO, INCONCLUSIVE, NO_GO, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.judge.flags import agree, plain
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.act.flags import Standing
    from harness.act.guard import Permit
    from harness.clock import Clock
    from harness.judge.flags import FlagsSeen
    from harness.runbook import EnvironmentName
    from harness.target import Target

EXITS: Final = {Outcome.MET: GO, Outcome.VIOLATED: NO_GO, Outcome.UNKNOWN: INCONCLUSIVE}


@app.command()
def flags(
    words: Annotated[list[str] | None, typer.Argument(metavar="[show | set NAME=VALUE ...]")] = None,
    *,
    target: Annotated[str, typer.Option(help="The target: a name in targets/, or a TOML file.")],
    environment: Annotated[str, typer.Option("--env", help="production or staging.")] = "staging",
    act: Annotated[bool, typer.Option("--act", help="Allow the change; without it nothing is changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, change nothing.")] = False,
    reports: Annotated[Path, typer.Option(help="Where the audit goes.")] = Path("reports"),
) -> int:
    """Show the flags in all places (exit 0: they agree, 1: they differ, 2: a place tells nothing), or set some.

    Set: exit 0 when users have it, 1 when they did not get it in time, 2 on an error of the API, 4 when refused.
    """
    profile, where = targets.load(target), _environment(environment)
    if profile.launch is not None:
        raise UsageError(
            f"--target {target}: wanted a target that runs, got one that a run starts for itself; "
            "start it by hand and give the profile that it prints"
        )
    if where not in profile.environments:
        raise UsageError(f"--env {where}: wanted one of {', '.join(sorted(profile.environments)) or 'none'}")
    verb, rest = (words or ["show"])[0], (words or [])[1:]
    if verb == "show" and not rest:
        return show(profile, where, SystemClock())
    if verb == "set" and rest:
        return put(profile, where, values(profile, rest), reports, act=act, dry_run=dry_run)
    raise UsageError(f"gate flags {' '.join(words or [])}: wanted show, or set NAME=VALUE ...")


def _environment(name: str) -> EnvironmentName:
    if name not in {"production", "staging"}:
        raise UsageError(f"--env: wanted production or staging, got {name!r}")
    return cast("EnvironmentName", name)


def values(target: Target, given: Sequence[str]) -> dict[str, str]:
    """Return what is to be set, by env name; UsageError for what is no flag of the profile."""
    known = [flag.env for flag in target.flags]
    found: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not value:
            raise UsageError(f"gate flags set {name}: wanted NAME=VALUE, got no value")
        if name not in known:
            raise UsageError(f"gate flags set {name}: wanted a flag of the profile, {', '.join(known) or 'none there'}")
        if name in found:
            raise UsageError(f"gate flags set {name}: given twice; say which value is meant")
        found[name] = value
    return found


def show(target: Target, where: EnvironmentName, clock: Clock) -> int:
    """Print what every place says; the exit code is that of the line that all places agree."""
    from harness.observe.flags import read_now  # noqa: PLC0415  the clients; other commands need not wait for them

    seen = read_now(where, target.environments[where], target, clock)
    verdict = agree(seen, [flag.env for flag in target.flags])
    _table(seen, target)
    typer.echo(str(verdict))
    return EXITS[verdict.outcome]


def _table(seen: FlagsSeen, target: Target) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        for one in seen.values:
            typer.echo(f"{one.flag}\t{one.kind}\t{one.place}\t{one.value or f'? {one.why}'}")
        return
    table = Table("flag", "whose word", "place", "value", expand=False)
    for flag in target.flags:
        for one in seen.of(flag.env):
            counted = f" ({one.shown} of {one.of})" if one.of else ""
            said = Text(one.value + counted) if one.value else Text(f"? {one.why}", "yellow")
            table.add_row(Text(flag.env), Text(one.kind), Text(one.place), said)
    console.print(table)


def put(
    target: Target, where: EnvironmentName, given: Mapping[str, str], reports: Path, *, act: bool, dry_run: bool
) -> int:
    """Set flags and stay until users have them; they are kept."""
    from harness.act import audit, guard  # noqa: PLC0415  as above

    clock = SystemClock()
    trail = audit.Audit(reports / audit.FILE, clock, who=audit.who())
    permit = guard.permit(target, where, trail, act=act, dry_run=dry_run, needs=(("patch", "deployments"),))
    return _rehearsed(permit, given) if dry_run else _set(permit, given, clock)


def _rehearsed(permit: Permit, given: Mapping[str, str]) -> int:
    """Print the exact field changes, as the server would make them."""
    from harness.act import flags as acting  # noqa: PLC0415  as above
    from harness.act.hold import Hold  # noqa: PLC0415  as above
    from harness.act.objects import diff  # noqa: PLC0415  as above

    for ref in acting.awake(permit):
        with Hold(permit, ref) as hold:
            acting.put([hold], given, permit.target)
            lines = diff(hold.found, hold.now, permit.shown)
        typer.echo(f"{ref}: {'' if lines else 'nothing to change'}")
        for line in lines:
            typer.echo(f"  {line}")
    typer.echo("dry run: nothing was changed")
    return GO


def _set(permit: Permit, given: Mapping[str, str], clock: Clock) -> int:
    from harness.act import flags as acting  # noqa: PLC0415  as above
    from harness.act.hold import Hold  # noqa: PLC0415  as above
    from harness.observe.stream import UserStream  # noqa: PLC0415  as above

    target = permit.target
    refs = acting.awake(permit)
    per_s = target.acting.asks_per_s
    with UserStream(target, permit.environment, clock, per_s=per_s) as stream, ExitStack() as stack:
        holds = [stack.enter_context(Hold(permit, ref)) for ref in refs]
        since_s = stream.now_s()
        acting.put(holds, given, target)
        for hold in holds:
            hold.keep()
        typer.echo(f"{', '.join(map(str, refs))}: set {' '.join(f'{name}={value}' for name, value in given.items())}")
        following = acting.Following(permit.kube, refs, stream, target.acting, clock, Lines(clock).say)
        standing = following.follow(acting.goal_of(target, given), since_s)
    _tell_configmaps(permit, given)
    return _ended(standing, permit, refs)


def _ended(standing: Standing, permit: Permit, refs: Sequence[Any]) -> int:
    """Say how it came out, and what to do if it did not."""
    requests = f"{standing.failed:,} of {standing.asked:,} users' requests failed meanwhile"
    if standing.done:
        typer.echo(f"users have it, {standing.at_s:.0f} s after it was set; {requests}")
        return GO
    why = standing.lacking or "every pod is new, and users are still told otherwise: nothing reads the flag"
    typer.echo(f"users did not get it in {standing.at_s:.0f} s: {why}; {requests}")
    typer.echo(f"Next, to take it back: {permit.kube.kubectl('rollout', 'undo', str(refs[0]))}")
    return NO_GO


def _tell_configmaps(permit: Permit, given: Mapping[str, str]) -> None:
    """Say which ConfigMaps say otherwise now: the Deployment's own entry overrules them, and FF-01 will name them."""
    from harness.observe import configured  # noqa: PLC0415  as above

    for one in configured.read(permit.environment, permit.target):
        if one.place.startswith("configmap/") and one.flag in given and one.value not in {"", plain(given[one.flag])}:
            typer.echo(f"{one.place} still says {one.value} for {one.flag}: overruled, until it is changed there too")


class Lines:
    """Prints a line a second."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing printed."""
        self._clock = clock
        self._printed = float("-inf")

    def say(self, now: Standing) -> None:
        """Say how far it is, at most once a second."""
        if self._clock.now() - self._printed < 0.95:
            return
        self._printed = self._clock.now()
        users = "no version answer" if now.share is None else f"{now.share:.0%} of the last answers show it"
        typer.echo(f"  {now.at_s:5.1f} s  {now.lacking or 'rolled out'}; users: {users}, {now.failed:,} failed")

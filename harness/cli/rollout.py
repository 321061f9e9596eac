"""`gate rollout`: the full rollout as on-call types it; the suite's own machine, with its progress on the terminal."""

from __future__ import annotations

import contextlib
import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from harness import target as targets
from harness.act import audit, guard
from harness.act.rollout import playing, preview
from harness.act.rollout import state as states
from harness.act.rollout.around import Surroundings
from harness.act.rollout.parts import Hooks
from harness.act.rollout.site import Site
from harness.cli.app import GO, INCONCLUSIVE, NO_GO, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import drills, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from harness.act.rollout.parts import Progress
    from harness.clock import Clock
    from harness.judge.rolled import Rollout
    from harness.runbook import EnvironmentName

EXIT: Final = {"finished": GO, "taken back": NO_GO, "stopped": INCONCLUSIVE, "": INCONCLUSIVE}


@app.command()
def rollout(
    *,
    target: Annotated[str, typer.Option(help="The target: a name in targets/, or a TOML file.")],
    act: Annotated[bool, typer.Option("--act", help="Allow changes; without it nothing is done.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, change nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Take up a rollout that was interrupted.")] = False,
    back: Annotated[bool, typer.Option("--back", help="With --resume: not onward, but back to stable.")] = False,
    whose: Annotated[str, typer.Option(help="With --resume: whose rollout is taken up, user@host.")] = "",
    environment: Annotated[str, typer.Option("--env", help="production or staging.")] = "production",
    reports: Annotated[Path, typer.Option(help="Where the audit and the record go.")] = Path("reports"),
) -> int:
    """Roll the candidate out: 50, 100, stable itself. Exit 0 finished, 1 taken back, 2 stopped or failed, 4 refused."""
    known: dict[str, EnvironmentName] = {"production": "production", "staging": "staging"}
    if environment not in known:
        raise UsageError(f"--env: wanted production or staging, got {environment!r}")
    if back and not resume:
        raise UsageError("--back: wanted with --resume, which says that a rollout under way is meant")
    clock = SystemClock()
    run = stamp.run_id(clock.wall())
    trail = audit.Audit(reports / audit.FILE, clock, who=audit.who(), run=run)
    profile = targets.load(target)
    permit = guard.permit(
        profile, known[environment], trail, act=act, dry_run=dry_run, needs=playing.needs(profile, known[environment])
    )
    if dry_run:
        for line in preview.lines(permit, playing.settings_of(profile), Site(permit).container()):
            typer.echo(line)
        typer.echo("dry run: nothing was changed")
        return GO
    again = shlex.join(["gate", "rollout", "--target", target, "--env", environment, "--act", "--resume"])
    with _told_to_stop() as stop:
        said = _Lines(clock)
        hooks = Hooks(say=said.progress, at=said.point, stop=stop)
        order = playing.Order(run=run, resume=resume, back=back, whose=whose, hooks=hooks)
        folder = reports / "rollouts" / run
        record = playing.perform(permit, order, Surroundings(profile, permit.where, folder / "artifacts"), clock)
    typer.echo(f"Record: {drills.write(folder, record)}")
    return _end(record, permit, again)


def _end(record: Rollout, permit: guard.Permit, again: str) -> int:
    """Say how it came out, and the commands there are to choose from."""
    failed = sum(bool(row.error) for row in record.asked(0.0, record.until_s))
    if record.crossing is not None:
        typer.echo(f"taken back at step {record.crossing.step}: {record.crossing.said}")
    for said in (record.foreign, record.trouble):
        if said:
            typer.echo(said, err=True)
    typer.echo(f"{record.ended or 'failed'}: {failed:,} users' requests failed on the way")
    if record.ended == "stopped":
        typer.echo(f"The rollout's note stays on {Site(permit).stable} ({states.KEY}). Choose:")
        typer.echo(f"Next, onward: {again}")
        typer.echo(f"Next, back:   {again} --back")
    return EXIT[record.ended]


class _Lines:
    """Prints a line a second, and one for each point reached."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._printed = float("-inf")

    def progress(self, now: Progress) -> None:
        """Say how the step goes, at most once a second."""
        if self._clock.now() - self._printed < 0.95:
            return
        self._printed = self._clock.now()
        share = "none" if now.share is None else f"{now.share:.1%}"
        rest = "" if now.to_go_s is None else f", {now.to_go_s:.0f} s to go"
        typer.echo(f"  {now.what}: candidate {share} of the answers, {now.failures:,} failed{rest}")

    def point(self, name: str) -> None:
        """Say which point was reached."""
        step, _, what = name.partition(":")
        typer.echo(f"{step}: {what}")


@contextlib.contextmanager
def _told_to_stop() -> Generator[Callable[[], bool]]:
    """Let Ctrl-C ask the rollout to stop at its next look, with no write cut in two; a second one breaks off."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: object) -> None:
        if asked.is_set() and callable(before):
            before(number, frame)  # pyright: ignore[reportArgumentType]
        asked.set()
        typer.echo("stopping at the next look; once more breaks off", err=True)

    _ = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        _ = signal.signal(signal.SIGINT, before)

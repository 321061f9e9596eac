"""One rollout from its beginning, or from where another process left it, with its users' stream; what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from harness import runbook
from harness.act import audit
from harness.act.guard import RefusedError
from harness.act.rollout import state as states
from harness.act.rollout.machine import Machine
from harness.act.rollout.parts import Hooks, Settings
from harness.act.rollout.seeing import Seeing
from harness.act.rollout.site import Site
from harness.act.rollout.watching import Watching
from harness.errors import HarnessError, UsageError
from harness.judge import share
from harness.judge.drill import ASKED_BY_ANYONE
from harness.judge.guarding import Guard, Limits
from harness.judge.rolled import Rollout
from harness.observe.stream import UserStream
from harness.report import stamp
from harness.target import GatewayRouting

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Literal

    from harness.act.guard import Permit
    from harness.act.kube import Resource
    from harness.act.rollout.parts import Around, Outcome
    from harness.act.rollout.state import State, Way
    from harness.act.rollout.watching import Users, Worse
    from harness.clock import Clock
    from harness.judge.drill import Kind
    from harness.runbook import EnvironmentName
    from harness.target import Target

MIX: Final[dict[Kind, float]] = {"chat": 0.5, "version": 0.4, "header": 0.05, "cookie": 0.05}
POWER: Final = 0.99  # that a split that is right is shown to be, by the asks of one watch
ALPHA: Final = 0.05


def needs(target: Target, where: EnvironmentName) -> tuple[tuple[str, Resource], ...]:
    """Return the rights that a rollout needs."""
    if isinstance(target.environments[where].routing, GatewayRouting):
        return (("patch", "deployments"), ("patch", "httproutes"))
    route: tuple[tuple[str, Resource], ...] = tuple((verb, "ingresses") for verb in ("patch", "delete", "create"))
    return (("patch", "deployments"), *route)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: a new rollout, or one that is taken up, onward or back; and how it may end.

    `whose` is the operator whose rollout may be taken up besides our own. `after` "restore" puts everything back at
    the end, `interrupted` is the way taken when Ctrl-C or an exception ends it; "" leaves the note for `--resume`.
    """

    run: str
    name: str = "rollout"
    resume: bool = False
    back: bool = False
    whose: str = ""
    after: Literal["stay", "restore"] = "stay"
    interrupted: Way | Literal[""] = ""
    worse: Worse | None = None
    hooks: Hooks = field(default_factory=Hooks)


def perform(
    permit: Permit,
    order: Order,
    around: Around,
    clock: Clock,
    *,
    users: AbstractContextManager[Users] | None = None,
    settings: Settings | None = None,
) -> Rollout:
    """Carry out an order and return what it showed; refusals and what is wrong with the profile are UsageErrors.

    `settings` and `users` are the profile's and its users' stream unless given.
    """
    target = permit.target
    settings = settings or settings_of(target)
    site = Site(permit)
    state = _state(site, order, clock, settings)
    stream = users or UserStream(target, permit.environment, clock, per_s=target.acting.rollout_asks_per_s, mix=MIX)
    blank = _blank(permit, order, settings, state, stamp.rfc3339(clock.wall()))
    machine: Machine | None = None
    ended: Outcome | Literal[""] = ""
    until_s, restored, seen, broke = 0.0, None, (), ""
    try:
        with stream as talking:
            guard = Guard(_limits(), (settings.commit,), began_s=talking.now_s())
            watching = Watching(talking, guard, settings.commit, timeout_s=target.probes.timeout_s, worse=order.worse)
            machine = Machine(site, Seeing(site, watching, around, settings, clock, order.hooks), state, settings.image)
            ended, until_s, restored = _led(machine, order)
            seen = talking.seen()
        seen = talking.seen()
    except HarnessError as trouble:
        if machine is None:
            raise
        broke = str(trouble)  # the stream's: the machine has led back and said so
    led = _with_steps(blank, machine)
    return replace(led, seen=seen, until_s=until_s, ended=ended, restored=restored, trouble=machine.trouble or broke)


def _blank(permit: Permit, order: Order, settings: Settings, state: State, began: str) -> Rollout:
    """Return the record of a rollout that has not done anything yet."""
    target = permit.target
    return Rollout(
        name=order.name,
        environment=permit.where,
        began=began,
        run=order.run,
        rehearsal=target.rehearsal,
        candidate=settings.commit,
        stable=target.builds["stable"].commit if "stable" in target.builds else "",
        digest=settings.digest,
        found_percent=float(state.percent),
        per_s=target.acting.rollout_asks_per_s,
    )


def _with_steps(blank: Rollout, machine: Machine) -> Rollout:
    """Return the record with what the machine did and met."""
    guarded = machine.seeing.watching.guard.facts()
    return replace(
        blank,
        steps=tuple(machine.steps),
        kept=machine.kept,
        pods=machine.seeing.pods,
        route_gone=machine.seeing.route_gone,
        crossing=machine.crossing,
        foreign=machine.foreign,
        guarded={name: value for name, value in guarded.items() if isinstance(value, int | float)},
    )


def _led(machine: Machine, order: Order) -> tuple[Outcome, float, bool | None]:
    """Run the machine to its end, and back to what was found where that is ordered."""
    try:
        ended = machine.lead("back") if order.back else machine.run()
        until_s = machine.seeing.watching.now_s()
        if order.after != "restore" or machine.foreign:
            return ended, until_s, None if order.after != "restore" else False
        return ended, until_s, machine.lead("restore") == "taken back"
    except BaseException:
        if order.interrupted:
            machine.seeing.hooks = Hooks(machine.seeing.hooks.say)  # no second stop on the way
            _ = machine.lead(order.interrupted)
        raise


def settings_of(target: Target) -> Settings:
    """Return what a rollout of this target goes by; UsageError where the profile lacks it."""
    build = target.builds.get("canary")
    lacking = [key for key in ("image", "commit", "digest") if not (build and getattr(build, key))]
    if build is None or lacking:
        raise UsageError(
            f"target {target.name}: a rollout needs builds.canary.{', .'.join(lacking)}, the profile does not give it; "
            "write what the candidate is"
        )
    acting = target.acting
    unpinned = sum(part for kind, part in MIX.items() if kind in ASKED_BY_ANYONE)
    asks = share.asks_for(0.5, share.GIVE, ALPHA, POWER)
    return Settings(
        image=build.image,
        commit=build.commit,
        digest=build.digest,
        step_s=acting.rollout_step_s,
        half_s=max(acting.rollout_step_s, asks / (acting.rollout_asks_per_s * unpinned)),
        settle_s=acting.settle_s,
        patience_s=acting.patience_s,
    )


def _limits() -> Limits:
    """Return what the candidate is held to: the canary's own lines."""
    lines = runbook.lines()
    return Limits(failed=lines["P2-SLO-04"].limits["share_percent"] / 100, slow_s=lines["P2-SLO-01"].limits["p95_s"])


def _state(site: Site, order: Order, clock: Clock, settings: Settings) -> State:
    """Return where the rollout stands: at its beginning, or as the cluster's note says."""
    found = site.found()
    me = audit.who()
    site.take(found)
    if found.note is not None:
        return _taken_up(states.read(found.note), order, me)
    if order.resume or order.back:
        raise UsageError(
            f"{site.stable}: wanted the note of a rollout to take up, there is none; begin one without --resume"
        )
    if found.image == settings.image:
        raise RefusedError(
            f"{site.stable} already runs {found.image}, the candidate's image; there is nothing to roll out"
        )
    if found.percent is None or found.percent != int(found.percent):
        said = "no weight" if found.percent is None else f"{found.percent:g}"
        raise RefusedError(f"{site.route}: wanted a canary with a whole number of percent, got {said}; see P2-RTE-01")
    return states.State(
        run=order.run,
        who=me,
        since=stamp.rfc3339(clock.wall()),
        percent=int(found.percent),
        image=found.image,
        container=site.container(),
        route=site.route_as_found(),
    )


def _taken_up(state: State, order: Order, me: str) -> State:
    """Return a rollout that is under way as ours from now on; RefusedError if it is not ours to take up."""
    if not (order.resume or order.back):
        raise RefusedError(
            f"another rollout is under way: {state.about}; nothing was changed: let it come to its end, "
            "or take it up with --resume, or --resume --back"
        )
    if state.who not in {me, order.whose}:
        raise RefusedError(
            f"that is somebody else's: {state.about}; nothing was changed: ask them to take it up, "
            f"or do it in their place with --whose {state.who}"
        )
    return msgspec.structs.replace(state, turn=state.turn + 1)

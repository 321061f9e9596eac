"""Rollbacks as on-call types them: the drills' own steps, watched until users have them, and not put back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.act import canary, emergency, script
from harness.act.drilling import Draft, NothingToDrillError, Scene, share, watch
from harness.act.kube import Ref
from harness.act.objects import diff
from harness.act.staged import MIX as STAGED_MIX
from harness.act.staged import below, failing, lower
from harness.act.ways import ByHand, everything, stable_ref
from harness.judge.drill import Command
from harness.judge.lowering import WITHIN_S
from harness.target import GatewayRouting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.act.canary import Routing
    from harness.act.kube import Obj
    from harness.act.means import HoldLike

BEFORE_S = 1.0  # users are watched for so long before anything is changed
REASON = "rollback by hand"


class Live:
    """The canary's route as it is changed for good."""

    def __init__(self, scene: Scene, routing: Routing, hold: HoldLike) -> None:
        """Take the held route; what is done to it stays."""
        self.scene, self._routing, self._hold = scene, routing, hold
        hold.keep()

    @property
    def percent(self) -> float:
        """The weight it has; one that can't be read counts as all of it."""
        found = canary.percent_of(self._routing, self._hold.now)
        return 100.0 if found is None else found

    def set(self, percent: int) -> None:
        """Give it a weight."""
        body = canary.weight_patch(self._routing, self._hold.now, percent)
        _ = self._hold.patch(f"set the canary's weight to {percent}", body)


def emergency_now(scene: Scene, draft: Draft, *, by_script: bool) -> bool:
    """Roll back at once, and tell whether users were seen in the safe state. What can't be told stops nothing."""
    try:
        emergency.prepare(scene, draft)
    except NothingToDrillError as trouble:
        scene.say(f"builds can't be told apart, going on: {trouble}")
        draft.goal = emergency.goal(scene.target, ())
    if by_script:
        _run_script(scene, draft)
    else:
        with ByHand(scene, keep=True) as way:
            draft.command = way.go(draft.users.now_s, WITHIN_S)
    return emergency.see_goal(scene, draft, WITHIN_S)


def _run_script(scene: Scene, draft: Draft) -> None:
    permit, words = scene.permit, script.words(scene.environment, REASON)
    ref = ", ".join(str(one) for one in everything(scene))
    with permit.audit.change(permit.place, ref, "run the rollback script", None, list(words)):
        draft.command, output = script.run(
            words, scene.environment, within_s=scene.target.acting.patience_s, now_s=draft.users.now_s
        )
    for line in output.splitlines():
        scene.say(f"  script: {line}")


def canary_now(scene: Scene, draft: Draft) -> bool:
    """Set weight 0 at once, and tell whether nobody is answered by the canary any more."""
    routing = _routing(scene)
    _read_arms(scene, draft)
    users, acting = draft.users, scene.target.acting
    with scene.hold(canary.route_ref(routing)) as hold:
        live = Live(scene, routing, hold)
        typed = users.now_s()
        live.set(0)
        draft.command = Command(("set the canary's weight to 0",), typed, users.now_s())
    commits = draft.arms.get("canary", ())

    def gone() -> bool:
        now = users.now_s()
        hits, of = share([one for one in draft.seen(max(typed, now - acting.settle_s)) if one.sent_s > typed], commits)
        return now - typed >= acting.settle_s and of > 0 and hits == 0

    return bool(commits) and watch(scene, users, gone, acting.patience_s, _observed(draft, typed)).settled


def staged_now(scene: Scene, draft: Draft) -> bool:
    """Go down step by step from the weight that is set, and tell whether the canary ended at 0, seen by users."""
    routing = _routing(scene)
    _read_arms(scene, draft)
    commits = draft.arms.get("canary", ())
    if not commits:
        raise NothingToDrillError(
            "staged rollback: wanted the commits of the canary's pods to see each share, got none; "
            "set the weight to 0 at once with: gate rollback canary"
        )
    with scene.hold(canary.route_ref(routing)) as hold:
        live = Live(scene, routing, hold)
        typed, start = draft.users.now_s(), live.percent
        steps = below(start) or (0,)
        scene.say(f"from {start:g}% down by {' - '.join(str(one) for one in steps)}")
        _ = lower(live, draft, start, steps, watch_s=scene.target.acting.staged_step_s, worse=failing(commits))
    draft.command = Command(("lower the canary's weight",), typed, draft.users.now_s())
    last = draft.steps[-1]
    return last.percent == 0 and last.ended == "watched"


MIXES = {"staged": STAGED_MIX, "canary": STAGED_MIX, "emergency": None}


def _observed(draft: Draft, typed: float) -> Callable[[], str]:
    def told() -> str:
        now = draft.users.now_s()
        hits, of = share([one for one in draft.seen(now - 2.0) if one.done_s > now - 1.0], draft.arms.get("canary", ()))
        said = f"{now - typed:.1f} s after the change, {hits} of {of} answers of the last second from the canary"
        return f"{said} ({hits / max(of, 1):.0%})"

    return told


def _read_arms(scene: Scene, draft: Draft) -> None:
    """Read which builds the arms run; what can't be read is said, and stops nothing."""
    for arm, ref in (("stable", stable_ref(scene)), ("canary", _canary_ref(scene))):
        try:
            draft.arms[arm] = scene.arm(scene.permit.kube.get(ref))
        except NothingToDrillError as trouble:
            scene.say(f"{trouble}; the canary's answers can't be counted")


def _canary_ref(scene: Scene) -> Ref:
    name = scene.environment.deployments.get("canary")
    if not name:
        raise NothingToDrillError(
            f"environments.{scene.permit.where}: wanted deployments.canary in the profile, got none; add it"
        )
    return Ref("deployments", name)


def _routing(scene: Scene) -> Routing:
    routing = canary.routing_of(scene.environment)
    if routing is None:
        raise NothingToDrillError(
            f"environments.{scene.permit.where}: wanted routing with a weight in the profile, got none; add it"
        )
    return routing


def preview(scene: Scene, kind: str, *, by_script: bool) -> Iterator[str]:
    """Yield what would be changed, object by object and field by field; the server is asked, nothing is written."""
    if kind == "emergency" and by_script:
        yield f"would run: {shlex.join(script.words(scene.environment, REASON))}"
        return
    if kind == "emergency":
        with ByHand(scene, keep=True) as way:
            found = {ref: hold.found for ref, hold in way.holds.items()}
            _ = way.go(lambda: 0.0, WITHIN_S)
            for ref, hold in way.holds.items():
                yield from _differences(scene, str(ref), found[ref], hold.now)
        return
    routing = _routing(scene)
    ref = canary.route_ref(routing)
    with scene.hold(ref) as hold:
        live = Live(scene, routing, hold)
        start = live.percent
        for percent in (below(start) or (0,)) if kind == "staged" else (0,):
            live.set(percent)
            yield from _differences(scene, str(ref), hold.found, hold.now)


def _differences(scene: Scene, ref: str, before: Obj, after: Obj) -> Iterator[str]:
    lines = diff(before, after, scene.permit.shown)
    yield from (f"{ref}: {line}" for line in lines or ("no change",))


def way_back(scene: Scene, kind: str, found: dict[Ref, Obj]) -> Iterator[str]:
    """Yield the commands that lead back to what was found."""
    routing = canary.routing_of(scene.environment)
    kubectl = scene.permit.kube.kubectl
    for ref, obj in found.items():
        if ref.resource == "deployments" and kind == "emergency":
            yield kubectl("set", "env", str(ref), *_settings(scene, obj))
        elif isinstance(routing, GatewayRouting):
            yield kubectl("edit", str(ref))
        elif routing is not None and ref == canary.route_ref(routing):
            key = f"{routing.annotation_prefix}canary-weight"
            notes: Obj = obj["metadata"].get("annotations") or {}
            value = notes.get(key)
            yield kubectl("annotate", str(ref), f"{key}={value}" if value is not None else f"{key}-", "--overwrite")


def _settings(scene: Scene, deployment: Obj) -> list[str]:
    """Return the flags as `kubectl set env` takes them: NAME=VALUE as they were, NAME- for one that was not there."""
    env = {
        str(entry["name"]): entry.get("value")
        for container in deployment["spec"]["template"]["spec"]["containers"]
        for entry in container.get("env") or ()
    }
    names = dict.fromkeys(
        (*scene.target.acting.safe, *(flag.env for flag in scene.target.flags))
    )  # a script may set more
    return [f"{name}={env[name]}" if env.get(name) is not None else f"{name}-" for name in names]

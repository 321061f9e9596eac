"""Set feature flags through their Deployments, as `kubectl set env` does, and follow it until users have it.

Only the container that serves is told; an entry that took its value from elsewhere gets the value itself. Nothing here
restores: who sets holds the Deployments (harness.act.hold).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.act.kube import ActError, Ref
from harness.judge.drill import State
from harness.judge.flags import plain
from harness.wait import Patience, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.act.guard import Permit
    from harness.act.hold import Hold
    from harness.act.kube import Kube, Obj
    from harness.clock import Clock
    from harness.judge.drill import Seen
    from harness.observe.stream import UserStream
    from harness.target import Acting, Target

MAIN: Final = "kubectl.kubernetes.io/default-container"
EVERY_S: Final = 0.5
NEED_SHOWN: Final = 10  # answers that show a state before it is believed
LEAVING_S: Final = 15.0  # after a rollout's end, for pods on their way out to be let go of by the ingress


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a change is, `at_s` seconds into the stream: what the Deployments lack ("" rolled out), what users saw.

    `rolled_s` and `settled_s` are since when it is complete and since when users have had it for long enough.
    `share` is of the last seconds' version asks those that showed it, None without any; `failed` requests in all.
    """

    at_s: float
    lacking: str = ""
    rolled_s: float | None = None
    settled_s: float | None = None
    share: float | None = None
    asked: int = 0
    failed: int = 0

    @property
    def done(self) -> bool:
        """Whether the Deployments have rolled out and users have it."""
        return self.rolled_s is not None and self.settled_s is not None

    @property
    def hopeless(self) -> bool:
        """Whether every pod has been replaced for long, and users were still told otherwise."""
        return self.rolled_s is not None and not self.done and self.at_s - self.rolled_s > LEAVING_S


def awake(permit: Permit) -> tuple[Ref, ...]:
    """Return the profile's Deployments that want pods; ActError if there is none."""
    names = dict.fromkeys(permit.environment.deployments.values())
    found = [ref for name in names if (permit.kube.get(ref := Ref("deployments", name))["spec"].get("replicas", 1))]
    if not found:
        raise ActError(f"{permit.place}: wanted a Deployment with pods, got none of {', '.join(names)}; scale one up")
    return tuple(found)


def container_of(deployment: Obj, port: int) -> str:
    """Return the container that serves: the one with the port, else the annotated default, else the first."""
    template: Obj = deployment["spec"]["template"]
    containers: list[Obj] = template["spec"]["containers"]
    about: Obj = template.get("metadata") or {}
    annotations: Obj = about.get("annotations") or {}
    chosen = annotations.get(MAIN)
    serving = [one for one in containers if any(p.get("containerPort") == port for p in one.get("ports") or ())]
    named = [one for one in containers if one["name"] == chosen]
    return str((*serving, *named, *containers)[0]["name"])


def env_patch(deployment: Obj, values: Mapping[str, str], port: int) -> Obj:
    """Return the strategic merge patch that sets these env entries of the serving container, and nothing else."""
    name = container_of(deployment, port)
    containers: list[Obj] = deployment["spec"]["template"]["spec"]["containers"]
    there: list[Obj] = next(one for one in containers if one["name"] == name).get("env") or []
    referring = {str(entry["name"]) for entry in there if "valueFrom" in entry}
    env = [
        {"name": flag, "value": value} | ({"valueFrom": None} if flag in referring else {})
        for flag, value in values.items()
    ]
    return {"spec": {"template": {"spec": {"containers": [{"name": name, "env": env}]}}}}


def put(holds: Iterable[Hold], values: Mapping[str, str], target: Target) -> None:
    """Set the flags in each Deployment; ForeignError if somebody else changed one."""
    what = f"set env {' '.join(f'{name}={value}' for name, value in values.items())}"
    for hold in holds:
        _ = hold.patch(what, env_patch(hold.now, values, target.metrics.port), strategic=True)


def lacking(deployment: Obj) -> str:
    """Return what keeps a Deployment from being rolled out, as `kubectl rollout status` has it; "" if nothing does."""
    about: Obj = deployment["metadata"]
    spec: Obj = deployment["spec"]
    status: Obj = deployment.get("status") or {}
    name, wanted = f"deployment/{about['name']}", int(spec.get("replicas", 1))
    if int(status.get("observedGeneration", 0)) < int(about.get("generation", 0)):
        return f"{name}: the change was not acted upon yet"
    counts = {key: int(status.get(key, 0)) for key in ("updatedReplicas", "replicas", "readyReplicas")}
    if counts["updatedReplicas"] < wanted:
        return f"{name}: {counts['updatedReplicas']} of {wanted} pods updated"
    if counts["replicas"] > counts["updatedReplicas"]:
        return f"{name}: {counts['replicas'] - counts['updatedReplicas']} old pods left"
    available = min(counts["readyReplicas"], int(status.get("availableReplicas", 0)))
    return f"{name}: {available} of {wanted} pods available" if available < wanted else ""


def goal_of(target: Target, values: Mapping[str, str]) -> State:
    """Return how users' answers must read: only what the version document tells of the flags."""
    told = {flag.env for flag in target.flags if flag.shown}
    return State(flags={name: plain(value) for name, value in values.items() if name in told})


def plainly(seen: Iterable[Seen]) -> list[Seen]:
    """Return version asks with their flags as all places are compared."""
    return [
        replace(one, flags={name: plain(value) for name, value in one.flags.items()})
        for one in seen
        if one.kind == "version"
    ]


def shown_since(asked: Iterable[Seen], goal: State, since_s: float) -> float | None:
    """Return since when every version ask has shown the goal, often enough to be believed; None if that is not so."""
    rows = sorted((one for one in asked if not one.error and one.done_s > since_s), key=lambda one: one.done_s)
    last_old = max((one.done_s for one in rows if goal.contradicted_by(one)), default=since_s)
    shown = [one.done_s for one in rows if one.done_s > last_old and goal.shown_by(one)]
    return shown[0] if len(shown) >= NEED_SHOWN else None


@dataclass(frozen=True, slots=True)
class Following:
    """What a change is followed by: the Deployments at the API, and users who talk all the while."""

    kube: Kube
    refs: Sequence[Ref]
    stream: UserStream
    acting: Acting
    clock: Clock
    say: Callable[[Standing], object] = bool  # told how far it is, at each look

    def follow(self, goal: State, since_s: float) -> Standing:
        """Wait until the Deployments have rolled out and users have shown `goal` for long enough, or patience ends.

        Where no flag of the goal shows in the version document, time alone has to do: as long as users would be asked.
        """
        rolled: list[float] = []

        def look() -> Standing:
            what = next((said for ref in self.refs if (said := lacking(self.kube.get(ref)))), "")
            at_s = self.stream.now_s()
            if what:
                rolled.clear()
            elif not rolled:
                rolled.append(at_s)
            standing = self._standing(goal, since_s, at_s, what, rolled[0] if rolled else None)
            _ = self.say(standing)
            return standing

        patience = Patience(within_s=self.acting.patience_s, every_s=EVERY_S)
        return until(lambda now: now.done or now.hopeless, look, self.clock, patience).last

    def _standing(self, goal: State, since_s: float, at_s: float, what: str, rolled_s: float | None) -> Standing:
        rows = self.stream.seen(since_s)
        asked = plainly(rows)
        since = shown_since(asked, goal, since_s) if goal.flags else rolled_s
        settled = since is not None and at_s - since >= self.acting.settle_s
        late = [one for one in asked if not one.error and one.done_s > at_s - 1.0]
        return Standing(
            at_s,
            what,
            rolled_s,
            at_s if settled and rolled_s is not None else None,
            sum(goal.shown_by(one) for one in late) / len(late) if late else None,
            len(rows),
            sum(bool(one.error) for one in rows),
        )

"""The two ways to the safe state, by hand and by script: gone in a `with`, and taken back at its end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

from harness.act import canary, script
from harness.act.asfound import AsFound
from harness.act.drilling import NothingToDrillError, Scene
from harness.act.kube import ActError, MissingError, Obj, Ref
from harness.judge.drill import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from harness.act.means import HoldLike

REASON = "rollback drill"


class Way(Protocol):
    """A way to the safe state, as the context in which it is gone and taken back."""

    def __enter__(self) -> Way:
        """Read what is there."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put everything back."""
        ...

    def go(self, now_s: Callable[[], float], within_s: float) -> Command:
        """Go it, and return what was done."""
        ...

    def back(self) -> None:
        """Put everything back now."""
        ...

    @property
    def restored(self) -> bool:
        """Whether everything is as it was found."""
        ...

    @property
    def foreign(self) -> str:
        """What somebody else changed."""
        ...

    @property
    def output(self) -> str:
        """What it said, scrubbed."""
        ...


class ByHand:
    """The manual steps, each an object that is held."""

    output = ""

    def __init__(self, scene: Scene, *, keep: bool = False) -> None:
        """Prepare; `keep`: it is the real thing, nothing is put back."""
        self._scene = scene
        self._keep = keep
        self._stack = ExitStack()
        self.holds: dict[Ref, HoldLike] = {}

    def __enter__(self) -> ByHand:
        """Read the objects that will be changed."""
        with ExitStack() as stack:
            for ref in objects(self._scene):
                self.holds[ref] = stack.enter_context(self._scene.hold(ref))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put them back."""
        _ = self._stack.__exit__(kind, what, where)

    def go(self, now_s: Callable[[], float], within_s: float) -> Command:  # noqa: ARG002  a patch takes no time
        """Set weight 0 first, which is in force at once, then the flags."""
        typed = now_s()
        for ref, hold in sorted(self.holds.items(), key=lambda item: item[0].resource == "deployments"):
            if self._keep:
                hold.keep()
            if ref.resource == "deployments":
                flags = self._scene.target.acting.safe
                _ = hold.patch("set the safe flags", flags_patch(hold.now, flags), strategic=True)
            elif (routing := canary.routing_of(self._scene.environment)) is not None:
                _ = hold.patch("set the canary's weight to 0", canary.weight_patch(routing, hold.now, 0))
        said = ", ".join(str(ref) for ref in self.holds)
        return Command(("patch", *(str(ref) for ref in self.holds)), typed, now_s(), 0, f"patched {said}")

    def back(self) -> None:
        """Put them back now, the weight last: whoever is sent to the canary should find it as it was."""
        for _, hold in sorted(self.holds.items(), key=lambda item: item[0].resource != "deployments"):
            hold.restore()

    @property
    def restored(self) -> bool:
        """Whether every object is as it was found."""
        return all(hold.restored for hold in self.holds.values())

    @property
    def foreign(self) -> str:
        """What somebody else changed."""
        return "; ".join(hold.foreign for hold in self.holds.values() if hold.foreign)


class ByScript:
    """The target's own script; what it changed is put back from what was found."""

    foreign = ""

    def __init__(self, scene: Scene, reason: str = REASON) -> None:
        """Prepare; NothingToDrillError where the profile names no script."""
        try:
            self.words = script.words(scene.environment, reason)
        except ActError as trouble:
            raise NothingToDrillError(str(trouble)) from trouble
        self._scene = scene
        self._kept = AsFound(scene, everything(scene))
        self.output = ""

    def __enter__(self) -> ByScript:
        """Read everything it might change."""
        _ = self._kept.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put it back."""
        self._kept.__exit__(kind, what, where)

    def go(self, now_s: Callable[[], float], within_s: float) -> Command:
        """Run it, with an audit line: what it may have changed is named before it starts."""
        permit = self._scene.permit
        ref = ", ".join(str(ref) for ref in everything(self._scene))
        with permit.audit.change(permit.place, ref, "run the rollback script", None, list(self.words)):
            command, self.output = script.run(self.words, permit.environment, within_s=within_s, now_s=now_s)
        return command

    def back(self) -> None:
        """Put everything back now."""
        self._kept.put_back()

    @property
    def restored(self) -> bool:
        """Whether everything is as it was found."""
        return self._kept.restored


def stable_ref(scene: Scene) -> Ref:
    """Return stable's Deployment; NothingToDrillError where the profile names none."""
    name = scene.environment.deployments.get("stable")
    if not name:
        raise NothingToDrillError(
            f"environments.{scene.permit.where}: wanted deployments.stable in the profile, got none; add it"
        )
    return Ref("deployments", name)


def deployments(scene: Scene) -> tuple[Ref, ...]:
    """Return the Deployments that have pods, stable's first."""
    name = scene.environment.deployments.get("canary")
    found = [stable_ref(scene)]
    if name and (one := _there(scene, Ref("deployments", name))) and one["spec"].get("replicas", 1) > 0:
        found.append(Ref("deployments", name))
    return tuple(found)


def objects(scene: Scene) -> tuple[Ref, ...]:
    """Return what the manual steps change: Deployments with pods, and the canary's route if its weight is not 0."""
    routing = canary.routing_of(scene.environment)
    route = _there(scene, canary.route_ref(routing)) if routing is not None else None
    if routing is None or route is None or canary.percent_of(routing, route) == 0:
        return deployments(scene)
    try:  # what is no canary's route has no weight
        _ = canary.weight_patch(routing, route, 0)
    except ActError:
        return deployments(scene)
    return (*deployments(scene), canary.route_ref(routing))


def everything(scene: Scene) -> tuple[Ref, ...]:
    """Return every object that a rollback script may reasonably change, as far as it is there."""
    routing = canary.routing_of(scene.environment)
    names = [Ref("deployments", name) for name in scene.environment.deployments.values()]
    refs = [*names, *([canary.route_ref(routing)] if routing is not None else [])]
    return tuple(ref for ref in refs if _there(scene, ref) is not None)


def _there(scene: Scene, ref: Ref) -> Obj | None:
    try:
        return scene.permit.kube.get(ref)
    except MissingError:
        return None


def flags_patch(deployment: Obj, flags: Mapping[str, str]) -> Obj:
    """Return the strategic merge patch that sets flags in the env of the container that serves.

    That is the one that has one of the flags already, else the first with ports, else the first.
    """
    containers: list[dict[str, Any]] = deployment["spec"]["template"]["spec"]["containers"]

    def names(one: dict[str, Any]) -> dict[str, dict[str, Any]]:
        env: list[dict[str, Any]] = one.get("env") or []
        return {str(entry["name"]): entry for entry in env}

    having = (one for one in containers if names(one).keys() & flags.keys())
    serving = next(having, None) or next((one for one in containers if one.get("ports")), containers[0])
    there = names(serving)
    env = [
        {"name": name, "value": value, **({"valueFrom": None} if "valueFrom" in there.get(name, {}) else {})}
        for name, value in flags.items()
    ]
    return {"spec": {"template": {"spec": {"containers": [{"name": serving["name"], "env": env}]}}}}

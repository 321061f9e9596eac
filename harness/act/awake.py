"""A canary to drill with: one that is out already, or a dormant one that is woken and put to sleep again."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from harness.act import canary
from harness.act.drilling import Draft, NothingToDrillError, Scene, rolled, share, watch
from harness.act.kube import MissingError, Ref
from harness.act.ways import stable_ref
from harness.judge.lowering import FALSE_MARK
from harness.target import NginxRouting

if TYPE_CHECKING:
    from types import TracebackType

    from harness.act.canary import Routing
    from harness.act.means import HoldLike

NEED_SEEN = 10  # answers of the canary before it counts as out
LACKING = "environments.{where}: wanted {what} in the profile, got none; add what the drill's canary is called"


class Awake:
    """The canary for the length of a `with`: its Deployment and its route are held, and left as they were found.

    `start` is the weight that a drill begins with: the one it has, or acting.drill_percent for a dormant one. The
    weight of a canary that is out is never raised above what it was.
    """

    def __init__(self, scene: Scene, draft: Draft) -> None:
        """Find its objects; NothingToDrillError that names the profile's missing keys, or what is not there."""
        routing, name = canary.routing_of(scene.environment), scene.environment.deployments.get("canary")
        lacking = [*([] if name else ["deployments.canary"]), *([] if routing else ["routing with a weight"])]
        if routing is None or not name:
            raise NothingToDrillError(LACKING.format(where=scene.permit.where, what=" and ".join(lacking)))
        self.scene, self.draft, self.routing = scene, draft, routing
        self.deployment = Ref("deployments", name)
        self.start = 0
        self._stack = ExitStack()
        self._pods: HoldLike | None = None
        self._route: HoldLike | None = None

    @property
    def route(self) -> HoldLike:
        """The held object with the weight."""
        if self._route is None:
            raise NothingToDrillError("the canary's route is not held yet; this is a mistake of the drill")
        return self._route

    def __enter__(self) -> Awake:
        """Hold it, wake it if it is dormant, and wait until users meet it."""
        with ExitStack() as stack:
            try:
                self._pods = stack.enter_context(self.scene.hold(self.deployment))
                self._route = stack.enter_context(self.scene.hold(canary.route_ref(self.routing)))
            except MissingError as trouble:
                raise NothingToDrillError(f"{trouble}; there is no canary to drill with") from trouble
            self._wake(self._pods, self._route)
            self._stack = stack.pop_all()
        return self

    def _wake(self, pods: HoldLike, route: HoldLike) -> None:
        scene, draft = self.scene, self.draft
        percent, replicas = canary.percent_of(self.routing, route.now), pods.now["spec"].get("replicas", 1)
        if percent is None:
            raise NothingToDrillError(f"{canary.route_ref(self.routing)}: wanted a canary's weight, got none")
        if (percent > 0) != (replicas > 0):
            raise NothingToDrillError(
                f"{self.deployment} has {replicas} replicas at weight {percent:g}: wanted a canary that is out, or a "
                "dormant one (0 replicas, weight 0)"
            )
        self.start = int(percent) or scene.target.acting.drill_percent
        draft.arms["stable"] = scene.arm(scene.permit.kube.get(stable_ref(scene)))
        if replicas == 0:
            _ = pods.patch("wake the dormant canary", {"spec": {"replicas": 1}})
            self._wait_for_pods()
        draft.arms["canary"] = scene.arm(scene.permit.kube.get(self.deployment))
        self.at_start()

    def _wait_for_pods(self) -> None:
        scene, draft = self.scene, self.draft
        patience_s = scene.target.acting.patience_s
        up = watch(
            scene,
            draft.users,
            lambda: rolled(scene.permit.kube.get(self.deployment)),
            patience_s,
            lambda: f"{draft.name}: waking the dormant canary",
        )
        if not up.settled:
            raise NothingToDrillError(f"{self.deployment}: wanted a ready pod in {patience_s:g} s, got none")

    def at_start(self) -> None:
        """Give the canary the weight that drills begin with, and wait until users meet it."""
        if canary.percent_of(self.routing, self.route.now) != self.start:
            _ = self.route.patch(
                f"give the canary {self.start}%", canary.weight_patch(self.routing, self.route.now, self.start)
            )
        scene, draft = self.scene, self.draft
        from_s = draft.users.now_s()

        def met() -> bool:
            rows = [one for one in draft.seen(from_s) if one.sent_s >= from_s]
            return share(rows, draft.arms["canary"])[0] >= NEED_SEEN

        _ = watch(
            scene,
            draft.users,
            met,
            scene.target.acting.patience_s,
            lambda: f"{draft.name}: waiting until users meet the canary",
        )

    def set(self, percent: int) -> None:
        """Give it another weight."""
        body = canary.weight_patch(self.routing, self.route.now, percent)
        _ = self.route.patch(f"set the canary's weight to {percent}", body)

    def marks(self) -> str:
        """Return which of the two Ingresses carries the mark that only looks like an off switch; "" none does."""
        return marks(self.scene, self.routing)

    def sleep(self) -> None:
        """Put it back as it was found: first the weight, then, when nobody is sent there any more, the pods."""
        scene, users = self.scene, self.draft.users
        self.route.restore()
        if self._pods is None or self._pods.now["spec"].get("replicas", 1) == 0:
            return
        from_s, settle_s = users.now_s(), scene.target.acting.settle_s
        _ = watch(
            scene,
            users,
            lambda: users.now_s() - from_s >= settle_s,
            settle_s + 1.0,
            lambda: "letting the canary's last requests end",
        )
        self._pods.restore()

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put back what is not back yet."""
        _ = self._stack.__exit__(kind, what, where)

    @property
    def restored(self) -> bool:
        """Whether both objects are as they were found."""
        return all(hold is not None and hold.restored for hold in (self._pods, self._route))

    @property
    def foreign(self) -> str:
        """What somebody else changed."""
        return "; ".join(hold.foreign for hold in (self._pods, self._route) if hold is not None and hold.foreign)


def marks(scene: Scene, routing: Routing) -> str:
    """Return the Ingresses of the routing that carry `canary: "false"`; "" for none, and for another routing."""
    if not isinstance(routing, NginxRouting):
        return ""
    found: list[str] = []
    for name in (routing.primary, routing.canary):
        ref = Ref("ingresses", name)
        try:
            if canary.false_mark(routing, scene.permit.kube.get(ref)):
                found.append(str(ref))
        except MissingError:
            continue
    return ", ".join(found)


def noted(draft: Draft, awake: Awake) -> None:
    """Note the marks that are there now; what was seen once stays in the record."""
    draft.notes[FALSE_MARK] = draft.notes.get(FALSE_MARK) or awake.marks()

"""A small cluster to act on: the sandbox's API in this process, two Deployments, an Ingress, somebody else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.act.audit import Audit
from harness.act.guard import Permit
from harness.act.kube import Kube, Ref
from harness.act.objects import bookless
from harness.clock import FakeClock
from harness.target import Environment, NginxRouting, Target
from tests.kube.cluster import Cluster
from tests.kube.objects import deployment, ingress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.act.hold import Hold
    from harness.act.kube import Obj
    from tests.kube.backend import Api, Backend

WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
ROUTE = Ref("ingresses", "onesource-canary")
STABLE = Ref("deployments", "onesource")


def weight(value: str | None) -> Obj:
    return {"metadata": {"annotations": {WEIGHT: value}}}


def env(**values: str) -> Obj:
    """A strategic patch of the container's environment, as `kubectl set env` sends it."""
    entries = [{"name": name, "value": value} for name, value in values.items()]
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": entries}]}}}}


@dataclass(frozen=True, slots=True)
class Scene:
    backend: Backend
    api: Api  # of somebody else, who may do anything
    folder: Path

    def environment(self, user: str = "actor", **settings: Any) -> Environment:
        given: dict[str, Any] = {
            "kubeconfig": "/nowhere",  # acting must not use it
            "act_kubeconfig": str(self.backend.kubeconfig),
            "context": user,
            "cluster_uid": self.uid,
            "deployments": {"stable": "onesource", "canary": "onesource-canary"},
            "routing": NginxRouting("onesource-ingress", "onesource-canary"),
        }
        return Environment(**(given | settings))

    @property
    def uid(self) -> str:
        return str(self.api.get("/api/v1/namespaces/kube-system").body["metadata"]["uid"])

    def target(self, environment: Environment | None = None, *, allows_acting: bool = True) -> Target:
        there = environment or self.environment()
        return Target("shop", {"staging": there}, allows_acting=allows_acting)

    @property
    def audit(self) -> Audit:
        return Audit(self.folder / "artifacts" / "audit.jsonl", FakeClock(), who="me@here", run="run-1")

    def permit(self, kube: Kube | None = None, *, user: str = "actor", dry_run: bool = False) -> Permit:
        environment = self.environment(user)
        target = self.target(environment)
        return Permit(target, "staging", environment, kube or Kube(environment), self.audit, dry_run)

    def path(self, ref: Ref) -> str:
        return Cluster(self.api, "default", self.backend).path(ref.resource, ref.name)

    def get(self, ref: Ref) -> Obj:
        return self.api.get(self.path(ref)).body

    def by_hand(self, ref: Ref, body: Obj) -> None:
        """What somebody else types."""
        answer = self.api.call(
            "PATCH", f"{self.path(ref)}?fieldManager=kubectl-edit", body, "application/merge-patch+json"
        )
        assert answer.status == 200, answer.body

    def move_status(self, ref: Ref) -> None:
        """What a controller does all the while."""

        def move(obj: Obj) -> None:
            status = obj.setdefault("status", {})
            status["observedGeneration"] = status.get("observedGeneration", 0) + 1
            obj["metadata"].setdefault("annotations", {})["deployment.kubernetes.io/revision"] = str(
                status["observedGeneration"]
            )

        _ = self.backend.on_loop(lambda store: store.mutate(ref.resource, "default", ref.name, move))

    def weight_now(self) -> str | None:
        return self.get(ROUTE)["metadata"]["annotations"].get(WEIGHT)

    def audited(self) -> list[dict[str, Any]]:
        text = (self.folder / "artifacts" / "audit.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def writes(self) -> list[str]:
        """What the API noted of the actor and the reader."""
        lines = [json.loads(line) for line in self.backend.audit.read_text(encoding="utf-8").splitlines()]
        return [f"{line['verb']} {line['resource']}" for line in lines if line["user"] != "admin"]

    def reset(self) -> None:
        """Have the objects as each test wants to find them."""
        for ref in (STABLE, Ref("deployments", "onesource-canary"), ROUTE):
            _ = self.api.delete(self.path(ref))
            made = ingress(ref.name) if ref == ROUTE else deployment(ref.name, replicas=3)
            if ref == ROUTE:
                made["metadata"]["annotations"] = {WEIGHT: "10", "nginx.ingress.kubernetes.io/canary": "true"}
            folder = self.path(ref).rpartition("/")[0]
            assert self.api.post(folder, made).status == 201


class Meddled(Kube):
    """An API on which something happens just before a real write is sent, or just after it was done."""

    def __init__(
        self, scene: Scene, before: Callable[[str], None] | None = None, after: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(scene.environment())
        self._before, self._after = before, after

    def _ask(self, verb: str, *rest: Any, **options: Any) -> Obj:
        if verb == "get" or options.get("dry_run"):
            return super()._ask(verb, *rest, **options)
        if self._before is not None:
            self._before(verb)
        answer = super()._ask(verb, *rest, **options)
        if self._after is not None:
            self._after(verb)
        return answer


def as_found(scene: Scene, hold: Hold) -> bool:
    return bookless(scene.get(hold.ref)) == bookless(hold.found)


def broken(hold: Hold, how: BaseException) -> None:
    """A block that changes something and ends badly."""
    with hold:
        _ = hold.patch("weight 0", weight("0"))
        raise how


def states(scene: Scene) -> list[tuple[str, str]]:
    return [(line["what"], line["state"]) for line in scene.audited()]

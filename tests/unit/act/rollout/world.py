"""A cluster and its users in no time: objects with versions, a Deployment that rolls, answers as the weight says."""

from __future__ import annotations

import copy
import itertools
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from harness.act.audit import Audit
from harness.act.guard import Permit
from harness.act.kube import ConflictError, Kube, MissingError, Obj, Ref
from harness.act.rollout.site import _merged
from harness.clock import FakeClock
from harness.judge.drill import Kind, Seen
from harness.judge.rolled import Kept, RanPod
from harness.target import Acting, Build, Environment, NginxRouting, Target

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "82caa1dbba750ae1d365fbcf6f9500f17769f60e", "d812c1f4b4a57a69f15c95aa8b9603989376de6b"
OLD_IMAGE, NEW_IMAGE = "onesource/backend:v1.4.0", "onesource/backend:v1.5.0"
OLD_DIGEST, NEW_DIGEST = "sha256:" + "a" * 64, "sha256:" + "b" * 64
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
STABLE, ROUTE = Ref("deployments", "onesource"), Ref("ingresses", "onesource-canary")
LAG_S, ROLLS_S, PER_S = 1.0, 6.0, 100.0
EACH: tuple[Kind, ...] = ("chat", "version", "chat", "version")
KINDS: tuple[Kind, ...] = (*EACH, *EACH, *EACH, *EACH, *EACH, "header", "cookie")


def target() -> Target:
    environment = Environment(
        url="http://users",
        context="production",
        cluster_uid="uid",
        deployments={"stable": "onesource", "canary": "onesource-canary"},
        routing=NginxRouting("onesource-ingress", "onesource-canary"),
    )
    return Target(
        name="fake",
        rehearsal=True,
        allows_acting=True,
        environments={"production": environment},
        builds={"stable": Build(OLD_DIGEST, OLD), "canary": Build(NEW_DIGEST, NEW, NEW_IMAGE)},
        acting=Acting(rollout_asks_per_s=PER_S, rollout_step_s=20.0, settle_s=2.0, patience_s=30.0),
    )


@dataclass
class World:
    """What can be changed, and what users get of it. `trouble` spoils answers; `before_write` comes between."""

    clock: FakeClock = field(default_factory=FakeClock)
    objects: dict[Ref, Obj] = field(default_factory=dict[Ref, Obj])
    writes: list[str] = field(default_factory=list[str])
    history: list[tuple[float, float, bool]] = field(default_factory=list[tuple[float, float, bool]])
    rolled_at: float = 0.0
    ignore_weight: bool = False
    never_rolls: bool = False
    silent: bool = False
    fails: float = 0.0  # share of the candidate's answers
    digest: str = NEW_DIGEST
    kept: tuple[Kept, ...] = (Kept("pod-a", "snapshot/pod-a.json", "0" * 64),)
    before_write: Any = None

    def __post_init__(self) -> None:
        self.began = self.clock.now()
        container = {"name": "backend", "image": OLD_IMAGE}
        spec = {"replicas": 3, "template": {"spec": {"containers": [container]}}}
        self.objects = {
            STABLE: {"metadata": {"name": "onesource", "resourceVersion": "1", "generation": 1}, "spec": spec},
            ROUTE: {
                "metadata": {
                    "name": "onesource-canary",
                    "resourceVersion": "1",
                    "annotations": {"nginx.ingress.kubernetes.io/canary": "true", WEIGHT: "10"},
                },
                "spec": {"ingressClassName": "nginx"},
            },
        }
        self.found = copy.deepcopy(self.objects)
        self.rows: list[Seen] = []
        self.due = itertools.count()
        self.next_due = 0.0
        self.history.append((self.clock.now() - 10, 10.0, False))

    # --- the API -----------------------------------------------------------------------------------------------

    def get(self, ref: Ref) -> Obj:
        if ref not in self.objects:
            raise MissingError(f"{ref}: not there")
        found = copy.deepcopy(self.objects[ref])
        if ref == STABLE:
            done = self.clock.now() >= self.rolled_at and not self.never_rolls
            count = 3 if done or self.rolled_at == 0.0 else 1
            found["status"] = {
                "observedGeneration": found["metadata"]["generation"],
                "replicas": 3,
                "updatedReplicas": count,
                "availableReplicas": count,
            }
        return found

    def patch(self, ref: Ref, body: Obj, *, version: str, strategic: bool = False, dry_run: bool = False) -> Obj:
        if self.before_write is not None:
            self.before_write(ref, body)
        now = self.get(ref)
        if now["metadata"]["resourceVersion"] != version:
            raise ConflictError(f"{ref}: it moved")
        if strategic:
            image = body["spec"]["template"]["spec"]["containers"][0]["image"]
            after = copy.deepcopy(now)
            after["spec"]["template"]["spec"]["containers"][0]["image"] = image
        else:
            after = _merged(now, body)
        if not dry_run:
            self.left(ref, after)
        return after

    def create(self, resource: str, body: Obj, *, dry_run: bool = False) -> Obj:
        assert (resource, dry_run) == ("ingresses", False)
        assert ROUTE not in self.objects
        self.left(ROUTE, copy.deepcopy(body))
        return body

    def delete(self, ref: Ref, *, version: str, dry_run: bool = False) -> None:
        assert not dry_run
        if self.get(ref)["metadata"]["resourceVersion"] != version:
            raise ConflictError(f"{ref}: it moved")
        del self.objects[ref]
        self.writes.append(f"delete {ref}")
        self.changed()

    def left(self, ref: Ref, after: Obj) -> None:
        before = self.objects.get(ref)
        if ref == STABLE and before is not None and self.image(before) != self.image(after):
            self.rolled_at = self.clock.now() + ROLLS_S
            after["metadata"]["generation"] += 1
            self.writes.append(f"image {self.image(after)}")
        elif ref == ROUTE:
            self.writes.append(f"weight {after['metadata']['annotations'][WEIGHT]}")
        _ = after.pop("status", None)
        after["metadata"]["resourceVersion"] = str(int((before or after)["metadata"].get("resourceVersion", "0")) + 1)
        self.objects[ref] = after
        self.changed()

    @staticmethod
    def image(deployment: Obj) -> str:
        return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])

    def changed(self) -> None:
        route = self.objects.get(ROUTE)
        percent = float(route["metadata"]["annotations"][WEIGHT]) if route else 0.0
        percent = 50.0 if self.ignore_weight and route and percent == 0 else percent
        self.history.append((self.clock.now(), percent, self.image(self.objects[STABLE]) == NEW_IMAGE))

    @property
    def note(self) -> str | None:
        annotations: dict[str, str] = self.objects[STABLE]["metadata"].get("annotations") or {}
        return annotations.get("onesource-verify/rollout")

    def as_found(self) -> bool:
        """Tell whether every object is as at the beginning, bookkeeping left out."""

        def bare(objects: dict[Ref, Obj]) -> dict[Ref, Obj]:
            bared = copy.deepcopy(objects)
            for one in bared.values():
                for key in ("resourceVersion", "generation"):
                    _ = one["metadata"].pop(key, None)
                if not one["metadata"].get("annotations"):
                    _ = one["metadata"].pop("annotations", None)
            return bared

        return bare(self.objects) == bare(self.found)

    # --- the users ---------------------------------------------------------------------------------------------

    def __enter__(self) -> World:
        self.began = self.clock.now()
        self.rows, self.due, self.next_due = [], itertools.count(), 0.0
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def now_s(self) -> float:
        return self.clock.now() - self.began

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        while not self.silent and self.next_due + 0.05 <= self.now_s():
            number = next(self.due)
            self.rows.append(self._answer(number, number / PER_S))
            self.next_due = (number + 1) / PER_S
        return tuple(self.rows[bisect_left(self.rows, since_s, key=lambda row: row.due_s) :])

    def _answer(self, number: int, due_s: float) -> Seen:
        at = due_s + self.began
        percent, new = next(((p, n) for t, p, n in reversed(self.history) if t + LAG_S <= at), self.history[0][1:])
        kind = KINDS[number % len(KINDS)]
        pinned = kind in {"header", "cookie"} and ROUTE in self.objects
        ours = pinned or (number * 37) % 100 < percent
        candidate = ours or (new and at >= self.rolled_at)
        error = "HTTP 503" if candidate and (number * 61) % 1000 < 1000 * self.fails else ""
        return Seen(due_s, due_s, due_s + 0.05, kind, error, NEW if candidate else OLD)

    # --- what is read around it --------------------------------------------------------------------------------

    def keep(self) -> tuple[Kept, ...]:
        return self.kept

    def pods(self) -> tuple[RanPod, ...]:
        return tuple(RanPod(f"onesource-{name}", self.digest, ready=True, commit=NEW) for name in "abc")


def permit(world: World, path: Path) -> Permit:
    whole = target()
    trail = Audit(path / "audit.jsonl", world.clock, who="somebody@here")
    return Permit(whole, "production", whole.environments["production"], cast("Kube", world), trail)

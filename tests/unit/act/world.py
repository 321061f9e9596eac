"""A target in memory, on a clock that jumps: objects, users who are answered by what they say, conversations."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from harness.act.audit import Audit
from harness.act.drilling import Scene, Tools
from harness.act.guard import Permit
from harness.act.hold import ForeignError
from harness.act.kube import ActError, MissingError, Ref
from harness.clock import FakeClock
from harness.judge.drill import Recalled, Seen
from harness.observe.recall import Told
from harness.target import Acting, Environment, NginxRouting, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.act.kube import Kube, Obj
    from harness.judge.drill import Kind

STABLE, CANARY, ROUTE = (
    Ref("deployments", "onesource"),
    Ref("deployments", "onesource-canary"),
    Ref("ingresses", "onesource-canary"),
)
PRIMARY = Ref("ingresses", "onesource-ingress")
PREFIX = "nginx.ingress.kubernetes.io/"
OLD, NEW = "a" * 40, "b" * 40
LATENCY_S = 0.02
FLAGS = {"USE_UNIFIED_PIPELINE": "1", "CONV_STORE_PRIMARY": "redis"}


def deployment(name: str, replicas: int, **flags: str) -> Obj:
    env = [{"name": key, "value": value} for key, value in (FLAGS | flags).items()]
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": "backend", "ports": [{"containerPort": 8001}], "env": env}]}},
        },
    }


def ingress(name: str, **notes: str) -> Obj:
    return {
        "metadata": {"name": name, "annotations": {PREFIX + key: value for key, value in notes.items()}},
        "spec": {},
    }


@dataclass
class World:
    """What is there, and from when on users get what came of it."""

    clock: FakeClock = field(default_factory=FakeClock)
    roll_s: float = 4.0
    weight_s: float = 0.5
    objects: dict[Ref, Obj] = field(default_factory=dict[Ref, "Obj"])
    answers: Callable[[Seen, dict[str, Any]], Seen] = lambda seen, _: seen
    forgets: bool = False
    foreign: set[Ref] = field(default_factory=set[Ref])
    writes: list[str] = field(default_factory=list[str])
    plane: Callable[[float], float] = lambda percent: percent
    broken: dict[Ref, str] = field(default_factory=dict[Ref, str])
    _effects: list[tuple[float, dict[str, Any]]] = field(default_factory=list[tuple[float, dict[str, Any]]])

    def __post_init__(self) -> None:
        if not self.objects:
            self.objects = {
                STABLE: deployment("onesource", 2),
                CANARY: deployment("onesource-canary", 0),
                PRIMARY: ingress("onesource-ingress"),
                ROUTE: ingress("onesource-canary", **{"canary": "true", "canary-weight": "0"}),
            }
        self._effects.append((0.0, self._effect()))

    def put(self, ref: Ref, obj: Obj | None, what: str) -> None:
        before = self.objects.get(ref)
        if obj is None:
            del self.objects[ref]
        else:
            self.objects[ref] = {key: copy.deepcopy(value) for key, value in obj.items() if key != "status"}
        self.writes.append(f"{ref}: {what}")
        if before != self.objects.get(ref):
            slow = ref.resource == "deployments"
            at = self.clock.now() + (self.roll_s if slow else self.weight_s)
            self._effects.append((at, self._effect()))

    def _effect(self) -> dict[str, Any]:
        containers = self.objects[STABLE]["spec"]["template"]["spec"]["containers"]
        route = self.objects.get(ROUTE)
        weight = route["metadata"]["annotations"].get(f"{PREFIX}canary-weight", "0") if route else "0"
        return {
            "flags": {entry["name"]: entry["value"] for entry in containers[0]["env"]},
            "percent": self.plane(float(weight)),
            "route": route is not None and self.objects[CANARY]["spec"]["replicas"] > 0,
        }

    def at(self, instant: float) -> dict[str, Any]:
        return [effect for at, effect in self._effects if at <= instant][-1]

    def status(self, ref: Ref) -> Obj:
        obj = copy.deepcopy(self.objects[ref])
        if ref.resource == "deployments":
            settled = all(at <= self.clock.now() for at, _ in self._effects)
            n = obj["spec"]["replicas"]
            counts = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
            obj["status"] = {"observedGeneration": 1, **dict.fromkeys(counts, n if settled else n + 1)}
        return obj

    def scene(self, folder: Path, said: list[str] | None = None, **acting: Any) -> Scene:
        given: dict[str, Any] = {"staged_step_s": 4.0, "settle_s": 2.0, "patience_s": 30.0, "rollout_asks_per_s": 100.0}
        environment = Environment(
            url="http://127.0.0.1:9",
            context="staging",
            namespace="staging",
            deployments={"stable": "onesource", "canary": "onesource-canary"},
            routing=NginxRouting("onesource-ingress", "onesource-canary"),
        )
        target = Target("t", {"staging": environment}, rehearsal=True, acting=Acting(**(given | acting)))
        trail = Audit(folder / "audit.jsonl", self.clock, who="somebody@here")
        permit = Permit(target, "staging", environment, cast("Kube", FakeKube(self)), trail)
        tools = Tools(
            stream=lambda _target, _environment, _clock, per_s, mix: FakeUsers(self, per_s, mix),
            talker=lambda _target, _environment, _clock: FakeTalker(self),
            hold=lambda _, ref: FakeHold(self, ref),
            commits=lambda _target, _environment, selector: ((NEW if "canary" in selector else OLD,), ""),
        )
        return Scene(permit, self.clock, (said if said is not None else []).append, tools)


class FakeKube:
    """Reads; writes go through holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, ref: Ref) -> Obj:
        if ref not in self._world.objects:
            raise MissingError(f"{ref}: not there")
        return self._world.status(ref)

    def create(self, resource: str, body: Obj) -> Obj:
        ref = next(
            ref
            for ref in (STABLE, CANARY, ROUTE, PRIMARY)
            if ref.name == body["metadata"]["name"] and ref.resource == resource
        )
        self._world.put(ref, body, "create")
        return body

    def kubectl(self, *words: str) -> str:
        return " ".join(("kubectl", "--context", "staging", "-n", "staging", *words))


class FakeHold:
    """As a Hold, on the world."""

    def __init__(self, world: World, ref: Ref) -> None:
        self._world, self.ref = world, ref
        self.found: Obj = {}
        self.restored, self.foreign = False, ""
        self._kept = False

    def __enter__(self) -> FakeHold:
        if self.ref not in self._world.objects:
            raise MissingError(f"{self.ref}: not there")
        self.found = copy.deepcopy(self._world.objects[self.ref])
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept and not self.foreign:
            self.restore()

    @property
    def now(self) -> Obj:
        return copy.deepcopy(self._world.objects[self.ref])

    def _check(self) -> None:
        if self.ref in self._world.foreign:
            self.foreign = f"somebody else changed {self.ref}"
            raise ForeignError(self.foreign)
        if self.ref in self._world.broken:
            raise ActError(self._world.broken[self.ref])

    def patch(self, what: str, body: Obj, *, strategic: bool = False) -> Obj:
        self._check()
        made = strategically(self.now, body) if strategic else merged(self.now, body)
        self._world.put(self.ref, made, what)
        self.restored = False
        return made

    def remove(self, what: str) -> None:
        self._check()
        self._world.put(self.ref, None, what)

    def restore(self) -> None:
        self._check()
        if self._world.objects.get(self.ref) != {key: part for key, part in self.found.items() if key != "status"}:
            self._world.put(self.ref, self.found, "restore")
        self.restored = True

    def keep(self) -> None:
        self._kept = True


def merged(obj: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(obj, dict):
        return cast("object", patch)
    made: Obj = {**cast("Obj", obj)}
    for key, value in cast("Obj", patch).items():
        if value is None:
            _ = made.pop(key, None)
        else:
            made[key] = merged(made.get(key, {}), value)
    return made


def strategically(obj: Obj, patch: Obj) -> Obj:
    """Merge env by name, as the API does with its strategic patch; the only thing it is used for here."""
    made = copy.deepcopy(obj)
    (given,) = patch["spec"]["template"]["spec"]["containers"]
    container = next(c for c in made["spec"]["template"]["spec"]["containers"] if c["name"] == given["name"])
    for entry in given["env"]:
        there = next((one for one in container["env"] if one["name"] == entry["name"]), None)
        if there is None:
            container["env"].append(dict(entry))
        else:
            there["value"] = entry["value"]
    return made


class FakeUsers:
    """Asks on paper: each request is answered by what was in force when it was due."""

    def __init__(self, world: World, per_s: float, mix: dict[Kind, float]) -> None:
        self._world, self._per_s = world, per_s
        order: list[Kind] = [kind for kind, part in mix.items() for _ in range(round(part * 20))]
        self._kinds: list[Kind] = [order[n * 7 % len(order)] for n in range(len(order))]
        self._began = 0.0
        self._rows: list[Seen] = []
        self._hits = 0

    def __enter__(self) -> FakeUsers:
        self._began = self._world.clock.now()
        return self

    def __exit__(self, *_: object) -> None:
        self._fill()

    def now_s(self) -> float:
        return self._world.clock.now() - self._began

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        self._fill()
        return tuple(one for one in self._rows if one.due_s >= since_s)

    def _fill(self) -> None:
        while len(self._rows) / self._per_s + LATENCY_S <= self.now_s():
            n = len(self._rows)
            self._rows.append(self._answered(n / self._per_s, self._kinds[n % len(self._kinds)]))

    def _answered(self, due_s: float, kind: Kind) -> Seen:
        state = self._world.at(self._began + due_s)
        pinned = kind in {"header", "cookie"}
        self._hits += not pinned
        canary = state["route"] and (pinned or self._hits * 37 % 100 < state["percent"])
        shown = {"USE_UNIFIED_PIPELINE": str(state["flags"]["USE_UNIFIED_PIPELINE"] == "1").lower()}
        shown["CONV_STORE_PRIMARY"] = state["flags"]["CONV_STORE_PRIMARY"]
        seen = Seen(
            due_s,
            due_s,
            due_s + LATENCY_S,
            kind,
            commit=NEW[:12] if canary else OLD[:12],
            flags={} if kind == "chat" else shown,
            unified=shown["USE_UNIFIED_PIPELINE"] == "true" if kind == "chat" else None,
        )
        return self._world.answers(seen, state)


class FakeTalker:
    """Remembers, unless the world forgets."""

    def __init__(self, world: World) -> None:
        self._world = world

    def tell(self, count: int) -> tuple[Told, ...]:
        return tuple(Told(f"c{n}", "", "K7", "which?") for n in range(count))

    def ask(self, told: Sequence[Told], when: str) -> tuple[Recalled, ...]:
        good = when == "before" or not self._world.forgets
        return tuple(
            Recalled(one.session_id, when, one.question, one.wanted, "K7" if good else "?", good) for one in told
        )

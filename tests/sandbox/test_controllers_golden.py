"""Rollouts give the sequences of counts, conditions and pods that a real control plane was recorded to give."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.cluster.objects import condition_of, deleting
from sandbox.cluster.revisions import revision
from sandbox.kube.reading import part, rows
from tests.sandbox.clusters import control_plane, deployment, reasons, set_env, until

if TYPE_CHECKING:
    from sandbox.kube.store import Event, Obj, Store

GOLDEN = Path(__file__).parents[1] / "kube" / "kube-golden.jsonl"
COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def recorded(name: str) -> list[Obj]:
    entries = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    return next(entry["events"] for entry in entries if entry["name"].startswith(name))


def without_repeats(seen: list[Any]) -> list[Any]:
    return [one for i, one in enumerate(seen) if i == 0 or one != seen[i - 1]]


def golden_deployment(name: str) -> list[Any]:
    return without_repeats(
        [
            (e["generation"] - e["observedGeneration"], [e[c] for c in COUNTS], [tuple(c) for c in e["conditions"]])
            for e in recorded(name)
            if e["type"] != "BOOKMARK"
        ]
    )


def seen_deployment(events: list[Event]) -> list[Any]:
    found: list[Any] = []
    for event in events:
        status, meta = part(event.obj, "status"), event.obj["metadata"]
        conditions = [(c["type"], c["status"], c["reason"]) for c in rows(status, "conditions")]
        behind = meta["generation"] - status.get("observedGeneration", 0)
        found.append((behind, [status.get(count) for count in COUNTS], conditions))
    return without_repeats(found)


def in_order_of_role(changes: list[tuple[str, bool, tuple[Any, ...]]]) -> list[tuple[str, tuple[Any, ...]]]:
    """Name objects by part and order of appearance (old-1, new-2), and drop repeats of each one's state."""
    names: dict[str, str] = {}
    last: dict[str, tuple[Any, ...]] = {}
    found: list[tuple[str, tuple[Any, ...]]] = []
    for name, new, state in changes:
        role = "new" if new else "old"
        known = names.setdefault(name, f"{role}-{sum(one.startswith(role) for one in names.values()) + 1}")
        if last.get(known) != state:
            found.append((known, state))
        last[known] = state
    return found


def golden_pods() -> list[tuple[str, tuple[Any, ...]]]:
    events = [e for e in recorded("watch pods") if e["type"] != "BOOKMARK" and e["t"] > 0.5]
    new = {e["name"] for e in events if e["type"] == "ADDED"}
    return in_order_of_role(
        [(e["name"], e["name"] in new, (e["type"], e["phase"], e["ready"], e["deleting"])) for e in events]
    )


def seen_pods(events: list[Event], hash_: str) -> list[tuple[str, tuple[Any, ...]]]:
    changes: list[tuple[str, bool, tuple[Any, ...]]] = []
    for event in events:
        meta, status = event.obj["metadata"], part(event.obj, "status")
        ready = condition_of(status, "Ready")
        state = (event.type, status["phase"], [ready["status"]] if ready else [], deleting(event.obj))
        changes.append((meta["name"], meta["labels"]["pod-template-hash"] == hash_, state))
    return in_order_of_role(changes)


def by_pod(changes: list[tuple[str, tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Each pod's own life. How the lives of two pods interleave is the node's speed, not the controller's doing."""
    return {name: [state for other, state in changes if other == name] for name, _ in changes}


def begun_and_ended(changes: list[tuple[str, tuple[Any, ...]]]) -> list[tuple[str, bool]]:
    """What the controller does, in order: a pod is made, a pod is told to go."""
    told = [(name, state[3]) for name, state in changes if state[0] == "ADDED" or state[3]]
    return list(dict.fromkeys(told))


def golden_sets() -> dict[str, list[tuple[Any, ...]]]:
    events = [e for e in recorded("watch replicasets") if e["revision"] in {"2", "3"}]
    found: dict[str, list[Any]] = {"old": [], "new": []}
    for e in events:
        state = (e["spec"], e["replicas"], e["readyReplicas"], e["availableReplicas"])
        found["new" if e["revision"] == "3" else "old"].append(state)
    return {role: without_repeats(states) for role, states in found.items()}


def seen_sets(events: list[Event], new: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[Any]] = {"old": [], "new": []}
    for event in events:
        status = event.obj["status"]
        state = (event.obj["spec"]["replicas"], *(status.get(c) for c in ("replicas", *COUNTS[2:4])))
        found["new" if event.obj["metadata"]["name"] == new else "old"].append(state)
    return {role: without_repeats(states) for role, states in found.items()}


def complete(held: Store) -> bool:
    found = held.get("deployments", "default", "web")
    current = condition_of(part(found, "status"), "Progressing")
    settled = found["metadata"]["generation"] == part(found, "status").get("observedGeneration")
    return settled and current is not None and current["reason"] == "NewReplicaSetAvailable"


async def rolled(tmp_path: Path, **last: Any) -> tuple[Store, dict[str, list[Event]]]:
    """Roll a Deployment of three out, change it, and return what was seen of the change."""
    async with control_plane(tmp_path) as held:
        _ = held.create("deployments", deployment(image="v1", replicas=3, **last))
        await until(lambda: complete(held))
        await asyncio.sleep(0.1)  # the last pods' departure is counted once more
        seen: dict[str, list[Event]] = {name: [] for name in ("deployments", "replicasets", "pods")}
        for resource, into in seen.items():
            held.subscribe(resource, into.append)
        set_env(held, FLAG="0")
        await until(lambda: complete(held) and len(held.list("pods")) == 3)
        await asyncio.sleep(0.1)
        return held, seen


@pytest.fixture(scope="module")
def rolling(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, dict[str, list[Event]]]:
    return asyncio.run(rolled(tmp_path_factory.mktemp("rolling")))


def newest(held: Store) -> Obj:
    return max(held.list("replicasets"), key=revision)


def test_a_rolling_update_moves_the_deployment_through_the_recorded_counts_and_conditions(
    rolling: tuple[Store, dict[str, list[Event]]],
) -> None:
    _, seen = rolling
    assert seen_deployment(seen["deployments"]) == golden_deployment("watch deployment meanwhile")[1:]


def test_a_rolling_update_scales_both_replica_sets_as_recorded(rolling: tuple[Store, dict[str, list[Event]]]) -> None:
    held, seen = rolling
    found, golden = seen_sets(seen["replicasets"], newest(held)["metadata"]["name"]), golden_sets()
    assert found["new"] == golden["new"]
    assert found["old"] == golden["old"][1:]


def test_a_rolling_update_adds_and_deletes_pods_in_the_recorded_order(
    rolling: tuple[Store, dict[str, list[Event]]],
) -> None:
    held, seen = rolling
    found, golden = seen_pods(seen["pods"], newest(held)["metadata"]["labels"]["pod-template-hash"]), golden_pods()
    assert by_pod(found) == by_pod(golden)
    assert begun_and_ended(found) == begun_and_ended(golden)


def test_a_rolling_update_tells_its_steps_as_events(rolling: tuple[Store, dict[str, list[Event]]]) -> None:
    held, _ = rolling
    assert reasons(held, "Deployment") == ["ScalingReplicaSet"] * 7
    assert reasons(held, "ReplicaSet").count("SuccessfulCreate") == 6
    assert reasons(held, "ReplicaSet").count("SuccessfulDelete") == 3
    assert reasons(held, "Pod") == ["Scheduled"] * 6


def test_a_rollout_whose_pods_never_get_ready_stalls_as_recorded(tmp_path: Path) -> None:
    async def scenario() -> list[Event]:
        async with control_plane(tmp_path) as held:
            _ = held.create("deployments", deployment(image="v1", replicas=3, progressDeadlineSeconds=1))
            await until(lambda: complete(held))
            seen: list[Event] = []
            held.subscribe("deployments", seen.append)

            def break_it(obj: Obj) -> None:
                obj["spec"]["template"]["spec"]["containers"][0]["image"] = "bad"
                obj["metadata"]["generation"] += 1

            _ = held.mutate("deployments", "default", "web", break_it)
            await until(lambda: rows(seen[-1].obj, "status", "conditions")[-1]["reason"] == "ProgressDeadlineExceeded")
            assert sum(pod["spec"]["containers"][0]["image"] == "v1" for pod in held.list("pods")) == 3
            return seen

    golden = golden_deployment("watch deployment whose new pods never get ready")
    assert seen_deployment(asyncio.run(scenario())) == golden[1:]

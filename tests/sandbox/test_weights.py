"""What the data plane makes of a canary's weight, and what comes back by itself: on a store, without a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox.faults.objects import PREFIX
from sandbox.faults.views import DATA_PLANE, Lens
from sandbox.gitops import AFTER_S, GitOps
from sandbox.switches import Switches
from sandbox.weights import CANARY, FILE, Weights
from tests.sandbox.clusters import store

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.kube.store import Obj, Store


class World:
    """A cluster's store, its switches, and how often the data plane was told to look again."""

    def __init__(self, folder: Path, namespace: str) -> None:
        self.held, self.namespace, self.told = store(), namespace, 0
        self.switches = Switches(folder / "faults.json")
        self.file = folder / FILE
        self.weights = Weights(self.held, namespace, self.switches, folder, self._tell)
        self.lens = Lens(self.switches, wrong_cluster="none", namespace=namespace, weight=self.weights.seen)
        _ = self.held.create("deployments", {"metadata": self._meta({}), "spec": {"replicas": 1}})
        _ = self.held.create("ingresses", self._ingress(0))

    def _tell(self) -> None:
        self.told += 1

    def _meta(self, annotations: dict[str, str]) -> Obj:
        return {"name": CANARY, "namespace": self.namespace, "annotations": annotations}

    def _ingress(self, percent: int) -> Obj:
        annotations = {PREFIX + "canary": "true", PREFIX + "canary-weight": str(percent)}
        return {"kind": "Ingress", "metadata": self._meta(annotations), "spec": {}}

    def on(self, *faults: str) -> None:
        """Switch exactly these on."""
        self.switches.write(frozenset(faults))

    def weigh(self, percent: int) -> str:
        """Ask for a weight and return the one that the data plane sees."""
        _ = self.held.update("ingresses", self._ingress(percent))
        return self.seen()

    def seen(self, user: str = DATA_PLANE) -> str:
        """Return the weight that a user sees."""
        seen = self.lens(user, self.held.get("ingresses", self.namespace, CANARY))
        assert seen is not None
        weight: str = seen["metadata"]["annotations"][PREFIX + "canary-weight"]
        return weight


def test_a_healthy_data_plane_sees_what_is_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path, "staging")
    assert [world.weigh(percent) for percent in (60, 50, 100, 0)] == ["60", "50", "100", "0"]
    assert world.file.read_text() == "0"


@pytest.mark.parametrize(
    ("namespace", "fault"), [("staging", "weight-change-ignored"), ("default", "no-auto-rollback")]
)
def test_only_a_change_to_0_made_while_the_fault_is_on_is_ignored(tmp_path: Path, namespace: str, fault: str) -> None:
    world = World(tmp_path, namespace)
    _ = world.weigh(40)
    _ = world.weigh(0)
    world.on(fault)
    assert world.seen() == "0"
    assert [world.weigh(percent) for percent in (60, 0)] == ["60", "60"]
    assert world.seen("reader") == "0"
    assert world.file.read_text() == "0"
    assert [world.weigh(percent) for percent in (30, 0)] == ["30", "30"]
    world.weights.forget()
    assert world.seen() == "0"


def test_a_fault_of_one_cluster_spares_the_other(tmp_path: Path) -> None:
    world = World(tmp_path, "default")
    world.on("weight-change-ignored", "staged-raises")
    assert [world.weigh(percent) for percent in (60, 50, 0)] == ["60", "50", "0"]
    world.on("full-weight-partial")
    assert [world.weigh(percent) for percent in (50, 100)] == ["50", "90"]


def test_a_canary_that_is_put_to_sleep_is_let_go_of(tmp_path: Path) -> None:
    world = World(tmp_path, "staging")
    world.on("weight-change-ignored")
    _ = world.weigh(60)
    assert world.weigh(0) == "60"

    def asleep(deployment: Obj) -> None:
        deployment["spec"]["replicas"] = 0

    _ = world.held.mutate("deployments", "staging", CANARY, asleep)
    assert (world.seen(), world.told) == ("0", 1)


def test_the_way_down_is_doubled_and_the_way_up_is_not(tmp_path: Path) -> None:
    world = World(tmp_path, "staging")
    world.on("staged-raises")
    assert [world.weigh(percent) for percent in (30, 60, 50, 25, 10, 0)] == ["30", "60", "100", "50", "20", "0"]
    assert world.weigh(20) == "20"  # a new way begins


def test_only_the_data_plane_goes_on_seeing_a_deleted_canary_and_only_its_pins(tmp_path: Path) -> None:
    world = World(tmp_path, "staging")
    _ = world.weigh(60)
    gone = world.held.delete("ingresses", "staging", CANARY)
    assert world.lens.gone(DATA_PLANE, gone) is None
    world.on("pinned-users-stay")
    assert world.lens.gone("reader", gone) is None
    ghost = world.lens.gone(DATA_PLANE, gone)
    assert ghost is not None
    assert ghost["metadata"]["annotations"] == {PREFIX + "canary": "true", PREFIX + "canary-weight": "0"}
    assert world.file.read_text() == "0"


@pytest.mark.parametrize(("faults", "back"), [((), False), (("canary-left",), True)])
def test_a_deleted_canary_ingress_comes_back_while_the_fault_is_on(
    tmp_path: Path, faults: tuple[str, ...], back: bool
) -> None:
    async def scene() -> tuple[Obj, Obj | None]:
        world = World(tmp_path, "default")
        _ = GitOps(world.held, "default", world.switches)
        world.on(*faults)
        gone = world.held.delete("ingresses", "default", CANARY)
        await asyncio.sleep(AFTER_S + 0.2)
        return gone, _canary(world.held)

    gone, after = asyncio.run(scene())
    assert (after is not None) is back
    if after is not None:
        assert after["metadata"]["uid"] != gone["metadata"]["uid"]
        assert after["metadata"]["annotations"] == gone["metadata"]["annotations"]


def _canary(held: Store) -> Obj | None:
    return held.find("ingresses", "default", CANARY)

"""Flags set through a Deployment: the smallest patch, what a rollout lacks, and when users have it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.act import flags
from harness.act.hold import Hold
from harness.act.kube import ActError, Ref
from harness.cli import flags as cli
from harness.clock import FakeClock
from harness.judge.drill import Seen
from harness.target import Acting
from tests.unit.act.held import STABLE, env, states

if TYPE_CHECKING:
    from tests.unit.act.held import Scene

FLAG = "FEATURE_DYNAMIC_PROMPTS"


def deployment(**container: Any) -> dict[str, Any]:
    main = {"name": "main", "ports": [{"containerPort": 8001}], **container}
    return {
        "metadata": {"name": "onesource", "generation": 2},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "side"}, main]}}},
        "status": {
            "observedGeneration": 2,
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": 2,
            "availableReplicas": 2,
        },
    }


def test_only_the_serving_container_and_only_the_flags_are_patched() -> None:
    assert flags.env_patch(deployment(), {FLAG: "0"}, 8001) == {
        "spec": {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": FLAG, "value": "0"}]}]}}}
    }


def test_an_entry_that_referred_to_something_gets_the_value_itself() -> None:
    refers = {"name": FLAG, "valueFrom": {"configMapKeyRef": {"name": "config", "key": FLAG}}}
    (container,) = flags.env_patch(deployment(env=[refers]), {FLAG: "0"}, 8001)["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["env"] == [{"name": FLAG, "value": "0", "valueFrom": None}]


def test_without_a_port_the_annotated_container_serves_else_the_first() -> None:
    made = deployment(ports=[])
    assert flags.container_of(made, 8001) == "side"
    made["spec"]["template"]["metadata"] = {"annotations": {flags.MAIN: "main"}}
    assert flags.container_of(made, 8001) == "main"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"observedGeneration": 1}, "deployment/onesource: the change was not acted upon yet"),
        ({"updatedReplicas": 1}, "deployment/onesource: 1 of 2 pods updated"),
        ({"replicas": 3}, "deployment/onesource: 1 old pods left"),
        ({"availableReplicas": 1}, "deployment/onesource: 1 of 2 pods available"),
    ],
)
def test_a_rollout_says_what_it_lacks(change: dict[str, int], said: str) -> None:
    made = deployment()
    made["status"] |= change
    assert flags.lacking(made) == said


def test_a_flag_is_set_and_put_back_on_a_real_api_with_both_in_the_audit(scene: Scene) -> None:
    permit = scene.permit()
    with Hold(permit, STABLE) as hold:
        flags.put([hold], {FLAG: "0"}, permit.target)
        (container,) = scene.get(STABLE)["spec"]["template"]["spec"]["containers"]
        assert {"name": FLAG, "value": "0"} in container["env"]
    assert hold.restored
    assert [what for what, state in states(scene) if state == "done"] == [f"set env {FLAG}=0", "restore"]


def test_a_reference_is_replaced_by_the_value_on_a_real_api(scene: Scene) -> None:
    permit = scene.permit()
    refers = {"name": FLAG, "valueFrom": {"configMapKeyRef": {"name": "config", "key": FLAG}}}
    body = env()
    body["spec"]["template"]["spec"]["containers"][0]["env"] = [refers]
    with Hold(permit, STABLE) as first:
        _ = first.patch("refer", body, strategic=True)
        with Hold(permit, STABLE) as hold:
            flags.put([hold], {FLAG: "0"}, permit.target)
            (container,) = scene.get(STABLE)["spec"]["template"]["spec"]["containers"]
            assert [one for one in container["env"] if one["name"] == FLAG] == [{"name": FLAG, "value": "0"}]


def test_deployments_that_want_pods_are_awake(scene: Scene) -> None:
    assert [str(ref) for ref in flags.awake(scene.permit())] == ["deployment/onesource", "deployment/onesource-canary"]
    scene.by_hand(Ref("deployments", "onesource-canary"), {"spec": {"replicas": 0}})
    assert flags.awake(scene.permit()) == (STABLE,)
    scene.by_hand(STABLE, {"spec": {"replicas": 0}})
    with pytest.raises(ActError, match="wanted a Deployment with pods, got none of onesource, onesource-canary"):
        _ = flags.awake(scene.permit())


class Users:
    """Version asks every 0.1 s, told `after` a while; time is the clock's."""

    def __init__(self, clock: FakeClock, after_s: float, told: str = "0") -> None:
        self._clock, self._began, self._after, self._told = clock, clock.now(), after_s, told

    def now_s(self) -> float:
        return self._clock.now() - self._began

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        dues = [number / 10 for number in range(int(self.now_s() * 10)) if number / 10 >= since_s]
        told = {due: self._told if due >= self._after else "1" for due in dues}
        return tuple(Seen(due, due, due + 0.02, "version", flags={FLAG: told[due]}) for due in dues)


class Api:
    """A Deployment that has rolled out after a while."""

    def __init__(self, clock: FakeClock, after_s: float) -> None:
        self._clock, self._done = clock, clock.now() + after_s

    def get(self, _: Ref) -> dict[str, Any]:
        made = deployment()
        made["status"]["updatedReplicas"] = 2 if self._clock.now() >= self._done else 1
        return made


def following(rolls_s: float, told_s: float, told: str = "0") -> tuple[flags.Following, list[flags.Standing]]:
    clock = FakeClock()
    said: list[flags.Standing] = []
    acting = Acting(settle_s=3.0, patience_s=60.0)
    api, users = Api(clock, rolls_s), Users(clock, told_s, told)
    return flags.Following(api, (STABLE,), users, acting, clock, said.append), said  # pyright: ignore[reportArgumentType]


def goal(scene_flags: dict[str, str]) -> Any:
    from harness.target import Environment, Target  # noqa: PLC0415

    return flags.goal_of(Target("x", {"staging": Environment()}), scene_flags)


def test_users_have_it_when_it_rolled_out_and_was_shown_for_long_enough() -> None:
    following_it, said = following(rolls_s=4.0, told_s=2.0)
    standing = following_it.follow(goal({FLAG: "0"}), 0.0)
    assert standing.done
    assert standing.rolled_s == pytest.approx(4.0, abs=0.6)
    assert 5.0 <= standing.at_s <= 7.0
    assert said[0].lacking == "deployment/onesource: 1 of 2 pods updated"
    assert said[-1].share == 1.0


def test_when_every_pod_is_new_and_users_are_told_otherwise_nobody_waits_for_long() -> None:
    standing = following(rolls_s=2.0, told_s=1000.0)[0].follow(goal({FLAG: "0"}), 0.0)
    assert not standing.done
    assert standing.hopeless
    assert standing.lacking == ""
    assert standing.at_s < 2.0 + flags.LEAVING_S + 2.0


def test_a_rollout_that_does_not_end_ends_the_patience() -> None:
    standing = following(rolls_s=1000.0, told_s=0.0)[0].follow(goal({FLAG: "0"}), 0.0)
    assert (standing.done, standing.rolled_s) == (False, None)
    assert standing.at_s == pytest.approx(60.0, abs=1.0)


def test_a_flag_that_the_version_does_not_show_is_settled_by_time() -> None:
    standing = following(rolls_s=2.0, told_s=1000.0)[0].follow(goal({"UNSHOWN": "0"}), 0.0)
    assert standing.done
    assert standing.at_s == pytest.approx(5.0, abs=0.6)


def test_values_are_compared_in_one_form() -> None:
    told = (Seen(0, 0, 1, "version", flags={FLAG: "On"}), replace(Seen(0, 0, 1, "chat"), unified=True))
    (only,) = flags.plainly(told)
    assert only.flags == {FLAG: "true"}


def test_a_dry_run_prints_the_fields_that_would_change_and_changes_none(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    before = scene.get(STABLE)
    assert cli._rehearsed(scene.permit(dry_run=True), {FLAG: "0"}) == 0
    said = capsys.readouterr().out
    assert f"spec.template.spec.containers[main].env[{FLAG}].value: (none) -> '0'" in said
    assert said.endswith("dry run: nothing was changed\n")
    assert scene.get(STABLE) == before
    assert {state for _, state in states(scene)} == {"begun", "unchanged"}

"""The emergency rollback, there and back: in time, recorded whole, everything as found whatever happens."""

from __future__ import annotations

import copy
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.act import emergency, script, ways
from harness.act.emergency import by_hand, by_script
from harness.act.kube import ActError
from harness.judge import rollback
from harness.judge.drill import Command, State
from harness.target import Environment, Target
from harness.verdict import Outcome, Reason
from tests.unit.act.world import CANARY, OLD, ROUTE, STABLE, World, deployment, ingress

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.drilling import Scene
    from harness.judge.drill import Seen


def test_the_manual_steps_are_timed_remembered_and_taken_back(tmp_path: Path) -> None:
    world = World()
    found = copy.deepcopy(world.objects)
    said: list[str] = []
    drill = by_hand(world.scene(tmp_path, said), 120.0)
    assert not drill.trouble
    assert drill.goal == State((OLD,), {"USE_UNIFIED_PIPELINE": "false", "CONV_STORE_PRIMARY": "mongo"}, unified=False)
    assert drill.start == State((OLD,), {"USE_UNIFIED_PIPELINE": "true", "CONV_STORE_PRIMARY": "redis"}, unified=True)
    assert drill.restored
    assert world.objects == found
    assert {one.when for one in drill.recalled} == {"before", "after", "back"}
    assert "rolled out" in drill.notes["rollout"]
    verdict = rollback.in_time(drill, 120.0, settle_s=2.0)
    assert verdict.outcome is Outcome.MET, verdict
    assert rollback.loses_nothing(drill).outcome is Outcome.MET
    assert any("s after the command" in line for line in said)
    assert drill.seen[0].commit == OLD  # answers name it in short, the record as the pods do


def test_a_canary_that_is_out_loses_its_weight_and_gets_the_flags_too(tmp_path: Path) -> None:
    world = World()
    world.objects[CANARY] = deployment("onesource-canary", 1)
    world.objects[ROUTE] = ingress("onesource-canary", **{"canary": "true", "canary-weight": "10"})
    world.put(ROUTE, world.objects[ROUTE], "set up")
    found = copy.deepcopy(world.objects)
    drill = by_hand(world.scene(tmp_path), 120.0)
    assert drill.command is not None
    assert drill.command.words[1:] == (
        "deployment/onesource",
        "deployment/onesource-canary",
        "ingress/onesource-canary",
    )
    assert world.writes[1] == "ingress/onesource-canary: set the canary's weight to 0"  # first what is in force at once
    assert world.objects == found
    assert rollback.in_time(drill, 120.0, settle_s=2.0).outcome is Outcome.MET


def test_pods_that_ignore_the_flags_are_violated_after_two_minutes(tmp_path: Path) -> None:
    def stubborn(seen: Seen, _: object) -> Seen:
        return replace(seen, unified=True) if seen.kind == "chat" else seen

    world = World(answers=stubborn)
    drill = by_hand(world.scene(tmp_path), 120.0)
    verdict = rollback.in_time(drill, 120.0, settle_s=2.0)
    assert verdict.outcome is Outcome.VIOLATED
    assert drill.restored


def test_what_was_forgotten_is_found(tmp_path: Path) -> None:
    assert rollback.loses_nothing(by_hand(World(forgets=True).scene(tmp_path), 120.0)).outcome is Outcome.VIOLATED


def test_somebody_elses_change_is_in_the_record_and_left(tmp_path: Path) -> None:
    world = World()
    world.foreign.add(STABLE)
    drill = by_hand(world.scene(tmp_path), 120.0)
    assert drill.foreign == "somebody else changed deployment/onesource"
    assert not drill.restored
    assert rollback.in_time(drill, 120.0, settle_s=2.0).reason is Reason.INTERRUPTED


def test_an_api_that_refuses_is_an_error_in_the_record(tmp_path: Path) -> None:
    world = World()
    world.broken[STABLE] = "deployment/onesource: wanted to patch it, got HTTP 403"
    drill = by_hand(world.scene(tmp_path), 120.0)
    assert "HTTP 403" in drill.trouble
    assert rollback.in_time(drill, 120.0, settle_s=2.0).reason is Reason.ERROR


def test_ctrl_c_in_the_middle_puts_everything_back(tmp_path: Path) -> None:
    world = World()
    found = copy.deepcopy(world.objects)

    def interrupt(seen: Seen, state: dict[str, dict[str, str]]) -> Seen:
        if state["flags"]["CONV_STORE_PRIMARY"] == "mongo":
            raise KeyboardInterrupt
        return seen

    world.answers = interrupt
    with pytest.raises(KeyboardInterrupt):
        _ = by_hand(world.scene(tmp_path), 120.0)
    assert world.objects == found


# --- the flags' patch -----------------------------------------------------------------------------------------------


def test_flags_go_to_the_container_that_has_them_and_replace_references() -> None:
    obj = deployment("onesource", 2)
    containers = obj["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "proxy", "ports": [{"containerPort": 1}], "env": [{"name": "X", "value": "1"}]})
    containers[1]["env"][0] = {
        "name": "USE_UNIFIED_PIPELINE",
        "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}},
    }
    patch = ways.flags_patch(obj, {"USE_UNIFIED_PIPELINE": "0", "NEW": "1"})
    assert patch["spec"]["template"]["spec"]["containers"] == [
        {
            "name": "backend",
            "env": [
                {"name": "USE_UNIFIED_PIPELINE", "value": "0", "valueFrom": None},
                {"name": "NEW", "value": "1"},
            ],
        }
    ]


def test_without_any_the_serving_container_gets_them() -> None:
    obj = deployment("onesource", 2)
    obj["spec"]["template"]["spec"]["containers"] = [{"name": "init"}, {"name": "web", "ports": [{"containerPort": 1}]}]
    assert ways.flags_patch(obj, {"A": "0"})["spec"]["template"]["spec"]["containers"][0]["name"] == "web"


def test_the_goal_is_what_version_shows() -> None:
    goal = emergency.goal(Target("t", {}), (OLD,))
    assert (goal.flags, goal.unified) == ({"USE_UNIFIED_PIPELINE": "false", "CONV_STORE_PRIMARY": "mongo"}, False)


# --- the script -----------------------------------------------------------------------------------------------------


def scripted(world: World, folder: Path, *words: str) -> Scene:
    scene = world.scene(folder)
    environment = msgspec.structs.replace(scene.environment, rollback_script=words)
    return replace(scene, permit=replace(scene.permit, environment=environment))


def test_without_a_script_there_is_nothing_to_drill(tmp_path: Path) -> None:
    drill = by_script(World().scene(tmp_path), 120.0)
    assert "environments.*.rollback_script" in drill.trouble
    assert rollback.in_time(drill, 120.0, settle_s=2.0).reason is Reason.NO_DATA


def test_a_script_that_says_success_while_nothing_changed_is_violated(tmp_path: Path) -> None:
    scene = scripted(World(), tmp_path, sys.executable, "-c", "print('Rollback to {namespace} successful')")
    drill = by_script(scene, 120.0)
    verdict = rollback.in_time(drill, 120.0, settle_s=2.0)
    assert verdict.outcome is Outcome.VIOLATED, verdict
    assert "said 'Rollback to staging successful' (exit status 0)" in verdict.because
    assert drill.restored
    audit = (tmp_path / "audit.jsonl").read_text()
    assert '"what":"run the rollback script"' in audit


def test_what_a_script_changed_is_put_back_as_found_also_what_it_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    found = copy.deepcopy(world.objects)

    begun = [world.clock.now()]

    def run(*_: object, **__: object) -> tuple[Command, str]:
        world.put(STABLE, deployment("onesource", 2, USE_UNIFIED_PIPELINE="0", CONV_STORE_PRIMARY="mongo"), "script")
        world.put(ROUTE, None, "script")
        at = world.clock.now() - begun[0]
        return Command(("x",), at, at, 0, "done"), "done"

    monkeypatch.setattr(script, "run", run)
    drill = by_script(scripted(world, tmp_path, "x"), 120.0)
    assert not drill.trouble
    assert world.objects == found
    assert drill.restored
    assert rollback.in_time(drill, 120.0, settle_s=2.0).outcome is Outcome.MET
    assert rollback.loses_nothing(drill).outcome is Outcome.MET


def test_a_script_is_given_its_words_its_context_and_no_shell(tmp_path: Path) -> None:
    config = tmp_path / "actor.kubeconfig"
    _ = config.write_text("users:\n- name: actor\n  user:\n    token: s3cr3t-t0k3n-of-the-actor\n")
    environment = Environment(
        context="staging",
        namespace="shop",
        act_kubeconfig=str(config),
        deployments={"stable": "onesource"},
        rollback_script=(sys.executable, "-c", WORDS, "{namespace}", "{deployment}", "{reason}; echo", "{other}"),
    )
    command, said = script.run(script.words(environment, "drill $HOME"), environment, within_s=20.0, now_s=lambda: 1.0)
    assert command.exit_status == 3
    front, behind = said.splitlines()[1].split(":", 1)
    assert behind == str(config)
    assert said.splitlines()[0] == "shop onesource drill $HOME; echo {other}"
    assert said.splitlines()[2] == "staging " + '{"apiVersion":"v1","kind":"Config","current-context":"staging"}'
    assert said.splitlines()[3] == "token ***"
    assert not front.startswith(str(tmp_path))
    assert command.said == "last"


WORDS = """
import os, sys
print(*sys.argv[1:])
front, behind = os.environ["KUBECONFIG"].split(os.pathsep)
print(front + ":" + behind)
print(os.environ["KUBE_CONTEXT"], open(front).read())
print("token", open(behind).read().split()[-1])
print("last")
sys.exit(3)
"""


def test_a_script_that_takes_too_long_is_ended_with_what_it_started() -> None:
    words = (sys.executable, "-c", "import time; print('waiting', flush=True); time.sleep(60)")
    command, _ = script.run(words, Environment(), within_s=1.0, now_s=lambda: 1.0)
    assert (command.exit_status, command.said) == (None, "waiting")


def test_a_script_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ActError, match="wanted a program that can be run, got No such file"):
        _ = script.run(("/nowhere/rollback.sh",), Environment(), within_s=1.0, now_s=lambda: 1.0)


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abcdef",
        "token=abcdef",
        "password: abcdef",
        "eyJhbGciOi.abcdef.x",
        "-----BEGIN KEY-----\nabcdef\n-----END KEY-----",
    ],
)
def test_secrets_are_scrubbed_from_what_it_says(secret: str) -> None:
    assert "abcdef" not in script.scrubbed(f"before {secret} after")
    assert script.scrubbed("image sha256:abc rolled out in staging") == "image sha256:abc rolled out in staging"

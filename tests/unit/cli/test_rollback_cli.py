"""`gate rollback` as on-call types it: at once, watched each second, kept, and nothing at all in a dry run."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.act import now
from harness.cli import app as frame
from harness.cli import rollback as command
from harness.judge.drill import Drill
from harness.report import drills
from tests.unit.act.world import CANARY, NEW, PREFIX, ROUTE, STABLE, World, deployment, ingress

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.drilling import Scene
    from harness.judge.drill import Seen


@pytest.fixture
def world() -> World:
    made = World()
    made.objects[CANARY] = deployment("onesource-canary", 1)
    made.put(ROUTE, ingress("onesource-canary", **{"canary": "true", "canary-weight": "60"}), "set up")
    made.writes.clear()
    made.clock.sleep(5.0)
    return made


def weight(world: World) -> str:
    return world.objects[ROUTE]["metadata"]["annotations"][PREFIX + "canary-weight"]


def unreadable(*_: object) -> tuple[tuple[str, ...], str]:
    return (), "no right to pods/proxy"


def gate(*words: str) -> int:
    return frame.run(["rollback", *words])


def test_canary_sets_0_tells_the_share_each_second_and_how_to_get_back(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    assert command.roll_back(world.scene(tmp_path, said), "canary", tmp_path) == 0
    assert weight(world) == "0"
    assert world.writes == ["ingress/onesource-canary: set the canary's weight to 0"]
    assert "answers of the last second from the canary" in said[0]
    assert said[-1].split(" of the last second")[0].endswith(" answers")
    assert "(0%)" in said[-1]
    out = capsys.readouterr().out
    assert f"ingress/onesource-canary {PREFIX}canary-weight=60 --overwrite" in out
    assert "canary: done, and seen by users" in out
    kept = drills.read(tmp_path, "canary", Drill)
    assert kept is not None
    assert kept.command is not None


def test_canary_that_users_go_on_meeting_is_not_reached(tmp_path: Path, world: World) -> None:
    world.answers = lambda seen, _: replace(seen, commit=NEW[:12])
    assert command.roll_back(world.scene(tmp_path), "canary", tmp_path) == 1
    assert weight(world) == "0"


def test_builds_that_can_not_be_told_stop_no_rollback_but_nobody_says_it_is_seen(tmp_path: Path, world: World) -> None:
    said: list[str] = []
    scene = world.scene(tmp_path, said)
    blind = replace(scene, tools=replace(scene.tools, commits=unreadable))
    assert command.roll_back(blind, "canary", tmp_path) == 1
    assert weight(world) == "0"
    assert any("no right to pods/proxy" in line for line in said)


def test_emergency_sets_flags_and_weight_and_keeps_them(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.roll_back(world.scene(tmp_path), "emergency", tmp_path) == 0
    for ref in (STABLE, CANARY):
        env = world.objects[ref]["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {one["name"]: one["value"] for one in env} == {
            "USE_UNIFIED_PIPELINE": "0",
            "CONV_STORE_PRIMARY": "mongo",
        }
    assert weight(world) == "0"
    out = capsys.readouterr().out
    assert "set env deployment/onesource USE_UNIFIED_PIPELINE=1 CONV_STORE_PRIMARY=redis" in out
    assert "FEATURE_DYNAMIC_PROMPTS- FEATURE_SUGGESTED_ACTIONS-" in out, "a script may have set every flag there is"


def test_emergency_by_script_runs_it_and_believes_users_only(tmp_path: Path, world: World) -> None:
    said: list[str] = []
    scene = world.scene(tmp_path, said)
    scripted = msgspec.structs.replace(scene.environment, rollback_script=("/bin/echo", "all is well"))
    scene = replace(scene, permit=replace(scene.permit, environment=scripted))
    assert command.roll_back(scene, "emergency", tmp_path, by_script=True) == 1
    assert "  script: all is well" in said


def test_staged_goes_down_from_what_is_set(tmp_path: Path, world: World) -> None:
    said: list[str] = []
    assert command.roll_back(world.scene(tmp_path, said), "staged", tmp_path) == 0
    assert [line.rsplit(" ", 1)[1] for line in world.writes] == ["50", "25", "10", "0"]
    assert "from 60% down by 50 - 25 - 10 - 0" in said
    assert weight(world) == "0"


def test_staged_with_a_failing_canary_is_at_0_at_once(tmp_path: Path, world: World) -> None:
    def failing(seen: Seen, _: object) -> Seen:
        return replace(seen, error="HTTP 503") if seen.commit == NEW[:12] else seen

    world.answers = failing
    assert command.roll_back(world.scene(tmp_path), "staged", tmp_path) == 0
    assert [line.rsplit(" ", 1)[1] for line in world.writes] == ["50", "0"]


def test_an_error_is_exit_2_and_one_line(tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.broken[ROUTE] = "ingress/onesource-canary: wanted to patch it, got HTTP 403"
    assert command.roll_back(world.scene(tmp_path), "canary", tmp_path) == 2
    assert "canary: ingress/onesource-canary: wanted to patch it, got HTTP 403" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["emergency", "canary", "staged"])
def test_a_preview_names_each_object_and_field(world: World, tmp_path: Path, kind: str) -> None:
    before = copy.deepcopy(world.objects)
    scene: Scene = world.scene(tmp_path)
    lines = list(now.preview(scene, kind, by_script=False))
    annotation = f"{PREFIX}canary-weight: '60' -> '0'"
    assert any(line.startswith("ingress/onesource-canary: ") and annotation in line for line in lines), lines
    assert before.keys() == world.objects.keys()


def test_wrong_words_are_wrong_use_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["all"], ["canary", "--env", "test"], ["canary", "--script"]):
        assert gate(*words, "--target", "sandbox", "--reports", str(tmp_path)) == 4
    assert "wanted one of emergency, canary, staged, got 'all'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_act_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("canary", "--target", "sandbox", "--reports", str(tmp_path)) == 4
    assert "--act" in capsys.readouterr().err

"""The staged way, the two ways off and the canary that is woken for them: seen by users, and left as found."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.act import staged
from harness.act.drills import with_canary
from harness.act.staged import STAGED, below
from harness.act.switching import OFF, REMOVED
from harness.judge import rollback
from harness.judge.drill import Seen
from harness.verdict import Outcome, Reason
from tests.unit.act.world import CANARY, NEW, PREFIX, ROUTE, World, deployment, ingress

if TYPE_CHECKING:
    from pathlib import Path

    from harness.judge.drill import Drill
    from harness.verdict import Verdict

WEIGHTS = (75.0, 50.0, 25.0, 10.0, 0.0)


def only_down(drill: Drill) -> Verdict:
    return rollback.only_down(drill, WEIGHTS, watch_s=4.0, settle_s=2.0)


def out_at(percent: int) -> World:
    world = World()
    world.objects[CANARY] = deployment("onesource-canary", 1)
    world.put(ROUTE, ingress("onesource-canary", **{"canary": "true", "canary-weight": str(percent)}), "set up")
    return world


def test_only_steps_below_the_current_weight_are_gone() -> None:
    assert below(100) == (75, 50, 25, 10, 0)
    assert below(75) == (50, 25, 10, 0)
    assert below(10) == (0,)
    assert below(0) == ()


def test_a_dormant_canary_is_woken_drilled_with_three_times_and_put_to_sleep(tmp_path: Path) -> None:
    world = World()
    found = copy.deepcopy(world.objects)
    said: list[str] = []
    drills = with_canary(world.scene(tmp_path, said))
    assert [drill.trouble for drill in drills.values()] == ["", "", ""]
    assert world.objects == found
    assert all(drill.restored for drill in drills.values())
    assert world.writes[0] == "deployment/onesource-canary: wake the dormant canary"
    off = rollback.zero_means_stable(drills[OFF])
    assert off.outcome is Outcome.MET, off
    gone = rollback.nobody_reaches_canary(drills[REMOVED])
    assert gone.outcome is Outcome.MET, gone
    down = only_down(drills[STAGED])
    assert down.outcome is Outcome.MET, down
    assert [one.percent for one in drills[STAGED].steps] == [50, 25, 10, 0, 50, 0]
    assert drills[STAGED].steps[4].ended == "worse: the drill's signal"
    assert any("weight 25" in line for line in said)
    assert drills[OFF].until_s <= drills[STAGED].seen[0].due_s  # each holds its own time only


def test_the_weight_goes_before_the_pods_so_that_nobody_is_sent_to_none(tmp_path: Path) -> None:
    world = World()
    _ = with_canary(world.scene(tmp_path), (OFF,))
    assert world.writes[-2:] == [
        "ingress/onesource-canary: set the canary's weight to 0",
        "deployment/onesource-canary: restore",
    ]


def test_a_canary_that_is_out_begins_at_its_weight_and_is_never_raised_above_it(tmp_path: Path) -> None:
    world = out_at(20)
    found = copy.deepcopy(world.objects)
    drills = with_canary(world.scene(tmp_path))
    assert {drill.trouble for drill in drills.values()} == {""}
    assert [one.percent for one in drills[STAGED].steps] == [10, 0, 10, 0]
    assert only_down(drills[STAGED]).outcome is Outcome.MET
    assert world.objects == found
    assert not any("wake" in line for line in world.writes)


def test_a_canary_at_10_is_broken_off_at_10(tmp_path: Path) -> None:
    (drill,) = with_canary(out_at(10).scene(tmp_path), (STAGED,)).values()
    assert [(one.percent, one.ended.split(":")[0]) for one in drill.steps] == [
        (0, "watched"),
        (10, "worse"),
        (0, "watched"),
    ]
    assert only_down(drill).outcome is Outcome.MET


def test_a_data_plane_that_doubles_weights_is_noticed_and_everything_goes_to_0(tmp_path: Path) -> None:
    world = World(plane=lambda percent: min(100.0, 2 * percent))
    (drill,) = with_canary(world.scene(tmp_path), (STAGED,)).values()
    assert [(one.percent, one.ended) for one in drill.steps] == [(50, "never seen"), (0, "watched")]
    verdict = only_down(drill)
    assert verdict.outcome is Outcome.VIOLATED
    assert "the share rose" in verdict.because


def test_a_weight_of_0_that_is_ignored_is_violated(tmp_path: Path) -> None:
    world = World(plane=lambda percent: percent or 60.0)
    (drill,) = with_canary(world.scene(tmp_path), (OFF,)).values()
    assert rollback.zero_means_stable(drill).outcome is Outcome.VIOLATED


def test_test_users_who_stay_after_the_removal_are_violated(tmp_path: Path) -> None:
    world = World()

    def stuck(seen: Seen, state: dict[str, object]) -> Seen:
        pods = world.objects[CANARY]["spec"]["replicas"]
        return replace(seen, commit=NEW[:12]) if seen.kind == "cookie" and pods and not state["route"] else seen

    world.answers = stuck
    (drill,) = with_canary(world.scene(tmp_path), (REMOVED,)).values()
    verdict = rollback.nobody_reaches_canary(drill)
    assert verdict.outcome is Outcome.VIOLATED
    assert "cookie" in verdict.because


def test_a_canary_that_fails_goes_to_0_at_once_and_that_is_not_blamed_on_the_way(tmp_path: Path) -> None:
    def failing(seen: Seen, state: dict[str, float]) -> Seen:
        return replace(seen, error="HTTP 503") if seen.commit == NEW[:12] and state["percent"] == 25 else seen

    (drill,) = with_canary(World(answers=failing).scene(tmp_path), (STAGED,)).values()
    assert [(one.percent, one.ended.split(":")[0]) for one in drill.steps] == [
        (50, "watched"),
        (25, "worse"),
        (0, "watched"),
    ]
    assert only_down(drill).reason is Reason.INTERRUPTED


def test_what_is_missing_in_the_profile_is_named(tmp_path: Path) -> None:
    world = World()
    scene = world.scene(tmp_path)
    bare = msgspec.structs.replace(scene.environment, deployments={"stable": "onesource"}, routing=None)
    (drill,) = with_canary(replace(scene, permit=replace(scene.permit, environment=bare)), (OFF,)).values()
    assert "environments.staging: wanted deployments.canary and routing with a weight" in drill.trouble
    assert rollback.zero_means_stable(drill).reason is Reason.NO_DATA
    assert world.writes == []


@pytest.mark.parametrize(("replicas", "weight"), [(1, "0"), (0, "10")])
def test_a_canary_that_is_neither_out_nor_dormant_is_not_touched(tmp_path: Path, replicas: int, weight: str) -> None:
    world = World()
    world.objects[CANARY] = deployment("onesource-canary", replicas)
    world.objects[ROUTE] = ingress("onesource-canary", **{"canary": "true", "canary-weight": weight})
    (drill,) = with_canary(world.scene(tmp_path), (OFF,)).values()
    assert "wanted a canary that is out, or a dormant one" in drill.trouble
    assert rollback.zero_means_stable(drill).reason is Reason.NO_DATA
    assert world.writes == []


def test_without_a_route_or_a_mark_there_is_nothing_to_drill(tmp_path: Path) -> None:
    world = World()
    del world.objects[ROUTE]
    (drill,) = with_canary(world.scene(tmp_path), (OFF,)).values()
    assert "there is no canary to drill with" in drill.trouble
    world = World()
    world.objects[ROUTE]["metadata"]["annotations"] = {PREFIX + "canary": "false"}
    (drill,) = with_canary(world.scene(tmp_path), (OFF,)).values()
    assert "wanted a canary's weight, got none" in drill.trouble


def test_somebody_elses_change_ends_this_drill_and_those_after_it(tmp_path: Path) -> None:
    world = World()

    def meddled(seen: Seen, state: dict[str, float]) -> Seen:
        if state["percent"] == 25:
            world.foreign.add(ROUTE)
        return seen

    world.answers = meddled
    drills = with_canary(world.scene(tmp_path))
    assert rollback.zero_means_stable(drills[OFF]).outcome is Outcome.UNKNOWN  # not left as found
    assert only_down(drills[STAGED]).reason is Reason.INTERRUPTED
    assert "somebody else changed ingress/onesource-canary" in drills[REMOVED].foreign


# --- what counts as worse -------------------------------------------------------------------------------------------


def rows(of: int, failed: int, commit: str = NEW) -> list[Seen]:
    made = [Seen(n / 100, n / 100, n / 100 + 0.02, "version", commit=commit) for n in range(of)]
    return [replace(one, error="HTTP 503") if n < failed else one for n, one in enumerate(made)]


def test_failures_far_above_the_limit_are_said_and_few_are_not() -> None:
    worse = staged.failing((NEW,))
    assert worse([]) == ""
    assert worse(rows(400, 0)) == ""
    assert worse(rows(400, 1)) == ""
    assert "20 failures in 400" in worse(rows(400, 20))


def test_stables_failures_are_not_the_canarys_but_nameless_ones_may_be() -> None:
    worse = staged.failing((NEW,))
    assert worse(rows(400, 20, commit="c" * 40)) == ""
    assert worse(rows(400, 20, commit="")) != ""


def test_the_signal_waits_until_the_canary_has_answered() -> None:
    signal = staged.signal((NEW,))
    assert signal(rows(10, 0)) == ""
    assert signal(rows(30, 0)) == "the drill's signal"

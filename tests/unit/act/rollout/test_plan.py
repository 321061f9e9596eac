"""What comes next: each step once, in order, and the way back from wherever it is."""

from __future__ import annotations

import msgspec
import pytest

from harness.act.kube import ActError
from harness.act.rollout import state as states
from harness.act.rollout.plan import Action, Found, next_action
from harness.act.rollout.state import STEPS, State, Step

OLD, NEW = "image:old", "image:new"
BEGUN = State("run", "me@here", "2026-01-01T00:00:00.000Z", 10, OLD, "backend", {"metadata": {"name": "canary"}})


def at(step: Step, *, verified: bool = True, way: states.Way = "forward") -> State:
    return msgspec.structs.replace(BEGUN, step=step, verified=verified, way=way)


FOUND = Found(10.0, OLD, route=True)


def test_each_step_follows_the_one_before_it_once_that_was_seen() -> None:
    said = [str(next_action(at(step), FOUND, NEW)) for step in STEPS]
    assert said == [
        "weight 50",
        "weight 100",
        "stable gets image:new",
        "the canary's route is taken away",
        "answers are verified",
        "the rollout's note is taken away",
    ]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_was_announced_and_not_seen_is_taken_again(step: Step) -> None:
    assert next_action(at(step, verified=False), FOUND, NEW).step == step


def test_before_promotion_the_way_back_is_weight_0_then_a_look_then_the_end() -> None:
    state = at("half", verified=False, way="back")
    assert next_action(state, Found(50.0, OLD, route=True), NEW) == Action("weight", "back", percent=0)
    assert next_action(state, Found(0.0, OLD, route=True), NEW).do == "verify"
    assert next_action(at("half", way="back"), Found(0.0, OLD, route=True), NEW).do == "release"


def test_after_promotion_began_stable_gets_its_image_back_before_users_are_sent_there() -> None:
    state = at("promote", verified=False, way="back")
    assert next_action(state, Found(100.0, NEW, route=True), NEW) == Action("image", "back", image=OLD)
    half_rolled = Found(100.0, OLD, route=True, rolled=False, rolling="1 of 3 pods are new")
    assert next_action(state, half_rolled, NEW).do == "image"
    assert next_action(state, Found(100.0, OLD, route=True), NEW) == Action("weight", "back", percent=0)


def test_a_pod_of_stable_that_is_down_does_not_keep_users_on_a_bad_candidate() -> None:
    state = at("half", verified=False, way="back")
    assert next_action(state, Found(50.0, OLD, route=True, rolled=False, rolling="2 of 3"), NEW).do == "weight"


def test_a_route_that_was_taken_away_comes_back_with_the_weight_of_the_way() -> None:
    gone = Found(None, OLD, route=False)
    assert next_action(at("unroute", verified=False, way="back"), gone, NEW) == Action("reroute", "back", percent=0)
    assert next_action(at("verify", verified=False, way="restore"), gone, NEW) == Action("reroute", "back", percent=10)


def test_the_note_reads_back_as_it_was_written_and_anything_else_is_refused() -> None:
    assert states.read(BEGUN.text()) == BEGUN
    assert BEGUN.about == "rollout run of me@here since 2026-01-01T00:00:00.000Z, step snapshot announced"
    for text in ("", "{}", "step: half", BEGUN.text().replace('"turn":1', '"turn":1,"more":2')):
        with pytest.raises(ActError, match="wanted the state of a rollout"):
            _ = states.read(text)

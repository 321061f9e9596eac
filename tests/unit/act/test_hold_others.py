"""Somebody else's change to a held object is noticed, told and never written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.act.hold import ATTEMPTS, ForeignError, Hold
from harness.act.kube import ActError
from tests.unit.act.held import ROUTE, STABLE, WEIGHT, Meddled, as_found, broken, env, states, weight

if TYPE_CHECKING:
    from harness.act.kube import Obj
    from tests.unit.act.held import Scene


def test_status_and_revision_may_move_all_the_while(scene: Scene) -> None:
    left = [3, 3]

    def roll(verb: str) -> None:
        which = ("patch", "update").index(verb)
        if left[which]:
            left[which] -= 1
            scene.move_status(STABLE)

    with Hold(scene.permit(Meddled(scene, before=roll)), STABLE) as hold:
        _ = hold.patch("flags", env(USE_UNIFIED_PIPELINE="0"), strategic=True)
    assert left == [0, 0]
    assert as_found(scene, hold)
    assert (hold.restored, hold.foreign) == (True, "")
    assert [state for _, state in states(scene)] == (["begun", "refused"] * 3 + ["begun", "done"]) * 2


def test_an_object_that_never_holds_still_ends_in_an_error(scene: Scene) -> None:
    permit = scene.permit(Meddled(scene, before=lambda _: scene.move_status(STABLE)))
    with pytest.raises(ActError, match=f"its bookkeeping moved {ATTEMPTS} times"), Hold(permit, STABLE) as hold:
        _ = hold.patch("flags", env(USE_UNIFIED_PIPELINE="0"), strategic=True)


def test_a_change_by_hand_is_noticed_at_the_next_change_and_left(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 30", weight("30"))
        scene.by_hand(ROUTE, weight("20"))
        with pytest.raises(ForeignError):
            _ = hold.patch("weight 0", weight("0"))
    assert scene.weight_now() == "20"
    assert not hold.restored
    path = f"metadata.annotations.{WEIGHT}"
    assert hold.foreign == (
        f"somebody else changed ingress/onesource-canary (kubectl-edit): {path}: '30' -> '20'; it is left so, "
        f"to have it as found change: {path}: '20' -> '10'"
    )


def test_a_change_by_hand_is_noticed_when_the_block_ends_and_left(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 30", weight("30"))
        scene.by_hand(ROUTE, {"metadata": {"labels": {"on": "call"}}})
    assert "metadata.labels.on: (none) -> 'call'" in hold.foreign
    assert scene.weight_now() == "30"
    assert not hold.restored


def test_a_change_by_hand_in_a_block_that_broke_is_told_with_what_broke_it(scene: Scene) -> None:
    hold = Hold(scene.permit(Meddled(scene, after=lambda _: scene.by_hand(ROUTE, weight("20")))), ROUTE)
    with pytest.raises(ValueError, match="a judge broke") as ended:
        broken(hold, ValueError("a judge broke"))
    assert ended.value.__notes__ == [hold.foreign]


def test_a_change_by_hand_between_the_look_and_the_write_loses_nothing(scene: Scene) -> None:
    hands = ["20"]

    def hand(verb: str) -> None:
        if verb == "patch" and hands:
            scene.by_hand(ROUTE, weight(hands.pop()))

    with Hold(scene.permit(Meddled(scene, before=hand)), ROUTE) as hold, pytest.raises(ForeignError):
        _ = hold.patch("weight 0", weight("0"))
    assert scene.weight_now() == "20"
    assert states(scene) == [("weight 0", "begun"), ("weight 0", "refused")]


def test_the_same_change_by_hand_at_the_same_moment_is_not_taken_for_ours(scene: Scene) -> None:
    hands = ["0"]

    def hand(verb: str) -> None:
        if verb == "patch" and hands:
            scene.by_hand(ROUTE, weight(hands.pop()))

    with Hold(scene.permit(Meddled(scene, before=hand)), ROUTE) as hold, pytest.raises(ForeignError):
        _ = hold.patch("weight 0", weight("0"))
    assert scene.weight_now() == "0"
    assert not hold.restored


def test_a_change_by_hand_while_it_is_put_back_is_left(scene: Scene) -> None:
    hands = ["20"]

    def hand(verb: str) -> None:
        if verb == "update" and hands:
            scene.by_hand(ROUTE, weight(hands.pop()))

    with Hold(scene.permit(Meddled(scene, before=hand)), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
    assert scene.weight_now() == "20"
    assert "'0' -> '20'" in hold.foreign


def test_what_somebody_else_put_back_is_told_and_is_as_found(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
        scene.by_hand(ROUTE, weight("10"))
    assert "to have it as found change: nothing" in hold.foreign
    assert hold.restored


def test_two_operators_at_once_the_second_changes_nothing(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as first, Hold(scene.permit(), ROUTE) as second:
        _ = first.patch("weight 30", weight("30"))
        with pytest.raises(ForeignError, match=r"somebody else changed ingress/onesource-canary \(onesource-gate\): "):
            _ = second.patch("weight 0", weight("0"))
        assert scene.weight_now() == "30"
    assert as_found(scene, first)
    assert first.restored


def test_what_was_removed_is_made_again(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        hold.remove("remove the canary")
        assert scene.api.get(scene.path(ROUTE)).status == 404
        hold.remove("twice is once")
        with pytest.raises(ActError, match="it was removed just before"):
            _ = hold.patch("weight 0", weight("0"))
    assert as_found(scene, hold)
    assert hold.restored
    first, _, third, _ = scene.audited()
    assert first["before"][f"metadata.annotations.{WEIGHT}"] == "10"
    assert (first["after"], third["before"]) == (None, None)


def test_what_somebody_else_removed_stays_removed(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = scene.api.delete(scene.path(ROUTE))
        with pytest.raises(ForeignError):
            hold.remove("remove the canary")
    assert hold.foreign.startswith("somebody else removed ingress/onesource-canary")
    assert not hold.restored
    assert scene.api.get(scene.path(ROUTE)).status == 404


@pytest.mark.parametrize("removed", [True, False])
def test_what_somebody_else_made_anew_stays_theirs(scene: Scene, removed: bool) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        if removed:
            hold.remove("remove the canary")
        scene.reset()
        theirs = scene.get(ROUTE)
    assert hold.foreign.startswith("somebody else made ingress/onesource-canary anew")
    assert scene.get(ROUTE) == theirs


def test_what_somebody_else_makes_while_it_is_made_again_stays_theirs(scene: Scene) -> None:
    theirs: list[Obj] = []

    def hand(verb: str) -> None:
        if verb == "create":
            scene.reset()
            theirs.append(scene.get(ROUTE))

    with Hold(scene.permit(Meddled(scene, before=hand)), ROUTE) as hold:
        hold.remove("remove the canary")
    assert "made ingress/onesource-canary anew" in hold.foreign
    assert [scene.get(ROUTE)] == theirs


def test_a_finalizer_that_holds_a_removed_object_is_told(scene: Scene) -> None:
    scene.by_hand(ROUTE, {"metadata": {"finalizers": ["example.com/cleanup"]}})
    hold = Hold(scene.permit(), ROUTE)
    with pytest.raises(ActError, match=r"still being deleted, held by finalizers: example.com/cleanup"), hold:
        hold.remove("remove the canary")
    assert not hold.restored
    scene.by_hand(ROUTE, {"metadata": {"finalizers": None}})

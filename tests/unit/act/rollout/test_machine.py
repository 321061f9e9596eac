"""A rollout from one end to the other, back from wherever it got worse, and taken up by another process."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from harness.act.guard import RefusedError
from harness.act.rollout import drill
from harness.act.rollout.parts import Hooks
from harness.act.rollout.playing import Order, perform
from harness.act.rollout.state import STEPS, read
from harness.errors import HarnessError, UsageError
from harness.judge import rollout as judge
from harness.judge.rolled import Kept, Rollout
from harness.verdict import Outcome
from tests.unit.act.rollout.world import NEW_IMAGE, OLD_IMAGE, ROUTE, STABLE, WEIGHT, World, permit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORWARD = ["weight 50", "weight 100", f"image {NEW_IMAGE}", "delete ingress/onesource-canary"]


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it is done."""


def play(world: World, path: Path, order: Order | None = None) -> Rollout:
    return perform(permit(world, path), order or Order("run-1"), world, world.clock, users=world)


def killed_at(point: str) -> Hooks:
    def at(reached: str) -> None:
        if reached == point:
            raise Killed

    return Hooks(at=at)


def when(point: str, act: Callable[[], None]) -> Hooks:
    def at(reached: str) -> None:
        if reached == point:
            act()

    return Hooks(at=at)


def test_a_healthy_rollout_goes_through_every_step_and_takes_its_note_away(tmp_path: Path) -> None:
    world = World()
    record = play(world, tmp_path)
    assert (record.ended, record.trouble, record.foreign) == ("finished", "", "")
    assert world.writes == FORWARD
    assert [taken.step for taken in record.steps] == list(STEPS)
    assert all(taken.ended == "" for taken in record.steps)
    assert world.note is None
    assert record.route_gone is True
    for verdict in (
        judge.snapshot_kept(record),
        judge.half(record, 50, watch_min=15, give=0.03, need=998),
        judge.all_of_it(record, 100),
        judge.promoted(record, 0),
    ):
        assert verdict.outcome is Outcome.MET, str(verdict)


def test_half_is_watched_for_as_many_asks_as_its_share_needs(tmp_path: Path) -> None:
    record = play(World(), tmp_path)
    taken = record.step("half")
    assert taken is not None
    assert taken.watch_s > 20.0
    assert len(record.asked(taken.seen_s or 0.0, taken.to_s)) >= 5_000


def test_each_step_is_written_down_before_its_change(tmp_path: Path) -> None:
    world, notes = World(), list[tuple[str, str]]()

    def at(point: str) -> None:
        step, _, what = point.partition(":")
        if what == "announced" and world.note:
            assert read(world.note).verified is False
            notes.append((step, read(world.note).step))

    _ = play(world, tmp_path, Order("run-1", hooks=Hooks(at=at)))
    assert notes == [(step, step) for step in STEPS]


def test_every_write_stands_in_the_audit_before_and_after_it(tmp_path: Path) -> None:
    _ = play(World(), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    states = [line["state"] for line in lines]
    assert states == ["begun", "done"] * (len(lines) // 2)
    assert {"weight 50", "weight 100", f"image {NEW_IMAGE}", "delete"} < {line["what"] for line in lines}


def test_a_rehearsal_ends_with_everything_as_it_was_found(tmp_path: Path) -> None:
    world = World()
    record = play(world, tmp_path, Order("run-1", after="restore"))
    assert (record.ended, record.restored) == ("finished", True)
    assert world.writes == [*FORWARD, f"image {OLD_IMAGE}", "weight 10"]
    assert world.as_found()


def test_a_candidate_that_fails_at_half_is_taken_back_by_itself_within_ten_seconds(tmp_path: Path) -> None:
    world = World()

    def burst() -> None:
        world.fails = 0.05

    record = play(world, tmp_path, Order("run-1", hooks=when("half:seen", burst)))
    assert record.ended == "taken back"
    assert world.writes == ["weight 50", "weight 0"]
    assert record.crossing is not None
    assert record.crossing.step == "half"
    assert "the candidate failed" in record.crossing.said
    assert 0 < record.crossing.failures < 30
    assert judge.takes_back_by_itself(record).outcome is Outcome.MET
    assert judge.half(record, 50, watch_min=15, give=0.03, need=998).outcome is Outcome.VIOLATED
    assert world.note is None


def test_a_candidate_that_fails_while_stable_is_replaced_gives_stable_its_image_back_first(tmp_path: Path) -> None:
    world = World()

    def burst() -> None:
        world.fails = 0.05

    record = play(world, tmp_path, Order("run-1", hooks=when("promote:changed", burst)))
    assert world.writes == ["weight 50", "weight 100", f"image {NEW_IMAGE}", f"image {OLD_IMAGE}", "weight 0"]
    assert (record.ended, record.crossing.step if record.crossing else "") == ("taken back", "promote")
    assert judge.promoted(record, 0).outcome is Outcome.VIOLATED


def test_a_stream_that_dies_measures_nothing_and_leads_back(tmp_path: Path) -> None:
    world = World()

    def dies() -> None:
        world.silent = True

    record = play(world, tmp_path, Order("run-1", hooks=when("half:seen", dies)))
    assert world.writes == ["weight 50", "weight 0"]
    assert record.crossing is not None
    assert "so nothing is measured" in record.crossing.said
    assert record.ended == "stopped"  # nobody can say that users are back on stable
    assert "way back" in record.trouble
    assert world.note is not None


def test_a_weight_that_users_never_see_leads_back(tmp_path: Path) -> None:
    world = World()
    original = world.changed

    def stuck() -> None:
        original()
        world.history[:] = [(0.0, 10.0, False)]

    world.changed = stuck
    record = play(world, tmp_path)
    assert world.writes[0] == "weight 50"
    taken = record.step("half")
    assert taken is not None
    assert taken.ended == "unseen"
    assert "weight 50: not seen within 30 s" in taken.why
    assert judge.half(record, 50, watch_min=15, give=0.03, need=998).outcome is Outcome.VIOLATED


def test_stable_that_keeps_the_old_digest_is_not_promoted(tmp_path: Path) -> None:
    world = World(digest="sha256:" + "a" * 64)
    record = play(world, tmp_path)
    assert record.ended == "taken back"
    verdict = judge.promoted(record, 0)
    assert verdict.outcome is Outcome.VIOLATED
    assert "runs sha256:aaaaaaaaaaaa, wanted sha256:bbbbbbbbbbbb" in verdict.because
    assert world.image(world.objects[STABLE]) == OLD_IMAGE


def test_a_deployment_that_never_comes_to_rest_stops_the_way_back_with_its_reason(tmp_path: Path) -> None:
    world = World()

    def stuck() -> None:
        world.never_rolls = True

    record = play(world, tmp_path, Order("run-1", hooks=when("promote:announced", stuck)))
    assert record.ended == "stopped"
    assert "1 of 3 pods are new" in record.trouble
    assert world.note is not None


def test_metrics_that_are_not_usable_change_nothing(tmp_path: Path) -> None:
    world = World(kept=(Kept("pod-a", trouble='HTTP 200 with {"error"}: the endpoint itself failed'),))
    record = play(world, tmp_path)
    assert world.writes == []
    assert world.as_found()
    assert "the metrics of before are not usable" in record.trouble
    assert judge.snapshot_kept(record).outcome is Outcome.VIOLATED
    assert judge.half(record, 50, watch_min=15, give=0.03, need=998).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("field", ["weight", "image", "note"])
def test_a_change_by_hand_is_noticed_told_and_left(tmp_path: Path, field: str) -> None:
    world = World()

    def by_hand() -> None:
        if field == "weight":
            route = world.get(ROUTE)
            route["metadata"]["annotations"][WEIGHT] = "33"
            world.left(ROUTE, route)
            return
        stable = world.get(STABLE)
        if field == "image":
            stable["spec"]["template"]["spec"]["containers"][0]["image"] = "onesource/backend:other"
        else:
            stable["metadata"]["annotations"].clear()
        world.left(STABLE, stable)

    record = play(world, tmp_path, Order("run-1", hooks=when("half:seen", by_hand)))
    assert record.ended == "stopped"
    assert "changed by hand while a rollout is under way" in record.foreign
    assert {"weight": "now 33", "image": "backend:other", "note": "now none"}[field] in record.foreign
    assert (
        world.writes[-1]
        == {"weight": "weight 33", "image": "image onesource/backend:other", "note": "weight 50"}[field]
    )
    verdict = judge.half(record, 50, watch_min=15, give=0.03, need=998)
    assert (verdict.outcome, str(verdict.reason)) == (Outcome.UNKNOWN, "INTERRUPTED")


def test_a_controller_that_writes_the_status_meanwhile_is_nobody(tmp_path: Path) -> None:
    world = World()

    def busy(ref: object, _: object) -> None:
        if ref == STABLE and int(world.objects[STABLE]["metadata"]["resourceVersion"]) % 3:
            meta = world.objects[STABLE]["metadata"]
            meta["resourceVersion"] = str(int(meta["resourceVersion"]) + 1)

    world.before_write = busy
    assert play(world, tmp_path).ended == "finished"


POINTS = [f"{step}:{what}" for step in STEPS for what in ("announced", "changed", "seen", "verified")]


@pytest.mark.parametrize("way", ["onward", "back"])
@pytest.mark.parametrize("point", POINTS)
def test_a_rollout_that_was_killed_is_taken_up_onward_or_back(tmp_path: Path, point: str, way: str) -> None:
    world = World()
    with pytest.raises(Killed):
        _ = play(world, tmp_path, Order("run-1", hooks=killed_at(point)))
    assert world.note is not None
    record = play(world, tmp_path, Order("run-2", resume=True, back=way == "back"))
    assert record.trouble == ""
    assert record.ended == ("finished" if way == "onward" else "taken back")
    assert world.note is None
    if way == "back":
        assert world.image(world.objects[STABLE]) == OLD_IMAGE
        assert world.objects[ROUTE]["metadata"]["annotations"][WEIGHT] == "0"
    else:
        assert world.image(world.objects[STABLE]) == NEW_IMAGE
        assert ROUTE not in world.objects


def test_a_rollout_that_was_killed_on_its_way_back_goes_on_backwards(tmp_path: Path) -> None:
    world = World()
    order = drill.violated(Order("run-1", hooks=killed_at("back:announced")))
    with pytest.raises(Killed):
        _ = play(world, tmp_path, dataclasses.replace(order, after="stay", interrupted=""))
    record = play(world, tmp_path, Order("run-2", resume=True))
    assert record.ended == "taken back"
    assert world.writes == ["weight 50", "weight 0"]


def test_the_process_left_over_from_before_notices_that_its_rollout_was_taken_up(tmp_path: Path) -> None:
    world = World()

    def taken_up() -> None:
        with pytest.raises(Killed):
            _ = play(world, tmp_path, Order("run-2", resume=True, hooks=killed_at("half:announced")))

    record = play(world, tmp_path, Order("run-1", hooks=when("half:seen", taken_up)))
    assert record.ended == "stopped"
    assert "note on deployment/onesource" in record.foreign


def test_an_interrupted_rehearsal_is_put_back(tmp_path: Path) -> None:
    world = World()
    with pytest.raises(Killed):
        _ = play(
            world, tmp_path, Order("run-1", after="restore", interrupted="restore", hooks=killed_at("promote:changed"))
        )
    assert world.as_found()


def test_told_to_stop_leaves_the_note_for_whoever_takes_it_up(tmp_path: Path) -> None:
    world, told = World(), list[bool]()
    hooks = when("half:seen", lambda: told.append(True))
    hooks.stop = lambda: bool(told)
    record = play(world, tmp_path, Order("run-1", hooks=hooks))
    assert (record.ended, world.writes) == ("stopped", ["weight 50"])
    assert "told to stop" in record.trouble
    assert world.note is not None
    told.clear()
    assert play(world, tmp_path, Order("run-2", resume=True)).ended == "finished"


def test_the_drill_takes_itself_back_and_everything_is_as_found(tmp_path: Path) -> None:
    world = World()
    record = play(world, tmp_path, drill.violated(Order("run-1", name="violated-rollout")))
    assert (record.ended, record.restored) == ("taken back", True)
    assert world.writes == ["weight 50", "weight 0", "weight 10"]
    assert world.as_found()
    verdict = judge.takes_back_by_itself(record)
    assert verdict.outcome is Outcome.MET, str(verdict)
    assert "declared by the drill" in verdict.because


def test_a_weight_of_0_that_changes_nothing_for_users_is_no_way_back(tmp_path: Path) -> None:
    world = World(ignore_weight=True)
    record = play(world, tmp_path, drill.violated(Order("run-1")))
    verdict = judge.takes_back_by_itself(record)
    assert verdict.outcome is Outcome.VIOLATED
    assert "the candidate still answered" in verdict.because


def test_another_rollout_under_way_is_refused_with_whose_and_since_when(tmp_path: Path) -> None:
    world = World()
    with pytest.raises(Killed):
        _ = play(world, tmp_path, Order("run-1", hooks=killed_at("half:changed")))
    before = len(world.writes)
    with pytest.raises(RefusedError, match=r"another rollout is under way: rollout run-1 of .+ since 2026-01-01T"):
        _ = play(world, tmp_path, Order("run-2"))
    text = (world.note or "").replace(read(world.note or "").who, "her@there")
    world.objects[STABLE]["metadata"]["annotations"]["onesource-verify/rollout"] = text
    with pytest.raises(RefusedError, match="--whose her@there"):
        _ = play(world, tmp_path, Order("run-2", resume=True))
    assert len(world.writes) == before
    assert play(world, tmp_path, Order("run-2", resume=True, whose="her@there")).ended == "finished"


def test_there_is_nothing_to_take_up_and_nothing_to_roll_out(tmp_path: Path) -> None:
    world = World()
    with pytest.raises(UsageError, match="there is none; begin one without --resume"):
        _ = play(world, tmp_path, Order("run-1", resume=True))
    world.objects[STABLE]["spec"]["template"]["spec"]["containers"][0]["image"] = NEW_IMAGE
    with pytest.raises(RefusedError, match="there is nothing to roll out"):
        _ = play(world, tmp_path)
    del world.objects[ROUTE]
    world.objects[STABLE]["spec"]["template"]["spec"]["containers"][0]["image"] = OLD_IMAGE
    with pytest.raises(RefusedError, match="wanted a canary with a whole number of percent, got no weight"):
        _ = play(world, tmp_path)
    assert world.writes == []


def test_a_stream_that_breaks_leads_back_and_says_so(tmp_path: Path) -> None:
    world = World()

    def breaks() -> None:
        def broken(_: float = 0.0) -> None:
            raise HarnessError("users' stream: it broke, so nobody was watching")

        world.seen = broken  # pyright: ignore[reportAttributeAccessIssue]

    record = play(world, tmp_path, Order("run-1", hooks=when("half:seen", breaks)))
    assert world.writes == ["weight 50", "weight 0"]
    assert record.ended == "stopped"
    assert record.crossing is not None
    assert "it broke" in record.crossing.said

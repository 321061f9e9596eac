"""`gate rollout`: what it refuses, what it prints, and the status it ends with."""

from __future__ import annotations

import dataclasses
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from harness.act.guard import RefusedError
from harness.act.rollout.parts import Progress
from harness.cli import rollout as command
from harness.clock import FakeClock
from harness.errors import UsageError
from harness.judge.drill import Seen
from harness.judge.rolled import Crossing, Rollout
from tests.unit.act.rollout.world import NEW_IMAGE, World, permit, target

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.guard import Permit
    from harness.target import Target

ENDED = Rollout("rollout", "production", "2026-01-01T00:00:00.000Z", until_s=10.0)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in place of the cluster that the command would reach."""
    made = World()

    def load(_: str) -> Target:
        return target()

    monkeypatch.setattr(command.targets, "load", load)

    def permitted(*_: object, act: bool, dry_run: bool, **__: Any) -> Permit:
        if not (act or dry_run):
            raise RefusedError("fake/production: refused to change anything: wanted --act, got none")
        return dataclasses.replace(permit(made, tmp_path), dry_run=dry_run)

    monkeypatch.setattr(command.guard, "permit", permitted)
    return made


def gate(tmp_path: Path, **options: Any) -> int:
    return command.rollout(target="fake", reports=tmp_path, **options)


def test_without_act_it_is_refused_and_nothing_is_written(tmp_path: Path, world: World) -> None:
    with pytest.raises(RefusedError, match="wanted --act"):
        _ = gate(tmp_path)
    assert world.writes == []


def test_a_dry_run_prints_each_change_and_makes_none(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(tmp_path, dry_run=True) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    weight = "metadata.annotations.nginx.ingress.kubernetes.io/canary-weight: '10' ->"
    assert [line for line in lines if line.startswith(weight)] == [f"{weight} '50'", f"{weight} '100'"]
    assert any(f"-> '{NEW_IMAGE}'" in line for line in lines)
    assert "ingress/onesource-canary: deleted, once every stable pod runs onesource/backend:v1.5.0" in lines
    assert lines[-1] == "dry run: nothing was changed"
    assert world.writes == []
    assert world.as_found()


@pytest.mark.parametrize(
    ("options", "said"), [({"back": True}, "--back: wanted with --resume"), ({"environment": "here"}, "--env: wanted")]
)
def test_wrong_use_is_one_line(tmp_path: Path, world: World, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _ = gate(tmp_path, act=True, **options)
    assert world.writes == []


@pytest.mark.parametrize(
    "case",
    [
        ({"ended": "finished"}, 0, "finished: 0 users' requests failed on the way"),
        (
            {"ended": "taken back", "crossing": Crossing("half", "8 of 100 requests failed", 5.0)},
            1,
            "taken back at step half: 8 of 100 requests failed",
        ),
        ({"ended": "stopped", "foreign": "weight: we left 50, now 0"}, 2, "Next, back:   gate rollout"),
        ({"ended": "", "trouble": "the API was away"}, 2, "failed: 0 users' requests failed on the way"),
    ],
)
def test_each_end_has_its_status_and_its_words(
    tmp_path: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: tuple[dict[str, Any], int, str],
) -> None:
    changes, code, said = case
    record = dataclasses.replace(ENDED, **changes)

    def perform(*_: object) -> Rollout:
        return record

    monkeypatch.setattr(command.playing, "perform", perform)
    assert gate(tmp_path, act=True) == code
    out, err = capsys.readouterr()
    assert said in out
    for trouble in (record.foreign, record.trouble):
        assert trouble in err
    assert len(list(tmp_path.glob("rollouts/*/artifacts/drills/rollout.json"))) == 1
    assert world.writes == []


def test_what_a_stopped_rollout_says_takes_it_up_again(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    record = dataclasses.replace(ENDED, ended="stopped", trouble="told to stop")
    again = "gate rollout --target fake --env production --act --resume"
    assert command._end(record, permit(world, tmp_path), again) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"Next, onward: {again}", f"Next, back:   {again} --back"]
    assert "deployment/onesource (onesource-verify/rollout)" in lines[-3]


def test_failures_on_the_way_are_counted(tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    seen = (Seen(1, 1, 2, "chat", "HTTP 503"), Seen(2, 2, 3, "header", "HTTP 503"), Seen(11, 11, 12, "chat", "timeout"))
    record = dataclasses.replace(ENDED, ended="finished", seen=seen)
    assert command._end(record, permit(world, tmp_path), "") == 0
    assert "finished: 1 users' requests failed on the way" in capsys.readouterr().out


def test_progress_is_a_line_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    lines = command._Lines(clock)
    for _ in range(5):
        lines.progress(Progress("weight 50", 0.5012, 3, 12.4))
        clock.sleep(0.5)
    lines.progress(Progress("stable gets b", None, 3, None))
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["  weight 50: candidate 50.1% of the answers, 3 failed, 12 s to go"] * 3
    assert len(said) in {3, 4}


def test_ctrl_c_asks_to_stop_and_a_second_one_breaks_off(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with command._told_to_stop() as stop:
            assert not stop()
            os.kill(os.getpid(), signal.SIGINT)
            assert stop()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        _ = signal.signal(signal.SIGINT, before)
    assert "stopping at the next look" in capsys.readouterr().err

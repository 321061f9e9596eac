"""A drill's record says all there was, in one set of words, and why it ended if it did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.act.drilling import NothingToDrillError, filmed, plain, rolled, rollout, selector, share, truth, undrilled
from harness.act.hold import ForeignError
from harness.act.kube import ActError
from harness.errors import HarnessError
from harness.judge.drill import Drill, Seen
from harness.report import drills, kept
from harness.verdict import Reason
from tests.unit.act.world import NEW, OLD, World, deployment

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.drilling import Draft


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("0", "false"), ("1", "true"), ("True", "true"), ("off", "false"), ("mongo", "mongo"), ("", "")],
)
def test_flags_read_alike_wherever_they_come_from(given: str, wanted: str) -> None:
    assert truth(given) == wanted


def test_an_answer_is_put_in_the_records_words() -> None:
    seen = Seen(0, 0, 1, "version", commit=OLD[:10], flags={"A": "0", "B": "mongo"})
    made = plain(seen, [NEW, OLD])
    assert (made.commit, dict(made.flags)) == (OLD, {"A": "false", "B": "mongo"})
    assert plain(made, [NEW, OLD]) is made
    assert plain(replace(seen, commit="third"), [OLD]).commit == "third"


def test_shares_count_good_answers_of_users_who_pin_nothing() -> None:
    rows = [
        Seen(0, 0, 1, "version", commit=NEW),
        Seen(0, 0, 1, "chat", commit=OLD),
        Seen(0, 0, 1, "header", commit=NEW),
        Seen(0, 0, 1, "version", error="timeout"),
    ]
    assert share(rows, (NEW,)) == (1, 2)


def test_a_deployment_is_rolled_out_when_no_older_pod_is_left() -> None:
    obj = deployment("onesource", 2)
    assert selector(obj) == "app=onesource"
    status = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
    assert rolled(obj | {"status": status})
    assert rollout(obj | {"status": status}) == "rolled out (2 of 2 pods updated, 2 ready, 2 there)"
    assert not rolled(obj | {"status": status | {"replicas": 3}})
    assert not rolled(obj | {"status": status | {"observedGeneration": 0}})
    assert not rolled(obj)


@pytest.mark.parametrize(
    ("trouble", "field", "reason"),
    [
        (ActError("it broke"), "trouble", Reason.ERROR),
        (NothingToDrillError("nothing there"), "trouble", Reason.NO_DATA),
        (ForeignError("somebody else"), "foreign", None),
        (HarnessError("users' stream: it broke"), "trouble", Reason.ERROR),
    ],
)
def test_what_ended_a_drill_is_in_its_record(
    tmp_path: Path, trouble: HarnessError, field: str, reason: Reason | None
) -> None:
    world = World()

    def act(_: Draft) -> None:
        world.clock.sleep(2.0)
        raise trouble

    drill = filmed(world.scene(tmp_path), "x", act, per_s=20.0)
    assert getattr(drill, field) == str(trouble)
    assert drill.notes.get("reason") == reason
    assert drill.until_s == 2.0
    assert len(drill.seen) == 40


def test_a_record_is_written_whole_and_read_back_the_same(tmp_path: Path) -> None:
    world = World()
    drill = filmed(world.scene(tmp_path), "x", lambda _: world.clock.sleep(2.0), per_s=20.0)
    path = drills.write(tmp_path, drill)
    assert path == tmp_path / "artifacts" / "drills" / "x.json"
    assert drills.read(tmp_path, "x", Drill) == drill
    assert drills.read(tmp_path, "y", Drill) is None


@pytest.mark.parametrize("content", ["{", '{"name": 1}', '{"name": "x", "name": "y"}'])
def test_a_damaged_record_is_one_line(tmp_path: Path, content: str) -> None:
    path = drills.write(tmp_path, undrilled("x", "staging", "", "refused", Reason.NOT_RUN))
    _ = path.write_text(content, encoding="utf-8")
    with pytest.raises(kept.UnreadableError, match="drill x: wanted its record at"):
        _ = drills.read(tmp_path, "x", Drill)

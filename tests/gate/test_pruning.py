"""`gate prune` takes away what is old, never what a decision that still counts rests on, and never half of a run."""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import run as gate
from harness.clock import SystemClock
from harness.report import files, stamp
from harness.report.pruning import prune_removing
from harness.report.signing import envelope

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.conftest import Keys

PHASE = "bugbash"
NOW = SystemClock().wall()


def ago(**length: float) -> datetime.datetime:
    return NOW - datetime.timedelta(**length)


@dataclass(frozen=True)
class Desk:
    """A reports folder, and what is done with it."""

    reports: Path
    keys: Keys

    def sign(self, kind: str, predicate: dict[str, Any]) -> dict[str, Any]:
        subject = (envelope.Subject("build", {"sha256": "ab" * 32}),)
        statement = envelope.Statement(envelope.STATEMENT, subject, kind, predicate)
        return envelope.sign(statement, envelope.load_private(self.keys.private))

    def run(
        self,
        began: datetime.datetime,
        *,
        phase: str = PHASE,
        until: datetime.datetime | None = None,
        previous: str | None = None,
        finished: bool = True,
    ) -> str:
        """Make a run of that age, with a signed decision valid `until`; return its name."""
        name = stamp.run_id(began)
        folder = self.reports / name
        (folder / "artifacts" / "papers").mkdir(parents=True)
        _ = (folder / "run.json").write_text(json.dumps({"run": name, "phases": [phase]}))
        events = ["start", "plan", *(["finish"] if finished else [])]
        _ = (folder / "ledger.jsonl").write_text("".join(json.dumps({"event": event}) + "\n" for event in events))
        if until is not None:
            times = {"decided_at": stamp.rfc3339(began), "expires_at": stamp.rfc3339(until)}
            verdict = {"decision": "GO", "phase": phase, "run": name, **times}
            named = None if previous is None else {"run": previous}
            predicate = {"verdict": verdict, "expires_at": stamp.rfc3339(until), "previous": named}
            files.write_json(folder / "verdict.intoto.json", self.sign(envelope.VERDICT, predicate))
        return name

    def prune(self, *words: str) -> int:
        return gate(["prune", "--reports", str(self.reports), *(words or ("--older-than", "30d", "--yes"))])

    def there(self) -> set[str]:
        """The names of what is left, the book aside."""
        return {path.name for path in self.reports.iterdir()} - {"pruned.jsonl"}

    def book(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.reports / "pruned.jsonl").read_text().splitlines() if line]


@pytest.fixture
def desk(tmp_path: Path, keys: Keys) -> Desk:
    (tmp_path / "reports").mkdir()
    return Desk(tmp_path / "reports", keys)


def test_an_old_run_goes_and_is_written_down(desk: Desk) -> None:
    old = desk.run(ago(days=40), until=ago(days=33))
    digest = hashlib.sha256((desk.reports / old / "verdict.intoto.json").read_bytes()).hexdigest()
    young, newest = desk.run(ago(days=2)), desk.run(ago(days=1))
    assert desk.prune() == 0
    assert desk.there() == {young, newest}
    (line,) = desk.book()
    assert (line["run"], line["phase"], line["decision"], line["envelope_sha256"]) == (old, PHASE, "GO", digest)
    assert line["why"].startswith("it began ")
    assert line["at"].endswith("Z")


def test_without_yes_it_only_says_what_it_would_do_and_why(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    old, newest = desk.run(ago(days=40), until=ago(days=33)), desk.run(ago(days=35))
    assert desk.prune("--older-than", "30d") == 0
    said = capsys.readouterr().out
    assert f"goes {old} {PHASE} GO: it began" in said
    assert f"stays {newest} {PHASE} undecided: it is the newest of {PHASE}" in said
    assert "nothing was removed; --yes does it" in said
    assert {path.name for path in desk.reports.iterdir()} == {old, newest}


def test_a_run_stays_as_long_as_its_decision_is_valid(desk: Desk) -> None:
    valid = desk.run(ago(days=40), until=NOW + datetime.timedelta(hours=1))
    newest = desk.run(ago(days=1))
    assert desk.prune() == 0
    assert desk.there() == {valid, newest}


def test_whatever_a_live_decision_rests_on_stays_however_far_back(desk: Desk) -> None:
    first = desk.run(ago(days=60), until=ago(days=50))
    second = desk.run(ago(days=50), until=ago(days=40), previous=first)
    drill, named = desk.run(ago(days=47), until=ago(days=46)), desk.run(ago(days=46), until=ago(days=45))
    strange = desk.run(ago(days=45), until=ago(days=44))
    live = desk.run(ago(days=2), until=NOW + datetime.timedelta(days=1), previous=second)
    papers = desk.reports / live / "artifacts" / "papers"
    _ = (papers / "P1-PRE-03-rollback.json").write_text(json.dumps({"run": drill, "found": True}))
    files.write_json(papers / "P1-PRE-03-bugbash.intoto.json", desk.sign(envelope.VERDICT, {"run": named}))
    newest = desk.run(ago(days=1))
    assert desk.prune() == 0
    assert desk.there() == {first, second, drill, named, live, newest}
    assert [line["run"] for line in desk.book()] == [strange]


def test_what_only_an_expired_decision_rests_on_goes(desk: Desk) -> None:
    first = desk.run(ago(days=60), until=ago(days=50))
    second = desk.run(ago(days=50), until=ago(days=40), previous=first)
    newest = desk.run(ago(days=1))
    assert desk.prune() == 0
    assert desk.there() == {newest}
    assert {line["run"] for line in desk.book()} == {first, second}


def test_the_newest_of_each_phase_and_the_one_that_latest_names_stay(desk: Desk) -> None:
    named, newest = desk.run(ago(days=60)), desk.run(ago(days=50))
    other = desk.run(ago(days=70), phase="a11y")
    (desk.reports / "latest").symlink_to(named)
    assert desk.prune() == 0
    assert desk.there() == {named, newest, other, "latest"}


def test_keep_spares_the_newest_of_each_phase_also_where_they_are_old(desk: Desk) -> None:
    runs = [desk.run(ago(days=50 - number)) for number in range(5)]
    others = [desk.run(ago(days=50 - number), phase="a11y") for number in range(2)]
    assert desk.prune("--older-than", "30d", "--keep", "3", "--yes") == 0
    assert desk.there() == {*runs[2:], *others}
    assert desk.prune("--keep", "1", "--yes") == 0
    assert desk.there() == {runs[-1], others[-1]}


def test_a_run_that_is_being_written_stays(desk: Desk) -> None:
    dead, going = desk.run(ago(hours=30), finished=False), desk.run(ago(hours=2), finished=False)
    watched, newest = desk.run(ago(days=3)), desk.run(ago(minutes=90))
    with (desk.reports / watched / "collector.log").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert desk.prune("--older-than", "1h", "--yes") == 0
    assert desk.there() == {going, watched, newest}
    assert [line["run"] for line in desk.book()] == [dead]


def test_what_is_no_run_is_left_alone(desk: Desk) -> None:
    old, newest = desk.run(ago(days=40)), desk.run(ago(days=1))
    elsewhere = desk.reports.parent / "elsewhere"
    elsewhere.mkdir()
    link = stamp.run_id(ago(days=90))
    (desk.reports / link).symlink_to(elsewhere)
    (desk.reports / "soak-staging-20200101T000000Z").mkdir()
    _ = (desk.reports / stamp.run_id(ago(days=91))).write_text("a file")
    before = desk.there()
    assert desk.prune() == 0
    assert before - desk.there() == {old}
    assert elsewhere.is_dir()
    assert newest in desk.there()


def test_a_decision_that_cannot_be_understood_may_still_be_valid(desk: Desk) -> None:
    strange, _ = desk.run(ago(days=40)), desk.run(ago(days=1))
    _ = (desk.reports / strange / "verdict.intoto.json").write_text("{")
    before = desk.there()
    assert desk.prune() == 0
    assert desk.there() == before


def test_where_it_cannot_be_read_what_a_live_decision_names_nothing_goes(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = desk.run(ago(days=40))
    live = desk.run(ago(days=1), until=NOW + datetime.timedelta(days=1))
    (desk.reports / live / "artifacts" / "papers" / "P1-PRE-03-rollback.json").symlink_to("/dev/null")
    before = desk.there()
    assert desk.prune() == 2
    assert desk.there() == before
    said = capsys.readouterr().err
    assert "P1-PRE-03-rollback.json" in said
    assert "nothing was pruned" in said


def test_a_run_that_was_promoted_without_go_stays_until_that_is_over(desk: Desk) -> None:
    now, over = desk.run(ago(days=40)), desk.run(ago(days=41))
    newest = desk.run(ago(days=1))
    home = desk.reports / "break-glass"
    home.mkdir()
    for run, until in ((now, NOW + datetime.timedelta(hours=1)), (over, ago(days=40))):
        predicate = {"run": run, "expires_at": stamp.rfc3339(until)}
        files.write_json(home / f"{run}.20260101T000000.intoto.json", desk.sign(envelope.BREAK_GLASS, predicate))
    assert desk.prune() == 0
    assert desk.there() == {now, newest, "break-glass"}


def test_a_run_is_out_of_sight_before_it_is_taken_apart(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _ = desk.run(ago(days=40)), desk.run(ago(days=1))
    seen: list[tuple[str, bool, int]] = []
    genuine = shutil.rmtree

    def watched(path: Path) -> None:
        seen.append((path.name, (desk.reports / old).exists(), len(desk.book())))
        genuine(path)

    monkeypatch.setattr(prune_removing.shutil, "rmtree", watched)
    assert desk.prune() == 0
    assert seen == [(f".pruned-{old}", False, 1)]


def test_what_could_not_be_removed_is_said_and_removed_by_the_next_pruning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, newest = desk.run(ago(days=40)), desk.run(ago(days=1))

    def busy(path: Path) -> None:
        raise OSError(16, "Device or resource busy", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(prune_removing.shutil, "rmtree", busy)
        assert desk.prune() == 2
    assert "not removed as a whole" in capsys.readouterr().out
    assert desk.there() == {f".pruned-{old}", newest}
    assert desk.prune() == 0
    assert desk.there() == {newest}
    assert [line["run"] for line in desk.book()] == [old]


def test_a_pruning_that_was_killed_before_it_wrote_is_finished_and_written_down_once(desk: Desk) -> None:
    old, newest = desk.run(ago(days=40), until=ago(days=33)), desk.run(ago(days=1))
    _ = (desk.reports / old).rename(desk.reports / f".pruned-{old}")
    _ = (desk.reports / "pruned.jsonl").write_text('{"run": "cut o')  # a kill in the middle of a line
    assert desk.prune("--older-than", "30d") == 0
    assert f".pruned-{old}" in desk.there()
    assert desk.prune() == 0
    assert desk.there() == {newest}
    lines = (desk.reports / "pruned.jsonl").read_text().splitlines()
    assert lines[0] == '{"run": "cut o'
    assert [(line["run"], line["decision"]) for line in map(json.loads, lines[1:])] == [(old, "GO")]
    assert desk.prune() == 0
    assert (desk.reports / "pruned.jsonl").read_text().splitlines() == lines


def test_two_prunings_at_once_do_not_meet(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = desk.run(ago(days=40)), desk.run(ago(days=1))
    with prune_removing.alone(desk.reports):
        assert desk.prune() == 2
    assert "another pruning is at work" in capsys.readouterr().err
    assert old in desk.there()


@pytest.mark.parametrize(
    "words", [["--yes"], ["--older-than", "soon"], ["--older-than", "0d"], ["--keep", "0"]], ids=str
)
def test_a_wish_that_is_not_clear_removes_nothing(words: list[str], desk: Desk) -> None:
    _ = desk.run(ago(days=40)), desk.run(ago(days=39))
    before = desk.there()
    assert desk.prune(*words) == 4
    assert desk.there() == before

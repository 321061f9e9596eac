"""The ledger, the outcomes and the exit status, without pytest in between."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from harness.clock import FakeClock
from harness.errors import UsageError
from harness.report import files, outcomes, run, stamp
from harness.report.reading import strict
from harness.report.recorder import Recorder, Step
from harness.runbook_tests import SuiteTest
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from pathlib import Path

ONE = SuiteTest("suites/test_x.py::test_one", "P2-RTE-01", ("canary",))
TWO = SuiteTest("suites/test_x.py::test_two", "P2-RTE-02", ("canary",))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    made = Recorder(tmp_path, FakeClock())
    made.start("id", ["-m", "canary"], 0)
    made.plan([ONE, TWO], ["suites/test_x.py::test_three"])
    return made


def _ran(recorder: Recorder, test: SuiteTest, verdict: Verdict | None, **outcome: str) -> None:
    said = outcomes.encode(verdict) if verdict else None
    for when in ("setup", "call", "teardown"):
        recorder.step(
            Step(test.nodeid, when, outcome.get(when, "passed"), verdict=None if when == "setup" else said, message="m")
        )


def _rows(recorder: Recorder, name: str) -> list[dict[str, Any]]:
    rows: list[Any] = strict.read_lines(recorder.folder / name)
    return rows


def test_only_met_throughout_is_0(recorder: Recorder) -> None:
    _ran(recorder, ONE, met("good"))
    _ran(recorder, TWO, met("good"))
    assert recorder.finish(0) == 0
    assert [row["outcome"] for row in _rows(recorder, "outcomes.jsonl")] == ["MET", "MET"]
    assert [row["seq"] for row in _rows(recorder, "ledger.jsonl")] == list(range(9))


@pytest.mark.parametrize("second", [violated("bad"), unknown(Reason.NO_DATA, "none"), None], ids=str)
def test_anything_else_is_not_0_whatever_pytest_says(recorder: Recorder, second: Verdict | None) -> None:
    _ran(recorder, ONE, met("good"))
    _ran(recorder, TWO, second)
    assert recorder.finish(0) == 1


def test_a_test_that_did_not_run_is_not_0(recorder: Recorder) -> None:
    _ran(recorder, ONE, met("good"))
    assert recorder.finish(0) == 1


def test_a_test_that_ran_twice_or_unplanned_is_not_0(recorder: Recorder) -> None:
    for test in (ONE, TWO, TWO, SuiteTest("elsewhere", "P2-RTE-03", ())):
        _ran(recorder, test, met("good"))
    assert recorder.finish(0) == 2
    assert recorder.stops == [f"{TWO.nodeid} ran twice", "elsewhere ran without being planned"]
    assert len(_rows(recorder, "outcomes.jsonl")) == 2


def test_a_run_of_nothing_is_not_0(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, FakeClock())
    assert recorder.finish(0) == 5


def test_a_stopped_run_is_not_0_and_keeps_no_met_of_an_open_test(recorder: Recorder) -> None:
    _ran(recorder, ONE, met("good"))
    recorder.step(Step(TWO.nodeid, "setup", "passed"))
    recorder.step(Step(TWO.nodeid, "call", "passed", verdict=outcomes.encode(met("good"))))
    recorder.interrupted("Ctrl-C")
    assert recorder.finish(0) == 2
    said = recorder.verdicts[TWO.nodeid]
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)


def test_a_stopped_run_keeps_a_violation_of_an_open_test(recorder: Recorder) -> None:
    recorder.step(Step(ONE.nodeid, "call", "failed", verdict=outcomes.encode(violated("bad"))))
    _ = recorder.finish(2)
    assert recorder.verdicts[ONE.nodeid].outcome is Outcome.VIOLATED


def test_met_does_not_survive_a_failing_teardown_and_violated_does(recorder: Recorder) -> None:
    _ran(recorder, ONE, met("good", n=1), teardown="failed")
    _ran(recorder, TWO, violated("bad"), call="failed", teardown="failed")
    assert [row["outcome"] for row in _rows(recorder, "outcomes.jsonl")] == ["UNKNOWN", "VIOLATED"]
    assert recorder.verdicts[ONE.nodeid].facts == {"n": 1}


def test_a_verdict_that_cannot_be_read_is_an_error(recorder: Recorder) -> None:
    for text in ("{", '{"outcome": "GREAT", "reason": null, "because": "", "facts": {}}', '{"outcome": "UNKNOWN"}'):
        recorder.step(Step(ONE.nodeid, "call", "passed", verdict=text))
    recorder.step(Step(ONE.nodeid, "teardown", "passed"))
    assert recorder.verdicts[ONE.nodeid].reason is Reason.ERROR


def test_the_plan_is_written_once_and_the_end_too(recorder: Recorder) -> None:
    recorder.plan([], [])
    assert recorder.finish(1) == 1
    assert recorder.finish(1) == 1
    names = [row["event"] for row in _rows(recorder, "ledger.jsonl")]
    assert (names.count("plan"), names.count("finish")) == (1, 1)
    assert len(_rows(recorder, "ledger.jsonl")[1]["tests"]) == 2


def test_nothing_is_overwritten(recorder: Recorder) -> None:
    with pytest.raises(FileExistsError):
        _ = Recorder(recorder.folder, FakeClock())


def test_a_verdict_survives_its_way_between_processes() -> None:
    for verdict in (met("a", n=1, names=["x"]), violated("b", share=0.5), unknown(Reason.GAP, "c", hole={"s": 3.0})):
        assert outcomes.decode(outcomes.encode(verdict)) == verdict


def test_a_run_gets_a_fresh_folder_that_latest_names_and_ids_sort_by_time(tmp_path: Path) -> None:
    clock = FakeClock()
    first = run.create(tmp_path / "reports", clock)
    clock.sleep(0.001)
    second = run.create(tmp_path / "reports", clock)
    assert first.id < second.id
    assert (tmp_path / "reports" / "latest").resolve() == second.path
    assert first.path.is_dir()
    made = uuid.UUID(second.id)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(clock.wall().timestamp() * 1000)


def test_a_reports_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    _ = (tmp_path / "reports").write_text("a file")
    with pytest.raises(UsageError, match=r"^reports: wanted a folder to write into, got .*--reports DIR$"):
        _ = run.create(tmp_path / "reports", FakeClock())


def test_times_are_utc_with_milliseconds() -> None:
    assert stamp.rfc3339(FakeClock().wall()) == "2026-01-01T00:00:00.000Z"


def test_a_whole_file_is_replaced_at_once_and_leaves_no_draft(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"n": 1})
    files.write_json(tmp_path / "a.json", {"n": 2})
    assert strict.read(tmp_path / "a.json") == {"n": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]

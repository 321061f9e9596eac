"""What a session says and writes about each kind of verdict, with and without workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import Project

if TYPE_CHECKING:
    from tests.plugin.project import Done

SUITE = (
    'assert line.id == "P2-RTE-01" and environment.cluster_uid == "uid-production"\ndecide(met("all is well", n=3))',
    'decide(violated("share 0.5, wanted 0.1", share=0.5))',
    'decide(unknown(Reason.NO_DATA, "nothing answered", n=0))',
    'assert not "a checker that crashed"\ndecide(met("never"))',
    'pytest.skip("no time")\ndecide(met("never"))',
    'decide(met("first"))\ndecide(met("second"))',
    'decide = print\ndecide("not the fixture")',
    "decide(broken)",
    'decide(met("numbers that are no JSON", n=object()))',
)
SAID = {
    "P2-RTE-01": ("MET", None, "passed"),
    "P2-RTE-02": ("VIOLATED", None, "failed"),
    "P2-RTE-03": ("UNKNOWN", "NO_DATA", "broken"),
    "P2-RTE-04": ("UNKNOWN", "ERROR", "broken"),
    "P2-RTE-05": ("UNKNOWN", "ERROR", "broken"),
    "P2-RTE-06": ("UNKNOWN", "ERROR", "broken"),
    "P2-RTE-07": ("UNKNOWN", "ERROR", "broken"),
    "P2-RTE-08": ("UNKNOWN", "ERROR", "broken"),
    "P2-RTE-09": ("UNKNOWN", "ERROR", "broken"),
}
FIXTURE = """
@pytest.fixture
def broken():
    raise ConnectionError("nobody there")
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("mixed"))
    conftest = made.root / "conftest.py"
    _ = conftest.write_text(conftest.read_text() + FIXTURE)
    made.suite(*SUITE)
    return made


@pytest.fixture(scope="module")
def plain(mixed: Project) -> Done:
    return mixed.run("-m", "canary", "-v")


@pytest.fixture(scope="module")
def parallel(mixed: Project, plain: Done) -> Done:
    assert plain.run is not None
    return mixed.run("-m", "canary", "-n", "2")


def test_each_way_for_a_test_to_end_gives_its_one_outcome(plain: Done) -> None:
    assert plain.code == 1
    said = {line: (row["outcome"], row["reason"]) for line, row in plain.outcomes.items()}
    assert said == {line: (outcome, reason) for line, (outcome, reason, _) in SAID.items()}
    assert "ended without a decision" in plain.outcomes["P2-RTE-07"]["because"]
    assert "nobody there" in plain.outcomes["P2-RTE-08"]["because"]
    assert "decided twice" in plain.outcomes["P2-RTE-06"]["because"]
    assert plain.outcomes["P2-RTE-02"]["facts"] == {"share": 0.5}


def test_workers_change_nothing_about_what_was_decided_and_planned(plain: Done, parallel: Done) -> None:
    assert parallel.code == plain.code
    assert parallel.run != plain.run

    def decided(done: Done) -> dict[str, object]:
        return {line: {key: row[key] for key in row if key != "at"} for line, row in done.outcomes.items()}

    assert decided(parallel) == decided(plain)
    assert parallel.events("plan")[0]["tests"] == plain.events("plan")[0]["tests"]
    assert {event["worker"] for event in parallel.events("report")} == {"gw0", "gw1"}
    assert parallel.events("start")[0]["workers"] == 2


@pytest.mark.parametrize("session", ["plain", "parallel"])
def test_the_ledger_is_numbered_without_a_hole_and_has_one_end(session: str, request: pytest.FixtureRequest) -> None:
    done: Done = request.getfixturevalue(session)
    assert [event["seq"] for event in done.ledger] == list(range(len(done.ledger)))
    names = [event["event"] for event in done.ledger]
    assert [names.count(name) for name in ("start", "plan", "finish")] == [1, 1, 1]
    assert (names[0], names[1], names[-1]) == ("start", "plan", "finish")
    ran = [event["nodeid"] for event in done.events("report") if event["when"] == "teardown"]
    assert sorted(ran) == sorted(test["nodeid"] for test in done.events("plan")[0]["tests"])
    assert done.events("finish")[0]["exit_status"] == done.code


@pytest.mark.parametrize("session", ["plain", "parallel"])
def test_allure_tells_violated_from_unknown_and_environments_apart(
    session: str, request: pytest.FixtureRequest
) -> None:
    done: Done = request.getfixturevalue(session)
    assert done.run is not None
    assert {line: result["status"] for line, result in done.allure.items()} == {
        line: status for line, (_, _, status) in SAID.items()
    }
    result = done.allure["P2-RTE-02"]
    wanted = {"phase": "canary", "environment": "production", "run": done.run.name, "target": "sandbox"}
    assert wanted.items() <= result["label"].items()
    environment = next(given for given in result["parameters"] if given["name"] == "environment")
    assert not environment.get("excluded")
    assert result["name"] == "P2-RTE-02 P2-RTE-02 holds"
    assert "share 0.5" in result["description"]
    assert {"categories.json", "executor.json", "environment.properties"} <= {
        path.name for path in (done.run / "allure-results").iterdir()
    }


def test_the_terminal_names_each_line_its_reason_and_the_next_command(plain: Done) -> None:
    assert plain.run is not None
    assert "MET       P2-RTE-01  all is well" in plain.text
    assert "VIOLATED  P2-RTE-02  share 0.5, wanted 0.1" in plain.text
    assert "UNKNOWN   P2-RTE-03  NO_DATA: nothing answered" in plain.text
    assert "UNKNOWN(NO_DATA)" in plain.text
    assert "9 planned: 1 MET, 1 VIOLATED, 7 UNKNOWN, 0 not run" in plain.text
    assert f"next: gate decide canary --run reports/{plain.run.name}" in plain.text
    assert "harness/plugin" not in plain.text, "the harness's own frames are noise"
    assert "a checker that crashed" in plain.text
    assert "traceback entries are hidden" not in plain.text


def test_run_json_says_what_the_run_is_about(plain: Done) -> None:
    about = plain.about
    assert plain.run is not None
    assert about["run"] == plain.run.name
    assert (about["target"], about["rehearsal"], about["phases"]) == ("sandbox", True, ["canary"])
    assert (about["environment"], about["expected_cluster_uid"]) == ("production", "uid-production")
    assert about["cluster_uid"] is None, "nothing read it, so nothing is claimed"

"""What is refused, in one clear line each, and what leaves no run behind at all."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import HEAD, ROOT

if TYPE_CHECKING:
    from tests.plugin.project import Project

MET = 'decide(met("good"))'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--clean-alluredir",), "--clean-alluredir: refused"),
        (("--alluredir", "x"), "--alluredir: refused"),
        (("-p", "no:allure_pytest"), "allure-pytest is not loaded"),
        (("-n", "2", "--dist", "each"), "--dist each: refused"),
        (("--fault", "x"), "--fault x: target sandbox is not started by the harness"),
        (("--target", "nowhere"), "known profiles: sandbox"),
        (("--evidence", "nowhere"), "--evidence: wanted a run folder"),
        (("-k", "(("), "Wrong expression passed to '-k'"),
    ],
    ids=["clean", "alluredir", "no-allure", "each", "fault", "target", "evidence", "k"],
)
def test_wrong_use_is_one_line_and_exit_4(project: Project, words: tuple[str, ...], said: str) -> None:
    project.suite(MET)
    done = project.run("-m", "canary", *words)
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.text
    errors = [line for line in done.text.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert said in errors[0]
    assert said in done.events("interrupted")[0]["message"]
    assert "Traceback" not in done.text
    assert not done.events("collector_exit"), "nothing was started for it"


def test_a_left_over_test_plan_and_rerunning_plugins_are_refused(project: Project) -> None:
    project.suite(MET)
    plan = project.write("plan.json", '{"version": "1.0", "tests": []}')
    done = project.run("-m", "canary", ALLURE_TESTPLAN_PATH=str(plan))
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "ALLURE_TESTPLAN_PATH is set" in done.text
    _ = project.write("pytest_retry.py", "")
    done = project.run("-m", "canary", "-p", "pytest_retry")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "reruns: refused" in done.text


BAD = (
    HEAD
    + """
import unittest.mock
m, c = pytest.mark.runbook, pytest.mark.canary

@pytest.mark.canary
def test_unowned(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.runbook("P2-RTE-99")
def test_p2_rte_99_unknown(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.runbook("P2-RTE-01")
def test_misnamed(decide):
    decide(met(""))

@pytest.mark.staging
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_foreign(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.skip(reason="later")
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_skips(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.xfail
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_excuses(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_branches(decide):
    if True:
        decide(met(""))

@pytest.mark.canary
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_says_nothing(decide):
    assert True

@pytest.mark.canary
@pytest.mark.runbook("P2-RTE-02")
def test_p2_rte_02_planned(decide):
    decide(met(""))

@c
@m("P2-RTE-01")
def test_p2_rte_01_renamed_markers(decide):
    decide(met(""))

@pytest.mark.canary
@pytest.mark.acts("weight")
@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_acts_in_secret(decide):
    decide(met(""))

class TestMany:
    def test_p2_rte_01_in_a_class(self, decide):
        decide(met(""))
"""
)
SAID = (
    'test_unowned: wanted exactly one @pytest.mark.runbook("ID"), got 0',
    "no line P2-RTE-99 in runbook/lines.toml",
    "its name does not carry P2-RTE-01: wanted test_p2_rte_01_",
    "marked staging, but P2-RTE-01 belongs to canary",
    "marker skip refused",
    "marker xfail refused",
    "a suite test has no branch",
    "its last statement must be decide(...)",
    "line P2-RTE-02 is planned = true but has this test",
    'test_p2_rte_01_renamed_markers: wanted exactly one @pytest.mark.runbook("ID"), got 0',
    "the marker acts says otherwise",
    "wanted plain functions, got a class of tests",
)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_tests_that_no_line_owns_are_refused_with_file_and_line(project: Project, options: tuple[str, ...]) -> None:
    project.line("P2-RTE-02", planned=True)
    _ = project.write("suites/test_bad.py", BAD)
    done = project.run("-m", "canary", *options)
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.text
    for said in SAID:
        assert said in done.text
    assert "suites/test_bad.py:" in done.text
    assert not done.events("report")
    assert not done.events("collector_exit"), "nothing was started for it"


def test_markers_added_behind_the_text_are_refused(project: Project) -> None:
    project.suite(MET)
    conftest = project.root / "conftest.py"
    hook = "def pytest_itemcollected(item):\n    item.add_marker(pytest.mark.skip(reason='x'))\n"
    _ = conftest.write_text(conftest.read_text() + "\n\n" + hook)
    done = project.run("-m", "canary")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "marker skip refused" in done.text


ACTING = HEAD + "pytestmark = [pytest.mark.rollback, pytest.mark.acts('weight')]\n"


def _acting(project: Project) -> None:
    project.line("RB-CAN-01", phases='["rollback"]', acts=True)
    body = "(run.path / 'acted').touch()\n" + MET
    _ = project.write("suites/test_rb.py", ACTING + project.test("RB-CAN-01", body))


@pytest.mark.parametrize(
    ("words", "allowed", "because"),
    [((), "true", "needs --act"), (("--act",), "false", "needs allows_acting = true in the profile of sandbox")],
    ids=["no-act", "target-forbids"],
)
def test_what_acts_is_not_run_unless_both_sides_allow_it(
    project: Project, words: tuple[str, ...], allowed: str, because: str
) -> None:
    _acting(project)
    project.target(head=f"allows_acting = {allowed}")
    done = project.run("-m", "rollback", *words)
    assert done.code == 1
    assert done.run is not None
    assert not (done.run / "acted").exists()
    row = done.outcomes["RB-CAN-01"]
    assert (row["outcome"], row["reason"]) == ("UNKNOWN", "NOT_RUN")
    assert because in row["because"]
    assert done.allure["RB-CAN-01"]["status"] == "broken"


def test_what_acts_runs_when_allowed_and_never_in_workers(project: Project) -> None:
    _acting(project)
    project.target(head="allows_acting = true")
    done = project.run("-m", "rollback", "--act")
    assert done.code == 0, done.text
    assert done.run is not None
    assert (done.run / "acted").exists()
    assert done.about["environment"] == "staging"
    done = project.run("-m", "rollback", "--act", "-n", "2")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "drop -n" in done.text


def test_workers_are_welcome_where_what_acts_is_not_selected(project: Project) -> None:
    project.suite(MET)
    _acting(project)
    done = project.run("-m", "canary", "-n", "2")
    assert done.code == 0, done.text


def test_what_acted_is_judged_again_from_its_record_without_being_allowed_to_act(project: Project) -> None:
    _acting(project)
    project.target(head="allows_acting = true")
    first = project.run("-m", "rollback", "--act")
    assert first.run is not None
    (first.run / "evidence.db").touch()
    again = project.run("-m", "rollback", f"--evidence={first.run}")
    assert again.outcomes["RB-CAN-01"]["outcome"] == "MET", again.text


def test_looking_only_and_testing_other_things_makes_no_run(project: Project) -> None:
    project.suite(MET)
    _ = project.write("tests/test_own.py", "def test_own():\n    assert True\n")
    for words, code in (
        (("--collect-only", "-q"), 0),
        (("--help",), 0),
        (("tests", "--fault", "x"), 0),
    ):
        done = project.run(*words)
        assert done.code == code, done.text
        assert done.run is None
    done = project.run(".")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "not in suites/" in done.text


def test_evidence_of_another_collector_is_judged_and_kept(project: Project) -> None:
    project.suite(MET)
    first = project.run("-m", "canary")
    assert first.run is not None
    with sqlite3.connect(first.run / "evidence.db") as made:
        _ = made.execute("create table probes (n)")
        _ = made.execute("insert into probes values (42)")
    made.close()
    _ = (first.run / "identity.json").write_text('{"cluster_uid": "seen", "image_digests": {}}')
    done = project.run("-m", "canary", "--evidence", str(first.run), "--reports", "elsewhere")
    assert done.code == 0, done.text
    assert done.run == first.run, "the default reports folder is left alone"
    run = (project.root / "elsewhere" / "latest").resolve()
    kept = sqlite3.connect(run / "evidence.db")
    assert kept.execute("select n from probes").fetchall() == [(42,)]
    kept.close()
    assert '"cluster_uid": "seen"' in (run / "run.json").read_text()
    assert "collector_exit" not in (run / "ledger.jsonl").read_text()
    project.target(name="other")
    done = project.run("-m", "canary", "--target", "other", "--evidence", str(first.run))
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "it is about target sandbox, this run about other" in done.text


def test_a_profile_or_folder_outside_the_project_does_not_move_the_project(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    site = elsewhere / "site" / "onesource_verify-0.dist-info"  # the plugin as an installed package brings it
    site.mkdir(parents=True)
    _ = (site / "METADATA").write_text("Metadata-Version: 2.1\nName: onesource-verify\nVersion: 0\n")
    _ = (site / "entry_points.txt").write_text("[pytest11]\nharness.plugin = harness.plugin\n")
    _ = (elsewhere / "mine.toml").write_text((project.root / "targets" / "sandbox.toml").read_text())
    (elsewhere / "reports").mkdir()
    project.suite(MET)
    words = ("-m", "canary", "--target", str(elsewhere / "mine.toml"), "--reports", str(elsewhere / "reports"))
    done = project.run(*words, PYTHONPATH=f"{ROOT}:{site.parent}", PYTEST_DISABLE_PLUGIN_AUTOLOAD="")
    assert done.code == 0, done.text
    assert f"rootdir: {project.root}" in done.text
    made = [path for path in (elsewhere / "reports").iterdir() if not path.is_symlink()]
    assert len(made) == 1, "nothing was begun before the call was made again"
    assert (elsewhere / "reports" / "latest" / "run.json").is_file()
    assert done.run is None

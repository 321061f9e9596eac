"""Whatever stops a run, shrinks it or breaks it leaves a record that says so, and `latest` names that record."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.project import Done, Project

MET = 'decide(met("good"))'
LINGER = "linger()\n" + MET


@pytest.fixture
def good(project: Project) -> Path:
    """A run that went well; afterwards the project's suite is the test's own business."""
    project.suite(MET, MET)
    done = project.run("-m", "canary")
    assert (done.code, done.run is not None) == (0, True), done.text
    assert done.run is not None
    assert "2 planned: 2 MET" in done.text
    return done.run


def test_all_met_ends_with_0_and_fewer_are_recorded_as_left_out(project: Project, good: Path) -> None:
    for options in ((), ("-n", "2")):
        fewer = project.run("-m", "canary", "-k", "rte_01", *options)
        assert fewer.code == 0
        assert fewer.run != good
        assert [test["line"] for test in fewer.events("plan")[0]["tests"]] == ["P2-RTE-01"]
        assert fewer.events("plan")[0]["deselected"] == ["suites/test_it.py::test_p2_rte_02_x"]


def test_a_session_started_from_inside_a_worker_of_another_is_a_run_of_its_own(project: Project, good: Path) -> None:
    done = project.run("-m", "canary", PYTEST_XDIST_WORKER="gw0")
    assert done.code == 0
    assert done.run != good
    assert len(done.outcomes) == 2


def test_an_empty_selection_is_a_run_of_nothing(project: Project, good: Path) -> None:
    done = project.run("-m", "staging")
    assert done.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert done.run != good
    assert done.events("plan")[0]["tests"] == []
    assert done.outcomes == {}


@pytest.mark.parametrize(
    ("sign", "options"),
    [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGINT, ("-n", "2"))],
    ids=["sigint", "sigterm", "sigint-workers"],
)
def test_an_interrupted_run_says_so_and_keeps_what_was_decided(
    project: Project, sign: signal.Signals, options: tuple[str, ...]
) -> None:
    project.suite(MET, LINGER, MET)
    done = project.stopped(sign, "-m", "canary", *options)
    assert done.code == pytest.ExitCode.INTERRUPTED, done.text
    assert done.events("interrupted"), done.ledger
    assert done.events("finish")[0]["exit_status"] == 2
    assert "P2-RTE-02" not in done.outcomes
    assert "not run   P2-RTE-02" in done.text


def test_a_killed_run_has_no_end_and_is_the_latest(project: Project, good: Path) -> None:
    project.suite(MET, LINGER, MET)
    done = project.stopped(signal.SIGKILL, "-m", "canary")
    assert done.code == -signal.SIGKILL
    assert done.run != good
    assert done.unfinished
    assert len(done.events("plan")[0]["tests"]) == 3
    assert list(done.outcomes) == ["P2-RTE-01"]


def test_a_lost_worker_is_named_with_the_test_it_had(project: Project) -> None:
    project.suite(MET, f"import os\nos._exit(7)\n{MET}", MET)
    done = project.run("-m", "canary", "-n", "2")
    assert done.code != 0
    lost = done.events("worker_lost")
    assert any((event["nodeid"] or "").endswith("test_p2_rte_02_x") for event in lost)
    assert set(done.outcomes) == {"P2-RTE-01", "P2-RTE-03"}


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_leaving_with_exit_status_0_is_not_believed(project: Project, options: tuple[str, ...]) -> None:
    project.suite(MET, f'pytest.exit("enough", returncode=0)\n{MET}', MET)
    done = project.run("-m", "canary", *options)
    assert done.code not in {0, None}, done.text
    assert done.events("finish")[0]["exit_status"] == done.code


def test_a_broken_conftest_leaves_a_begun_run_and_not_the_last_good_one(project: Project, good: Path) -> None:
    _ = project.write("conftest.py", "import nothing_of_that_name\n")
    done = project.run("-m", "canary")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert done.run != good
    assert done.unfinished
    assert "nothing_of_that_name" in done.events("interrupted")[0]["message"]


def test_an_unknown_option_leaves_a_begun_run_too(project: Project, good: Path) -> None:
    done = project.run("-m", "canary", "--no-such-option")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert done.run != good
    assert done.unfinished


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize(
    "text",
    ["import nothing_of_that_name\n", "import pytest\npytest.skip('no', allow_module_level=True)\n"],
    ids=["import-error", "skips-itself"],
)
def test_a_suite_that_cannot_be_collected_is_named(project: Project, text: str, options: tuple[str, ...]) -> None:
    project.suite(MET)
    _ = project.write("suites/test_other.py", text)
    done = project.run("-m", "canary", *options)
    assert done.code not in {0, None}, done.text
    assert [event["nodeid"] for event in done.events("collect_error")] == ["suites/test_other.py"]


def _launching(project: Project, program: str, within_s: float) -> Done:
    project.suite(MET)
    _ = project.write("up.py", program)
    project.target(tail=f'[launch]\ncommand = ["{{python}}", "up.py"]\nwithin_s = {within_s}')
    return project.run("-m", "canary", "--fault", "one", "--fault", "two")


@pytest.mark.parametrize(
    ("program", "within_s", "said"),
    [
        (
            "raise SystemExit('no port is free')",
            10.0,
            "before it gave its address, its last words: no port is free; see",
        ),
        ("import time; time.sleep(60)", 0.5, "wanted its address within 0.5 s, got nothing"),
        ("print('hello', flush=True); input()", 10.0, "wanted one JSON line with its addresses, got b'hello"),
    ],
    ids=["ends", "hangs", "babbles"],
)
def test_a_target_that_does_not_come_up_ends_the_run_with_the_reason(
    project: Project, program: str, within_s: float, said: str
) -> None:
    done = _launching(project, program, within_s)
    assert done.code == pytest.ExitCode.INTERRUPTED
    assert said in done.events("interrupted")[0]["message"]
    assert said in done.text
    assert done.outcomes == {}


UP = """
import json, sys
uids = {"staging": "s1", "production": "p1"}
said = {"url": "http://127.0.0.1:1", "staging_url": "http://127.0.0.1:2", "kubeconfig": "kc", "cluster_uids": uids}
print(json.dumps(said), flush=True)
print(sys.argv[1:], file=sys.stderr, flush=True)
_ = sys.stdin.read()
open("ended", "w").close()
"""


def test_a_started_target_fills_in_its_addresses_gets_its_faults_and_is_ended(project: Project) -> None:
    project.suite("assert target.environments['production'].url == 'http://127.0.0.1:1'\n" + MET)
    _ = project.write("up.py", UP)
    project.target(tail='[launch]\ncommand = ["{python}", "up.py"]')
    done = project.run("-m", "canary", "--fault", "one", "--fault", "two", "-n", "1")
    assert done.code == 0, done.text
    assert done.run is not None
    assert (project.root / "ended").exists()
    assert (done.run / "artifacts" / "launch.log").read_text().strip() == "['--fault', 'one', '--fault', 'two']"
    assert done.about["expected_cluster_uid"] == "p1"
    assert "sandbox: up in" in done.text


COLLECTORS = {
    "writes": "import json, pathlib; p = pathlib.Path(sys.argv[sys.argv.index('--run') + 1]); "
    "(p / 'identity.json').write_text(json.dumps({'cluster_uid': 'seen', 'image_digests': {'canary': ['sha256:1']}})); "
    "(p / 'argv').write_text(repr(sys.argv[1:])); _ = sys.stdin.read()",
    "dies": "sys.exit(3)",
}


@pytest.mark.parametrize(("collector", "status"), [("writes", 0), ("dies", 3)])
def test_the_collector_is_told_the_phase_its_identity_is_kept_and_its_end_recorded(
    project: Project, collector: str, status: int
) -> None:
    project.suite(MET)
    conftest = project.root / "conftest.py"
    program = "import sys; " + COLLECTORS[collector]
    _ = conftest.write_text(conftest.read_text() + f"\nserving.COLLECTOR = (sys.executable, '-c', {program!r})\n")
    done = project.run("-m", "canary")
    assert done.events("collector_exit")[0]["exit_status"] == status
    assert done.run is not None
    if collector == "writes":
        assert done.about["cluster_uid"] == "seen"
        assert done.about["image_digests"] == {"canary": ["sha256:1"]}
        assert "'--phase', 'canary'" in (done.run / "argv").read_text()
        assert "cluster_uid=seen" in (done.run / "allure-results" / "environment.properties").read_text()


def test_a_violation_that_somebody_catches_stays_one(project: Project) -> None:
    project.suite('decide = swallow(decide)\ndecide(violated("seen"))')
    done = project.run("-m", "canary")
    assert done.code == 1
    assert done.outcomes["P2-RTE-01"]["outcome"] == "VIOLATED"
    assert done.allure["P2-RTE-01"]["status"] == "failed"

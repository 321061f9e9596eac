"""What the strictest gate of Allure 3 lets pass is never GO here: each such run and each such setting by its name.

A row is the folder that such a session leaves; `lived` names the tests in which a real pytest session leaves it.
"""

from __future__ import annotations

import ast
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import policy
from harness.cli import run as gate
from harness.cli.decide import of_folder
from harness.report.deciding import rules
from tests.gate.attacks.scene import read_once
from tests.gate.breaking import (
    LAST,
    ONE,
    OTHER,
    add,
    copy_result,
    crash,
    deselect,
    drop_test,
    empty,
    empty_plan,
    finish,
    labelled,
    outcome,
    raw,
    rerun,
    result,
    run,
    sigint,
    stop_at,
    with_finish,
)
from tests.gate.builder import build, nodeid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from tests.gate.builder import Folder

    Do: TypeAlias = Callable[[Folder], object]
    Verdicts: TypeAlias = dict[str, tuple[str, str | None, str, dict[str, Any]]]

TESTS = Path(__file__).parent.parent
SESSIONS, INCOMPLETE, REFUSALS = "gate/test_sessions.py", "plugin/test_incomplete.py", "plugin/test_refusals.py"
BROKEN: Verdicts = {ONE: ("VIOLATED", None, "23.1% of the answers, at most 13% allowed", {"n": 3500})}
TIMEOUT: Verdicts = {ONE: ("UNKNOWN", "ERROR", "Failed: Timeout (>5.0s) from pytest-timeout.", {})}
NO_HISTORY: Verdicts = {"P2-SLO-01": ("UNKNOWN", "NO_DATA", "no baseline to compare with", {})}
YEAR_2096_MS = 3_990_000_000_000


@dataclass(frozen=True)
class Row:
    """One row: what the folder is made by, and the code that a blocker must have; `says` stands in its message."""

    name: str
    code: str
    do: Do
    says: str = ""
    verdicts: Verdicts = field(default_factory=dict[str, Any])
    lived: tuple[str, ...] = ()

    @property
    def decision(self) -> str:
        """A line that is VIOLATED stays NO_GO in whatever else there is."""
        return "NO_GO" if any(said[0] == "VIOLATED" for said in self.verdicts.values()) else "INCONCLUSIVE"


def both(*ways: Do) -> Do:
    """Do one after the other."""

    def do(folder: Folder) -> None:
        for way in ways:
            _ = way(folder)

    return do


def wiped(folder: Folder) -> None:
    """Leave no result: `--clean-alluredir` of a replacement worker."""
    shutil.rmtree(folder.path / "allure-results")


def half_wiped(folder: Folder) -> None:
    """Leave half of the results, all of them passed."""
    for line in list(folder.said)[10:]:
        folder.drop(folder.result(line))


def aborted(line: str, status: int) -> Do:
    """Stop in the middle of a test by an exception of pytest's: its result says `passed`, and not whose it is."""

    def do(folder: Folder) -> None:
        name = folder.result(line)
        value = folder.json(name) | {"attachments": []}
        stop_at(line, "setup")(folder)
        folder.put(name, {key: held for key, held in value.items() if key not in {"historyId", "labels"}})

    return with_finish(status, do)


def uncollected(folder: Folder) -> None:
    """Leave what a module that cannot be imported leaves: nothing was planned, nothing ran."""
    error = {"event": "collect_error", "nodeid": "suites/phase2_canary/test_other.py", "message": "ImportError: x"}
    folder.events(lambda events: [events[0], {**error, "at": events[1]["at"]}, finish(2, events)])
    folder.put_lines("outcomes.jsonl", [])
    wiped(folder)


def half_collected(folder: Folder) -> None:
    """Leave what is left when the other modules run all the same."""
    for line in list(folder.said)[11:]:
        drop_test(folder, line)
    add(event="collect_error", nodeid="suites/phase2_canary/test_other.py", message="ImportError: x")(folder)


def called_wrongly(folder: Folder) -> None:
    """Leave what a path that does not exist or a broken conftest leaves; the results are an older run's."""
    folder.events(lambda events: [events[0], finish(4, events)])
    folder.put_lines("outcomes.jsonl", [])


def no_folder(folder: Folder) -> None:
    """Let allure-pytest find a file where its folder should be."""
    wiped(folder)
    _ = (folder.path / "allure-results").write_text("")


def setup_flake(folder: Folder) -> None:
    """Repeat a test because its setup failed."""

    def again(events: list[Any]) -> list[Any]:
        mine = [event for event in events if event.get("nodeid") == nodeid(ONE)]
        at = events.index(mine[0])
        return [*events[:at], {**mine[0], "outcome": "failed"}, mine[-1], *events[at:]]

    folder.events(again)


def repeated(folder: Folder) -> None:
    """Repeat a test twice that fails each time."""

    def again(events: list[Any]) -> list[Any]:
        mine = [event for event in events if event.get("nodeid") == nodeid(ONE)]
        at = events.index(mine[0])
        return [*events[:at], *mine, *mine, *events[at:]]

    folder.events(again)


def placeholder(folder: Folder) -> None:
    """Leave a result of status `unknown` for a test that did not run."""
    folder.events(lambda events: [event for event in events if event.get("nodeid") != nodeid(ONE)])
    folder.outcomes(lambda items: [item for item in items if item["line"] != ONE])
    result(ONE, status="unknown")(folder)


def skipped(*lines: str) -> Do:
    """Skip tests."""
    nodeids = {nodeid(line) for line in lines}

    def skip(event: dict[str, Any]) -> dict[str, Any]:
        return event | {"outcome": "skipped"} if event.get("nodeid") in nodeids and event["when"] == "call" else event

    def do(folder: Folder) -> None:
        folder.events(lambda events: [skip(event) for event in events])
        for line in lines:
            result(line, status="skipped")(folder)

    return do


def hidden(later_ms: int, **fields: Any) -> Do:
    """Put a passed result of the same historyId beside a failed one, so much later."""

    def do(folder: Folder) -> None:
        held = folder.json(folder.result(ONE))
        times = {"start": held["start"] + later_ms, "stop": held["stop"] + later_ms}
        copy_result(ONE, status="passed", **{**times, **fields})(folder)

    return do


STOPPED = f"{SESSIONS}::test_a_run_stopped_half_way_is_inconclusive"
CRASHED = f"{SESSIONS}::test_a_crashed_worker_is_inconclusive"
FILTERED = f"{SESSIONS}::test_a_filtered_run_is_inconclusive_and_names_the_lines_left_out"
CONFTEST = f"{SESSIONS}::test_a_broken_conftest_is_inconclusive_also_after_a_good_run"
EMPTY = f"{SESSIONS}::test_an_empty_selection_is_inconclusive"
TERMINATED = f"{INCOMPLETE}::test_an_interrupted_run_says_so_and_keeps_what_was_decided"
EXITED = f"{INCOMPLETE}::test_leaving_with_exit_status_0_is_not_believed"
UNREADABLE = f"{INCOMPLETE}::test_a_suite_that_cannot_be_collected_is_named"
WRONG_USE = f"{REFUSALS}::test_wrong_use_is_one_line_and_exit_4"
RERUNNING = f"{REFUSALS}::test_a_left_over_test_plan_and_rerunning_plugins_are_refused"

ROWS = [
    # what each case of a session leaves
    Row(
        "SIGKILL at test 6/10",
        "INTERRUPTED",
        both(stop_at("P2-RTE-06", "call"), raw(f"allure-results/{OTHER}-attachment.txt", "an orphan")),
        "no finish",
        lived=(STOPPED,),
    ),
    Row("SIGTERM at 6/10", "INTERRUPTED", stop_at("P2-RTE-06", "call"), "began but did not end", lived=(TERMINATED,)),
    Row("SIGINT at 6/10", "INTERRUPTED", sigint, "KeyboardInterrupt", lived=(STOPPED,)),
    Row("SIGINT at 6/10: the test is passed", "INTERRUPTED", sigint, "without historyId", lived=(STOPPED,)),
    Row("pytest.exit(returncode=0) in test 2/4", "NOT_RUN", aborted(ONE, 0), "did not run", lived=(EXITED,)),
    Row("xdist worker killed at 6/10", "INTERRUPTED", crash, "gw0", lived=(CRASHED,)),
    Row(
        "same + --clean-alluredir, crash late",
        "INCOMPLETE",
        both(crash, wiped),
        "0 Allure results",
        lived=(CRASHED, WRONG_USE),
    ),
    Row(
        "same + --clean-alluredir, crash early",
        "INCOMPLETE",
        both(crash, half_wiped),
        "0 Allure results",
        lived=(WRONG_USE,),
    ),
    Row("collection error", "INCOMPLETE", uncollected, "could not be collected", lived=(UNREADABLE,)),
    Row(
        "same + --continue-on-collection-errors",
        "INCOMPLETE",
        with_finish(1, half_collected),
        "could not be collected",
        lived=(UNREADABLE,),
    ),
    Row("same under xdist -n2", "INCOMPLETE", with_finish(1, half_collected), "no test of", lived=(UNREADABLE,)),
    Row("-x, fail at 2/4", "NOT_RUN", with_finish(1, stop_at(ONE, "teardown")), "did not run", BROKEN),
    Row("-k deselects 3 of 4", "INCOMPLETE", deselect, "`-k not rte_02`", lived=(FILTERED,)),
    Row("empty selection", "INCOMPLETE", empty_plan, "plan is empty", lived=(EMPTY,)),
    Row("--collect-only", "INCOMPLETE", empty, "holds no run"),
    Row("bad path", "INCOMPLETE", both(called_wrongly, wiped), "exit status 4"),
    Row("pytest-timeout method=thread", "INTERRUPTED", stop_at(ONE, "setup"), "no finish"),
    Row("pytest-timeout method=signal", "ERROR", result(ONE, status="failed"), "Timeout", TIMEOUT),
    Row(
        "reruns: flaky passes on 3rd",
        "FLAKY",
        both(rerun, copy_result(ONE, status="failed"), copy_result(ONE, status="failed")),
        "2 times",
        lived=(RERUNNING,),
    ),
    Row(
        "reruns: setup flake",
        "DUPLICATE",
        both(setup_flake, copy_result(ONE, status="broken")),
        "2 times",
        lived=(RERUNNING,),
    ),
    Row("reruns: always-fail", "DUPLICATE", repeated, "3 times", BROKEN, (RERUNNING,)),
    Row(
        "stale dir: a bad run, then a good one",
        "FOREIGN",
        copy_result(ONE, status="failed", labels=labelled(runbook=ONE, run=OTHER)),
        OTHER,
    ),
    Row("stale dir: good run, then broken conftest", "INCOMPLETE", called_wrongly, "conftest.py", lived=(CONFTEST,)),
    Row("alluredir is a file", "ERROR", with_finish(3, no_folder), "internal error"),
    Row(
        "xdist -n2 --clean-alluredir without crash",
        "INCOMPLETE",
        lambda folder: folder.drop(folder.result(LAST)),
        "0 Allure results",
        lived=(WRONG_USE,),
    ),
    Row(
        "JUnit of such a run looks like passes",
        "INTERRUPTED",
        both(stop_at("P2-RTE-04", "teardown"), raw("junit.xml", '<testsuite tests="22" failures="0" errors="0"/>')),
        "no finish",
    ),
    # what a strict configuration of that gate lets pass
    Row("failed test with known=true", "WAIVED", result(ONE, statusDetails={"known": True}), "known", BROKEN),
    Row("failed test with muted=true", "WAIVED", result(ONE, statusDetails={"muted": True}), "muted", BROKEN),
    Row("1 pass + 1 unknown", "NOT_RUN", placeholder, "did not run"),
    Row("1 pass + 1 unknown that ran", "TAMPERED", result(ONE, status="unknown"), "Allure says unknown"),
    Row("1 pass + 2 skipped", "NOT_RUN", skipped(ONE, LAST), "was skipped"),
    Row("all skipped", "NOT_RUN", lambda folder: skipped(*folder.said)(folder), "was skipped"),
    Row("status null", "TAMPERED", result(ONE, status=None), "Allure says none"),
    Row("status FAILED in capitals", "TAMPERED", result(ONE, status="FAILED"), "Allure says FAILED"),
    Row("truncated JSON", "TAMPERED", raw(f"allure-results/{OTHER}-result.json", '{"name": "x", "sta'), "not JSON"),
    Row("empty result file", "TAMPERED", raw(f"allure-results/{OTHER}-result.json", ""), "not JSON"),
    Row("result dated 1970", "STALE", result(ONE, start=1_000, stop=2_000), "1970"),
    Row("result without historyId", "INTERRUPTED", result(ONE, historyId=None), "without historyId"),
    Row(
        "staging PASS with later start hides canary FAIL",
        "FOREIGN",
        hidden(5, labels=labelled(runbook=ONE, run=OTHER, environment="staging")),
        OTHER,
        BROKEN,
    ),
    Row("a later PASS of the same run hides a FAIL", "DUPLICATE", hidden(5), "2 Allure results", BROKEN),
    Row(
        "PASS dated 2096 hides a FAIL",
        "STALE",
        hidden(0, start=YEAR_2096_MS, stop=YEAR_2096_MS + 500),
        "2096",
        BROKEN,
    ),
    Row("zero results", "INCOMPLETE", wiped, "0 Allure results"),
    Row("label env forced onto results without one", "ENV_MISMATCH", run(environment=None), "an unknown one"),
    Row("results without any label", "INTERRUPTED", result(ONE, labels=[]), "without historyId or labels"),
    Row("a metric that is not finite", "TAMPERED", outcome(ONE, facts={"p95_s": float("nan")}), "NaN"),
    Row("a delta without a history", "NO_DATA", lambda _: None, "no baseline", NO_HISTORY),
]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with read_once():
        yield


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_allures_gate_lets_pass_is_never_go_and_names_why(row: Row, tmp_path: Path) -> None:
    folder = build(tmp_path, verdicts=row.verdicts)
    _ = row.do(folder)
    made = of_folder(folder.path, "canary")
    assert made.decision == row.decision
    told = [blocker.message for blocker in made.blockers if blocker.code == row.code]
    assert any(row.says in message for message in told), made.blockers


def test_rows_have_names_of_their_own_and_each_test_they_point_to_is_there() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    missing: list[str] = []
    known: dict[str, set[str]] = {}
    for named in (one for row in ROWS for one in row.lived):
        file, _, name = named.partition("::")
        if file not in known:
            tree = ast.parse((TESTS / file).read_text())
            known[file] = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        missing += [] if name in known[file] else [named]
    assert missing == []


OPTIONS = {
    "--fast-fail alone": ["--fast-fail"],
    "--max-failures over a strict config": ["--max-failures", "100"],
    "a config of one's own": ["-c", "strict.mjs"],
    "--min-tests-count": ["--min-tests-count", "0"],
    "--success-rate": ["--success-rate", "0"],
    "--known-issues": ["--known-issues", "known.json"],
    "--environment forces the label": ["--environment", "canary"],
}


@pytest.mark.parametrize("words", OPTIONS.values(), ids=OPTIONS)
def test_no_word_on_the_command_line_makes_the_policy_milder(words: list[str], tmp_path: Path) -> None:
    verdicts: Verdicts = {
        line: ("VIOLATED", None, "broken", {}) for line in policy.load().of("canary").required[:8]
    }  # as many failures as the gate above passed over
    folder = build(tmp_path, verdicts=verdicts)
    assert gate(["decide", "canary", "--run", str(folder.path), *words]) == 4
    assert not (folder.path / "verdict.json").exists()
    assert gate(["decide", "canary", "--run", str(folder.path)]) == 1


TYPOS = {
    "a key of the file": ("alpha_family =", "alpha_famly =", 4),
    "the name of a phase's table": ("[phases.canary]\n", "[phase.canary]\n", 4),
    "a key of a phase": ("max_age_s = 100800", "max_age = 100800", 4),
    "a limit that is none": ("max_age_s = 100800", "max_age_s = 0", 4),
    "a required line": ('"P2-RTE-01", "P2-RTE-02"', '"P2-RTE-01", "P2-RTE-2"', 2),
    "a line that is left out": ('"P2-RTE-01", "P2-RTE-02"', '"P2-RTE-01"', 2),
}


@pytest.mark.parametrize(("old", "new", "code"), TYPOS.values(), ids=TYPOS)
def test_a_typing_error_in_the_rules_never_opens_the_gate(
    old: str, new: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(tmp_path / "reports")
    book = tmp_path / "runbook"
    _ = shutil.copytree(policy.FOLDER, book)
    text = (book / "policy.toml").read_text()
    assert text.count(old) == 1
    _ = (book / "policy.toml").write_text(text.replace(old, new))
    monkeypatch.setattr(policy.load, "__defaults__", (book,))
    monkeypatch.setattr(rules.of_phase, "__defaults__", (book,))
    assert gate(["decide", "canary", "--run", str(folder.path)]) == code

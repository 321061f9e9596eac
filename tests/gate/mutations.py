"""What can happen to a run's folder, each with the code that the gate must answer with."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.gate.breaking import (
    FIRST_SEQ,
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
    keep,
    labelled,
    link,
    old_evidence,
    outcome,
    raw,
    rerun,
    result,
    run,
    shift,
    sigint,
    stop_at,
    with_finish,
)
from tests.gate.builder import nodeid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.builder import Folder


@dataclass(frozen=True)
class Case:
    """One way in which a run is not what it should be; `says` must stand in a blocker of that code."""

    name: str
    code: str
    says: str
    do: Callable[[Folder], object]
    exits: int = 2  # a line that claims to be VIOLATED stays NO_GO


CASES = [
    # what a session leaves behind (each met with allure-pytest 2.16)
    Case("killed before a test", "INTERRUPTED", "no finish", stop_at("P2-RTE-04", "teardown")),
    Case("killed within a test", "INTERRUPTED", "began but did not end", stop_at("P2-RTE-04", "call")),
    Case(
        "killed: what did not run is named", "NOT_RUN", "was planned but did not run", stop_at("P2-RTE-01", "teardown")
    ),
    Case("killed right at the start", "INCOMPLETE", "no plan", keep(lambda e: e["event"] == "start")),
    Case("interrupted by Ctrl-C", "INTERRUPTED", "KeyboardInterrupt", sigint),
    Case("interrupted: Allure says passed", "INTERRUPTED", "without historyId", sigint),
    Case("pytest.exit with code 0", "NOT_RUN", "did not run", with_finish(0, stop_at("P2-RTE-01", "teardown"))),
    Case("a worker was lost", "INTERRUPTED", "gw0", crash),
    Case("a worker was lost and its test with it", "NOT_RUN", nodeid(ONE), crash),
    Case(
        "all results wiped away", "INCOMPLETE", "0 Allure results", lambda f: shutil.rmtree(f.path / "allure-results")
    ),
    Case("a collection error", "INCOMPLETE", "boom", add(event="collect_error", nodeid="suites/x.py", message="boom")),
    Case("stopped at the first failure", "NOT_RUN", "did not run", with_finish(1, stop_at("P2-RTE-03", "teardown"))),
    Case("deselected", "INCOMPLETE", "`-k not rte_02`", deselect),
    Case("an empty selection", "INCOMPLETE", "plan is empty", empty_plan),
    Case("an empty selection's exit status", "INCOMPLETE", "exit status 5", empty_plan),
    Case("a broken conftest", "INCOMPLETE", "conftest.py", lambda f: f.events(lambda e: [e[0], finish(4, e)])),
    Case("an internal error", "ERROR", "internal error", with_finish(3, lambda _: None)),
    Case("no finish at all", "INTERRUPTED", "no finish", keep(lambda e: e["event"] != "finish")),
    Case("reruns until green", "FLAKY", "2 times", rerun),
    Case(
        "a skipped test",
        "NOT_RUN",
        "was skipped",
        lambda f: f.events(
            lambda es: [
                e | {"outcome": "skipped"} if e.get("nodeid") == nodeid(ONE) and e["when"] == "call" else e for e in es
            ]
        ),
    ),
    Case(
        "a teardown that failed",
        "ERROR",
        "teardown failed",
        lambda f: f.events(
            lambda es: [
                e | {"outcome": "failed"} if e.get("nodeid") == nodeid(ONE) and e["when"] == "teardown" else e
                for e in es
            ]
        ),
    ),
    Case("an empty folder", "INCOMPLETE", "holds no run", empty),
    # what somebody changes afterwards
    Case(
        "an outcome flipped to VIOLATED only there",
        "TAMPERED",
        "ledger says that it passed",
        outcome(ONE, outcome="VIOLATED"),
        1,
    ),
    Case("a failed result under a MET outcome", "TAMPERED", "Allure says failed", result(ONE, status="failed")),
    Case("a result of no status", "TAMPERED", "Allure says none", result(ONE, status=None)),
    Case("a skipped result", "TAMPERED", "Allure says skipped", result(ONE, status="skipped")),
    Case(
        "an outcome missing",
        "ERROR",
        "without a verdict",
        lambda f: f.outcomes(lambda i: [x for x in i if x["line"] != ONE]),
    ),
    Case("an outcome twice", "DUPLICATE", "2 outcomes", lambda f: f.outcomes(lambda i: [*i, i[0]])),
    Case("an outcome under another line", "TAMPERED", "the plan says", outcome(ONE, line="P2-RTE-03")),
    Case(
        "an outcome of a test nobody planned", "FOREIGN", "not in the plan", outcome(ONE, nodeid="suites/x.py::test_y")
    ),
    Case("a MET with a reason", "TAMPERED", "UNKNOWN needs one", outcome(ONE, reason="NO_DATA")),
    Case("a line gone from every record", "INCOMPLETE", f"no test of required line {ONE}", lambda f: drop_test(f, ONE)),
    Case("a ledger line removed", "TAMPERED", "seq", lambda f: f.events(lambda e: [*e[:5], *e[6:]], renumber=False)),
    Case(
        "ledger lines swapped",
        "TAMPERED",
        "seq",
        lambda f: f.events(lambda e: [*e[:5], e[6], e[5], *e[7:]], renumber=False),
    ),
    Case("a ledger line repeated", "TAMPERED", "seq", lambda f: f.events(lambda e: [*e, e[-1]], renumber=False)),
    Case("two starts", "DUPLICATE", "2 start", lambda f: f.events(lambda e: [e[0], *e])),
    Case("two plans", "DUPLICATE", "2 plan", lambda f: f.events(lambda e: [*e[:2], *e[1:]])),
    Case("two finishes", "DUPLICATE", "2 finish", lambda f: f.events(lambda e: [*e, e[-1]])),
    Case("no ledger", "INCOMPLETE", "ledger.jsonl", lambda f: f.drop("ledger.jsonl")),
    Case("no outcomes", "ERROR", "without a verdict", lambda f: f.drop("outcomes.jsonl")),
    Case("no run.json", "INCOMPLETE", "run.json", lambda f: f.drop("run.json")),
    Case("no evidence", "INCOMPLETE", "evidence.db", lambda f: f.drop("evidence.db")),
    Case("evidence that is no database", "NO_DATA", "dated", raw("evidence.db", "no database")),
    Case("an Allure result missing", "INCOMPLETE", "0 Allure results", lambda f: f.drop(f.result(ONE))),
    Case("an Allure result twice", "DUPLICATE", "2 Allure results", copy_result(ONE)),
    Case("a result of another run", "FOREIGN", OTHER, copy_result(ONE, labels=labelled(runbook=ONE, run=OTHER))),
    Case("a result of no run", "FOREIGN", "of run unknown", copy_result(ONE, labels=labelled(runbook=ONE))),
    Case(
        "a result of an unplanned line",
        "FOREIGN",
        "not planned",
        lambda f: copy_result(ONE, labels=labelled(runbook="P1-SLO-01", run=f.run))(f),
    ),
    Case(
        "a result of two lines",
        "TAMPERED",
        "claims 2 lines",
        lambda f: result(ONE, labels=[*labelled(runbook=ONE), *labelled(runbook=LAST, run=f.run)])(f),
    ),
    Case("a result without historyId", "INTERRUPTED", "without historyId", result(ONE, historyId=None)),
    Case("a result without labels", "INTERRUPTED", "without historyId or labels", result(ONE, labels=[])),
    Case("a known failure", "WAIVED", "known", result(ONE, statusDetails={"known": True})),
    Case("a muted failure", "WAIVED", "muted", result(ONE, statusDetails={"muted": True})),
    Case("a flaky mark", "FLAKY", "flaky", result(ONE, statusDetails={"flaky": True})),
    Case("an extra result file", "EXTRA_FILE", "odd.json", raw("allure-results/odd.json", "{}")),
    Case(
        "an extra attachment", "EXTRA_FILE", "belongs to no result", raw(f"allure-results/{OTHER}-attachment.txt", "x")
    ),
    Case(
        "an attachment missing",
        "INCOMPLETE",
        "is not there",
        lambda f: (f.path / "allure-results" / f.json(f.result(ONE))["attachments"][0]["source"]).unlink(),
    ),
    Case("an extra file", "EXTRA_FILE", "note.txt", raw("note.txt", "x")),
    Case("a symbolic link", "EXTRA_FILE", "symbolic link", link),
    Case(
        "a truncated result", "TAMPERED", "not JSON", raw(f"allure-results/{OTHER}-result.json", '{"name": "x", "sta')
    ),
    Case("an empty result", "TAMPERED", "not JSON", raw(f"allure-results/{OTHER}-result.json", "")),
    Case(
        "a result with a key twice",
        "TAMPERED",
        "twice",
        raw(f"allure-results/{OTHER}-result.json", '{"status": "failed", "status": "passed"}'),
    ),
    Case("a ledger with a key twice", "TAMPERED", "twice", raw("ledger.jsonl", FIRST_SEQ)),
    Case("outcomes with NaN", "TAMPERED", "NaN", outcome(ONE, facts={"n": float("nan")})),
    Case("run.json with NaN", "TAMPERED", "NaN", raw("run.json", '{"run": NaN}')),
    Case("run.json is no object", "TAMPERED", "run.json", raw("run.json", "[]")),
    Case("an unknown event", "TAMPERED", "ledger.jsonl line", add(event="forgiven")),
    Case(
        "a ledger cut off",
        "INTERRUPTED",
        "cut off",
        lambda f: (f.path / "ledger.jsonl").write_text((f.path / "ledger.jsonl").read_text()[:-20]),
    ),
    Case(
        "outcomes that are no text",
        "TAMPERED",
        "UTF-8",
        lambda f: (f.path / "outcomes.jsonl").write_bytes(b"\xff\xfe\n"),
    ),
    # another run, another time, another place
    Case("a ledger of another run", "FOREIGN", "ledger.jsonl is of run", run(run=OTHER)),
    Case("another phase", "INCOMPLETE", "phase staging", run(phases=["staging"])),
    Case("another environment", "ENV_MISMATCH", "environment production", run(environment="staging")),
    Case("no environment", "ENV_MISMATCH", "unknown", run(environment=None)),
    Case("another cluster", "ENV_MISMATCH", OTHER, run(cluster_uid=OTHER)),
    Case("an unread cluster uid", "ENV_MISMATCH", "no cluster uid", run(cluster_uid=None)),
    Case("an unpinned cluster", "ENV_MISMATCH", "pins no cluster_uid", run(expected_cluster_uid=None)),
    Case("an empty pin", "ENV_MISMATCH", "pins no cluster_uid", run(expected_cluster_uid="", cluster_uid="x")),
    Case("no image digest", "NO_DATA", "no image digest", run(image_digests={"canary": []})),
    Case("a stale run", "STALE", "h ago", shift(-3)),
    Case("a run from the future", "STALE", "in the future", shift(2)),
    Case("a result of 1970", "STALE", "1970", result(ONE, start=1000, stop=2000)),
    Case("a result of 2096", "STALE", "2096", result(ONE, start=3_990_000_000_000, stop=3_990_000_000_500)),
    Case("a result without times", "STALE", "None", result(ONE, start=None)),
    Case("old evidence judged anew", "STALE", "evidence.db begins", old_evidence),
    Case(
        "evidence from before the run", "FOREIGN", "before the run", lambda f: (old_evidence(f), run(evidence=None)(f))
    ),
    Case(
        "a collector that failed",
        "NO_DATA",
        "ended with 3",
        lambda f: f.events(lambda es: [e | {"exit_status": 3} if e["event"] == "collector_exit" else e for e in es]),
    ),
    Case("an exit status that contradicts", "ERROR", "pytest ended with 1", with_finish(1, lambda _: None)),
]

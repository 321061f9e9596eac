"""The bug bash's times: judged, read from the ledger, and from what the cluster says of its rollout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.page.bash_time import judge
from harness.observe.deploy_time import rolled_out
from harness.report import bash_times, ledger
from harness.verdict import Outcome, Reason, Verdict
from tests.unit.observe.objects import owned, snapshot

if TYPE_CHECKING:
    from pathlib import Path

DEPLOYED, BEGAN, ENDED = "2026-01-01T12:00:00Z", "2026-01-01T12:04:00.500Z", "2026-01-01T12:09:00.500Z"


def said(deployed: str | None = DEPLOYED, began: str | None = BEGAN, ended: str | None = ENDED) -> Verdict:
    return judge(deployed, began, ended, 10, 10, why="nobody looked")


def test_a_bash_that_began_and_ended_in_time_is_met_with_both_times() -> None:
    verdict = said()
    assert verdict.outcome is Outcome.MET
    assert verdict.because == "it began 4.0 min after the deployment and took 5.0 min"
    assert (verdict.facts["began_after_s"], verdict.facts["took_s"]) == (240.5, 300.0)


@pytest.mark.parametrize(
    ("deployed", "began", "ended", "because"),
    [
        ("2026-01-01T11:53:00Z", BEGAN, ENDED, "it began 11.0 min after the deployment, 10 min are allowed"),
        ("2026-01-01T12:06:00Z", BEGAN, ENDED, "it began 2.0 min before the deployment"),
        (DEPLOYED, BEGAN, "2026-01-01T12:14:00.500Z", "it took 10.0 min, wanted less than 10 min"),
        (None, BEGAN, "2026-01-01T12:15:00.500Z", "it took 11.0 min"),
        ("2026-01-01T11:53:00Z", BEGAN, None, "it began 11.0 min after"),
    ],
)
def test_late_early_or_long_is_violated(deployed: str | None, began: str, ended: str | None, because: str) -> None:
    verdict = said(deployed, began, ended)
    assert verdict.outcome is Outcome.VIOLATED
    assert because in verdict.because


def test_the_limits_are_to_start_within_and_to_take_less_than() -> None:
    assert said("2026-01-01T11:54:00.500Z").outcome is Outcome.MET
    assert said(ended="2026-01-01T12:14:00.499Z").outcome is Outcome.MET


def test_clocks_that_differ_by_seconds_are_no_bash_before_the_deployment() -> None:
    verdict = said("2026-01-01T12:04:30Z")
    assert verdict.outcome is Outcome.MET
    assert "it began 0.0 min after" in verdict.because


@pytest.mark.parametrize(
    ("times", "because"),
    [
        ((None, BEGAN, ENDED), "when it was deployed"),
        ((DEPLOYED, None, ENDED), "when it began"),
        ((DEPLOYED, BEGAN, None), "when it ended"),
        ((None, None, None), "when it was deployed and when it began and when it ended"),
        (("yesterday", BEGAN, ENDED), "when it was deployed"),
        (("2026-01-01T12:00:00", BEGAN, ENDED), "when it was deployed"),
    ],
)
def test_a_time_that_nobody_knows_is_never_met(times: tuple[str | None, str | None, str | None], because: str) -> None:
    verdict = said(*times)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert f"{because}: nobody looked" in verdict.because


def deployment(reason: str = "NewReplicaSetAvailable", at: str = DEPLOYED) -> dict[str, Any]:
    condition = {"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": at}
    return owned("onesource") | {"status": {"conditions": [{"type": "Available"}, condition]}}


def replica_set(name: str, revision: str, at: str) -> dict[str, Any]:
    made = owned(name, "onesource")
    made["metadata"] |= {"creationTimestamp": at, "annotations": {"deployment.kubernetes.io/revision": revision}}
    return made


SETS = [replica_set("rs-9", "9", "2026-01-01T11:00:00Z"), replica_set("rs-10", "10", "2026-01-01T11:58:00Z")]


def test_a_build_is_deployed_when_its_rollout_was_complete() -> None:
    assert rolled_out(snapshot(deployments=[deployment()], replicasets=SETS), ("onesource",)) == (DEPLOYED, "")


def test_without_a_word_of_progress_the_newest_replica_set_tells() -> None:
    silent = owned("onesource")
    found = rolled_out(snapshot(deployments=[silent], replicasets=SETS), ("onesource",))
    assert found == ("2026-01-01T11:58:00Z", "")
    assert rolled_out(snapshot(deployments=[silent], replicasets=[]), ("onesource",))[0] is None


@pytest.mark.parametrize(
    ("objects", "names", "why"),
    [
        ({"deployments": [deployment("ReplicaSetUpdated")], "replicasets": SETS}, ("onesource",), "not complete"),
        ({"deployments": [], "replicasets": []}, ("onesource",), "there is no deployment/onesource"),
        ({"deployments": [deployment()], "replicasets": SETS}, (), "names no Deployment"),
        ({"replicasets": SETS}, ("onesource",), "deployments: not read"),
    ],
)
def test_what_can_t_be_told_says_why(objects: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    at, trouble = rolled_out(snapshot(**objects), names)
    assert at is None
    assert why in trouble


def event(kind: str, second: int, **more: Any) -> dict[str, Any]:
    return {"event": kind, "at": f"2026-01-01T12:00:{second:02}.000Z", "seq": second, **more}


def step(nodeid: str, when: str, second: int) -> dict[str, Any]:
    return event("report", second, nodeid=nodeid, when=when, outcome="passed")


PLAN = event(
    "plan",
    1,
    tests=[
        {"nodeid": "a", "line": "BB-01", "phases": ["bugbash"]},
        {"nodeid": "b", "line": "BB-02", "phases": ["bugbash"]},
        {"nodeid": "c", "line": "P1-PRE-01", "phases": ["staging"]},
        {"nodeid": "d", "line": "ES-01", "phases": ["bugbash", "staging"]},
    ],
)


def kept(folder: Path, *events: dict[str, Any], half: str = "") -> Path:
    lines = "".join(json.dumps(one) + "\n" for one in events) + half
    _ = (folder / ledger.NAME).write_text(lines, encoding="utf-8")
    return folder


def test_the_bash_lasts_from_its_first_set_up_to_its_last_tear_down(tmp_path: Path) -> None:
    others = [step("c", "setup", 2), step("d", "setup", 3), step("c", "teardown", 50)]
    own = [step("a", "setup", 5), step("b", "setup", 9), step("b", "teardown", 12), step("a", "teardown", 20)]
    found = bash_times.read(kept(tmp_path, PLAN, *others, *own, half='{"event": "rep'))
    assert found == bash_times.Times("2026-01-01T12:00:05.000Z", "2026-01-01T12:00:20.000Z")


def test_a_bash_that_has_not_ended_has_no_end_and_says_why(tmp_path: Path) -> None:
    found = bash_times.read(kept(tmp_path, PLAN, step("a", "setup", 5), step("a", "teardown", 6)))
    assert (found.began_at, found.ended_at) == ("2026-01-01T12:00:05.000Z", None)
    assert found.why == "1 tests have not ended, such as b"


def test_a_run_without_a_bash_has_neither(tmp_path: Path) -> None:
    assert bash_times.read(tmp_path).began_at is None
    assert "planned no test" in bash_times.read(kept(tmp_path, event("start", 0))).why

"""The folder of a genuine staging run with as many tests as wished, byte by byte as its writers lay it out."""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import uuid
from typing import TYPE_CHECKING, Any

from harness import policy
from harness.clock import FakeClock, SystemClock
from harness.evidence import store
from harness.report import files, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHASE = "staging"
UID = "7c1e2f7a-0000-4000-8000-0123456789ab"
AGO = datetime.timedelta(hours=2)
STEP = datetime.timedelta(milliseconds=10)
FACTS = {"estimate": 0.1002, "low": 0.0934, "high": 0.1071, "limit": 0.13, "n": 3500}
STEPS = ("setup", "call", "teardown")
SHOW_EVERY = 10_000


def make(reports: Path, results: int, *, attached: bool) -> Path:
    """Write the run and return its folder: every test MET, one Allure result each, with the verdict attached if asked.

    The tests are spread over all lines that the phase requires. Ledger and outcomes are written without the fsync per
    line of the real writers, which costs whoever writes, not the gate.
    """
    start = SystemClock().wall() - AGO
    folder = reports / stamp.run_id(start)
    for name in ("allure-results", "artifacts"):
        (folder / name).mkdir(parents=True)
    lines = policy.load().of(PHASE).required
    tests = [_test(lines[i % len(lines)], i) for i in range(results)]
    files.write_json(folder / "run.json", _run(folder.name, start))
    with (folder / "ledger.jsonl").open("wb") as ledger, (folder / "outcomes.jsonl").open("wb") as outcomes:
        for seq, (at, event) in enumerate(_events(folder.name, tests, start)):
            name = event.pop("event")
            _ = ledger.write(files.encode({"event": name, "at": stamp.rfc3339(at), "seq": seq, **event}) + b"\n")
            if event.get("when") == "teardown":
                _ = outcomes.write(files.encode(_outcome(event["nodeid"], event["line"], at)) + b"\n")
    draw = random.Random(results)  # noqa: S311  the same names each time
    for number, test in enumerate(tests):
        _result(folder / "allure-results", test, folder.name, start + 3 * number * STEP, draw, attached=attached)
        if not (number + 1) % SHOW_EVERY:
            print(f"  {number + 1:,} of {results:,} results written", flush=True)
    writer = store.Writer(folder, FakeClock(wall=start + STEP))
    writer.plan("asks", 0)
    writer.snapshot("cluster", {"uid": UID})
    writer.state("asks", "done")
    writer.close("finished")
    return folder


def _test(line: str, number: int) -> dict[str, Any]:
    name = line.lower().replace("-", "_")
    nodeid = f"suites/phase1_staging/test_{name[:2]}.py::test_{name}_holds[{number:05d}]"
    return {"nodeid": nodeid, "line": line, "phases": [PHASE]}


def _run(run: str, start: datetime.datetime) -> dict[str, Any]:
    return {
        "run": run,
        "started": stamp.rfc3339(start),
        "phases": [PHASE],
        "argv": ["-m", PHASE],
        "target": "somewhere",
        "rehearsal": False,
        "environment": "staging",
        "cluster_uid": UID,
        "expected_cluster_uid": UID,
        "image_digests": {"stable": ["sha256:" + "cd" * 32]},
        "git": {"commit": "4f2c9e1" + "0" * 33, "dirty": False},
        "policy_sha256": policy.load().sha256,
        "versions": {"pytest": "9.2.0"},
        "evidence": None,
    }


def _events(
    run: str, tests: list[dict[str, Any]], start: datetime.datetime
) -> Iterator[tuple[datetime.datetime, dict[str, Any]]]:
    yield start, {"event": "start", "run": run, "argv": ["-m", PHASE], "workers": 0}
    yield start, {"event": "plan", "tests": tests, "deselected": []}
    at = start
    for test in tests:
        about = {"nodeid": test["nodeid"], "outcome": "passed", "line": test["line"]}
        for when in STEPS:
            yield (
                at,
                {
                    "event": "report",
                    "nodeid": about["nodeid"],
                    "when": when,
                    "outcome": about["outcome"],
                    "line": about["line"],
                    "duration_s": 0.009821,
                    "worker": None,
                },
            )
            at += STEP
    yield at, {"event": "collector_exit", "exit_status": 0, "message": "all planned evidence is there"}
    yield at, {"event": "finish", "exit_status": 0}


def _outcome(nodeid: str, line: str, at: datetime.datetime) -> dict[str, Any]:
    return {
        "line": line,
        "nodeid": nodeid,
        "outcome": "MET",
        "reason": None,
        "because": "10.0% of the answers, at most 13% allowed",
        "facts": FACTS,
        "phases": [PHASE],
        "at": stamp.rfc3339(at),
    }


def _result(
    folder: Path, test: dict[str, Any], run: str, at: datetime.datetime, draw: random.Random, *, attached: bool
) -> None:
    """Write what allure-pytest writes of a passed test with this project's labels."""
    nodeid, line = test["nodeid"], test["line"]
    file, _, name = nodeid.partition("::")
    module = file.removesuffix(".py").replace("/", ".")
    function = name.partition("[")[0]
    attachments: list[dict[str, str]] = []
    if attached:
        source = f"{_uuid(draw)}-attachment.json"
        _ = (folder / source).write_bytes(files.encode({"outcome": "MET", "reason": None, "facts": FACTS}))
        attachments.append({"name": "verdict", "source": source, "type": "application/json"})
    labels = {
        "tag": PHASE,
        "runbook": line,
        "phase": PHASE,
        "environment": "staging",
        "run": run,
        "target": "somewhere",
        "severity": "critical",
        "parentSuite": module.rpartition(".")[0],
        "suite": module.rpartition(".")[2],
        "host": "runner",
        "thread": "4711-MainThread",
        "framework": "pytest",
        "language": "cpython3",
        "package": module,
    }
    start_ms = int(at.timestamp() * 1000)
    said = {
        "name": f"{line} holds for {name[-6:-1]}",
        "status": "passed",
        "description": 'MET: 10.0% of the answers, at most 13% allowed\nof "all" answers',
        "attachments": attachments,
        "parameters": [{"name": "environment", "value": "'staging'"}],
        "start": start_ms,
        "stop": start_ms + 25,
        "uuid": _uuid(draw),
        "historyId": hashlib.sha256(nodeid.encode()).hexdigest()[:32],
        "testCaseId": hashlib.sha256(function.encode()).hexdigest()[:32],
        "fullName": f"{module}#{function}",
        "labels": [{"name": key, "value": value} for key, value in labels.items()],
        "titlePath": ["suites", "phase1_staging", file.rpartition("/")[2]],
    }
    kept = {key: value for key, value in said.items() if value}
    _ = (folder / f"{_uuid(draw)}-result.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def _uuid(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))

"""A genuine run's folder, as pytest's controller and allure-pytest leave it; tests then break it."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import policy
from harness.clock import FakeClock
from harness.evidence import store
from harness.report import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIGEST = "sha256:" + "ab" * 32
UID = "7c1e2f7a-0000-4000-8000-0123456789ab"
MET_FACTS: dict[str, Any] = {
    "estimate": 0.1002,
    "low": 0.0934,
    "high": 0.1071,
    "limit_low": 0.07,
    "limit_high": 0.13,
    "n": 3500,
}
STATUS = {"MET": "passed", "VIOLATED": "failed", "UNKNOWN": "broken"}


@dataclass
class Folder:
    """A run's folder under construction or under attack."""

    path: Path
    now: datetime.datetime
    run: str = ""
    said: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def json(self, name: str) -> Any:
        return json.loads((self.path / name).read_text())

    def lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in (self.path / name).read_text().splitlines()]

    def put(self, name: str, value: Any) -> None:
        _ = (self.path / name).write_text(json.dumps(value))

    def put_lines(self, name: str, values: list[Any]) -> None:
        _ = (self.path / name).write_text("".join(json.dumps(value) + "\n" for value in values))

    def change(self, name: str, how: Callable[[Any], object]) -> None:
        """Change a JSON file in place."""
        value = self.json(name)
        _ = how(value)
        self.put(name, value)

    def events(self, how: Callable[[list[Any]], list[Any]], *, renumber: bool = True) -> None:
        """Rewrite the ledger; by default as its writer would have numbered it."""
        events = how(self.lines("ledger.jsonl"))
        if renumber:
            events = [event | {"seq": seq} for seq, event in enumerate(events)]
        self.put_lines("ledger.jsonl", events)

    def outcomes(self, how: Callable[[list[Any]], list[Any]]) -> None:
        self.put_lines("outcomes.jsonl", how(self.lines("outcomes.jsonl")))

    def result(self, line: str) -> str:
        """The name of a line's Allure result."""
        for path in sorted((self.path / "allure-results").glob("*-result.json")):
            if {"name": "runbook", "value": line} in json.loads(path.read_text())["labels"]:
                return f"allure-results/{path.name}"
        raise LookupError(line)

    def drop(self, name: str) -> None:
        """Remove a file; a result goes with what it has attached."""
        if name.endswith("-result.json"):
            for attached in self.json(name)["attachments"]:
                (self.path / "allure-results" / attached["source"]).unlink()
        (self.path / name).unlink()


def nodeid(line: str) -> str:
    section = "environments" if line.startswith("EN") else "phase2_canary"
    return f"suites/{section}/test_it.py::test_{line.lower().replace('-', '_')}_holds"


def build(
    reports: Path,
    phase: str = "canary",
    *,
    verdicts: dict[str, tuple[str, str | None, str, dict[str, Any]]] | None = None,
    rehearsal: bool = False,
    target: str = "somewhere",
    environment: str | None = None,
    ago_s: float = 120.0,
) -> Folder:
    """Write a complete run; `verdicts` maps a line to (outcome, reason, because, facts), MET where it is silent."""
    now = datetime.datetime.now(datetime.UTC)
    start = now - datetime.timedelta(seconds=ago_s)
    run = stamp.run_id(start)
    folder = Folder(reports / run, now, run)
    (folder.path / "allure-results").mkdir(parents=True)
    (folder.path / "artifacts").mkdir()
    wants = policy.load().of(phase)
    for line in wants.required:
        outcome, reason, because, facts = (verdicts or {}).get(line, ("MET", None, "it holds", MET_FACTS))
        folder.said[line] = {"outcome": outcome, "reason": reason, "because": because, "facts": facts}
    _run_json(folder, phase, start, environment or wants.environment, target, rehearsal=rehearsal)
    _records(folder, phase, start)
    for line in folder.said:
        _allure(folder, line, start)
    collected(folder.path, start + datetime.timedelta(milliseconds=5))
    _ = (folder.path / "collector.log").write_text("collected\n")
    _ = (folder.path / "artifacts" / "picture.png").write_bytes(b"\x89PNG")
    _ = (folder.path / "allure-results" / "environment.properties").write_text(f"run={run}\n")
    latest = reports / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(run)
    return folder


def _run_json(
    folder: Folder, phase: str, start: datetime.datetime, environment: str, target: str, *, rehearsal: bool
) -> None:
    folder.put(
        "run.json",
        {
            "run": folder.run,
            "started": stamp.rfc3339(start),
            "phases": [phase],
            "argv": ["-m", phase],
            "target": target,
            "rehearsal": rehearsal,
            "environment": environment,
            "cluster_uid": UID,
            "expected_cluster_uid": UID,
            "image_digests": {"stable": ["sha256:" + "cd" * 32], "canary": [DIGEST]},
            "git": {"commit": "4f2c9e1" + "0" * 33, "dirty": False},
            "policy_sha256": policy.load().sha256,
            "versions": {"pytest": "9.2.0"},
            "evidence": None,
        },
    )


def _records(folder: Folder, phase: str, start: datetime.datetime) -> None:
    at = start
    events: list[dict[str, Any]] = []

    def add(event: str, **fields: Any) -> None:
        nonlocal at
        at += datetime.timedelta(milliseconds=10)
        events.append({"event": event, "at": stamp.rfc3339(at), "seq": len(events), **fields})

    add("start", run=folder.run, argv=["-m", phase], workers=0)
    other = "p2_slo_01" if phase == "staging" else "p1_slo_01"
    tests = [{"nodeid": nodeid(line), "line": line, "phases": [phase]} for line in folder.said]
    add("plan", tests=tests, deselected=[f"suites/other/test_x.py::test_{other}_is_of_another_phase"])
    recorded: list[dict[str, Any]] = []
    for line, said in folder.said.items():
        for when in ("setup", "call", "teardown"):
            outcome = "failed" if when == "call" and said["outcome"] != "MET" else "passed"
            add("report", nodeid=nodeid(line), when=when, outcome=outcome, line=line, duration_s=0.01, worker=None)
        recorded.append({"line": line, "nodeid": nodeid(line), **said, "phases": [phase], "at": stamp.rfc3339(at)})
    add("collector_exit", exit_status=0, message="all planned evidence is there")
    add("finish", exit_status=0 if all(said["outcome"] == "MET" for said in folder.said.values()) else 1)
    folder.put_lines("ledger.jsonl", events)
    folder.put_lines("outcomes.jsonl", recorded)


def _allure(folder: Folder, line: str, start: datetime.datetime) -> None:
    ms = int(start.timestamp() * 1000)
    attachment = f"{uuid.uuid4()}-attachment.txt"
    _ = (folder.path / "allure-results" / attachment).write_text("log")
    folder.put(
        f"allure-results/{uuid.uuid4()}-result.json",
        {
            "name": nodeid(line).rpartition("::")[2],
            "status": STATUS[folder.said[line]["outcome"]],
            "start": ms + 20,
            "stop": ms + 40,
            "uuid": str(uuid.uuid4()),
            "historyId": re.sub(r"\W", "", line).lower(),
            "testCaseId": "x",
            "fullName": "suites.test_it#test",
            "attachments": [{"name": "log", "source": attachment, "type": "text/plain"}],
            "labels": [
                {"name": "tag", "value": "canary"},
                {"name": "runbook", "value": line},
                {"name": "run", "value": folder.run},
            ],
        },
    )


def collected(path: Path, at: datetime.datetime) -> None:
    """Record evidence as the collector does, at that time."""
    writer = store.Writer(path, FakeClock(wall=at))
    writer.plan("split", 0)
    writer.snapshot("cluster", {"uid": UID})
    writer.state("split", "done")
    writer.close("finished")

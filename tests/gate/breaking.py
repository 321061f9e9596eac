"""Ways to break a run's folder, as accidents and people do."""

from __future__ import annotations

import datetime
import json
import shutil
import uuid
from typing import TYPE_CHECKING, Any

from harness.report import stamp
from tests.gate.builder import collected, nodeid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.builder import Folder

ONE, LAST = "P2-RTE-02", "EN-02"


OTHER = str(uuid.UUID(int=7))
FIRST_SEQ = '{"event": "start", "event": "start", "at": "2026-01-01T00:00:00Z", "seq": 0, "run": "{run}"}\n'


def keep(kind: Callable[[dict[str, Any]], bool]) -> Callable[[Folder], None]:
    """Keep only some events of the ledger, numbered as if the others had never been."""
    return lambda folder: folder.events(lambda events: [event for event in events if kind(event)])


def add(**event: Any) -> Callable[[Folder], None]:
    """Add an event before the finish."""
    return lambda folder: folder.events(
        lambda events: [*events[:-1], {**events[-2], "outcome": "passed", **event}, events[-1]]
    )


def result(line: str, **fields: Any) -> Callable[[Folder], None]:
    """Change a line's Allure result."""
    return lambda folder: folder.change(folder.result(line), lambda value: value.update(fields))


def run(**fields: Any) -> Callable[[Folder], None]:
    """Change run.json."""
    return lambda folder: folder.change("run.json", lambda value: value.update(fields))


def raw(name: str, text: str) -> Callable[[Folder], object]:
    """Write a file as it is."""
    return lambda folder: (folder.path / name).write_text(text.replace("{run}", folder.run))


def outcome(of: str, /, **fields: Any) -> Callable[[Folder], None]:
    """Change a line's outcome."""
    return lambda folder: folder.outcomes(
        lambda items: [item | fields if item["line"] == of else item for item in items]
    )


def stop_at(line: str, when: str) -> Callable[[Folder], None]:
    """Cut the ledger, outcomes and Allure's results after a step of a line's test, as SIGKILL does."""

    def cut(folder: Folder) -> None:
        events = folder.lines("ledger.jsonl")
        at = next(i for i, e in enumerate(events) if e.get("nodeid") == nodeid(line) and e["when"] == when)
        folder.put_lines("ledger.jsonl", events[: at + 1])
        ended = [e["nodeid"] for e in events[: at + 1] if e.get("when") == "teardown"]
        folder.outcomes(lambda items: [item for item in items if item["nodeid"] in ended])
        for lost in (name for name in folder.said if nodeid(name) not in ended):
            folder.drop(folder.result(lost))

    return cut


def sigint(folder: Folder) -> None:
    """Leave what Ctrl-C leaves: the interrupted test is `passed`, without historyId and labels."""
    name = folder.result(LAST)
    stop = json.loads((folder.path / name).read_text())
    stop_at(LAST, "setup")(folder)
    for key in ("historyId", "labels"):
        del stop[key]
    folder.put(name, stop)
    folder.events(
        lambda events: [
            *events,
            {**events[0], "event": "interrupted", "message": "KeyboardInterrupt"},
            finish(2, events),
        ]
    )


def finish(status: int, events: list[Any]) -> dict[str, Any]:
    """Make a finish as of the last event."""
    return {"event": "finish", "at": events[-1]["at"], "seq": 0, "exit_status": status}


def with_finish(status: int, before: Callable[[Folder], None]) -> Callable[[Folder], None]:
    """Do something, then let the run finish with that status."""

    def both(folder: Folder) -> None:
        before(folder)
        folder.events(lambda events: [*[e for e in events if e["event"] != "finish"], finish(status, events)])

    return both


def deselect(folder: Folder) -> None:
    """Leave what `-k` leaves."""
    drop_test(folder, ONE)
    folder.change("run.json", lambda value: value.update(argv=["-m", "canary", "-k", "not rte_02"]))

    def dropped(events: list[Any]) -> list[Any]:
        return [e | {"deselected": [nodeid(ONE)]} if e["event"] == "plan" else e for e in events]

    folder.events(dropped)


def drop_test(folder: Folder, line: str) -> None:
    """Take a line's test out of every record, as if it had never been there."""
    gone = nodeid(line)

    def without(events: list[Any]) -> list[Any]:
        kept = [event for event in events if event.get("nodeid") != gone]
        return [
            e | {"tests": [t for t in e["tests"] if t["nodeid"] != gone]} if e["event"] == "plan" else e for e in kept
        ]

    folder.events(without)
    folder.outcomes(lambda items: [item for item in items if item["nodeid"] != gone])
    folder.drop(folder.result(line))


def empty_plan(folder: Folder) -> None:
    """Leave what an empty selection leaves."""
    folder.events(lambda events: [events[0], events[1] | {"tests": []}, finish(5, events)])
    folder.put_lines("outcomes.jsonl", [])
    shutil.rmtree(folder.path / "allure-results")


def crash(folder: Folder) -> None:
    """Leave what a killed xdist worker leaves."""
    stop_lines = folder.lines("ledger.jsonl")
    kept = [e for e in stop_lines if e.get("nodeid") != nodeid(ONE)]
    lost = {**stop_lines[0], "event": "worker_lost", "worker": "gw0", "message": "Not properly terminated"}
    kept.insert(-1, lost)
    folder.events(lambda _: [*kept[:-1], finish(1, kept)])
    folder.outcomes(lambda items: [item for item in items if item["line"] != ONE])
    folder.drop(folder.result(ONE))


def copy_result(line: str, **fields: Any) -> Callable[[Folder], None]:
    """Add a second Allure result of a line."""

    def copy(folder: Folder) -> None:
        value = folder.json(folder.result(line)) | fields
        value.pop("attachments", None)
        folder.put(f"allure-results/{uuid.uuid4()}-result.json", value)

    return copy


def labelled(**labels: str) -> list[dict[str, str]]:
    """Allure's labels."""
    return [{"name": name, "value": value} for name, value in labels.items()]


def shift(days: float) -> Callable[[Folder], None]:
    """Move the whole run in time, evidence too."""

    def move(folder: Folder) -> None:
        by = datetime.timedelta(days=days)

        def moved(text: str) -> str:
            return stamp.rfc3339(datetime.datetime.fromisoformat(text) + by)

        folder.change("run.json", lambda value: value.update(started=moved(value["started"])))
        folder.events(lambda events: [e | {"at": moved(e["at"])} for e in events])
        folder.outcomes(lambda items: [item | {"at": moved(item["at"])} for item in items])
        ms = int(by.total_seconds() * 1000)
        for line in folder.said:
            folder.change(folder.result(line), lambda v: v.update(start=v["start"] + ms, stop=v["stop"] + ms))
        (folder.path / "evidence.db").unlink()
        collected(
            folder.path,
            datetime.datetime.fromisoformat(moved(stamp.rfc3339(folder.now))) - datetime.timedelta(seconds=100),
        )

    return move


def old_evidence(folder: Folder) -> None:
    """Judge today what was measured five days ago."""
    (folder.path / "evidence.db").unlink()
    collected(folder.path, folder.now - datetime.timedelta(days=5))
    folder.change("run.json", lambda value: value.update(evidence="elsewhere"))


def empty(folder: Folder) -> None:
    """Leave nothing but the folder."""
    shutil.rmtree(folder.path)
    folder.path.mkdir()


def rerun(folder: Folder) -> None:
    """Run a test until it is green."""

    def again(events: list[Any]) -> list[Any]:
        mine = [e for e in events if e.get("nodeid") == nodeid(ONE)]
        failed = [e | {"outcome": "failed"} if e["when"] == "call" else e for e in mine]
        at = events.index(mine[0])
        return [*events[:at], *failed, *events[at:]]

    folder.events(again)


def link(folder: Folder) -> None:
    """Point to a file outside."""
    (folder.path / "artifacts" / "elsewhere").symlink_to("/etc/hostname")

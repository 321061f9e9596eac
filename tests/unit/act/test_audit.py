"""The audit is on the disk before anything is changed, and says how it ended."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.act.audit import Audit, AuditError, who
from harness.act.kube import ActError, ConflictError
from harness.clock import FakeClock
from tests.running import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def audit(path: Path) -> Audit:
    return Audit(path, FakeClock(), who="me@here", run="run-1")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_both_lines_of_a_change_say_who_what_where_when_from_and_to(tmp_path: Path) -> None:
    path = tmp_path / "run" / "artifacts" / "audit.jsonl"
    written = audit(path)
    number = written.begin("shop/staging", "ingress/x", "weight 0", {"weight": "10"}, {"weight": "0"})
    begun = {
        "number": 1,
        "at": "2026-01-01T00:00:00.000+00:00",
        "who": "me@here",
        "run": "run-1",
        "target": "shop",
        "environment": "staging",
        "object": "ingress/x",
        "what": "weight 0",
        "before": {"weight": "10"},
        "after": {"weight": "0"},
        "state": "begun",
    }
    assert lines(path) == [begun]
    written.end(number, "done")
    assert lines(path) == [begun, begun | {"state": "done"}]
    assert written.begin("shop/staging", "ingress/x", "again", None, None) == 2


def test_a_bracketed_change_ends_as_it_went(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    written = audit(path)
    with written.change("shop/staging", "ingress/x", "one", None, None):
        assert [line["state"] for line in lines(path)] == ["begun"]
    with pytest.raises(ConflictError), written.change("shop/staging", "ingress/x", "two", None, None):
        raise ConflictError("somebody else")
    with pytest.raises(KeyboardInterrupt), written.change("shop/staging", "ingress/x", "three", None, None):
        raise KeyboardInterrupt
    states = [(line["what"], line["state"]) for line in lines(path)]
    assert states[1::2] == [("one", "done"), ("two", "refused"), ("three", "failed: KeyboardInterrupt: ")]


def test_lines_are_added_to_a_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for _ in range(2):
        written = audit(path)
        written.end(written.begin("shop/staging", "ingress/x", "weight 0", None, None), "done")
    assert len(lines(path)) == 4


def test_a_file_that_can_not_be_written_is_an_error_before_anything_is_changed(tmp_path: Path) -> None:
    _ = (tmp_path / "artifacts").write_text("a file where a folder should be", encoding="utf-8")
    written = audit(tmp_path / "artifacts" / "audit.jsonl")
    with pytest.raises(AuditError) as trouble, written.change("shop/staging", "ingress/x", "weight 0", None, None):
        pytest.fail("went on without its line")
    said = str(trouble.value)
    assert isinstance(trouble.value, ActError)
    assert "'weight 0' on ingress/x is begun" in said
    assert "nothing is changed" in said
    assert "\n" not in said


def test_what_is_begun_is_on_the_disk_also_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    program = (
        "import os, signal\nfrom pathlib import Path\n"
        "from harness.act.audit import Audit\nfrom harness.clock import FakeClock\n"
        f"audit = Audit(Path({str(path)!r}), FakeClock(), who='me@here')\n"
        "with audit.change('shop/staging', 'ingress/x', 'w', '10', '0'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    (line,) = lines(path)
    assert (line["state"], line["before"], line["after"]) == ("begun", "10", "0")


def test_who_acts_is_a_user_and_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert who() == f"{getpass.getuser()}@{socket.gethostname()}"

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert who() == f"uid-{os.getuid()}@{socket.gethostname()}"

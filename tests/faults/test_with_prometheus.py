"""A phase whose profile names a Prometheus: a real server that scrapes the sandbox's pods is one more source."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.conftest import users_of
from tests.faults.papers import papers
from tests.prometheus.server import Server
from tests.running import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

PORT = 8001
COUNTED = ("P2-SLO-01", "P2-SLO-02", "P2-SLO-04", "P2-SLO-05", "P2-SLO-06")  # what its series tell of the canary
FEWEST = 300  # requests of the canary's arm while it is watched


def _pods(running: Running) -> list[tuple[str, dict[str, str]]]:
    """Return where each of production's product pods offers its series, with the labels a scrape would give it."""
    found = json.loads(running.kubectl("get", "pods", "-o", "json", context="production"))["items"]
    return [
        (f"{pod['status']['podIP']}:{PORT}", {"pod": pod["metadata"]["name"]})
        for pod in found
        if pod["metadata"]["name"].startswith("onesource")
    ]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("fault", ["", "canary-5xx"], ids=["healthy", "canary-5xx"])
def test_a_canary_is_judged_from_what_prometheus_counted_too(running: Running, tmp_path: Path, fault: str) -> None:
    running.users(users_of("canary"))
    running.switch(*filter(None, [fault]))
    papers(tmp_path, running.said)
    folder = tmp_path / "prometheus"
    folder.mkdir()
    with Server(folder) as server:
        server.scrape(_pods(running))
        words = running.suite("canary", tmp_path, seed=9)
        with running.said.target.with_name("target-9.toml").open("a", encoding="utf-8") as profile:
            _ = profile.write(f'\n[environments.production.prometheus]\nurl = "{server.url}"\nstep_s = 1.0\n')
        done = subprocess.run(words, cwd=ROOT, check=False, timeout=300, capture_output=True, text=True)
    assert done.returncode == bool(fault), done.stdout + done.stderr
    rows = (tmp_path / "latest" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    said: dict[str, dict[str, Any]] = {row["line"]: row for row in map(json.loads, rows)}
    for line in COUNTED:
        part = said[line]["facts"]["parts"]["prometheus"]
        assert part["n"] >= FEWEST, (line, part)
        wanted = "VIOLATED" if (line, fault) == ("P2-SLO-04", "canary-5xx") else "MET"
        assert part["outcome"] == wanted, (line, part)

"""kill -9 at each step of a rollout: users go on being served, and what was begun is finished or taken back."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from harness.act.objects import bookless
from harness.act.rollout.state import KEY, STEPS
from sandbox.profile import _toml
from tests.running import ROOT, Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLED = -9
SAMPLED = "promote"  # the step in which most is half done
OBJECTS = (("deployment", "onesource"), ("deployment", "onesource-canary"), ("ingress", "onesource-canary"))
PERIODS = {"rollout_asks_per_s": 50.0, "rollout_step_s": 1.0, "settle_s": 1.0, "patience_s": 60.0}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("sandbox"), "--users", "0") as running:
        yield running


@pytest.fixture(scope="module")
def profile(sandbox: Running) -> Path:
    """The sandbox's profile with steps of a second."""
    settings: dict[str, Any] = tomllib.loads(sandbox.said.target.read_text(encoding="utf-8"))
    settings["acting"] = settings.get("acting", {}) | PERIODS
    settings["environments"]["production"]["act_kubeconfig"] = sandbox.said.kubeconfigs["actor"]
    path = sandbox.said.target.with_name("hurried.toml")
    _ = path.write_text("\n".join(_toml(settings)) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def found(sandbox: Running) -> Iterator[dict[str, Any]]:
    """What is there before and, unless the test failed before its end, after it."""
    before = objects(sandbox)
    yield before
    assert objects(sandbox) == before


def objects(sandbox: Running) -> dict[str, Any]:
    """Return production's objects of a rollout without bookkeeping; None for one that is not there."""
    said: dict[str, Any] = {}
    for kind, name in OBJECTS:
        text = sandbox.kubectl("get", kind, name, "-o", "json", "--ignore-not-found", context="production")
        said[name if kind == "deployment" else "route"] = bookless(json.loads(text)) if text.strip() else None
    return said


def play(profile: Path, **words: Any) -> tuple[int, list[str]]:
    """Run a rollout in a process of its own; return its exit status and what it printed."""
    command = [sys.executable, "-m", "tests.faults.rolling_out", str(profile), str(profile.parent / "reports")]
    done = subprocess.run(
        [*command, json.dumps(words)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode in {0, KILLED}, done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()


def ended(lines: list[str]) -> dict[str, Any]:
    return json.loads(lines[-1])


def served(sandbox: Running) -> None:
    """Users are answered, every one of them."""
    with httpx.Client(base_url=sandbox.said.url, timeout=10) as client:
        for number in range(40):
            chat = number % 4 == 0
            answer = (
                client.post("/api/chat/ask", json={"question": "How do refunds work?"})
                if chat
                else client.get("/version")
            )
            assert answer.status_code == 200, answer.text


def note(sandbox: Running) -> str:
    text = sandbox.kubectl("get", "deployment", "onesource", "-o", "json", context="production")
    annotations: dict[str, str] = json.loads(text)["metadata"].get("annotations") or {}
    return annotations.get(KEY, "")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", [pytest.param(s, marks=pytest.mark.sample if s == SAMPLED else ()) for s in STEPS])
def test_killed_at_a_step_users_are_served_and_it_goes_back(
    sandbox: Running, profile: Path, found: dict[str, Any], step: str
) -> None:
    code, lines = play(profile, kill=f"{step}:changed")
    assert (code, lines[-1]) == (KILLED, f"{step}:changed")
    assert f'"step":"{step}"' in note(sandbox)
    served(sandbox)
    code, lines = play(profile, resume=True, back=True, after="restore")
    assert ended(lines) | {"asked": 0} == {
        "ended": "taken back",
        "restored": True,
        "trouble": "",
        "foreign": "",
        "failed": 0,
        "asked": 0,
    }
    assert found["route"] is not None


@pytest.mark.timeout(300)
def test_killed_at_every_point_on_its_way_it_still_comes_to_its_end(
    sandbox: Running, profile: Path, found: dict[str, Any]
) -> None:
    for step in STEPS:
        for what in ("announced", "seen"):
            code, lines = play(profile, kill=f"{step}:{what}", resume=bool(note(sandbox)))
            assert (code, lines[-1]) == (KILLED, f"{step}:{what}")
            served(sandbox)
    code, lines = play(profile, resume=True, after="restore")
    said = ended(lines)
    assert (said["ended"], said["restored"], said["failed"], said["trouble"]) == ("finished", True, 0, "")
    assert found["route"] is not None


@pytest.mark.timeout(120)
def test_killed_on_its_way_back_it_goes_on_backwards(sandbox: Running, profile: Path, found: dict[str, Any]) -> None:
    code, lines = play(profile, violated=True, kill="back:announced")
    assert (code, lines[-1]) == (KILLED, "back:announced")
    served(sandbox)
    code, lines = play(profile, resume=True, after="restore")
    assert (ended(lines)["ended"], ended(lines)["restored"]) == ("taken back", True)
    assert found["route"] is not None

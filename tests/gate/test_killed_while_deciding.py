"""`kill -9` at each step of writing a decision leaves the old one or the new one, and nothing that holds wrongly."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from harness.report.reading import gather, strict
from harness.report.showing import publish
from harness.report.signing import envelope
from tests.gate.attacks.scene import opened, read_once, told
from tests.gate.builder import build
from tests.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHASE = "flags"  # few lines: the steps of writing are the same for each phase
WITHIN_S = 120.0

# Imports the gate once and forks for each step: the child kills itself before its n-th call that changes the disk.
DYING = """
import json, os, shutil, signal, sys
from pathlib import Path
from harness.cli import app, run as gate

template, scratch, key, phase = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
_ = app._command()


def deadly(name, left):
    real = getattr(os, name)

    def step(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(os, name, step)


ended = []
while not ended or ended[-1] < 0:
    number = len(ended) + 1
    folder = scratch / f"{number:03}" / template.name
    shutil.copytree(template, folder)
    child = os.fork()
    if child == 0:
        left = [number]
        for name in ("replace", "rename", "link", "fsync", "unlink", "rmdir", "mkdir"):
            deadly(name, left)
        words = ["decide", phase, "--run", str(folder), "--reports", str(folder.parent), "--key", key]
        code = gate([*words, "--nonce", "new"])
        os._exit(code)
    _, status = os.waitpid(child, 0)
    ended.append(os.waitstatus_to_exitcode(status))
(scratch / "ended.json").write_text(json.dumps(ended))
"""


@dataclass(frozen=True)
class Deaths:
    """A run with an old decision, and a copy of it for each step at which a new decision was killed."""

    keys: Path
    old: dict[str, bytes]
    killed: list[Path]
    last: Path

    def words(self, verb: str, folder: Path) -> list[str]:
        """Return the words that decide or verify a copy."""
        if verb == "verify":
            return ["verify", str(folder / "verdict.intoto.json"), "--key", str(self.keys / "gate.pub")]
        words = ["decide", PHASE, "--run", str(folder), "--reports", str(folder.parent)]
        return [*words, "--key", str(self.keys / "gate.key"), "--nonce", "again"]


def _ours(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name in gather.OURS}


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deaths]:
    home = tmp_path_factory.mktemp("dying")
    _ = envelope.keygen(home / "keys")
    folder = build(home / "reports", PHASE)
    key = str(home / "keys" / "gate.key")
    with read_once():
        code, text = told(["decide", PHASE, "--run", str(folder.path), "--key", key, "--nonce", "old"])
        assert code == 0, text
        scratch = home / "scratch"
        scratch.mkdir()
        words = [sys.executable, "-c", DYING, str(folder.path), str(scratch), key, PHASE]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        ended: list[int] = json.loads((scratch / "ended.json").read_text())
        assert set(ended[:-1]) == {-9}
        assert ended[-1] == 0
        copies = [scratch / f"{number:03}" / folder.path.name for number in range(1, len(ended) + 1)]
        yield Deaths(home / "keys", _ours(folder.path), copies[:-1], copies[-1])


def nonce(folder: Path) -> str | None:
    """Return whose decision the envelope is; None where there is none."""
    file = folder / "verdict.intoto.json"
    return opened(file)["predicate"]["nonce"] if file.exists() else None


def test_it_was_killed_at_many_steps_and_at_last_came_to_its_end(deaths: Deaths) -> None:
    assert len(deaths.killed) > 2 * len(gather.OURS)  # each file is synced, named, and put in its place
    assert nonce(deaths.last) == "new"
    assert {nonce(folder) for folder in deaths.killed} >= {"old", "new"}


def test_each_file_is_whole_whenever_it_was_killed(deaths: Deaths) -> None:
    public = envelope.load_public(deaths.keys / "gate.pub")
    for folder in deaths.killed:
        held = _ours(folder)
        for name, content in held.items():
            if content == deaths.old[name]:
                continue
            where = f"{folder.parent.name}: {name}"
            if name.endswith(".intoto.json"):
                kind: str = opened(folder / name)["predicateType"]
                assert envelope.open_(content, [public], kind).reasons == (), where
            elif name.endswith(".json"):
                assert isinstance(strict.loads(content), dict), where
            elif name.endswith(".html"):
                assert content.rstrip().endswith(b"</html>"), where
            elif name.endswith(".xml"):
                assert ET.fromstring(content).tag.startswith("testsuite"), where
            else:
                assert content.endswith(b"\n"), where


def test_the_verdict_is_the_old_one_or_the_new_one_and_never_between(deaths: Deaths) -> None:
    seen: list[str] = []
    for folder in deaths.killed:
        file = folder / "verdict.json"
        if not file.exists():
            seen.append("none")  # nothing is decided, which nobody takes for a GO
            continue
        if file.read_bytes() == deaths.old["verdict.json"]:
            seen.append("old")
            continue
        seen.append("new")
        assert nonce(folder) == "new", f"{folder.parent.name}: verdict.json is new, its envelope is not"
    order = {"old": 0, "none": 1, "new": 2}
    assert [order[one] for one in seen] == sorted(order[one] for one in seen)
    assert seen[0] == "old"
    assert seen[-1] == "new"


def test_an_envelope_holds_only_beside_its_own_verdict(deaths: Deaths) -> None:
    for folder in deaths.killed:
        code, text = told(deaths.words("verify", folder)) if nonce(folder) else (1, "")
        assert "the gate itself failed" not in text
        if code == 0:
            said: dict[str, Any] = opened(folder / "verdict.intoto.json")["predicate"]["verdict"]
            beside = json.loads((folder / "verdict.json").read_text())
            _ = beside.pop("evidence_sha256")
            assert beside == said, folder.parent.name
        else:
            assert code == 1, text


def test_deciding_again_succeeds_and_leaves_nothing_over(deaths: Deaths, tmp_path: Path) -> None:
    states: dict[tuple[object, ...], Path] = {}
    for folder in deaths.killed:
        verdict = _ours(folder).get("verdict.json") == deaths.old["verdict.json"]
        pending, draft = (folder / publish.PENDING).exists(), any(folder.rglob("*.tmp"))
        _ = states.setdefault((nonce(folder), verdict, pending, draft), folder)
    assert len(states) > 3
    for number, folder in enumerate(states.values()):
        again = tmp_path / str(number) / folder.name
        _ = shutil.copytree(folder, again)
        code, text = told(deaths.words("decide", again))
        assert code == 0, f"{folder.parent.name}: {text}"
        assert nonce(again) == "again"
        assert told(deaths.words("verify", again))[0] == 0
        left = {path.name for path in again.rglob("*") if _of_a_decision(path)}
        assert left == {path.name for path in deaths.last.rglob("*") if _of_a_decision(path)}


def _of_a_decision(path: Path) -> bool:
    return path.name in gather.OURS or path.name.startswith(".")

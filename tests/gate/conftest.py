"""Keys, and a run that is signed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest

from harness import policy, runbook
from harness.cli import run as gate
from harness.report.signing import envelope
from tests.gate.builder import Folder, build

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True)
class Keys:
    """The files of a key pair."""

    private: Path
    public: Path


@dataclass(frozen=True)
class Signed:
    """A run with a signed decision."""

    folder: Folder
    keys: Keys

    @property
    def envelope(self) -> Path:
        return self.folder.path / "verdict.intoto.json"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    private, public, _ = envelope.keygen(tmp_path / "keys")
    return Keys(private, public)


def _signed(reports: Path, keys: Keys, phase: str) -> Signed:
    after = policy.load().of(phase).after
    if after is not None:
        _ = _signed(reports, keys, after)
    folder = build(reports, phase)
    assert gate(["decide", phase, "--run", str(folder.path), "--key", str(keys.private), "--nonce", "5d41"]) == 0
    return Signed(folder, keys)


@pytest.fixture
def signed(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Signed:
    made = _signed(tmp_path / "reports", keys, "canary")
    _ = capsys.readouterr()
    return made


PLANNED = ("BB-01", "BB-08", "BY-04")


@pytest.fixture
def planned_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runbook of which some lines of one phase have no test yet; the real one has none."""
    lines = {key: replace(line, planned=key in PLANNED) for key, line in runbook.lines().items()}
    known = policy.load()
    of = known.phases["bugbash"]
    required = tuple(line for line in of.required if line not in PLANNED)
    phases = {**known.phases, "bugbash": msgspec.structs.replace(of, required=required)}
    part = msgspec.structs.replace(known, phases=phases)
    monkeypatch.setattr(runbook, "lines", partial(_any, lines))
    monkeypatch.setattr(policy, "load", partial(_any, part))


def _any(value: T, *_: object) -> T:
    """Return the value, whatever folder is asked for."""
    return value


@pytest.fixture
def signed_in_part(planned_in_part: None, tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Signed:
    """A decision about a phase of which some lines are planned."""
    _ = planned_in_part
    made = _signed(tmp_path / "reports", keys, "bugbash")
    _ = capsys.readouterr()
    return made

"""Keys, and a run that is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harness.cli import run as gate
from harness.report import envelope
from tests.gate.builder import Folder, build

if TYPE_CHECKING:
    from pathlib import Path


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
    folder = build(reports, phase)
    assert gate(["decide", phase, "--run", str(folder.path), "--key", str(keys.private), "--nonce", "5d41"]) == 0
    return Signed(folder, keys)


@pytest.fixture
def signed(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Signed:
    made = _signed(tmp_path / "reports", keys, "canary")
    _ = capsys.readouterr()
    return made


@pytest.fixture
def signed_in_part(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Signed:
    """A decision about a phase of which some lines are planned."""
    made = _signed(tmp_path / "reports", keys, "bugbash")
    _ = capsys.readouterr()
    return made

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


@pytest.fixture
def signed(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Signed:
    folder = build(tmp_path / "reports")
    assert gate(["decide", "canary", "--run", str(folder.path), "--key", str(keys.private), "--nonce", "5d41"]) == 0
    _ = capsys.readouterr()
    return Signed(folder, keys)

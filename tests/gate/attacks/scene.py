"""A genuine signed decision and the promoter who asks about it: what an attack changes before he does."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import json
import shutil
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pytest
from securesystemslib.dsse import Envelope

from harness.cli import run as gate
from harness.clock import SystemClock
from harness.report.deciding import rules
from harness.report.signing import envelope, nonces
from tests.gate.builder import DIGEST, UID, Folder, build

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    Do: TypeAlias = Callable[["Scene"], object]
    Verdicts: TypeAlias = dict[str, tuple[str, str | None, str, dict[str, Any]]]

OTHER_BUILD = "sha256:" + "0d" * 32
WAIVABLE = "P2-RTE-05"
TOO_SMALL: Verdicts = {WAIVABLE: ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", {})}
MAY = {
    "gate": 'may = ["decide"]',
    "second": 'may = ["decide"]',
    "of-staging": 'may = ["decide"]\nphases = ["staging"]',
    "on-staging": 'may = ["decide"]\nenvironments = ["staging"]',
    "lead": 'may = ["waive"]',
    "person": 'may = ["attest"]',
    "commander": 'may = ["break-glass"]',
    "verifier": 'may = ["verify"]',
}
STRANGER = "stranger"  # has a key that stands in nobody's keyring
PROFILE = f"""
name = "real"
[environments.staging]
cluster_uid = "{UID}"
[environments.production]
cluster_uid = "{UID}"
"""


def told(words: Sequence[str]) -> tuple[int, str]:
    """Run the gate; return its exit code and all that it printed."""
    held = io.BytesIO()
    out = io.TextIOWrapper(held, encoding="utf-8", newline="", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = gate(words)
    out.flush()
    return code, held.getvalue().decode()


def seal(payload: bytes, key: Path, kind: str = envelope.PAYLOAD_TYPE) -> dict[str, Any]:
    """Sign any bytes as whoever holds the key can."""
    made = Envelope(payload, kind, {})
    _ = made.sign(envelope.load_private(key))
    return cast("dict[str, Any]", made.to_dict())  # pyright: ignore[reportUnknownMemberType]


def opened(file: Path) -> dict[str, Any]:
    """Return what an envelope's payload says."""
    return json.loads(base64.b64decode(json.loads(file.read_text())["payload"]))


@dataclass(frozen=True)
class Genuine:
    """A staging decision and the canary's that builds on it, with everything they need, in one folder."""

    home: Path
    folder: Folder
    before: str
    nonce: str


@dataclass
class Scene:
    """The genuine run as an attack finds it, and how the promoter is going to ask. Paths are found from `home`."""

    home: Path
    folder: Folder
    before: Path
    nonce: str
    patch: pytest.MonkeyPatch
    file: Path
    run: Path
    expects: dict[str, str]
    words: list[str] = field(default_factory=list[str])
    later_s: float = 0.0

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def ring(self) -> Path:
        return self.home / "keys" / "keyring.toml"

    @property
    def book(self) -> Path:
        return self.home / "nonces.jsonl"

    @property
    def waivers(self) -> Path:
        return self.home / "waivers"

    def key(self, name: str) -> Path:
        return self.home / "keys" / f"{name}.key"

    def wire(self) -> dict[str, Any]:
        """The envelope as it is."""
        return json.loads(self.file.read_text())

    def put(self, wire: dict[str, Any]) -> None:
        """Write the envelope."""
        _ = self.file.write_text(json.dumps(wire))

    def decided(
        self, phase: str, *, verdicts: Verdicts | None = None, digest: str | None = None, key: str = "gate"
    ) -> Path:
        """Run, decide and sign another phase beside this run; return the run's folder."""
        made = build(self.reports, phase, verdicts=verdicts, target="real")
        if digest is not None:
            made.change("run.json", lambda run: run.update(image_digests={"stable": [digest]}))
        _ = told(deciding(self.home, made, phase, key=key))
        return made.path

    def asked(self) -> list[str]:
        """What the promoter types."""
        words = ["verify", str(self.file), "--keyring", str(self.ring), "--nonces", str(self.book)]
        for name, value in self.expects.items():
            words += ["--expect", f"{name}={value}"]
        return [*words, "--run", str(self.run), *self.words]


def deciding(home: Path, folder: Folder, phase: str, *, key: str = "gate", nonce: str = "0" * 32) -> list[str]:
    """Return the words that decide and sign a run of this scene."""
    where = folder.json("run.json")["environment"]
    words = ["decide", phase, "--run", str(folder.path), "--reports", str(home / "reports"), "--for", str(where)]
    words += ["--key", str(home / "keys" / f"{key}.key"), "--nonce", nonce]
    return [*words, "--keyring", str(home / "keys" / "keyring.toml"), "--waivers", str(home / "waivers")]


def make(home: Path, *, waived: bool = False) -> Genuine:
    """Make keys, a profile, a book, a staging decision, and a canary decision; with a line that is waived if wished."""
    _keys(home / "keys")
    (home / "waivers").mkdir()
    (home / "targets").mkdir()
    _ = (home / "targets" / "real.toml").write_text(PROFILE)
    nonce = nonces.issue(home / "nonces.jsonl", "canary", "production", SystemClock().wall())
    with pinned(home):
        first = build(home / "reports", "staging", target="real")
        _held(deciding(home, first, "staging"))
        if waived:
            _held(waiving(home / "keys" / "lead.key", home / "waivers" / "one.json"))
        folder = build(home / "reports", "canary", verdicts=TOO_SMALL if waived else None, target="real")
        _held(deciding(home, folder, "canary", nonce=nonce))
    return Genuine(home, folder, first.run, nonce)


def _held(words: Sequence[str]) -> None:
    code, text = told(words)
    assert code == 0, text


def waiving(key: Path, out: Path, **changed: str) -> list[str]:
    """Return the words that waive the line; without changes they fit the genuine run."""
    given = {
        "build": DIGEST,
        "environment": "production",
        "outcome": "UNKNOWN",
        "by": "A. Lead",
        "reason": "few users at night",
        "valid-for": "2h",
        "key": str(key),
        "out": str(out),
    } | changed
    return ["waive", given.pop("line", WAIVABLE), *(word for name in given for word in (f"--{name}", given[name]))]


def _keys(folder: Path) -> None:
    for name in (*MAY, STRANGER):
        _ = envelope.keygen(folder, name)
    ring(folder / "keyring.toml")


def ring(path: Path, *, threshold: int = 1, without: str = "") -> None:
    """Write the keyring."""
    entries = [
        f'[[keys]]\nname = "{name}"\nfile = "{name}.pub"\n{may}\n' for name, may in MAY.items() if name != without
    ]
    _ = path.write_text(f"threshold = {threshold}\n\n" + "\n".join(entries))


@contextlib.contextmanager
def pinned(home: Path) -> Generator[None]:
    """Let the scene's profile be the one that is checked in."""
    with pytest.MonkeyPatch.context() as patch:
        _pin(home, patch)
        yield


def _pin(home: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules.profile_of, "__defaults__", (home / "targets",))


def copied(genuine: Genuine, home: Path, patch: pytest.MonkeyPatch) -> Scene:
    """Return a copy to attack; the promoter expects what is true of the genuine run."""
    _ = shutil.copytree(genuine.home, home, symlinks=True)
    _pin(home, patch)
    folder = replace(genuine.folder, path=home / "reports" / genuine.folder.run)
    expects = {
        "phase": "canary",
        "environment": "production",
        "cluster_uid": UID,
        "digest": DIGEST,
        "nonce": genuine.nonce,
    }
    return Scene(
        home=home,
        folder=folder,
        before=home / "reports" / genuine.before,
        nonce=genuine.nonce,
        patch=patch,
        file=folder.path / "verdict.intoto.json",
        run=folder.path,
        expects=expects,
    )


def late(patch: pytest.MonkeyPatch, by: datetime.timedelta) -> None:
    """Let that much time have passed."""
    wall = SystemClock.wall

    def later(clock: SystemClock) -> datetime.datetime:
        return wall(clock) + by

    patch.setattr(SystemClock, "wall", later)


@contextlib.contextmanager
def read_once() -> Generator[None]:
    """Parse each TOML text once: hundreds of runs here are decided by the same runbook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", functools.lru_cache(maxsize=64)(tomllib.loads))
        yield

"""Find the signed statement of a person that a line relies on."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.judge.checklist import Signed
from harness.report import stamp
from harness.report.signing import attest
from harness.report.signing.papers import keyring

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from pathlib import Path

    from harness.report.signing.attest import Attestation
    from harness.report.signing.papers import Places
    from harness.runbook import EnvironmentName

MOST = 5


def statement(
    places: Places,
    *,
    line: str,
    build: str,
    environment: EnvironmentName,
    by: str,
    says: str,
    now: datetime.datetime,
) -> Signed:
    """Return the statement about a line, build and environment that is valid longest, or why none is; never raises.

    `by` and `says` fill in the command that would sign one. `now` is aware UTC time.
    """
    about = ["--build", build, "--environment", environment]
    command = _command(places, line, about, (by, says))
    keys, trouble = keyring(places.keys)
    if trouble:
        return Signed(build, command, reasons=(trouble,))
    reasons: list[str] = []
    believed: list[tuple[Attestation, Path]] = []
    for path in _files(places.statements, reasons):
        try:
            said, against = attest.verify(
                path.read_bytes(), keys, line=line, build=build, environment=environment, now=now
            )
        except OSError as problem:
            reasons.append(f"{path.name} cannot be read: {problem.strerror or problem}")
            continue
        if said is not None and not against:
            believed.append((said, path))
        elif said is None or said.line == line:
            reasons.append(f"{path.name}: {'; '.join(against)}")
    if not believed:
        none = f"nobody signed {line} for this build"
        return Signed(build, command, reasons=(none, *reasons[:MOST]))
    said, path = max(believed, key=lambda pair: pair[0].expires_at)
    return Signed(
        build,
        command,
        found=True,
        by=said.by,
        statement=said.statement,
        expires_at=stamp.rfc3339(said.expires_at),
        envelope=str(path),
    )


def _files(folders: Sequence[Path], reasons: list[str]) -> list[Path]:
    """Return what lies in the folders; that one is not there only means that nobody has signed anything."""
    found: list[Path] = []
    for folder in folders:
        try:
            found += sorted(path for path in folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            continue
        except OSError as trouble:
            reasons.append(f"{folder} cannot be read: {trouble.strerror or trouble}")
    return found


def _command(places: Places, line: str, about: Sequence[str], signing: tuple[str, str]) -> str:
    """Return what signs one: `about` are the options that say which build and environment, `signing` who says what."""
    out = places.statements[0] / f"{line}-{about[1].removeprefix('sha256:')[:12] or 'build'}.attestation.intoto.json"
    words = ["gate", "attest", line, *about, "--by", signing[0], "--statement", signing[1]]
    key = str(places.keys[0].with_suffix(".key")) if places.keys else "gate.key"
    return shlex.join([*words, "--key", key, "--out", str(out)])

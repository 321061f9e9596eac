"""Pictures of a line's look for the decision's page: small ones as part of it, the others by name.

Only what was hashed as evidence is shown, only from `artifacts/page`, and nothing is followed out of the run's folder.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from harness.report.showing import facts as reading
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.report.deciding.model import Decision, Judged

FOLDER: Final = "artifacts/page"  # where looks keep them
EACH: Final = 300_000  # bytes of one picture
ALL: Final = 1_000_000  # bytes of all of them; as text they are a third more
OF_MET, OF_OTHERS = 1, 3  # pictures that are shown of a line
NAMED: Final = 12  # pictures that are named of a line
MOST_PX: Final = 20_000
_ANIMATED: Final = 0x02  # in the flags of WebP's VP8X chunk


class _Picture(msgspec.Struct, frozen=True):
    file: str
    name: str = ""
    state: str = ""
    width: int = 0
    height: int = 0


class _Spot(msgspec.Struct, frozen=True):
    picture: str = ""


class _Finding(msgspec.Struct, frozen=True):
    spot: _Spot = _Spot()


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on the page; `source` is a data: URI, sizes are in px, 0 where they are not known."""

    file: str
    said: str
    source: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Pictures:
    """A line's pictures: those on the page, and the names of the others in the run's folder."""

    shown: tuple[Shown, ...] = ()
    named: tuple[str, ...] = ()
    more: int = 0  # that are not even named


def of(made: Decision, folder: Path | None) -> dict[str, Pictures]:
    """Return each line's pictures; without a folder, or where there is no room, they are named only."""
    found: dict[str, Pictures] = {}
    left = ALL
    for line in sorted(made.lines, key=lambda one: -one.outcome):
        shown: list[Shown] = []
        named: list[str] = []
        most = OF_MET if line.outcome is Outcome.MET else OF_OTHERS
        for picture, said in _of_line(line, made.files):
            room = min(EACH, left) if len(shown) < most else 0
            raw = _read(folder, picture.file, room, made.files) if folder is not None and room else b""
            kind = kind_of(raw)
            if kind:
                left -= len(raw)
                source = f"data:{kind};base64,{base64.b64encode(raw).decode()}"
                shown.append(Shown(picture.file, said, source, _px(picture.width), _px(picture.height)))
            else:
                named.append(f"{FOLDER}/{picture.file}")
        if shown or named:
            found[line.id] = Pictures(tuple(shown), tuple(named[:NAMED]), max(0, len(named) - NAMED))
    return found


def kind_of(raw: bytes) -> str:
    """Return the media type of a still PNG, WebP or JPEG by its first bytes; "" for anything else."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if raw.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        moves = raw[12:16] == b"VP8X" and bool(raw[20] & _ANIMATED if len(raw) > 20 else True)
        return "" if moves else "image/webp"
    return ""


def _of_line(line: Judged, hashed: Mapping[str, str]) -> Iterator[tuple[_Picture, str]]:
    """Give a line's pictures with what they show; those with a finding come first, marked where that was kept."""
    pictures = reading.read(line.facts.get("pictures"), list[_Picture]) or []
    findings = [
        finding
        for name in ("findings", "to_look_at")
        for finding in reading.read(line.facts.get(name), list[_Finding]) or []
    ]
    with_findings = {finding.spot.picture for finding in findings}
    for picture in sorted(pictures, key=lambda one: one.file not in with_findings):
        said = f"{picture.name} [{picture.state}]" if picture.state else picture.name
        marked = f"{picture.file.removesuffix('.png')}-marked.png"
        if picture.file in with_findings and f"{FOLDER}/{marked}" in hashed:
            kept = msgspec.structs.replace(picture, file=marked)
            yield kept, f"{said}, what was found is marked"
        else:
            yield picture, said


def _read(folder: Path, name: str, most: int, hashed: Mapping[str, str]) -> bytes:
    """Return a picture's bytes; nothing if it is no plain file right there, too large, or not what was hashed."""
    if not name or name.startswith(".") or any(c in name for c in "/\\\0"):
        return b""
    try:
        raw = _plain_file(folder, (*FOLDER.split("/"), name), most)
    except (OSError, ValueError):
        return b""
    return raw if hashed.get(f"{FOLDER}/{name}") == hashlib.sha256(raw).hexdigest() else b""


def _plain_file(folder: Path, parts: tuple[str, ...], most: int) -> bytes:
    """Read a file below a folder, step by step without following a link; nothing if it is larger than `most`."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            # O_NONBLOCK: a pipe that lies there holds nobody up
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
            os.close(here)
            here = inner
        about = os.fstat(here)
        if not stat.S_ISREG(about.st_mode) or about.st_size > most:
            return b""
        with os.fdopen(os.dup(here), "rb") as file:
            return file.read(most)
    finally:
        os.close(here)


def _px(given: int) -> int:
    return given if 0 < given <= MOST_PX else 0

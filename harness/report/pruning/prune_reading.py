"""What pruning has to know of the runs in a reports folder. Follows no link, changes nothing."""

from __future__ import annotations

import datetime
import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from harness.report import ledger
from harness.report.pruning.prune import Run
from harness.report.serving import claims, folders
from harness.report.serving.claims import UnreadableError
from harness.report.signing.break_glass import FOLDER as BROKEN_GLASS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCKS: Final = ("collector.log", "collector.lock")  # held while a collector writes the run
PAPERS: Final = ("artifacts", "papers")  # decisions and statements that lines of the run relied on


class _Event(msgspec.Struct, frozen=True):
    event: str


class _Expiring(msgspec.Struct, frozen=True):
    expires_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)]


def read(reports: Path, max_age_s: Mapping[str, float], now: datetime.datetime) -> list[Run]:
    """Return every run, the oldest first; `max_age_s` is each phase's: a younger run may still be written.

    OSError if the folder can't be listed.
    """
    return [_run(folder, max_age_s, now) for folder in folders.of(reports)]


def latest(reports: Path) -> str | None:
    """Return the run that the link `latest` names, None if there is no such link."""
    link = reports / "latest"
    return link.readlink().name if link.is_symlink() else None


def promoted(reports: Path, now: datetime.datetime) -> frozenset[str]:
    """Return the runs that were promoted without GO and still are, or for which that can't be told."""
    home = reports / BROKEN_GLASS
    found: set[str] = set()
    for path in sorted(home.glob("*.json")) if home.is_dir() else ():
        try:
            said = msgspec.convert(claims.payload(folders.read(home, path.name) or b""), _Expiring)
            over = said.expires_at <= now
        except (OSError, UnreadableError, msgspec.ValidationError):
            over = False
        if not over:
            found |= set(folders.NAME.findall(path.name))
    return frozenset(found)


def _run(folder: Path, max_age_s: Mapping[str, float], now: datetime.datetime) -> Run:
    said, trouble = None, ""
    try:
        said = claims.of(folder)
    except (OSError, UnreadableError) as problem:
        trouble = folders.why(problem) if isinstance(problem, OSError) else str(problem)
    phases: tuple[str, ...] = ()
    with suppress(OSError, UnreadableError):
        phases = tuple(sorted(claims.phases(folder)))
    limits = [max_age_s[phase] for phase in phases if phase in max_age_s] or [*max_age_s.values()]
    young = now - folders.began(folder.name) < datetime.timedelta(seconds=max(limits, default=0.0))
    unread, names = "", frozenset[str]()
    try:
        names = _named(folder)
    except OSError as problem:
        unread = folders.why(problem)
    return Run(folder.name, phases, said, trouble, _writing(folder, young=young), names, unread)


def _writing(folder: Path, *, young: bool) -> str:
    """Say why a run may still be written, "" if it can't be."""
    if any(_held(folder / name) for name in LOCKS):
        return "its collector is still at work"
    if young and not _finished(folder):
        return "it has not finished, and is young enough to be still going on"
    return ""


def _held(path: Path) -> bool:
    """Tell whether somebody holds the lock, without keeping it; a file that can't be opened may be held."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _finished(folder: Path) -> bool:
    with suppress(OSError):
        for line in (folders.read(folder, ledger.NAME) or b"").splitlines():
            with suppress(msgspec.MsgspecError):
                if msgspec.json.decode(line, type=_Event).event == "finish":
                    return True
    return False


def _named(folder: Path) -> frozenset[str]:
    """Return every run that its decision and its papers name; OSError if one of them can't be read."""
    found: set[str] = set()
    for name in (claims.ENVELOPE, claims.VERDICT):
        found |= _ids(folders.read(folder, name) or b"")
    papers = folder.joinpath(*PAPERS)
    for path in sorted(papers.iterdir()) if papers.is_dir() else ():
        found |= _ids(folders.read(papers, path.name) or b"")
    return frozenset(found - {folder.name})


def _ids(raw: bytes) -> set[str]:
    """Return the run ids in a text, and in what an envelope carries."""
    texts = [raw]
    with suppress(UnreadableError):
        texts.append(msgspec.json.encode(claims.payload(raw)))
    return {found for text in texts for found in folders.NAME.findall(text.decode(errors="replace"))}

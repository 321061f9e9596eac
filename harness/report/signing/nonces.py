"""The promoter's nonces: issued once, used once, in a book that only grows.

A decision signed with a nonce was made for this promotion and no other. Each line of the book carries the digest of
the line before, so that one taken out or changed is seen.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Literal

import msgspec

from harness.errors import HarnessError, UsageError
from harness.report import files, stamp
from harness.report.reading import strict

if TYPE_CHECKING:
    import datetime
    from collections.abc import Generator, Sequence
    from pathlib import Path

FIRST = "0" * 64


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: a nonce was issued for a phase and environment, or used by the envelope of that digest."""

    event: Literal["issued", "used"]
    at: str
    nonce: str
    phase: str
    environment: str
    before: str  # sha256 of the line before, zeros in the first
    envelope_sha256: str | None = None


def issue(book: Path, phase: str, environment: str, now: datetime.datetime) -> str:
    """Write a new nonce into the book and return it; earlier ones of this phase and environment count no more."""
    nonce = secrets.token_hex(16)
    book.parent.mkdir(parents=True, exist_ok=True)
    with _locked(book):
        _add(book, read(book), Entry("issued", stamp.rfc3339(now), nonce, phase, environment, ""))
    return nonce


def against(
    book: Path, nonce: str | None, phase: str, environment: str | None, envelope_sha256: str
) -> tuple[list[Entry], list[str]]:
    """Return the book and every reason not to take this nonce."""
    entries = read(book)
    mine = [entry for entry in entries if entry.nonce == nonce]
    if nonce is None:
        return entries, [
            "nonce: the decision was signed with none; `gate nonce` issues one, `gate decide --nonce` signs it"
        ]
    issued = [entry for entry in mine if entry.event == "issued"]
    if not issued:
        return entries, [f"nonce: {nonce} was not issued by this promoter; `gate nonce` issues one"]
    reasons: list[str] = []
    first = issued[0]
    if (first.phase, first.environment) != (phase, environment):
        said = f"nonce: {nonce} was issued for {first.phase} on {first.environment}"
        reasons.append(f"{said}, the decision is of {phase} on {environment or 'an unknown environment'}")
    newest = [
        e for e in entries if e.event == "issued" and (e.phase, e.environment) == (first.phase, first.environment)
    ]
    if newest[-1].nonce != nonce:
        reasons.append(f"nonce: {nonce} is older than {newest[-1].nonce}, issued {newest[-1].at}; decide with that one")
    reasons += [
        f"nonce: {nonce} was used already at {entry.at}"
        + ("" if entry.envelope_sha256 == envelope_sha256 else f", by another envelope ({entry.envelope_sha256})")
        + "; a decision promotes once, issue a new one and decide again"
        for entry in mine
        if entry.event == "used"
    ]
    return entries, reasons


def use(book: Path, nonce: str, about: tuple[str, str], envelope_sha256: str, now: datetime.datetime) -> list[str]:
    """Mark a nonce as used, unless something speaks against it: then return what, and write nothing.

    `about` is phase and environment.
    """
    with _locked(book):
        entries, reasons = against(book, nonce, *about, envelope_sha256)
        if not reasons:
            _add(book, entries, Entry("used", stamp.rfc3339(now), nonce, *about, "", envelope_sha256))
        return reasons


def read(book: Path) -> list[Entry]:
    """Return the book's lines; none if it is not there. HarnessError if it was cut, edited or can't be read."""
    try:
        raw = book.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as trouble:
        raise HarnessError(f"nonce book {book}: cannot be read: {trouble.strerror or trouble}") from trouble
    lines = raw.split(b"\n")
    if lines.pop():
        raise HarnessError(
            f"nonce book {book}: its last line is cut off; nothing in it can be trusted, start a new one"
        )
    found: list[Entry] = []
    before = FIRST
    for number, line in enumerate(lines, start=1):
        try:
            entry = msgspec.convert(strict.loads(line), Entry)
        except (strict.Malformed, msgspec.ValidationError) as trouble:
            raise HarnessError(f"nonce book {book}:{number}: {trouble}; start a new one") from trouble
        if entry.before != before:
            raise HarnessError(f"nonce book {book}:{number}: a line before it was changed or removed; start a new one")
        found.append(entry)
        before = hashlib.sha256(line).hexdigest()
    return found


def _add(book: Path, entries: Sequence[Entry], entry: Entry) -> None:
    before = hashlib.sha256(files.encode(entries[-1])).hexdigest() if entries else FIRST
    files.append_line(book, msgspec.structs.replace(entry, before=before))


@contextlib.contextmanager
def _locked(book: Path) -> Generator[None]:
    """Hold the book for oneself: two promotions at once must not both find a nonce unused."""
    try:
        handle = os.open(book, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as trouble:
        raise UsageError(f"nonce book {book}: wanted a file to write, got {trouble.strerror or trouble}") from trouble
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

"""Signed statements by people: what no machine can measure, bound to one line, build and environment, and expiring."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

import msgspec

from harness import runbook
from harness.errors import UsageError
from harness.report.deciding.model import Moment, check_times
from harness.report.signing import envelope, personal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.signing.envelope import PrivateKey, PublicKey

UNITS = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST = datetime.timedelta(days=30)


class Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who says what about which line, build and environment, and for how long."""

    line: str
    build: str
    environment: str
    by: str
    statement: str
    issued_at: Moment
    expires_at: Moment

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.issued_at, self.expires_at)


def duration(text: str) -> datetime.timedelta:
    """Read 30m, 24h or 7d; UsageError for anything else or more than 30 days."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text)
    length = datetime.timedelta(seconds=int(found[1]) * UNITS[found[2]]) if found else None
    if length is None or length > LONGEST:
        raise UsageError(f"--valid-for {text!r}: wanted a time such as 30m, 24h or 7d, at most {LONGEST.days}d")
    return length


def make(
    *,
    line: str,
    build: str,
    environment: str,
    by: str,
    statement: str,
    valid_for: datetime.timedelta,
    now: datetime.datetime,
) -> Attestation:
    """Check and complete a statement; UsageError names what is wrong with it."""
    if line not in runbook.lines():
        raise UsageError(f"line {line!r}: not in runbook/lines.toml; `gate lines` lists them")
    build, environment = envelope.about(build, environment)
    if not by.strip() or not statement.strip():
        raise UsageError("--by and --statement: wanted a name and a sentence, got an empty text")
    return Attestation(line, build, environment, by.strip(), statement.strip(), now, now + valid_for)


def sign(said: Attestation, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope as JSON values."""
    return personal.sign(said, envelope.ATTESTATION, signer)


def verify(
    raw: bytes, keys: Sequence[PublicKey], *, line: str, build: str, environment: str, now: datetime.datetime
) -> tuple[Attestation | None, list[str]]:
    """Return the statement, if it can be read, and every reason not to believe it; `now` is aware UTC time."""
    opened = envelope.open_(raw, keys, envelope.ATTESTATION)
    reasons = list(opened.reasons)
    if opened.statement is None:
        return None, reasons
    try:
        said = msgspec.convert(opened.statement.predicate, Attestation)
    except msgspec.ValidationError as trouble:
        return None, [*reasons, f"predicate: not an attestation: {trouble}"]
    for name, wanted, found in (
        ("line", line, said.line),
        ("build", build, said.build),
        ("environment", environment, said.environment),
    ):
        if wanted != found:
            reasons.append(f"{name}: wanted {wanted}, it says {found}")
    reasons += personal.against(opened.statement, said, LONGEST, now)
    return said, reasons

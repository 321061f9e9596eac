"""Waivers: a person lets one line pass for one build on one environment, with a reason and an end.

A waiver covers what was not good, never what was not shown to have run: completeness and identity have no waiver.
"""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from harness import runbook
from harness.errors import UsageError
from harness.report.deciding.model import Moment, Waived, check_times
from harness.report.reading import strict
from harness.report.signing import envelope, personal
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.report.deciding.model import Judged
    from harness.report.signing.envelope import PrivateKey
    from harness.report.signing.keyring import Keyring

LONGEST = datetime.timedelta(days=14)
MEASURED = frozenset(
    {Reason.NO_DATA, Reason.SAMPLE_TOO_SMALL, Reason.GAP, Reason.GENERATOR_INVALID, Reason.NEEDS_SIGNOFF}
)
"""Reasons of UNKNOWN that are about the target; the others are about the run, which nobody can wave through."""


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who lets which line pass, for which build and environment, why, and until when."""

    line: str
    build: str
    environment: str
    outcome: Literal["UNKNOWN", "VIOLATED"]
    by: str
    reason: str
    issued_at: Moment
    expires_at: Moment

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.issued_at, self.expires_at)


@dataclass(frozen=True, slots=True)
class Held:
    """A waiver whose signature holds, with the envelope it came in."""

    waiver: Waiver
    envelope: Mapping[str, Any]

    @property
    def waived(self) -> Waived:
        """What the decision shows of it."""
        said = self.waiver
        return Waived(said.by, said.reason, said.outcome, said.issued_at, said.expires_at, sha256(self.envelope))

    def covers(self, line: Judged) -> bool:
        """Tell whether it lets this line pass: about it, no worse than was signed, and about the target."""
        if line.id != self.waiver.line or line.outcome is Outcome.MET:
            return False
        if line.outcome is Outcome.UNKNOWN:
            return line.reason in MEASURED
        return self.waiver.outcome == Outcome.VIOLATED.name


def make(
    *,
    line: str,
    build: str,
    environment: str,
    outcome: str,
    by: str,
    reason: str,
    valid_for: datetime.timedelta,
    unwaivable: Sequence[str],
    now: datetime.datetime,
) -> Waiver:
    """Check and complete a waiver; UsageError names what is wrong with it. `now` is aware UTC time."""
    if line not in runbook.lines():
        raise UsageError(f"line {line!r}: not in runbook/lines.toml; `gate lines` lists them")
    if line in unwaivable:
        raise UsageError(f"line {line}: policy.toml lets nobody waive it, it says what the run was about")
    if outcome not in ("UNKNOWN", "VIOLATED"):
        raise UsageError(f"--outcome {outcome!r}: wanted UNKNOWN, or VIOLATED, which covers UNKNOWN too")
    about = envelope.about(build, environment)
    if not by.strip() or not reason.strip():
        raise UsageError("--by and --reason: wanted a name and a sentence, got an empty text")
    if not datetime.timedelta() < valid_for <= LONGEST:
        raise UsageError(f"--valid-for: wanted at most {LONGEST.days}d for a waiver")
    kind: Literal["UNKNOWN", "VIOLATED"] = "VIOLATED" if outcome == "VIOLATED" else "UNKNOWN"
    return Waiver(line, about[0], about[1], kind, by.strip(), reason.strip(), now, now + valid_for)


def sign(said: Waiver, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope as JSON values."""
    return personal.sign(said, envelope.WAIVER, signer)


def verify(
    raw: bytes, ring: Keyring, *, builds: set[str], environment: str | None, now: datetime.datetime
) -> tuple[Held | None, list[str]]:
    """Return the waiver, if it can be read, and every reason not to believe it. `now` is aware UTC time."""
    claimed = envelope.open_(raw, (), envelope.WAIVER)
    if claimed.statement is None:
        return None, list(claimed.reasons)
    try:
        said = msgspec.convert(claimed.statement.predicate, Waiver)
    except msgspec.ValidationError as trouble:
        return None, [f"predicate: not a waiver: {trouble}"]
    keys = ring.keys("waive", None, said.environment)
    opened = envelope.open_(raw, keys, envelope.WAIVER)
    reasons = [*opened.reasons, *ring.refusals(opened.keyids, "waive", None, said.environment)]
    if builds != {said.build}:
        reasons.append(f"build: it is for {said.build}, the run was of {', '.join(sorted(builds)) or 'unknown builds'}")
    if said.environment != environment:
        reasons.append(f"environment: it is for {said.environment}, the run was on {environment or 'an unknown one'}")
    reasons += personal.against(claimed.statement, said, LONGEST, now)
    held = Held(said, cast("Mapping[str, Any]", strict.loads(raw)))
    return held, [f"waiver of {said.line} by {said.by}: {reason}" for reason in reasons]


def collect(
    folders: Sequence[Path], ring: Keyring, *, builds: set[str], environment: str | None, now: datetime.datetime
) -> tuple[list[Held], list[str]]:
    """Return the waivers in these folders that hold for a run, and why others do not; a folder may be missing."""
    found: list[Held] = []
    refused: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.glob("*.json")):
            if not path.is_file():
                refused.append(f"{path.name} is no file")
                continue
            try:
                with path.open("rb") as file:
                    raw = file.read(envelope.MOST_BYTES + 1)  # one more than is taken: then it is refused as too large
            except OSError as trouble:
                refused.append(f"{path.name} cannot be read: {trouble.strerror or trouble}")
                continue
            held, reasons = verify(raw, ring, builds=builds, environment=environment, now=now)
            if held is not None and not reasons:
                found.append(held)
            refused += [f"{path.name}: {reason}" for reason in reasons]
    return found, refused


def sha256(wire: Mapping[str, Any]) -> str:
    """Return the digest that names a waiver: of its signed payload."""
    return hashlib.sha256(str(wire.get("payload", "")).encode()).hexdigest()

"""What a run's folder says of its own decision; nothing of it is believed yet."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

import msgspec

from harness.errors import HarnessError
from harness.report.deciding.model import Decided  # noqa: TC001  msgspec reads the annotations when it runs
from harness.report.reading import strict
from harness.report.serving import folders
from harness.report.signing import envelope

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

ENVELOPE: Final = "verdict.intoto.json"
VERDICT: Final = "verdict.json"
RUN: Final = "run.json"
NAMES: Final = (ENVELOPE, VERDICT, RUN)

Moment: TypeAlias = Annotated[datetime.datetime, msgspec.Meta(tz=True)]  # one without a zone could be any instant


class UnreadableError(HarnessError):
    """A file that says what was decided is there, and can't be understood."""


class _Verdict(msgspec.Struct, frozen=True):
    decision: Decided
    phase: str
    decided_at: Moment
    expires_at: Moment
    because: str = ""
    run: str | None = None
    environment: str | None = None
    rehearsal: bool | None = None


class _Predicate(msgspec.Struct, frozen=True):
    verdict: _Verdict
    expires_at: Moment


class _Run(msgspec.Struct, frozen=True):
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A decision as it describes itself. `sha256` is that of its envelope, "" where it is not signed."""

    decision: Decided
    phase: str
    because: str
    run: str | None
    environment: str | None
    rehearsal: bool | None
    decided_at: datetime.datetime
    expires_at: datetime.datetime
    sha256: str = ""


def of(folder: Path) -> Said | None:
    """Return a run's decision: of its envelope, else of verdict.json; None where nothing is decided.

    UnreadableError or OSError, if either file is there and can't be read.
    """
    raw = folders.read(folder, ENVELOPE)
    if raw is not None:
        signed = _signed(raw)
        until = min(signed.expires_at, signed.verdict.expires_at)
        return _said(signed.verdict, until, hashlib.sha256(raw).hexdigest())
    raw = folders.read(folder, VERDICT)
    if raw is None:
        return None
    found = _as(raw, VERDICT, _Verdict)
    return _said(found, found.expires_at, "")


def payload(raw: bytes) -> dict[str, object]:
    """Return what an envelope's statement says, of whatever kind; UnreadableError if it holds none."""
    opened = envelope.open_(raw, (), envelope.VERDICT)
    if opened.statement is None:
        raise UnreadableError("; ".join(opened.reasons))
    return opened.statement.predicate


def phases(folder: Path) -> frozenset[str]:
    """Return the phases that a run was made for, none where it does not say; UnreadableError or OSError as above."""
    raw = folders.read(folder, RUN)
    return frozenset() if raw is None else frozenset(_as(raw, RUN, _Run).phases)


def _signed(raw: bytes) -> _Predicate:
    try:
        return msgspec.convert(payload(raw), _Predicate)
    except msgspec.ValidationError as trouble:
        raise UnreadableError(f"{ENVELOPE}: not a decision of this gate: {trouble}") from trouble


def _as(raw: bytes, name: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(strict.loads(raw), kind)
    except (strict.Malformed, msgspec.ValidationError) as trouble:
        raise UnreadableError(f"{name} can't be understood: {trouble}") from trouble


def _said(verdict: _Verdict, until: datetime.datetime, sha256: str) -> Said:
    return Said(
        verdict.decision,
        verdict.phase,
        verdict.because,
        verdict.run,
        verdict.environment,
        verdict.rehearsal,
        verdict.decided_at,
        until,
        sha256,
    )

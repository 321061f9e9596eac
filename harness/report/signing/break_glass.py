"""Break glass: somebody promotes without GO, in an emergency. Signed, recorded, shown, expiring; never called GO."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import UsageError
from harness.report import files
from harness.report.deciding.model import BrokenGlass, Moment, check_times
from harness.report.signing import envelope, personal

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.signing.envelope import PrivateKey
    from harness.report.signing.keyring import Keyring

LONGEST = datetime.timedelta(hours=12)
FOLDER = "break-glass"  # in the reports' folder, beside the runs: a run's own folder is evidence
BOOK = "break-glass.jsonl"


class BreakGlass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who promotes what without GO, why, and until when."""

    phase: str
    run: str
    decision: str  # what the gate had decided
    build: str
    environment: str
    by: str
    reason: str
    issued_at: Moment
    expires_at: Moment

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.issued_at, self.expires_at)


def make(
    *,
    phase: str,
    run: str,
    decision: str,
    build: str,
    environment: str,
    by: str,
    reason: str,
    valid_for: datetime.timedelta,
    now: datetime.datetime,
) -> BreakGlass:
    """Check and complete it; UsageError names what is wrong. `now` is aware UTC time."""
    about = envelope.about(build, environment)
    if decision == "GO":
        raise UsageError(f"run {run} is GO for {phase}; `gate verify` promotes it, no glass has to be broken")
    if not by.strip() or not reason.strip():
        raise UsageError("--by and --reason: wanted a name and a sentence, got an empty text")
    if not datetime.timedelta() < valid_for <= LONGEST:
        raise UsageError(
            f"--valid-for: wanted at most {LONGEST.total_seconds() / 3600:.0f}h for a promotion without GO"
        )
    return BreakGlass(phase, run, decision, about[0], about[1], by.strip(), reason.strip(), now, now + valid_for)


def sign(said: BreakGlass, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope as JSON values."""
    return personal.sign(said, envelope.BREAK_GLASS, signer)


def record(reports: Path, said: BreakGlass, signed: dict[str, Any]) -> Path:
    """Keep the envelope beside the runs and a line of it in an append-only book; never over another one."""
    path = reports / FOLDER / f"{said.run}.{said.issued_at:%Y%m%dT%H%M%S}.intoto.json"
    if path.exists():
        raise UsageError(f"{path} is there already; a promotion is recorded once")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.append_line(
        reports / BOOK, {"event": "break-glass", "file": path.name, **msgspec.to_builtins(said)}
    )  # first: what was promoted stands there even if the next write fails
    files.write_json(path, signed)
    return path


def verify(raw: bytes, ring: Keyring, now: datetime.datetime) -> tuple[BreakGlass | None, list[str]]:
    """Return what is said, if it can be read, and every reason not to believe it. `now` is aware UTC time."""
    claimed = envelope.open_(raw, (), envelope.BREAK_GLASS)
    if claimed.statement is None:
        return None, list(claimed.reasons)
    try:
        said = msgspec.convert(claimed.statement.predicate, BreakGlass)
    except msgspec.ValidationError as trouble:
        return None, [f"predicate: not a promotion without GO: {trouble}"]
    opened = envelope.open_(raw, ring.keys("break-glass", said.phase, said.environment), envelope.BREAK_GLASS)
    reasons = [*opened.reasons, *ring.refusals(opened.keyids, "break-glass", said.phase, said.environment)]
    return said, reasons + personal.against(claimed.statement, said, LONGEST, now)


def of_run(reports: Path, run: str) -> tuple[BrokenGlass, ...]:
    """Return the promotions without GO recorded for a run; unsigned words count here, since they only warn."""
    found: list[BrokenGlass] = []
    for path in sorted((reports / FOLDER).glob(f"{run}.*.intoto.json")):
        statement = envelope.open_(path.read_bytes(), (), envelope.BREAK_GLASS).statement
        if statement is None:
            continue
        try:
            said = msgspec.convert(statement.predicate, BreakGlass)
        except msgspec.ValidationError:
            continue
        found.append(BrokenGlass(said.by, said.reason, said.issued_at, said.expires_at))
    return tuple(found)

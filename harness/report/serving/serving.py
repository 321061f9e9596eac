"""What `gate serve` says of a phase: its newest decision, believed only as far as it verifies here and now.

The newest counts, whatever it says: an older GO never stands in for it. What is unsigned, expired, missing, damaged or
about something else is INCONCLUSIVE, with every reason.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from harness import policy
from harness.errors import HarnessError
from harness.report import stamp
from harness.report.deciding.model import Decided  # noqa: TC001  msgspec reads the annotations when it runs
from harness.report.serving import claims, folders
from harness.report.showing import text
from harness.report.signing import promotion, verify

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.report.serving.claims import Said
    from harness.report.signing.keyring import Keyring
    from harness.report.signing.verify import Expected

ANEW: Final = "its folder was changed while it was looked at; ask again"
MOST: Final = 50  # reasons of one answer
LONGEST: Final = 500  # characters of one
AGAIN_S: Final = 600.0  # evidence is looked at again after so long, also where no file of it changed
_Marks: TypeAlias = "tuple[tuple[int, int, int, int], ...]"
_Key: TypeAlias = "tuple[str, tuple[int, int, int], str]"  # envelope, folder and policy that a check was about


class Answer(msgspec.Struct, frozen=True):
    """What holds of a phase. Without `valid` the decision is INCONCLUSIVE, and the rest is only what it claims.

    Times are RFC3339 in UTC; what is not known is None.
    """

    decision: Decided
    phase: str
    because: str
    run: str | None = None
    environment: str | None = None
    rehearsal: bool | None = None
    decided_at: str | None = None
    expires_at: str | None = None
    valid: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A run as its folder describes it; `phases` None: it can't be told, so it may be any."""

    name: str
    at: datetime.datetime  # when it was decided, else when it began
    phases: frozenset[str] | None
    said: Said | None = None
    trouble: str = ""

    def may_be(self, phase: str) -> bool:
        """Tell whether it is, or could be, a run of that phase."""
        return self.phases is None or phase in self.phases


@dataclass(frozen=True, slots=True)
class _Check:
    """What a look at the evidence came to: `key` is what it was about, `at_s` when (of the clock that only goes on)."""

    key: _Key
    at_s: float
    reasons: tuple[str, ...]


class Decisions:
    """The decisions of a reports folder. Any number of threads may ask."""

    def __init__(self, reports: Path, ring: Keyring, wants: Expected, clock: Clock) -> None:
        """Read nothing yet; `wants` holds for every answer (phase and decision are each question's own)."""
        self.reports = reports
        self.wants = wants
        self._ring, self._clock = ring, clock
        self._index: dict[str, tuple[_Marks, _Seen]] = {}
        self._checked: dict[str, _Check] = {}
        self._looking = threading.Lock()
        self._checking: dict[str, threading.Lock] = {}  # one per run: a long check holds up nobody else's

    def phases(self) -> tuple[str, ...]:
        """Return the phases that can be asked about, in the policy's order."""
        return tuple(policy.load().phases)

    def of(self, phase: str, asked: Mapping[str, str] | None = None) -> Answer:
        """Return what holds of a phase now, `asked` being what it has to be about; never raises."""
        try:
            return self._of(phase, asked or {})
        except OSError as trouble:
            return _unsure(phase, [f"the runs can't be read: {trouble.strerror or type(trouble).__name__}"])
        except HarnessError as trouble:
            return _unsure(phase, [str(trouble)])
        except Exception as trouble:  # noqa: BLE001  whatever it is, it must not look like GO
            return _unsure(phase, [f"the gate itself failed: {type(trouble).__name__}; report this"])

    def _of(self, phase: str, asked: Mapping[str, str]) -> Answer:
        now = self._clock.wall()
        seen = self._newest(phase)
        if seen is None:
            return _unsure(phase, [f"no run of phase {phase} is here; run it, then decide it"])
        said = seen.said
        if seen.trouble:
            return _unsure(phase, [f"run {seen.name} can't be read: {seen.trouble}"], run=seen.name)
        if said is None or said.phase != phase:
            why = f"run {seen.name} of this phase is not decided; `gate decide {phase} --run {seen.name} --key KEY`"
            return _unsure(phase, [why], run=seen.name)
        if not said.sha256:
            why = f"run {seen.name}: its decision is not signed; `gate decide {phase} --run {seen.name} --key KEY`"
            return _unsure(phase, [why], said)
        if said.run != seen.name:
            return _unsure(phase, [f"run {seen.name}: its decision is about run {said.run}"], run=seen.name)
        against = self._against(seen.name, said, asked, now)
        return _unsure(phase, [f"run {seen.name}: {why}" for why in against], said) if against else _sure(said)

    def _newest(self, phase: str) -> _Seen | None:
        with self._looking:
            there = folders.of(self.reports)
            names = {folder.name for folder in there}
            for kept in (self._index, self._checked, self._checking):
                for gone in kept.keys() - names:
                    del kept[gone]
            seen = [self._look(folder) for folder in there]
        of_phase = [one for one in seen if one is not None and one.may_be(phase)]
        return max(of_phase, key=lambda one: (one.at, one.name), default=None)

    def _look(self, folder: Path) -> _Seen | None:
        marks = tuple(folders.mark(folder / name) for name in claims.NAMES)
        known = self._index.get(folder.name)
        if known is not None and known[0] == marks:
            return known[1]
        seen = _seen(folder, marks)
        if seen is not None and not seen.trouble:  # trouble may pass without the file changing
            self._index[folder.name] = (marks, seen)
        return seen

    def _against(self, name: str, said: Said, asked: Mapping[str, str], now: datetime.datetime) -> Sequence[str]:
        """Return every reason against a signed decision: of the envelope each time, of the rest where it changed."""
        folder = self.reports / name
        raw = folders.read(folder, claims.ENVELOPE)
        if raw is None or hashlib.sha256(raw).hexdigest() != said.sha256:
            return [ANEW]
        wants = self._wanted(said, asked)
        against = verify.claims_otherwise(raw, self._ring, wants, now)
        if against:
            return against
        with self._looking:
            alone = self._checking.setdefault(name, threading.Lock())
        with alone:
            key = (said.sha256, folders.state(folder), policy.load().sha256)
            known = self._checked.get(name)
            if known is not None and known.key == key and self._clock.now() - known.at_s < AGAIN_S:
                return known.reasons
            against = self._proved(raw, said, wants, now)
            if folders.state(folder) != key[1] or folders.read(folder, claims.ENVELOPE) != raw:
                return [*against, ANEW]
            with self._looking:
                self._checked[name] = _Check(key, self._clock.now(), tuple(against))
            return against

    def _proved(self, raw: bytes, said: Said, wants: Expected, now: datetime.datetime) -> list[str]:
        """Check as `gate verify` does; only a GO needs the decisions before it."""
        folder = self.reports / (said.run or "")
        if said.decision == "GO":
            return promotion.against(folder / claims.ENVELOPE, self._ring, wants, now, promotion.Asked(folder))
        return verify.verify(raw, self._ring, wants, folder, now)

    def _wanted(self, said: Said, asked: Mapping[str, str]) -> Expected:
        values = dict(self.wants.values)
        if "environment" not in values:
            values["environment"] = (policy.load().of(said.phase).environment,)
        for name, value in asked.items():
            values[name] = (*values.get(name, ()), value)
        return replace(self.wants, values={**values, "phase": (said.phase,), "decision": (said.decision,)})


def _seen(folder: Path, marks: _Marks) -> _Seen | None:
    """Read what a run's folder says of itself; None if it has just been taken away."""
    at, phases, said = folders.began(folder.name), None, None
    troubles: list[str] = []
    try:
        said = claims.of(folder)
    except (OSError, HarnessError) as trouble:
        troubles.append(_why(trouble))
    try:
        phases = claims.phases(folder)
    except (OSError, HarnessError) as trouble:
        troubles += [] if said is not None else [_why(trouble)]
    if said is not None:
        return _Seen(folder.name, said.decided_at, (phases or frozenset()) | {said.phase}, said)
    if troubles and not folder.is_dir():
        return None
    if troubles:  # it may be a decision of any phase, made when its file was written
        written = folders.instant(max(max(mark[:2]) for mark in marks))
        return _Seen(folder.name, max(at, written), phases or None, trouble="; ".join(troubles))
    return _Seen(folder.name, at, phases)


def _why(trouble: OSError | HarnessError) -> str:
    return folders.why(trouble) if isinstance(trouble, OSError) else str(trouble)


def _sure(said: Said) -> Answer:
    return _claimed(said, said.decision, said.because, valid=True, reasons=())


def _unsure(phase: str, reasons: Sequence[str], said: Said | None = None, run: str | None = None) -> Answer:
    more = [f"and {len(reasons) - MOST} more"] if len(reasons) > MOST else []
    told = tuple(text.cut(" ".join(reason.split()), LONGEST) for reason in [*reasons[:MOST], *more])
    if said is None:
        return Answer("INCONCLUSIVE", phase, told[0], run, reasons=told)
    return _claimed(said, "INCONCLUSIVE", told[0], valid=False, reasons=told)


def _claimed(said: Said, decision: Decided, because: str, *, valid: bool, reasons: tuple[str, ...]) -> Answer:
    return Answer(
        decision,
        said.phase,
        text.cut(" ".join(because.split()), LONGEST),
        said.run,
        said.environment,
        said.rehearsal,
        stamp.rfc3339(said.decided_at),
        stamp.rfc3339(said.expires_at),
        valid,
        reasons,
    )

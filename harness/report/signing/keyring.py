"""Whose signature counts for what: public keys, each with the roles, phases and environments it may speak for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  used when it runs
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec

from harness.errors import UsageError
from harness.report.signing import envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.signing.envelope import PublicKey

Role: TypeAlias = Literal["decide", "attest", "waive", "break-glass", "verify"]
ROLES: tuple[Role, ...] = ("decide", "attest", "waive", "break-glass", "verify")
NAMELESS = "key"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    file: str
    may: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1)]
    phases: tuple[str, ...] = ()
    environments: tuple[Literal["staging", "production"], ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: Annotated[tuple[_Entry, ...], msgspec.Meta(min_length=1)]
    threshold: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


@dataclass(frozen=True, slots=True)
class Holder:
    """One key: who holds it and what it may sign; no phases or environments means all of them."""

    name: str
    public: PublicKey
    may: frozenset[str]
    phases: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()

    def refusal(self, role: Role, phase: str | None, environment: str | None) -> str:
        """Say why this key may not sign that; "" if it may. An unknown phase or environment asks for no limit."""
        if role not in self.may:
            return f"{self.name} may {', '.join(sorted(self.may))}, not {role}"
        if self.phases and phase not in self.phases:
            return f"{self.name} may {role} {', '.join(sorted(self.phases))}, not {phase or 'an unknown phase'}"
        if self.environments and environment not in self.environments:
            where = environment or "an unknown environment"
            return f"{self.name} may {role} on {', '.join(sorted(self.environments))}, not on {where}"
        return ""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that count; `threshold` of them must have signed a decision."""

    holders: tuple[Holder, ...]
    threshold: int = 1

    def keys(self, role: Role, phase: str | None = None, environment: str | None = None) -> list[PublicKey]:
        """Return the keys that may sign that."""
        return [holder.public for holder in self.holders if not holder.refusal(role, phase, environment)]

    def refusals(
        self, keyids: Iterable[str], role: Role, phase: str | None = None, environment: str | None = None
    ) -> list[str]:
        """Say which of these keys are known but may not sign that, and why."""
        wanted = set(keyids)
        known = [holder for holder in self.holders if holder.public.keyid in wanted]
        return [said for holder in known if (said := holder.refusal(role, phase, environment))]


def of_keys(publics: Sequence[PublicKey]) -> Keyring:
    """Let bare keys, as given with --key, sign whatever is asked for."""
    return Keyring(tuple(Holder(f"{NAMELESS} {key.keyid[:12]}", key, frozenset(ROLES)) for key in publics))


def load(path: Path) -> Keyring:
    """Read keyring.toml with the PEM files beside it, or raise UsageError with one line."""
    where = f"--keyring {path}"
    try:
        read = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as trouble:
        raise UsageError(f"{where}: wanted a readable keyring, got {trouble.strerror or trouble}") from trouble
    except (ValueError, RecursionError, msgspec.ValidationError) as trouble:
        said = " ".join(str(trouble).split())
        raise UsageError(f"{where}: {said}; docs/promoting.md shows one") from trouble
    holders = tuple(
        Holder(
            entry.name,
            envelope.load_public(path.parent / entry.file),
            frozenset(entry.may),
            frozenset(entry.phases),
            frozenset(entry.environments),
        )
        for entry in read.keys
    )
    ids = [holder.public.keyid for holder in holders]
    if len(set(ids)) < len(ids):
        twice = next(holder.name for holder in holders if ids.count(holder.public.keyid) > 1)
        raise UsageError(f"{where}: the key of {twice} stands there twice; one entry per key, with all that it may")
    deciders = sum("decide" in holder.may for holder in holders)
    if deciders < read.threshold:
        raise UsageError(f"{where}: threshold is {read.threshold}, but {deciders} keys may decide; add keys")
    return Keyring(holders, read.threshold)

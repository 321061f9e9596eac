"""What all signed statements by people have in common: about one build, signed as one kind, from a time to a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from harness.report import stamp
from harness.report.deciding import crosscheck
from harness.report.signing import envelope

if TYPE_CHECKING:
    import datetime

    from harness.report.signing.envelope import PrivateKey, Statement


class Personal(Protocol):
    """A person's statement: the image digest it is about, and from when to when it counts."""

    @property
    def build(self) -> str:
        """An image digest, sha256: and 64 hex digits."""
        ...

    @property
    def issued_at(self) -> datetime.datetime:
        """From when it counts; aware."""
        ...

    @property
    def expires_at(self) -> datetime.datetime:
        """Until when it counts; aware."""
        ...


def sign(said: Personal, kind: str, signer: PrivateKey) -> dict[str, Any]:
    """Return the envelope as JSON values; `kind` is the predicate's type."""
    algorithm, _, value = said.build.partition(":")
    predicate = msgspec.to_builtins(said) | {
        "issued_at": stamp.rfc3339(said.issued_at),
        "expires_at": stamp.rfc3339(said.expires_at),
    }
    subject = (envelope.Subject("build", {algorithm: value}),)
    return envelope.sign(envelope.Statement(envelope.STATEMENT, subject, kind, predicate), signer)


def against(statement: Statement, said: Personal, longest: datetime.timedelta, now: datetime.datetime) -> list[str]:
    """Say what speaks against a statement besides its signature: another subject than it says, or its time."""
    about = {f"{algorithm}:{value}" for item in statement.subject for algorithm, value in item.digest.items()}
    reasons: list[str] = []
    if about != {said.build}:
        reasons.append(f"subject: the statement is about {', '.join(sorted(about)) or 'nothing'}, it says {said.build}")
    return reasons + crosscheck.validity(said.issued_at, said.expires_at, longest, now)

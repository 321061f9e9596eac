"""The rows of evidence.db as types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.judge.answers import Arm  # noqa: TC001  msgspec reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "evidence.db"

StreamState: TypeAlias = Literal["planned", "running", "done", "stopped"]
CollectorState: TypeAlias = Literal["absent", "running", "finished", "stopped", "dead"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One request and what came of it.

    Seconds: `due_s`, `sent_s` from the collector's start, `latency_s` from sending to the last byte. `status`
    is None without an answer, `error` then says the kind ("refused", "timeout", ...); "rate-limited" stands
    beside status 429. `commit` is the version named by the header, `body_commit` by the body; `arm` whose build
    that is. `wanted` is the arm the request was pinned to.
    """

    stream: str
    seq: int
    due_s: float
    sent_s: float
    latency_s: float
    status: int | None = None
    commit: str | None = None
    body_commit: str | None = None
    arm: Arm | None = None
    error: str = ""
    wanted: Arm | None = None
    conversation: str = ""
    turn: int = 0

    @property
    def version(self) -> str | None:
        """The version it names, the header's before the body's."""
        return self.commit or self.body_commit


@dataclass(frozen=True, slots=True)
class Stream:
    """A planned sequence of probes and how far it is.

    `state`: planned, running, done (all in), or stopped (it ended early; `note` says why). `ended` is how its
    collector ended, in words. `arm_from` is the profile's source of an answer's version: header, body or none.
    """

    name: str
    expected: int
    state: StreamState
    note: str = ""
    probes: tuple[Probe, ...] = ()
    collector: CollectorState = "absent"
    arm_from: str = "header"
    ended: str = ""

    @property
    def complete(self) -> bool:
        """Whether every planned probe is in."""
        return self.state == "done" and len(self.probes) >= self.expected

    @property
    def why(self) -> str:
        """Why it is not complete, "" if it is."""
        if self.complete:
            return ""
        if self.note:
            return self.note
        if self.state == "planned" and self.collector == "absent":
            return "no collector has planned it"
        return f"stream {self.state}, collector {self.ended or self.collector}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream is: probes that are in, of those planned."""

    name: str
    state: StreamState
    expected: int
    probes: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Something read once: its JSON, when (RFC3339), or the reason why it could not be."""

    name: str
    at: str
    body: Mapping[str, object] = field(default_factory=dict[str, object])
    error: str = ""

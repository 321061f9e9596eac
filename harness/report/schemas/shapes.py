"""The shapes of a run's own records: run.json, each line of the ledger and of the outcomes, and the nonce book's lines.

Written down apart from the code that writes them and the code that reads them; a test holds the three together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from harness.verdict import Reason

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Sha256: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Time: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        description="RFC 3339 in UTC, to the millisecond",
        extra_json_schema={"format": "date-time"},
    ),
]
Outcome: TypeAlias = Literal["MET", "UNKNOWN", "VIOLATED"]
Why: TypeAlias = Reason | None
Environment: TypeAlias = Literal["staging", "production"]


class Git(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The runbook's checkout; null where git could not tell."""

    commit: str | None
    dirty: bool | None


class RunFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """run.json: what ran, against what, and what the collector read of the cluster. Unknown values are null."""

    run: Text
    started: Time
    phases: list[str]
    argv: list[str]
    target: Text
    rehearsal: bool
    environment: Environment | None
    cluster_uid: str | None
    expected_cluster_uid: str | None
    image_digests: dict[str, list[str]]
    git: Git
    policy_sha256: Sha256 | None
    versions: dict[str, str | None]
    evidence: str | None


class OutcomeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of outcomes.jsonl: what a test decided. `reason` is set for UNKNOWN, and for nothing else."""

    line: Text
    nodeid: Text
    outcome: Outcome
    reason: Why
    because: str
    facts: dict[str, Any]
    phases: list[str]
    at: Time


class PlannedTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test that the run set out to run."""

    nodeid: Text
    line: Text
    phases: list[str]


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event"):
    """What every line of the ledger has; `seq` counts 0, 1, 2, ... without a hole."""

    at: Time
    seq: Count


class Start(_Event, frozen=True, tag="start"):
    """The run has begun; `workers` is 0 without xdist."""

    run: Text
    argv: list[str]
    workers: Count


class Plan(_Event, frozen=True, tag="plan"):
    """What is going to run, and what was collected but left out."""

    tests: list[PlannedTest]
    deselected: list[str]


class CollectError(_Event, frozen=True, tag="collect_error"):
    """A file could not be read as tests."""

    nodeid: str
    message: str


class Report(_Event, frozen=True, tag="report"):
    """How one step of a test went; `duration_s` in seconds."""

    nodeid: Text
    when: Literal["setup", "call", "teardown"]
    outcome: Literal["passed", "failed", "skipped"]
    line: str | None
    duration_s: float
    worker: str | None


class WorkerLost(_Event, frozen=True, tag="worker_lost"):
    """A worker died; `nodeid` is the test that it had in its hands, if that is known."""

    worker: str
    message: str
    nodeid: str | None


class Interrupted(_Event, frozen=True, tag="interrupted"):
    """The run was stopped before its end."""

    message: str


class CollectorExit(_Event, frozen=True, tag="collector_exit"):
    """How the collector ended; 0 means that all planned evidence is there."""

    exit_status: int
    message: str


class Finish(_Event, frozen=True, tag="finish"):
    """The run came to its end by itself, with pytest's exit status."""

    exit_status: int


LedgerLine: TypeAlias = Start | Plan | CollectError | Report | WorkerLost | Interrupted | CollectorExit | Finish


class NonceLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a nonce book; `before` is the sha256 of the line before, zeros in the first."""

    event: Literal["issued", "used"]
    at: Time
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    phase: Text
    environment: Environment
    before: Sha256
    envelope_sha256: Sha256 | None

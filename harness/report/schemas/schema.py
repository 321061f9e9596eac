"""The published JSON Schemas: `python -m harness.report.schemas.schema` writes them to docs/schema/.

What is published is a promise to other tools. A field that goes or changes its meaning is another version; what the
gate writes is held against these files by a test.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from harness.report import files
from harness.report.schemas import shapes, verdict_shape

FOLDER = Path(__file__).parents[3] / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://onesource.example/schema"

Build: TypeAlias = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]


class Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The predicate of a person's statement, of type https://onesource.example/attestation/v1."""

    line: shapes.Text
    build: Build
    environment: shapes.Environment
    by: shapes.Text
    statement: shapes.Text
    issued_at: shapes.Time
    expires_at: shapes.Time


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The predicate of a waiver, of type https://onesource.example/waiver/v1; `outcome` is the worst it covers."""

    line: shapes.Text
    build: Build
    environment: shapes.Environment
    outcome: Literal["UNKNOWN", "VIOLATED"]
    by: shapes.Text
    reason: shapes.Text
    issued_at: shapes.Time
    expires_at: shapes.Time


class BreakGlass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The predicate of a promotion without GO, of type https://onesource.example/break-glass/v1."""

    phase: shapes.Text
    run: shapes.Text
    decision: Literal["NO_GO", "INCONCLUSIVE"]
    build: Build
    environment: shapes.Environment
    by: shapes.Text
    reason: shapes.Text
    issued_at: shapes.Time
    expires_at: shapes.Time


@dataclass(frozen=True, slots=True)
class Published:
    """One schema: what it is of, its version, and the shape behind it."""

    name: str
    title: str
    shape: Any
    version: int = 1

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.v{self.version}.json"


ALL = (
    Published("verdict", "verdict.json", verdict_shape.VerdictFile),
    Published("verdict-predicate", "the predicate of verdict.intoto.json", verdict_shape.Predicate),
    Published("attestation-predicate", "the predicate of a person's signed statement", Attestation),
    Published("waiver-predicate", "the predicate of a signed waiver", Waiver),
    Published("break-glass-predicate", "the predicate of a signed promotion without GO", BreakGlass),
    Published("run", "run.json", shapes.RunFile),
    Published("ledger-line", "a line of ledger.jsonl", shapes.LedgerLine),
    Published("outcome-line", "a line of outcomes.jsonl", shapes.OutcomeLine),
    Published("nonce-line", "a line of a nonce book", shapes.NonceLine),
)


def text(one: Published) -> bytes:
    """Return a schema as it is published: JSON, indented, one newline at the end."""
    head = {"$schema": DIALECT, "$id": f"{BASE}/{one.name}/v{one.version}", "title": one.title}
    return msgspec.json.format(files.encode({**head, **msgspec.json.schema(one.shape)}), indent=2) + b"\n"


def main(folder: Path = FOLDER) -> int:
    """Write every schema, each whole; return 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in ALL:
        files.write_whole(folder / one.file, text(one))
    return 0


if __name__ == "__main__":
    sys.exit(main())

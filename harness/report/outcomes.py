"""One line per test that decided: which runbook line, what, and why (reports/README.md, outcomes.jsonl)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.report import files, stamp
from harness.verdict import Outcome, Reason, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from harness.clock import Clock
    from harness.runbook_tests import SuiteTest

NAME = "outcomes.jsonl"


class Outcomes:
    """Appends verdicts, at most one per test, each on the disk before the call returns."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Write into a run's folder; the file must not be there yet."""
        self._path = folder / NAME
        self._clock = clock
        self._decided: set[str] = set()
        self._path.touch(exist_ok=False)

    def add(self, test: SuiteTest, verdict: Verdict) -> None:
        """Record what a test decided; ValueError when it had decided before."""
        if test.nodeid in self._decided:
            raise ValueError(f"{test.nodeid}: decided twice, {verdict} comes after another")
        self._decided.add(test.nodeid)
        files.append_line(
            self._path,
            {
                "line": test.line,
                "nodeid": test.nodeid,
                **as_json(verdict),
                "phases": list(test.phases),
                "at": stamp.rfc3339(self._clock.wall()),
            },
        )


def as_json(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as plain JSON values."""
    return {
        "outcome": verdict.outcome.name,
        "reason": verdict.reason.value if verdict.reason else None,
        "because": verdict.because,
        "facts": dict(verdict.facts),
    }


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: str
    reason: Reason | None
    because: str
    facts: dict[str, object]


def encode(verdict: Verdict) -> str:
    """Return a verdict as a JSON text that travels between processes."""
    return files.encode(as_json(verdict)).decode()


def decode(text: str) -> Verdict:
    """Return the verdict of such a text; msgspec.ValidationError, KeyError or ValueError when it is none."""
    wire = msgspec.json.decode(text, type=_Wire)
    return Verdict(Outcome[wire.outcome], wire.because, wire.reason, wire.facts)  # pyright: ignore[reportArgumentType]

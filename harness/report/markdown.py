"""verdict.md: the decision for a CI job's summary, which drops everything above 1 MiB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.report import decision as deciding
from harness.report import text
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from harness.report.model import Decision

    Cell: TypeAlias = Callable[[str], str]

MAX_BYTES = 900_000  # GitHub takes 1,048,576 for a step; others may have written to it already
LENGTHS = (1_000, 200, 60)  # how much of each text is shown; the first that fits is taken
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@:-])")
MARKS = {Outcome.MET: "MET", Outcome.UNKNOWN: "UNKNOWN", Outcome.VIOLATED: "**VIOLATED**"}


def render(made: Decision, public: str | None = None) -> str:
    """Return GitHub-flavoured Markdown in which nothing from a test can be markup."""
    for length in LENGTHS:
        said = _render(made, public, length)
        if len(said.encode()) <= MAX_BYTES:
            return said
    return f"# {text.title(made)}: {made.phase}\n\nToo long to show here; see verdict.html in the run's folder.\n"


def _render(made: Decision, public: str | None, length: int) -> str:
    def cell(said: str) -> str:
        return escape(said, length)

    sections = (
        _verdict(made, public, cell),
        _lines(made, cell),
        _blockers(made, cell),
        _planned(made, cell),
        _completeness(made),
        _identity(made, cell),
    )
    return "\n".join(row for section in sections for row in section).rstrip("\n") + "\n"


def _verdict(made: Decision, public: str | None, cell: Cell) -> list[str]:
    return [
        f"# {text.title(made)}: {cell(made.phase)} on {cell(made.environment or 'an unknown environment')}",
        "",
        *(["> **REHEARSAL**: decided about a sandbox; it counts nowhere else.", ""] if made.rehearsal else []),
        cell(deciding.because(made)),
        "",
        cell(text.validity(made)),
        "",
        f"Next: {code(text.next_step(made, public))}",
        "",
    ]


def _lines(made: Decision, cell: Cell) -> list[str]:
    rows = (
        (
            cell(line.id),
            MARKS[line.outcome] + (f" {cell(line.reason)}" if line.reason else ""),
            cell(line.says),
            cell(line.because),
        )
        for line in made.lines
    )
    return ["## Lines", "", *table(("line", "outcome", "what was decided", "why"), rows), ""]


def _blockers(made: Decision, cell: Cell) -> list[str]:
    if not made.blockers:
        return []
    rows = [f"- **{cell(b.code)}**{f' {cell(b.line)}' if b.line else ''}: {cell(b.message)}" for b in made.blockers]
    return ["## Blockers", "", *rows, ""]


def _planned(made: Decision, cell: Cell) -> list[str]:
    if not made.planned:
        return []
    total = len(made.lines) + len(made.planned)
    summary = f"<summary>Not covered by this version: {len(made.planned)} of {total} lines</summary>"
    rows = [f"- {cell(rule.id)}: {cell(rule.says)}" for rule in made.planned]
    return ["<details>", summary, "", *rows, "", "</details>", ""]


def _completeness(made: Decision) -> list[str]:
    counts = made.counts
    said = (
        f"{counts.planned} tests planned, {counts.ran} ran, {counts.not_run} not run, {counts.deselected} deselected, "
        f"{counts.collect_errors} not collected, {counts.workers_lost} workers lost; exit status {counts.exit_status}."
    )
    return ["## Complete?", "", said, ""]


def _identity(made: Decision, cell: Cell) -> list[str]:
    run = made.run
    if not run:
        return []
    images = "; ".join(f"{arm} {', '.join(found)}" for arm, found in sorted(run.image_digests.items()))
    rows = (
        ("run", run.run),
        ("target", run.target),
        ("cluster", run.cluster_uid or "unknown"),
        ("images", images or "unknown"),
    )
    return ["## About what exactly?", "", *table(("what", "value"), ((name, cell(value)) for name, value in rows))]


def escape(said: str, length: int = 1_000) -> str:
    """Return text on one line in which Markdown and HTML see nothing special."""
    cut = text.cut(" ".join(said[: length * 4].split()), length)
    html = cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", html)


def code(said: str) -> str:
    """Return a code span that backticks inside cannot end."""
    flat = " ".join(text.plain(said).split())
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    return f"{fence} {flat} {fence}" if len(fence) > 1 else f"`{flat}`"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return a table's lines."""
    lines = [head, tuple("---" for _ in head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]

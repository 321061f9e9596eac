"""verdict.md: the decision for a CI job's summary, which drops everything above 1 MiB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.report import decision as deciding
from harness.report import text
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.report.model import Decision

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

    run = made.run
    head = [
        f"# {text.title(made)}: {cell(made.phase)} on {cell(made.environment or 'an unknown environment')}",
        "",
        *(["> **REHEARSAL**: decided about a sandbox; it counts nowhere else.", ""] if made.rehearsal else []),
        cell(deciding.because(made)),
        "",
        cell(text.validity(made)),
        "",
        f"Next: {code(text.next_step(made, public))}",
        "",
        "## Lines",
        "",
        *table(
            ("line", "outcome", "what was decided", "why"),
            (
                (
                    cell(line.id),
                    MARKS[line.outcome] + (f" {cell(line.reason)}" if line.reason else ""),
                    cell(line.says),
                    cell(line.because),
                )
                for line in made.lines
            ),
        ),
        "",
    ]
    if made.blockers:
        head += ["## Blockers", ""]
        head += [
            f"- **{cell(b.code)}**{f' {cell(b.line)}' if b.line else ''}: {cell(b.message)}" for b in made.blockers
        ]
        head.append("")
    total = len(made.lines) + len(made.planned)
    if made.planned:
        head += [
            "<details>",
            f"<summary>Not covered by this version: {len(made.planned)} of {total} lines</summary>",
            "",
        ]
        head += [f"- {cell(rule.id)}: {cell(rule.says)}" for rule in made.planned]
        head += ["", "</details>", ""]
    counts = made.counts
    head += ["## Complete?", ""]
    head.append(
        f"{counts.planned} tests planned, {counts.ran} ran, {counts.not_run} not run, {counts.deselected} deselected, "
        f"{counts.collect_errors} not collected, {counts.workers_lost} workers lost; exit status {counts.exit_status}."
    )
    if run:
        images = "; ".join(f"{arm} {', '.join(found)}" for arm, found in sorted(run.image_digests.items()))
        head += ["", "## About what exactly?", ""]
        rows = (
            ("run", run.run),
            ("target", run.target),
            ("cluster", run.cluster_uid or "unknown"),
            ("images", images or "unknown"),
        )
        head += table(("what", "value"), ((name, cell(value)) for name, value in rows))
    return "\n".join(head) + "\n"


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

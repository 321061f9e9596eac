"""verdict.md: the decision for a CI job's summary, which drops everything above 1 MiB."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.deciding import decision as deciding
from harness.report.showing import about, figures, text, told
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.report.deciding.model import Decision, Judged

MAX_BYTES: Final = 900_000  # GitHub takes 1,048,576 for a step; others may have written to it already
FIGURE: Final = 60  # characters of a figure in a cell
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@:-])")
MARKS = {Outcome.MET: "MET", Outcome.UNKNOWN: "UNKNOWN", Outcome.VIOLATED: "**VIOLATED**"}


@dataclass(frozen=True, slots=True)
class Step:
    """How much is shown: characters of a text, entries of a list."""

    length: int
    most: int

    def cell(self, said: str) -> str:
        """Return a text as one that is no markup, cut."""
        return escape(said, self.length)


STEPS: Final = (Step(1_000, 200), Step(200, 100), Step(60, 40))
"""The first whose summary is small enough is taken."""


def render(made: Decision, public: str | None = None) -> str:
    """Return GitHub-flavoured Markdown in which nothing from a test can be markup.

    In the order in which it is needed: decision, why, what next, what blocks, what was waived, lines, completeness.
    """
    for step in STEPS:
        said = _render(made, public, step)
        if len(said.encode()) <= MAX_BYTES:
            return said
    return f"# {text.title(made)}: {made.phase}\n\nToo long to show here; see verdict.html in the run's folder.\n"


def _render(made: Decision, public: str | None, step: Step) -> str:
    sections = (
        _verdict(made, step),
        _next(made, public, step),
        _blockers(made, step),
        _waivers(made, step),
        _lines(made, step),
        _pairs("Complete?", about.completeness(made), step),
        _planned(made, step),
        _pairs("About what exactly?", about.identity(made), step),
        ["Pages: `verdict.html`; Allure's, once made: " + code(text.allure(made)), ""],
    )
    return "\n".join(row for section in sections for row in section).rstrip("\n") + "\n"


def _verdict(made: Decision, step: Step) -> list[str]:
    cell = step.cell
    first = told.of(made)
    rows = [f"- **{asked}**: {cell(said)}" for asked, said in first.rows] if first else []
    return [
        f"# {text.title(made)}: {cell(made.phase)} on {cell(made.environment or 'an unknown environment')}",
        "",
        *(row for said in text.glass(made)[: step.most] for row in (f"> **{text.GLASS}** {cell(said)}", "")),
        *(["> **REHEARSAL**: decided about a sandbox; it counts nowhere else.", ""] if made.rehearsal else []),
        cell(deciding.because(made)),
        "",
        *([*rows, ""] if rows else []),
        cell(text.validity(made)),
        "",
    ]


def _next(made: Decision, public: str | None, step: Step) -> list[str]:
    first = told.of(made)
    who = f" ({step.cell(first.who)})" if first and first.who else ""
    hint = text.hint(made, public)
    return [
        f"Next{who}: {code(text.next_step(made, public))}",
        "",
        *([step.cell(hint), ""] if hint else []),
        f"What would change it: {step.cell(text.changes(made))}",
        "",
    ]


def _blockers(made: Decision, step: Step) -> list[str]:
    if not made.blockers:
        return []
    cell = step.cell
    rows = [
        f"- **{cell(b.code)}**{f' {cell(b.line)}' if b.line else ''}: {cell(text.first_line(b.message))}"
        for b in made.blockers[: step.most]
    ]
    more = len(made.blockers) - step.most
    rows += [f"- and {more} more, see verdict.json"] if more > 0 else []
    return ["## Blockers", "", *rows, ""]


def _waivers(made: Decision, step: Step) -> list[str]:
    found = text.waivers(made)
    if not found:
        return []
    cell = step.cell
    rows = (
        (cell(line.id), MARKS[line.outcome], cell(one.by), cell(one.reason), cell(text.clock(one.expires_at)))
        for line, one in found
    )
    return ["## Waived", "", *table(("line", "outcome", "by", "reason", "until"), rows), ""]


def _lines(made: Decision, step: Step) -> list[str]:
    head = ("line", "outcome", "what was decided", "limit", "observed", "interval", "number", "margin", "why")
    rows = (_line(line, step) for line in made.lines)
    return ["## Lines", "", text.tally(made) + ".", "", *table(head, rows), ""]


def _line(line: Judged, step: Step) -> tuple[str, ...]:
    cell, found = step.cell, figures.of(line.facts)
    state = MARKS[line.outcome] + (f" {cell(line.reason)}" if line.reason else "") + (", waived" if line.waived else "")
    shown = (found.limit, found.observed, found.interval, found.n, found.spare)
    return (cell(line.id), state, cell(line.says), *(escape(one, FIGURE) for one in shown), cell(line.because))


def _planned(made: Decision, step: Step) -> list[str]:
    if not made.planned:
        return []
    total = len(made.lines) + len(made.planned)
    summary = f"<summary>Not covered by this version: {len(made.planned)} of {total} lines</summary>"
    rows = [f"- {step.cell(rule.id)}: {step.cell(rule.says)}" for rule in made.planned]
    return ["<details>", summary, "", *rows, "", "</details>", ""]


def _pairs(title: str, pairs: Iterable[tuple[str, str]], step: Step) -> list[str]:
    rows = ((step.cell(name), step.cell(value)) for name, value in pairs)
    return [f"## {title}", "", *table(("what", "value"), rows), ""]


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

"""What `gate decide` prints: plain where there is no terminal, whole at 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.deciding import decision as deciding
from harness.report.showing import text, told
from harness.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.deciding.model import Decision, Judged

STYLES = {Outcome.MET: "green", Outcome.UNKNOWN: "yellow", Outcome.VIOLATED: "bold red"}
COLOURS = {"GO": "bold green", "NO_GO": "bold red", "INCONCLUSIVE": "bold yellow"}
MOST_BLOCKERS = 25  # of them on a terminal; the files carry all


def decision(made: Decision, *, public: str | None) -> None:
    """Print the lines, what blocks, what is not covered, the decision and what to do next."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(_table(made))
    if made.planned:
        ids = ", ".join(rule.id for rule in made.planned)
        console.print(
            Text(f"Not covered by this version ({len(made.planned)} of {_all(made)} lines are planned): {ids}", "dim")
        )
    _blockers(console, made)
    for line, one in text.waivers(made):
        said = f": {line.outcome.name}, {text.plain(text.waived_by(one))}"
        console.print(Text.assemble((f"Waived {line.id}", "bold yellow"), said))
    console.print()
    console.print(Text.assemble((text.title(made), COLOURS[made.decision]), ": ", text.plain(deciding.because(made))))
    first = told.of(made)
    for asked, said in first.rows[1:] if first else ():  # what failed stands in the sentence before
        console.print(Text.assemble((f"{asked}: ", "bold"), text.plain(said)))
    console.print(Text(text.plain(f"{text.validity(made)} Builds on phase: {text.before(made)}."), "dim"))
    for said in text.glass(made):
        console.print(Text.assemble((text.GLASS, "bold white on red"), f" {text.plain(said)}"))
    _long(console, f"Page: {made.folder}/verdict.html")
    if first and first.who:
        console.print(Text.assemble(("Call: ", "bold"), text.plain(first.who)))
    _long(console, f"Next: {text.next_step(made, public)}")
    if hint := text.hint(made, public):
        console.print(Text(f"      {hint}", "dim"))


def nothing_to_decide(phase: str, reports: Path) -> None:
    """Say that there is no run at all."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(
        Text.assemble(
            ("INCONCLUSIVE", COLOURS["INCONCLUSIVE"]), f": {reports}/latest does not exist: nothing has run yet."
        )
    )
    _long(console, f"Next: pytest -m {phase}")


def not_begun(phase: str, status: int) -> None:
    """Say that pytest ended before it made a run."""
    console = Console(highlight=False, markup=False, emoji=False)
    said = f": pytest ended with {status} before it began a run; there is nothing to decide, mend what it says above."
    console.print(Text.assemble(("INCONCLUSIVE", COLOURS["INCONCLUSIVE"]), said))
    _long(console, f"Next: pytest -m {phase}")


def _table(made: Decision) -> Table:
    table = Table(title=f"Phase {made.phase}, run {made.run.run if made.run else 'unknown'}", expand=False)
    table.add_column("line", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("what was decided, and why")
    for line in made.lines:
        table.add_row(line.id, _outcome(line), _what(line))
    return table


def _outcome(line: Judged) -> Text:
    said = Text(line.outcome.name, STYLES[line.outcome])
    said = said.append(f"\n{line.reason}", "dim") if line.reason else said
    return said.append("\nwaived", "bold yellow") if line.waived else said


def _what(line: Judged) -> Text:
    return Text(text.plain(line.says)).append(f"\n{text.plain(line.because)}", "dim")


def _blockers(console: Console, made: Decision) -> None:
    if not made.blockers:
        return
    console.print()
    console.print(Text("What blocks:", "bold"))
    for blocker in made.blockers[:MOST_BLOCKERS]:
        where = f" {blocker.line}" if blocker.line else ""
        console.print(Text.assemble("- ", (f"{blocker.code}{where}", "bold"), f": {text.plain(blocker.message)}"))
    if len(made.blockers) > MOST_BLOCKERS:
        console.print(f"... and {len(made.blockers) - MOST_BLOCKERS} more, see the page")


def _all(made: Decision) -> int:
    return len(made.planned) + len(made.lines)


def _long(console: Console, line: str) -> None:
    """Print what people copy on one line, however long."""
    console.print(Text(text.plain(line)), soft_wrap=True)

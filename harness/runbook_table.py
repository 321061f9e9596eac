"""The README's table of runbook lines, made from runbook/lines.toml: `python -m harness.runbook_table` renews it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import runbook
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.runbook import Line

README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- lines: written by `python -m harness.runbook_table` -->"
END = "<!-- lines: end -->"


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a Markdown table, in the runbook's order."""
    rows = ["| line | decides | phases | state |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, lines)])


def _row(line: Line) -> str:
    state = "planned" if line.planned else "tested"
    return f"| {line.id} | {line.says.replace('|', '&#124;')} | {_phases(line)} | {state} |"


def _phases(line: Line) -> str:
    named = "all" if set(runbook.PHASES) <= set(line.phases) else ", ".join(line.phases)
    return f"{named}; acts" if line.acts else named


def renewed(text: str, lines: Iterable[Line]) -> str:
    """Return a page with the table between its two marks replaced; UsageError if they are not there, once each."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UsageError(
            f"README.md: wanted {BEGIN!r} and then {END!r} on lines of their own, once each; put them back"
        )
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table(lines)}\n\n{END}{after}"


def main(readme: Path = README) -> int:
    """Renew the table in place; the old page or the new one is there at any moment."""
    try:
        text = renewed(readme.read_text(encoding="utf-8"), runbook.lines().values())
    except UsageError as trouble:
        _ = sys.stderr.write(f"runbook_table: {trouble}\n")
        return 4
    half = readme.with_suffix(".md.tmp")
    _ = half.write_text(text, encoding="utf-8")
    _ = half.replace(readme)
    return 0


if __name__ == "__main__":
    sys.exit(main())

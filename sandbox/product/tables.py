"""Table answers: from rows given in the question, from things to compare, or of a size asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from sandbox.product.schema import Doc

WANTED = re.compile(
    r"\b(?:tables?|tabular|spreadsheet|csv|compar(?:e|ison|ing)|versus|vs\.?|columns?)\b", re.IGNORECASE
)
COMPARED = re.compile(
    r"\b(?:compar(?:e|ison of|ing)|between)\s+(.+?)\s+(?:and|with|to|versus|vs\.?)\s+(.+?)"
    r"(?:\s+(?:in|as|by|for)\b|[?.!,;]|$)",
    re.IGNORECASE,
)
SIZE = {
    "rows": re.compile(r"\b(\d{1,3})\s*(?:x\s*\d{1,2}\b|rows?\b)", re.IGNORECASE),
    "columns": re.compile(r"\b(?:\d{1,3}\s*x\s*)?(\d{1,2})\s*(?:columns?\b|(?=table\b))", re.IGNORECASE),
}
MOST_ROWS, MOST_COLUMNS = 200, 20
FIGURES = ("Cost per month", "Hours per week", "Rating of 5", "Since", "Share in %")
OPTIONS = ("Basic", "Standard", "Advanced", "Professional", "Custom")


def wanted(question: str) -> bool:
    """Tell whether a table is asked for."""
    return bool(WANTED.search(question)) or given(question) is not None


def table(question: str, subject: str, rng: random.Random) -> Doc:
    """Return a table block: caption, headers and rows of text, every row as long as the header."""
    rows = given(question)
    if rows is not None:
        return _block("The rows you gave", rows[0], rows[1:])
    compared = COMPARED.search(question)
    if compared and "\n" not in compared[0]:
        return _comparison(compared[1].strip()[:60], compared[2].strip()[:60], rng)
    count = _size("rows", question, 4, MOST_ROWS)
    width = _size("columns", question, 4, MOST_COLUMNS)
    figures = [FIGURES[i] if i < len(FIGURES) else f"Figure {i + 1}" for i in range(width - 1)]
    names = [OPTIONS[i] if i < len(OPTIONS) else f"Option {i + 1}" for i in range(count)]
    body = [[name, *(_figure(i, rng) for i in range(width - 1))] for name in names]
    return _block(f"Options for {subject}, side by side", ["Option", *figures], body)


def as_text(block: Doc) -> str:
    """Return a table as lines of aligned text, the way the legacy pipeline writes it."""
    lines: list[list[str]] = [block["headers"], *block["rows"]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def given(question: str) -> list[list[str]] | None:
    """Return the rows that the question itself holds: two or more lines, each split alike by | or ; or a tab."""
    lines = [line.strip() for line in question.splitlines()]
    for mark in ("|", "\t", ";"):
        rows = [[cell.strip() for cell in line.strip(mark).split(mark)] for line in lines if mark in line]
        rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
        if len(rows) > 1 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            return rows
    return None


def _comparison(one: str, other: str, rng: random.Random) -> Doc:
    aspects = ("Cost", "Effort", "Time until it pays", "Upkeep", "Risk")
    words = ("low", "medium", "high", "about 1,200 a year", "2 to 4 weeks", "hardly any")
    rows = [[aspect, *(rng.choice(words) for _ in range(2))] for aspect in aspects]
    return _block(f"{one} and {other} compared", ["Aspect", one, other], rows)


def _block(caption: str, headers: list[str], rows: list[list[str]]) -> Doc:
    return {"type": "table", "content": caption, "caption": caption, "headers": headers, "rows": rows}


def _figure(column: int, rng: random.Random) -> str:
    match column % len(FIGURES):
        case 0:
            return f"{rng.randrange(500, 250_000) / 100:,.2f}"
        case 1:
            return str(rng.randint(1, 40))
        case 2:
            return f"{rng.randint(10, 50) / 10:.1f}"
        case 3:
            return str(rng.randint(2009, 2025))
        case _:
            return str(rng.randint(1, 99))


def _size(what: str, question: str, default: int, most: int) -> int:
    found = SIZE[what].search(question)
    return min(most, max(1, int(found[1]))) if found else default

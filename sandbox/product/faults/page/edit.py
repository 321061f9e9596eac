"""One change of a file of the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Serve `new` where the file has `old`, which stands in it exactly once (a test holds it to that)."""

    file: str
    old: str
    new: str


def after(file: str, old: str, more: str) -> Edit:
    """Add `more` behind `old`."""
    return Edit(file, old, old + more)


LAST_RULE = "@media (forced-colors: active) {"  # what is put before it overrules all that stands above it


def style(rules: str) -> Edit:
    """Add rules to the style sheet, behind all but those for forced colours."""
    return Edit("app.css", LAST_RULE, f"{rules}\n{LAST_RULE}")

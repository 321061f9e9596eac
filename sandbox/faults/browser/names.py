"""Faults that those find who hear the page."""

from __future__ import annotations

from sandbox.faults.fault import Fault, V


def _names(name: str, does: str, *implied: str) -> Fault:
    return Fault(name, does, "page", "AX-04", implied=dict.fromkeys(implied, V), phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _names("names-nameless", "the rating's buttons are icons without any text", "AX-01"),
    _names("names-icon-text", "the rating's buttons are called as an icon font calls its icons"),
    _names("names-icon-glyph", "the rating's buttons are called by a private character of an icon font"),
    _names("names-label-differs", "the rating's buttons show one text and are called otherwise"),
    _names("names-no-role", "suggested questions take focus and have no role"),
    _names("names-state-silent", "which rating was chosen is told by a class alone"),
    _names("names-answer-silent", "no live region holds the answers, and no status says that one is complete"),
    _names("names-error-silent", "an error is shown where changes are not announced"),
    _names("names-headers-hidden", "a table's headers are hidden from screen readers"),
    _names("names-headers-cells", "a table's headers have the role of plain cells"),
    _names("names-table-nameless", "a table's caption is a text above it that nothing ties to it"),
)

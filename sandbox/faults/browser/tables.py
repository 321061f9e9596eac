"""Faults in the page's tables: how they are drawn, copied and exported."""

from __future__ import annotations

from sandbox.faults.fault import Fault


def _drawn(name: str, does: str) -> Fault:
    return Fault(f"table-{name}", does, "page", "BB-01", phase="bugbash")


def _copied(name: str, does: str) -> Fault:
    return Fault(f"copy-{name}", does, "page", "BB-02", phase="bugbash")


def _exported(name: str, does: str) -> Fault:
    return Fault(f"csv-{name}", does, "page", "BB-03", phase="bugbash")


FAULTS: tuple[Fault, ...] = (
    _drawn("th-missing", "a table's headers are ordinary cells"),
    _drawn("headers-sorted", "a table's headers are sorted, and its columns are not"),
    _drawn("header-blank", "a table's first header is left empty"),
    _drawn("header-hidden", "the header row of a wide table is transparent"),
    _drawn("header-pale", "in the light theme the header of a wide table has the colour of its ground"),
    _drawn("header-html", "a header is set as HTML"),
    _drawn("cell-dropped", "an empty cell is left out of its row"),
    _drawn("rows-capped", "a table ends after its seventh row"),
    _drawn("pipes-left", "a table's Markdown is shown above it"),
    _drawn("html-run", "cells are set as HTML"),
    _drawn("undefined", "an empty cell shows undefined"),
    _drawn("caption-lost", "a table has no caption"),
    _drawn("numbers-ragged", "numbers are aligned by the cell, only whole ones at the end"),
    _drawn("cut-off", "a wide table is cut off at its frame, which does not scroll"),
    _drawn("sideways", "a wide table sticks out of its answer, so that the page scrolls sideways"),
    _drawn("cell-clipped", "long texts in cells are cut off"),
    _copied("first", "the copy button of each answer copies the first table of the page"),
    _copied("label", "the copy button copies its own label"),
    _copied("words", "the copy button copies all that is drawn in the table's block, buttons too"),
    _copied("dead", "the copy button does nothing"),
    _copied("mouse-only", "the copy button hears the pointer and not the keyboard"),
    _copied("last-row-lost", "the last row is not copied"),
    _copied("no-headers", "the headers are not copied"),
    _copied("blanks", "copied cells are parted by blanks"),
    _copied("silent", "nothing is announced when a table was copied"),
    _copied("focus-lost", "the copy button gives focus away"),
    _exported("lf", "an exported line ends in LF"),
    _exported("comma-unquoted", "an exported field with a comma has no quotes"),
    _exported("quotes-single", "quotes in an exported field are not doubled"),
    _exported("first-rows", "ten rows are exported at most"),
    _exported("formula", "formulas are exported as they are"),
    _exported("header-formula", "a header that is a formula is exported as it is"),
    _exported("numbers-defused", "a negative number is exported as a text"),
    _exported("columns-reversed", "columns are exported in reverse order"),
    _exported("headers-sorted", "the exported headers are sorted, and the columns are not"),
    _exported("no-headers", "the headers are not exported"),
    _exported("cell-dropped", "an empty cell is left out of its exported row"),
    _exported("first", "the export button of each answer exports the first table of the page"),
    _exported("latin1", "the file is not UTF-8"),
    _exported("no-suffix", "the exported file has a name without a suffix"),
    _exported("dead", "the export button does nothing"),
    _exported("mouse-only", "the export button hears the pointer and not the keyboard"),
)

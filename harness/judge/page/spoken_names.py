"""Does a screen reader get a role, a name and a state for everything, tables with their headers, and the news?

Judged by the browser's accessibility tree, which is what screen readers read, held against what people see.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import announced
from harness.judge.page.announced import Refused, Told  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.finding import Around, Finding, Spot, decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.page.finding import Excused
    from harness.verdict import Verdict

NAME_ROLE: Final = "WCAG 4.1.2 Name, Role, Value (A)"
LABEL: Final = "WCAG 2.5.3 Label in Name (A)"
STRUCTURE: Final = "WCAG 1.3.1 Info and Relationships (A)"
TEXT: Final = "WCAG 1.1.1 Non-text Content (A)"
NO_ROLE: Final = frozenset({"", "generic", "none", "GenericContainer"})
NAMED: Final = frozenset(
    {
        *("button", "link", "checkbox", "radio", "switch", "slider", "tab", "treeitem", "DisclosureTriangle"),
        *("textbox", "searchbox", "spinbutton", "combobox", "listbox", "Date", "DateTime", "InputTime", "ColorWell"),
        *("menuitem", "menuitemcheckbox", "menuitemradio"),
    }
)
"""The roles, as Chromium calls them, of what people operate."""
_LIGATURE: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_FILE: Final = re.compile(r"\S+\.(?:svg|png|jpe?g|gif|webp|avif|bmp|ico)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A control or an image: role and name in the accessibility tree, and the label that people see (`text`).

    `icons` are the texts in it that a font draws as icons. What only `scrolls` may be a stop without being a control.
    """

    spot: Spot
    state: str
    role: str
    name: str
    text: str = ""
    icons: tuple[str, ...] = ()
    scrolls: bool = False


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table of the answer in the accessibility tree; `wanted` are the headers that the answer's document has.

    `cells` are those of each row that has any, its headers among them. Not `found`: the tree has no table for it.
    """

    spot: Spot
    state: str
    wanted: tuple[str, ...]
    found: bool = True
    name: str = ""
    headers: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Toggle:
    """A control that was off and was used: the attribute that tells its state, and what it said then."""

    spot: Spot
    state: str
    attribute: str
    after: str


@dataclass(frozen=True, slots=True)
class SpokenNames:
    """All that was listened to."""

    controls: tuple[Named, ...]
    images: tuple[Named, ...]
    tables: tuple[ReadTable, ...]
    toggles: tuple[Toggle, ...]
    told: Told
    refused: Refused
    around: Around


def judge(record: SpokenNames, excused: Excused) -> Verdict:
    """Decide whether a screen reader gets all of it.

    VIOLATED: a control without role or name, with one that says nothing or not what is seen; a table without its
    headers; a state that is not told; an answer or an error that is not announced.
    """
    found = [
        *(one for control in record.controls for one in _control(control)),
        *(one for image in record.images for one in _image(image)),
        *(one for table in record.tables for one in _table(table)),
        *(one for toggle in record.toggles for one in _toggle(toggle)),
        *announced.findings(record.told, record.refused),
    ]
    seen = (record.controls, record.images, record.tables, record.toggles)
    checked = sum(map(len, seen)) if record.controls else 0
    right = f"answers are announced ({record.told.live or 'by a status'}), and so are errors"
    of = "controls, images, tables and states"
    return decide(found, record.around, excused, checked=checked, of=of, right=right)


def _control(control: Named) -> Iterator[Finding]:
    spot, state = control.spot, control.state
    if control.role in NO_ROLE:
        if not control.scrolls:
            says = f"{spot.said} takes focus, and a screen reader is not told what it is"
            fix = "make it a native control, or give it the role of what it does"
            yield Finding("no-role", says, spot, "a role", control.role, state, NAME_ROLE, fix)
        return
    if control.role not in NAMED:
        return
    if not control.name.strip():
        says = f"the {control.role} at {spot.where} has no name"
        fix = "give it a text, a label or an aria-label"
        yield Finding("no-name", says, spot, "a name", "none", state, NAME_ROLE, fix)
        return
    yield from _says_nothing(control)
    label, name = _letters(control.text), _letters(control.name)
    if label and label not in name:
        says = f"{spot.said} shows {control.text!r} and is called {control.name!r}: who says what they see can't use it"
        fix = "begin the name with the visible text, or take the aria-label away"
        yield Finding("label-not-in-name", says, spot, control.text, control.name, state, LABEL, fix)


def _says_nothing(control: Named) -> Iterator[Finding]:
    """Return what is wrong with a name that is one only in form."""
    name = control.name.strip()
    spoken = [icon for icon in control.icons if icon in name]
    if not _letters(name):
        emoji = any(unicodedata.category(letter) == "So" for letter in name)  # which screen readers do have words for
        says = f"the {control.role} at {control.spot.where} is called {name!a}, which has no letter or digit"
        yield _unsaid("symbol-name", says, control, certain=not emoji)
    elif spoken or _LIGATURE.fullmatch(name):
        says = f"the {control.role} at {control.spot.where} is called {name!r}: the text of an icon font is read aloud"
        yield _unsaid("icon-name", says, control)
    elif _FILE.fullmatch(name):
        says = f"the {control.role} at {control.spot.where} is called {name!r}, which is a file's name"
        yield _unsaid("file-name", says, control)


def _unsaid(rule: str, says: str, one: Named, *, criterion: str = NAME_ROLE, certain: bool = True) -> Finding:
    fix = "hide the icon from screen readers (aria-hidden) and give a name in words"
    return Finding(rule, says, one.spot, "a name in words", one.name, one.state, criterion, fix, certain)


def _image(image: Named) -> Iterator[Finding]:
    name = image.name.strip()
    if not name:
        says = f"the image at {image.spot.where} has no text for those who don't see it"
        fix = "give it an alt text, an empty one if it only decorates"
        yield Finding("image-no-alt", says, image.spot, "an alt text", "none", image.state, TEXT, fix)
    elif _FILE.fullmatch(name):
        says = f"the text of the image at {image.spot.where} is a file's name: {name!r}"
        yield _unsaid("file-name", says, image, criterion=TEXT)


def _table(table: ReadTable) -> Iterator[Finding]:
    def wrong(rule: str, says: str, wanted: str, got: str, fix: str) -> Finding:
        return Finding(rule, says, table.spot, wanted, got, table.state, STRUCTURE, fix)

    headed = ", ".join(table.wanted)
    if not table.found:
        fix = "show it as a table element, or with the roles table, row, columnheader and cell"
        says = f"the answer has a table ({headed}), and a screen reader gets none"
        yield wrong("table-not-read", says, "a table", "none", fix)
        return
    if not table.name.strip():
        fix = "give it a caption, or an aria-labelledby"
        yield wrong("table-no-name", f"the table ({headed}) has no name", "a name", "none", fix)
    filled = [header for header in table.headers if header.strip()]
    wanted = [header for header in table.wanted if header.strip()]
    if len(filled) < len(wanted):
        fix = "make each header a th with scope col, and hide none of them from screen readers"
        says = f"a screen reader gets {len(filled)} column headers of {len(wanted)} ({headed})"
        yield wrong("headers-not-read", says, headed, ", ".join(filled) or "none", fix)
    elif any(count != len(table.wanted) for count in table.cells):
        fix = "give each row as many cells as there are headers"
        counts = str(sorted(set(table.cells)))
        says = f"rows have {counts} cells under {len(table.wanted)} headers, so a reader mixes them up"
        yield wrong("cells-not-in-columns", says, str(len(table.wanted)), counts, fix)


def _toggle(toggle: Toggle) -> Iterator[Finding]:
    if toggle.after == "false":
        yield Finding(
            "state-not-told",
            f"{toggle.spot.said} was used, and its {toggle.attribute} still says false",
            toggle.spot,
            wanted="true",
            got=toggle.after,
            state=toggle.state,
            criterion=NAME_ROLE,
            fix=f"set {toggle.attribute} whenever the state changes",
        )


def _letters(text: str) -> str:
    """Return a text's letters and digits alone: as it is spoken, whatever stands between them."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())

"""Measuring how a page is laid out, with less room or larger text and as usual; and asking for what needs room."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from harness.judge.page.fitting import Crammed, Cut, Fitted, Laid, Overlap, Past
from harness.observe.page.browser import DESKTOP
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from harness.judge.page.asked import Asked
    from harness.judge.page.finding import Picture
    from harness.observe.page.tab import Tab

SCRIPT: Final = "fitting.js"
ROWS: Final = (
    ("Fruit", "Origin", "Price", "Weeks"),
    ("Apricot", "Hungary", "3.20", "9"),
    ("Blueberry", "Poland", "4.75", "12"),
    ("Cloudberry", "Finland", "18.90", "5"),
    ("Damson", "Kent", "2.60", "7"),
    ("Elderberry", "Austria", "5.15", "6"),
)  # no value is part of another row's first one


def table_question(tab: Tab) -> str:
    """Return the question for a table of ROWS."""
    return tab.ui.prompts.table.format(rows="\n".join(" | ".join(row) for row in ROWS))


def ask_table(tab: Tab) -> Asked:
    """Ask for a table; LookError if the answer's document holds none."""
    return _holding(tab, tab.ask(table_question(tab)), "table")


def ask_code(tab: Tab) -> Asked:
    """Ask for code; LookError if the answer's document holds none."""
    return _holding(tab, tab.ask(tab.ui.prompts.code), "code")


def _holding(tab: Tab, asked: Asked, kind: str) -> Asked:
    if not asked.blocks(kind):
        held = ", ".join(str(block.get("type")) for block in asked.document.get("blocks") or ()) or "nothing"
        raise tab.trouble(f"an answer with a {kind} block", f"one with {held}", f"ui.prompts.{kind}")
    return asked


def resize(tab: Tab, width: int, height: int) -> None:
    """Give the window another size, in CSS px, and wait until the page has followed."""
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.settle()


@contextmanager
def roomy(tab: Tab) -> Generator[None]:
    """Let the window be a desktop's for a while."""
    before = tab.page.viewport_size
    resize(tab, DESKTOP.width, DESKTOP.height)
    yield
    if before is not None:
        resize(tab, before["width"], before["height"])


def enlarge(tab: Tab) -> None:
    """Let the text alone be twice as large."""
    tab.run("() => window.__fit.enlarge(true)")
    tab.settle()


@contextmanager
def plain_text(tab: Tab) -> Generator[None]:
    """Let enlarged text have its own size for a while."""
    tab.run("() => window.__fit.enlarge(false)")
    tab.settle()
    yield
    enlarge(tab)


def fitted(tab: Tab, what: str, state: str, usual: AbstractContextManager[None]) -> Fitted:
    """Measure the page as it is, with a picture of all of it, and then as usual."""
    tab.settle()
    given = tab.run("() => window.__fit.laid()")
    seen = _laid(given, tab.picture(what, state, full=True))
    with usual:
        return Fitted(state, seen, _laid(tab.run("() => window.__fit.laid()"), None))


def _laid(given: Any, picture: Picture | None) -> Laid:
    return Laid(
        width=given["width"],
        wide=given["wide"],
        texts=given["texts"],
        controls=tuple(spot_of(one, picture) for one in given["controls"]),
        cut=tuple(
            Cut(spot_of(one["spot"], picture), one["by"], one["px"], one["axis"], one["meant"]) for one in given["cut"]
        ),
        past=tuple(Past(spot_of(one["spot"], picture), one["px"], one["of"]) for one in given["past"]),
        overlaps=tuple(
            Overlap(spot_of(one["spot"], picture), spot_of(one["other"], picture), one["px"])
            for one in given["overlaps"]
        ),
        crammed=tuple(Crammed(spot_of(one["spot"], picture), one["pitch"], one["font"]) for one in given["crammed"]),
    )

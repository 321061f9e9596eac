"""Listen to the page as a screen reader gets it: as it opens, with an answer, and with a question refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.judge.page.finding import NOWHERE
from harness.judge.page.spoken_names import NAMED, Named, ReadTable, SpokenNames, Toggle
from harness.observe.page import announcing, landing
from harness.observe.page.ax_tree import Reader
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.page.finding import Picture
    from harness.observe.page.ax_tree import Node, Tree
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

ROWS: Final = "Drink | Price\nTea | 2.50\nCoffee | 3.20"
STATE: Final = State(scripts=("spoken.js", "announcing.js"))
IMAGES: Final = frozenset({"image", "img"})
TABLES: Final = frozenset({"table", "grid", "treegrid"})
CELLS: Final = frozenset({"cell", "gridcell", "columnheader", "rowheader"})
NO_CONTROL: Final = frozenset({"RootWebArea", "WebArea", "Iframe", "IframePresentational", "option", "MenuListPopup"})
MOST_TOGGLES: Final = 6


def see(browser: Browser) -> SpokenNames:
    """Return what a screen reader gets in all three states; LookError where the answer came without a table."""
    with browser.tab("AX-04", STATE) as tab:
        listener = _Listener(tab)
        landing.complete(tab)
        _ = listener.hear(tab.picture("landing", f"landing, {tab.state}"))
        heard = announcing.answered(tab, tab.ui.prompts.table.format(rows=ROWS))
        if not heard.asked.blocks("table"):
            raise tab.trouble("an answer with a table", "one without", "ui.prompts.table")
        picture = tab.picture("conversation", f"conversation, {tab.state}")
        tree = listener.hear(picture)
        told, node = announcing.in_tree(tab, listener.reader, tree, heard.told, picture)
        read = [one for one in tree.below(node) if one.role in TABLES] if node else []
        tables = tuple(
            _table(listener.reader, tree, read[i], block, picture)
            if i < len(read)
            else ReadTable(told.spot, picture.state, _headers(block), found=False)
            for i, block in enumerate(heard.asked.blocks("table"))
        )
        refused = announcing.refused(tab, heard.texts)
        _ = listener.hear(tab.pictures[-1])
        toggles = _toggles(tab)
        controls, images = tuple(listener.controls), tuple(listener.images)
        return SpokenNames(controls, images, tables, toggles, told, refused, tab.around())


class _Listener:
    """What was heard in all states, each control once for as long as it says the same."""

    def __init__(self, tab: Tab) -> None:
        self.reader = Reader(tab)
        self.controls: list[Named] = []
        self.images: list[Named] = []
        self._known: set[tuple[int, str, str]] = set()

    def hear(self, picture: Picture) -> Tree:
        """Listen to the page as it is now; returns the tree that was read."""
        tree = self.reader.tree()
        for node in tree.nodes.values():
            key = (node.element, node.role, node.name)
            if node.ignored or not node.element or key in self._known or not _matters(node):
                continue
            self._known.add(key)
            if facts := self.reader.facts(node):
                self._keep(node, facts, picture)
        return tree

    def _keep(self, node: Node, facts: Mapping[str, Any], picture: Picture) -> None:
        spot, icons = spot_of(facts["spot"], picture), tuple(facts["icons"])
        named = Named(spot, picture.state, node.role, node.name, facts["text"], icons, facts["scrolls"])
        if node.role in IMAGES:
            self.images.append(named)
        elif node.role in NAMED or facts["stop"]:
            self.controls.append(named)


def _matters(node: Node) -> bool:
    """Tell whether a node is an image or may be a control; a list's options are called by their texts."""
    if node.role in IMAGES or node.role in NAMED:
        return True
    return bool(node.properties.get("focusable")) and node.role not in NO_CONTROL


def _headers(block: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(header) for header in block.get("headers") or ())


def _table(reader: Reader, tree: Tree, node: Node, block: Mapping[str, Any], picture: Picture) -> ReadTable:
    facts = reader.facts(node)
    below = tuple(tree.below(node))
    cells = [sum(one.role in CELLS for one in tree.below(row)) for row in below if row.role == "row"]
    return ReadTable(
        spot=spot_of(facts["spot"], picture) if facts else NOWHERE,
        state=picture.state,
        wanted=_headers(block),
        name=node.name,
        headers=tuple(one.name for one in below if one.role == "columnheader"),
        cells=tuple(count for count in cells if count),
    )


def _toggles(tab: Tab) -> tuple[Toggle, ...]:
    """Use what can be switched on, and return what it says of itself afterwards."""
    picture = tab.picture("toggles", f"conversation, {tab.state}")
    found: list[Toggle] = []
    for at, one in enumerate(tab.run("() => window.__spoken.off()")[:MOST_TOGGLES]):
        after = tab.run("(at) => window.__spoken.use(at)", at)
        if after is not None:
            found.append(Toggle(spot_of(one["spot"], picture), picture.state, one["attribute"], after))
    return tuple(found)

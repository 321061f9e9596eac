"""The accessibility tree that Chromium gives to screen readers, with the elements behind it.

It is read by way of the browser's protocol: it holds what is in closed shadow roots too, which no script can see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error as PlaywrightError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.observe.page.tab import Tab

_FACTS: Final = "function () { return window.__spoken.facts(this); }"


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `element` is the browser's number of the element behind it, 0 for none.

    `ignored`: screen readers don't get it. `parent` is "" for a document's root.
    """

    id: str
    element: int
    role: str
    name: str
    ignored: bool
    parent: str
    children: tuple[str, ...]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes of a page and of the frames in its process, by id."""

    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])

    def of(self, element: int) -> Node | None:
        """Return the node of an element."""
        return next((node for node in self.nodes.values() if node.element == element), None)

    def below(self, node: Node) -> Iterator[Node]:
        """Return what a node holds, at any depth, without what is ignored."""
        for child in (self.nodes[id_] for id_ in node.children if id_ in self.nodes):
            if not child.ignored:
                yield child
            yield from self.below(child)

    def above(self, node: Node) -> Iterator[Node]:
        """Return a node and what holds it, from the inside."""
        at: Node | None = node
        while at is not None:
            yield at
            at = self.nodes.get(at.parent)


class Reader:
    """A line of its own to the browser, for one tab."""

    def __init__(self, tab: Tab) -> None:
        """Open it; it ends with the tab."""
        self._session: Any = tab.page.context.new_cdp_session(tab.page)

    def tree(self) -> Tree:
        """Return the tree as it is now."""
        nodes: dict[str, Node] = {}
        for frame in _frames(self._session.send("Page.getFrameTree")["frameTree"]):
            told = self._session.send("Accessibility.getFullAXTree", {"frameId": frame})
            nodes |= {one["nodeId"]: _node(one) for one in told["nodes"]}
        return Tree(nodes)

    def element(self, expression: str) -> int:
        """Return the browser's number of the element that a script's expression gives."""
        found = self._session.send("Runtime.evaluate", {"expression": expression})
        told = self._session.send("DOM.describeNode", {"objectId": found["result"]["objectId"]})
        return int(told["node"]["backendNodeId"])

    def facts(self, node: Node) -> Mapping[str, Any]:
        """Return what spoken.js tells of the element behind a node; {} where it is no element that scripts can see."""
        try:
            found = self._session.send("DOM.resolveNode", {"backendNodeId": node.element})
            called = {"objectId": found["object"]["objectId"], "functionDeclaration": _FACTS, "returnByValue": True}
            told: Mapping[str, Any] = self._session.send("Runtime.callFunctionOn", called)["result"].get("value") or {}
        except PlaywrightError:
            return {}
        return told


def _frames(tree: Mapping[str, Any]) -> Iterator[str]:
    yield tree["frame"]["id"]
    for child in tree.get("childFrames", ()):
        yield from _frames(child)


def _node(given: Mapping[str, Any]) -> Node:
    properties = {one["name"]: one["value"].get("value") for one in given.get("properties", ())}
    return Node(
        id=given["nodeId"],
        element=int(given.get("backendDOMNodeId", 0)),
        role=str(given.get("role", {}).get("value", "")),
        name=str(given.get("name", {}).get("value", "")),
        ignored=bool(given.get("ignored")),
        parent=str(given.get("parentId", "")),
        children=tuple(given.get("childIds", ())),
        properties=properties,
    )

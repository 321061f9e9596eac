"""Listen to live regions while a question is answered, and while the server refuses one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.announced import Refused, Told
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from playwright.sync_api import Route

    from harness.judge.page.asked import Asked
    from harness.judge.page.finding import Picture
    from harness.observe.page.ax_tree import Node, Reader, Tree
    from harness.observe.page.tab import Tab

QUESTION: Final = "Which question does the server refuse?"
STATUS: Final = 500
REST_MS: Final = (300, 3_000)  # a page at rest; at the longest
_BODY: Final = '{"error": "internal_error"}'


@dataclass(frozen=True, slots=True)
class Listened:
    """A good answer: what was asked, what was told of it, and each text that came, wherever it came."""

    asked: Asked
    told: Told
    texts: frozenset[str]


def answered(tab: Tab, question: str) -> Listened:
    """Ask and listen. The question leaves once the page has said what it says at once, so that the order is certain."""

    def held(route: Route) -> None:
        tab.settle()
        route.continue_()

    is_ask = _is_ask(tab)
    tab.run("() => window.__announced.watch()")
    _ = tab.page.route(is_ask, held)
    asked = tab.ask(question)
    tab.page.unroute(is_ask)
    try:
        heard = tab.answer().evaluate("(answer) => window.__announced.told(answer)")
        tab.answer().evaluate("(answer) => window.__spoken.mark(answer)")
    except PlaywrightError as trouble:
        raise tab.trouble("an answer on the page", trouble, "ui.answer") from trouble
    came = tab.run("() => window.__announced.texts()")
    told = Told(
        live=heard["live"],
        changes=heard["changes"],
        pieces=heard["pieces"],
        busy=heard["busy"],
        said=tuple(heard["said"]),
    )
    return Listened(asked, told, frozenset([*came["heard"], *came["shown"]]))


def in_tree(tab: Tab, reader: Reader, tree: Tree, told: Told, picture: Picture) -> tuple[Told, Node | None]:
    """Return the same with what the accessibility tree says of the answer's region, and the answer's node.

    A live region is told at its root, so the nearest node around the answer that has one counts.
    """
    node = tree.of(reader.element("window.__spoken.remembered()"))
    around = tree.above(node) if node else iter(())
    live = next((str(one.properties["live"]) for one in around if one.properties.get("live")), "")
    spot = tab.spot(tab.answer(), picture)
    return replace(told, spot=spot, state=picture.state, in_tree="" if live == "off" else live), node


def refused(tab: Tab, before: frozenset[str]) -> Refused:
    """Let the server refuse one question, and return what is new; `before` are the texts of an answer that came."""
    errors = len(tab.errors)
    is_ask = _is_ask(tab)
    tab.run("() => window.__announced.watch()")
    _ = tab.page.route(is_ask, lambda route: route.fulfill(status=STATUS, content_type="application/json", body=_BODY))
    try:
        tab.find(tab.ui.composer).fill(QUESTION)
        with tab.page.expect_response(lambda response: is_ask(response.url)):
            _send(tab)
        tab.run("(ms) => window.__announced.rest(ms)", list(REST_MS))
    except PlaywrightError as trouble:
        raise tab.trouble("a question to be sent", trouble, "ui.send") from trouble
    finally:
        tab.page.unroute(is_ask)
    tab.errors[errors:] = [text for text in tab.errors[errors:] if f"status of {STATUS}" not in text]  # made by us
    came: Mapping[str, Any] = tab.run("() => window.__announced.texts()")
    picture = tab.picture("refused", f"a question refused, {tab.state}")
    spot = tab.spot(tab.find(tab.ui.transcript).first, picture)
    return Refused(spot, picture.state, _new(came["heard"], before), _new(came["shown"], before))


def _new(texts: Iterable[str], before: frozenset[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text not in before and QUESTION not in text)


def _is_ask(tab: Tab) -> Callable[[str], bool]:
    return lambda url: urlsplit(url).path == tab.target.api.ask


def _send(tab: Tab) -> None:
    try:
        tab.find(tab.ui.send).click(timeout=CLICK_WITHIN_MS)
    except PlaywrightError:
        tab.find(tab.ui.composer).press("Enter")

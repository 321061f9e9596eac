"""axe-core in each theme, on each page, at rest and with each control hovered, focused and opened.

The rules but those of colour read what is in the tree and whether people can see it. So a control's state is run again
only if it changes any of that; where it does not, the run at rest counts for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.axe import PAGES, AxeResult, AxeSeen, Run
from harness.observe.page import axe_core, scripts, theme
from harness.observe.page.tab import LookError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Route

    from harness.judge.page.finding import Picture
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab
    from harness.observe.page.theme import Scheme

SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
WITHOUT: Final = ("color-contrast",)  # AX-05 decides it by pixels; target sizes are AX-08's and not asked for
ROWS: Final = "Drink | Cups\nTea | 3\nCoffee | 2"
MORE: Final = "List the first steps, draw a diagram and warn of the risks."
WITHIN_MS: Final = 2_000.0
MOST_PICTURES: Final = 6  # of elements out of view, for each run


def run(
    tab: Tab, *, only: tuple[str, ...] = (), without: tuple[str, ...] = (), within: str | None = None
) -> tuple[AxeResult, ...]:
    """Run axe on the page as it is now and return its violations and what it is not sure of.

    `only` are the rules to run, else all of WCAG 2.1 A and AA but those in `without`; `within` is the selector of a
    part of the page. LookError where axe can't run.
    """
    return axe_core.run(tab, only=only, without=without, within=within or "").results


def closed(tab: Tab) -> int:
    """Return how many custom elements have no open shadow root: axe can't see into them, and can't say so."""
    _ = tab.run(scripts.text("axe_states.js"))
    return int(tab.run("() => window.__states.closed()"))


def see(browser: Browser) -> AxeSeen:
    """Run axe on the landing page, a conversation and an answer that failed, in light and dark and all states.

    A theme that can't be switched on leaves its runs out. LookError where no answer comes.
    """
    with browser.tab("AX-01") as tab:
        _ = tab.run(scripts.text("axe_states.js"))
        walk = _Walk(tab)
        shown: tuple[str, ...] = ()
        for page in PAGES:
            shown += _COMING[page](tab)
            for scheme in SCHEMES:
                if _switched(tab, scheme):
                    walk.visit(page, scheme)
        return AxeSeen(tuple(walk.runs), walk.unchanged, tuple(walk.unreached), shown, closed(tab), around=tab.around())


def _switched(tab: Tab, scheme: Scheme) -> bool:
    try:
        theme.switch(tab, scheme)
    except LookError:
        return False
    return True


def _landing(tab: Tab) -> tuple[str, ...]:
    with suppress(PlaywrightError):  # none is another line's finding
        examples = tab.find(tab.ui.examples)
        examples.get_by_role("button").or_(examples.get_by_role("link")).first.wait_for(timeout=WITHIN_MS)
    tab.settle()
    return ()


def _conversation(tab: Tab) -> tuple[str, ...]:
    """Ask for an answer with as many kinds of block as there are; return those that came."""
    prompts = tab.ui.prompts
    asked = tab.ask(f"{prompts.code}. {MORE}\n{prompts.table.format(rows=ROWS)}")
    if tab.answers().count() == 0:
        raise tab.trouble("an answer on the page", "none", "ui.answer")
    blocks: Sequence[dict[str, Any]] = asked.document.get("blocks") or ()
    kinds = {str(block.get("type")) for block in blocks} | ({"suggestions"} if asked.actions else set[str]())
    return tuple(sorted(kinds))


def _error(tab: Tab) -> tuple[str, ...]:
    """Let the server's answer to one question be an error."""
    before = len(tab.errors)

    def is_ask(url: str) -> bool:
        return urlsplit(url).path == tab.target.api.ask

    def refuse(route: Route) -> None:
        route.fulfill(status=500, content_type="application/json", body="{}")

    _ = tab.page.route(is_ask, refuse)
    try:
        with tab.page.expect_response(lambda response: is_ask(response.url)):
            tab.find(tab.ui.composer).fill(tab.ui.prompts.text)
            _send(tab)
        busy = tab.find(tab.ui.transcript).element_handle()
        _ = tab.page.wait_for_function("(log) => log.getAttribute('aria-busy') !== 'true'", arg=busy)
        tab.page.unroute(is_ask)
    except PlaywrightError as trouble:
        raise tab.trouble("a question that the server can't answer", trouble, "ui.send") from trouble
    tab.settle()
    # the browser tells of our own 500
    tab.errors[before:] = [error for error in tab.errors[before:] if "Failed to load resource" not in error]
    return ()


def _send(tab: Tab) -> None:
    try:
        tab.find(tab.ui.send).click(timeout=WITHIN_MS)
    except PlaywrightError:
        tab.find(tab.ui.composer).press("Enter")


_COMING: Final[dict[str, Callable[[Tab], tuple[str, ...]]]] = {
    "landing": _landing,
    "conversation": _conversation,
    "error": _error,
}


@dataclass
class _Walk:
    """Through a page's controls. A control that was visited in this theme is not visited again on the next page."""

    tab: Tab
    runs: list[Run] = field(default_factory=list[Run])
    unchanged: int = 0
    unreached: list[str] = field(default_factory=list[str])
    visited: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    pictured: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def visit(self, page: str, scheme: str) -> None:
        """Run at rest, then in each state of each control that is new."""
        self._still()
        self._examine(page, scheme)
        found: list[dict[str, Any]] = self.tab.run("() => window.__states.controls()")
        new = [at for at, one in enumerate(found) if (scheme, one["where"], one["name"]) not in self.visited]
        self.visited.update((scheme, one["where"], one["name"]) for one in found)
        said = [f"{one['role']} {one['name']!r}" for one in found]
        for at in new:
            self._hover(page, scheme, at, said[at])
        self._still()
        self._focus(page, scheme, new, said)
        for at in new:
            if found[at]["opens"]:
                self._open(page, scheme, at, said[at])

    def _still(self) -> None:
        self.tab.page.mouse.move(0, 0)
        _ = self.tab.run("() => window.__states.still()")

    def _hover(self, page: str, scheme: str, at: int, said: str) -> None:
        point: list[float] | None = self.tab.run("(at) => window.__states.point(at)", at)
        if point is None:
            self.unreached.append(f"{said} hovered [{scheme}, {page}]")
            return
        self.tab.page.mouse.move(point[0], point[1])
        within: str | None = self.tab.run("(at) => window.__states.change(at)", at)
        if within is None:
            self.unchanged += 1
            return
        self._examine(page, scheme, f"{said} hovered", within)
        self._still()

    def _focus(self, page: str, scheme: str, ats: Sequence[int], said: Sequence[str]) -> None:
        told: dict[str, Any] = self.tab.run("(ats) => window.__states.focusEach(ats)", list(ats))
        self.unchanged += int(told["unchanged"])
        self.unreached += [f"{said[at]} focused [{scheme}, {page}]" for at in told["unreached"]]
        for one in told["changed"]:
            _ = self.tab.run("(at) => window.__states.focus(at)", one["at"])
            self._examine(page, scheme, f"{said[one['at']]} focused", one["within"])
            self._still()

    def _open(self, page: str, scheme: str, at: int, said: str) -> None:
        """Open what a control opens, run on the whole page, and close it as people do."""
        if not self._click(at):
            self.unreached.append(f"{said} opened [{scheme}, {page}]")
            return
        self.tab.settle()
        self._examine(page, scheme, f"{said} opened")
        self.tab.page.keyboard.press("Escape")
        if self.tab.run("(at) => window.__states.isOpen(at)", at):
            _ = self._click(at)
        self._still()

    def _click(self, at: int) -> bool:
        point: list[float] | None = self.tab.run("(at) => window.__states.point(at)", at)
        if point is not None:
            self.tab.page.mouse.click(point[0], point[1])
        return point is not None

    def _examine(self, page: str, scheme: str, condition: str = "", within: str = "") -> None:
        ran = axe_core.run(self.tab, without=WITHOUT, within=within)
        results = ran.results
        new = {(one.rule, one.where) for one in results} - self.pictured
        if new or not condition:
            picture = self.tab.picture(
                f"{len(self.runs) + 1:02}-{page}-{scheme}",
                ", ".join(word for word in (scheme, page, condition) if word),
            )
            results = self._pictured(results, picture)
        self.pictured |= new
        self.runs.append(Run(scheme, page, condition, ran.applied, results))

    def _pictured(self, results: Sequence[AxeResult], picture: Picture) -> tuple[AxeResult, ...]:
        """Return results with the picture that each is in: the state's, or one more where it is out of view."""
        done: list[AxeResult] = []
        more = 0
        for result in results:
            box = result.box
            if box is None or _in_view(box, picture):
                done.append(replace(result, picture=picture.file))
                continue
            if more == MOST_PICTURES or (result.rule, result.where) in self.pictured:
                done.append(replace(result, box=None))
                continue
            more += 1
            there: list[float] | None = self.tab.run("(where) => window.__states.reveal(where)", result.where)
            taken = self.tab.picture(f"{picture.name}-{more}", picture.state)
            box = None if there is None else (there[0], there[1], there[2], there[3])
            done.append(replace(result, picture=taken.file, box=box))
        return tuple(done)


def _in_view(box: tuple[float, float, float, float], picture: Picture) -> bool:
    x, y, width, height = box
    return x < picture.width and y < picture.height and x + width > 0 and y + height > 0

"""One page in one context: finding things as people do, asking, waiting until it rests, taking pictures."""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Error as PlaywrightError

from harness.errors import HarnessError
from harness.judge.page.asked import Asked
from harness.judge.page.finding import Around, Picture, Spot
from harness.observe.page import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage, Locator, Page, Request

    from harness.observe.page.film import Film
    from harness.target import Target
    from harness.ui import Find, Ui

QUIET_MS = 500
SHOWN = 300  # characters of an error
CLICK_WITHIN_MS = 2_000.0
END_WITHIN_MS = 2_000.0  # an answer is whole on the page; its stream ends soon after


class LookError(HarnessError):
    """The page could not be looked at: one line with what was wanted, what was there, and what to do."""


@dataclass
class Tab:
    """A page that is open. Everything a look needs of Playwright goes through here, or through `page` itself.

    `began_s` is on the monotonic clock. `picture` files are named NAME-WHAT.png in `folder`.
    """

    page: Page
    target: Target
    url: str
    folder: Path
    name: str
    state: str
    versions: Mapping[str, str]
    film: Film | None
    began_s: float
    errors: list[str] = field(default_factory=list[str])
    foreign: dict[str, None] = field(default_factory=dict[str, None])
    pictures: list[Picture] = field(default_factory=list[Picture])
    asks: list[Request] = field(default_factory=list[Any])

    @property
    def ui(self) -> Ui:
        """The profile's page."""
        return self.target.ui

    def listen(self) -> None:
        """Begin to remember errors, foreign hosts and questions."""
        self.page.on("pageerror", lambda error: self._error(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "ERR_NAME_NOT_RESOLVED" not in message.text:  # told as a foreign host
            self._error(message.text)

    def _error(self, text: str) -> None:
        if not any(re.search(allowed, text) for allowed in self.ui.console):
            self.errors.append(text[:SHOWN])

    def _request(self, request: Request) -> None:
        at = urlsplit(request.url)
        own = {urlsplit(self.url).hostname, *self.ui.hosts}
        if at.scheme in {"http", "https", "ws", "wss"} and at.hostname not in own:
            self.foreign[at.hostname or request.url] = None
        if request.method == "POST" and at.path == self.target.api.ask:
            self.asks.append(request)

    def open(self) -> None:
        """Go to the page and wait until somebody could type."""
        try:
            _ = self.page.goto(self.url + self.ui.path, wait_until="load")
            self.find(self.ui.composer).wait_for(state="visible")
        except PlaywrightError as trouble:
            raise self.trouble("the page with its composer", trouble, "ui.composer") from trouble
        self.settle()

    def trouble(self, wanted: str, got: Exception | str, key: str) -> LookError:
        """Return what could not be found as one line."""
        first = str(got).splitlines()[0] if str(got) else type(got).__name__
        return LookError(
            f"page [{self.state}]: wanted {wanted}, got: {first}, at {self.url}{self.ui.path}; "
            f"is it there for people? then correct {key} in the profile"
        )

    def find(self, what: Find, within: Locator | None = None) -> Locator:
        """Return where something is, by the profile's words; it may be several or none."""
        root = self.page if within is None else within
        if what.css:
            return root.locator(what.css)
        role: Any = what.role
        if not what.name:
            return root.get_by_role(role)
        return root.get_by_role(role, name=re.compile(what.name, re.IGNORECASE))

    def answers(self) -> Locator:
        """Return the answers on the page, oldest first."""
        return self.find(self.ui.answer, self.find(self.ui.transcript))

    def answer(self) -> Locator:
        """Return the newest answer."""
        return self.answers().last

    def run(self, script: str, argument: Any = None) -> Any:
        """Evaluate JavaScript in the page; `__look` (reach.js) is there."""
        return self.page.evaluate(script, argument)

    def settle(self) -> None:
        """Wait until what was changed is painted and no finite animation runs."""
        self.page.evaluate("() => window.__look.settled()")

    def ask(self, question: str) -> Asked:
        """Type a question, send it as people do, and wait for the whole answer.

        A button that can't be clicked is somebody else's finding: then Enter sends it, and `by` says so.
        """
        self.find(self.ui.composer).fill(question)

        def send() -> str:
            try:
                self.find(self.ui.send).click(timeout=CLICK_WITHIN_MS)
            except PlaywrightError:
                self.find(self.ui.composer).press("Enter")
                return "Enter"
            return "click"

        return self.asked_by(question, send)

    def asked_by(self, question: str, act: Callable[[], str]) -> Asked:
        """Do something that asks, wait for the whole answer, and return all that left and came; `act` says how."""
        before, shown, began = len(self.asks), self.answers().count(), time.monotonic()
        kept = self.page.evaluate("(path) => window.__wire.count(path)", self.target.api.ask)
        by = act()
        try:
            self._answered(before, shown)
        except PlaywrightError as trouble:
            if len(self.asks) > before:
                raise self.trouble(f"an answer to {question[:60]!r}", trouble, "ui.answered") from trouble
        self.settle()
        mine = self.asks[before:]
        wanted = [self.target.api.ask, END_WITHIN_MS]
        texts: list[str] = self.page.evaluate("([path, ms]) => window.__wire.texts(path, ms)", wanted)
        document: Mapping[str, Any] = wire.document(mine[-1], texts[kept:]) if mine else {}
        sent = tuple(wire.sent(request, self.ui) for request in mine)
        return Asked(question, by, sent, document, time.monotonic() - began)

    def _answered(self, asks: int, shown: int) -> None:
        """Wait for the end of the newest answer; a question that never leaves ends it early."""
        within_ms = self.ui.answer_within_s * 1000
        self.settle()  # lets the page act, and its requests be seen
        if len(self.asks) == asks:
            _ = self.page.wait_for_event("request", self._is_ask, timeout=CLICK_WITHIN_MS)
        self.answers().nth(shown).wait_for(state="attached", timeout=within_ms)
        self._done(within_ms)

    def _is_ask(self, request: Request) -> bool:
        return request.method == "POST" and urlsplit(request.url).path == self.target.api.ask

    def _done(self, within_ms: float) -> None:
        match self.ui.answered:
            case "aria-busy":
                element = self.find(self.ui.transcript).element_handle()
                script = "(element) => element.getAttribute('aria-busy') !== 'true'"
            case "send-enabled":
                element = self.find(self.ui.send).element_handle()
                script = "(element) => !element.disabled && element.getAttribute('aria-disabled') !== 'true'"
            case "quiet":
                element = self.find(self.ui.transcript).element_handle()
                script = _QUIET % QUIET_MS
        _ = self.page.wait_for_function(script, arg=element, timeout=within_ms)

    def picture(self, what: str, state: str = "", *, full: bool = False) -> Picture:
        """Take a picture of the viewport, or of the whole page; one CSS px a pixel."""
        file = f"{self.name}-{what}.png"
        taken = self.page.screenshot(full_page=full, animations="disabled", caret="hide", scale="css")
        self.folder.mkdir(parents=True, exist_ok=True)
        _ = (self.folder / file).write_bytes(taken)
        width, height = Image.open(io.BytesIO(taken)).size
        made = Picture(what, file, width, height, state or self.state)
        self.pictures.append(made)
        return made

    def spot(self, element: Locator, picture: Picture | None = None) -> Spot:
        """Return an element's place and name; its box is that in the viewport now."""
        return spot_of(element.evaluate("(element) => window.__look.spot(element)"), picture)

    def around(self) -> Around:
        """Return what every look has beside what it looked for."""
        took = time.monotonic() - self.began_s
        return Around(self.versions, tuple(self.pictures), tuple(self.errors), tuple(self.foreign), took)


def spot_of(given: Mapping[str, Any], picture: Picture | None = None) -> Spot:
    """Return a Spot from what `__look.spot` says."""
    x, y, width, height = given["box"]
    at = Spot(given["where"], given["role"], given["name"], box=(x, y, width, height))
    return at if picture is None else replace(at, picture=picture.file)


_QUIET = """(element) => new Promise((done) => {
  let timer = 0;
  const watcher = new MutationObserver(() => again());
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { watcher.disconnect(); done(true); }, %d);
  };
  watcher.observe(element, { subtree: true, childList: true, characterData: true });
  again();
})"""

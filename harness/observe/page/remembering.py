"""Memory through the page alone: a fact is told, something else is asked, then the fact is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.remembering import AGAIN, ASIDE, NEW, RECALL, TELL, RememberingSeen, Turn
from harness.observe.facts import fact, filler
from harness.observe.page.tab import CLICK_WITHIN_MS
from harness.observe.spoken import cut, mentions, remembered, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab


def see(browser: Browser, seed: int = 1) -> RememberingSeen:
    """Tell a fact that follows from the seed, and ask for it: later, in a new conversation, and after a reload.

    LookError where a question gets no answer, or no new conversation can be begun.
    """
    value = fact(seed, 0).value
    with browser.tab("BY-04") as tab:
        prompts = tab.ui.prompts
        turns = [
            _turn(tab, TELL, prompts.tell.format(fact=value), value),
            _turn(tab, ASIDE, filler(seed, 0, 0), value),
            _turn(tab, RECALL, prompts.recall, value),
        ]
        _new(tab)
        turns.append(_turn(tab, NEW, prompts.recall, value))
        _again(tab)
        turns.append(_turn(tab, AGAIN, prompts.recall, value))
        return RememberingSeen(value, tab.ui.session, tuple(turns), tab.around())


def _turn(tab: Tab, name: str, question: str, value: str) -> Turn:
    asked = tab.ask(question)
    if not asked.document:
        got = f"status {asked.sent[-1].status}" if asked.sent else "no question left the page"
        raise tab.trouble(f"an answer to {question[:60]!r}", got, "ui.send or ui.answered")
    answer = tab.answer()
    text = answer.inner_text()
    spot = tab.spot(answer, tab.picture(name.replace(" ", "-")))
    written = words(msgspec.json.encode(asked.document))
    return Turn(
        name,
        asked.sent[-1],
        session=_session(asked.document, tab.ui.session),
        text=cut(text),
        says=remembered(text, value),
        mentions=mentions(text, value),
        written=remembered(written, value),
        spot=spot,
    )


def _session(document: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the conversation that an answer names, "" for none: in its meta, or beside it."""
    meta: Mapping[str, Any] = document.get("meta") or {}
    return next((str(part[name]) for part in (meta, document) for name in names if part.get(name)), "")


def _new(tab: Tab) -> None:
    try:
        tab.find(tab.ui.new).click(timeout=CLICK_WITHIN_MS)
    except PlaywrightError as trouble:
        raise tab.trouble("a button that begins a new conversation", trouble, "ui.new") from trouble
    tab.settle()


def _again(tab: Tab) -> None:
    try:
        _ = tab.page.reload(wait_until="load")
        tab.find(tab.ui.composer).wait_for(state="visible")
    except PlaywrightError as trouble:
        raise tab.trouble("the page with its composer after a reload", trouble, "ui.composer") from trouble
    tab.settle()

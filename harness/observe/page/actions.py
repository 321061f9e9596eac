"""Suggested actions: what is offered under an answer, and what a click, a double click and the Enter key ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.page.actions import ActionsSeen, Turn, offers
from harness.judge.page.choice import CLICK, DOUBLE, ENTER, same
from harness.observe.page import choices

if TYPE_CHECKING:
    from harness.judge.page.asked import Asked
    from harness.judge.page.choice import Choice, Pressed
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

HOWS = (CLICK, DOUBLE, ENTER)


def see(browser: Browser, *, flag: bool | None = None) -> ActionsSeen:
    """Ask, and press what is suggested in each way; `flag` says whether suggestions are switched on, None: not known.

    LookError where no question leaves the page at all.
    """
    with browser.tab("BB-06") as tab:
        turns = [_typed(tab, tab.ui.prompts.actions)]
        if flag is not False and not offers(turns[0].asked):  # a model may have nothing to add to one question
            turns.append(_typed(tab, tab.ui.prompts.text))
        for how in HOWS if flag is not False else ():
            if turns[-1].shown:
                turns.append(_pressed(tab, turns[-1], how))
        return ActionsSeen(flag, tuple(turns), tab.around())


def _typed(tab: Tab, question: str) -> Turn:
    asked = tab.ask(question)
    if not asked.sent or not asked.document:
        got = f"status {asked.sent[-1].status}" if asked.sent else "no question left the page"
        raise tab.trouble(f"an answer to {question[:60]!r}", got, "ui.send or ui.answered")
    return _seen(tab, asked, "typed")


def _pressed(tab: Tab, before: Turn, how: str) -> Turn:
    """Press the first one twice, or the last one once: a button that asks its neighbour's text shows."""
    chosen = before.shown[0] if how == DOUBLE else before.shown[-1]
    pressed = choices.press(tab, choices.within(tab.find(tab.ui.suggestions)), chosen, how)
    return _seen(tab, pressed.asked, how, pressed)


def _seen(tab: Tab, asked: Asked, how: str, pressed: Pressed | None = None) -> Turn:
    """Return the state after an answer: what is offered with it, and what is left of earlier ones."""
    groups = tab.find(tab.ui.suggestions)
    if groups.count():
        groups.last.scroll_into_view_if_needed()
        tab.settle()
    way = how.replace(" ", "-")
    picture = tab.picture(f"{len(tab.pictures) + 1}-{way}")
    answer = tab.answer().element_handle()
    found = choices.read(choices.within(groups), picture, answer)
    shown = tuple(one for one in found if one.newest)
    loose: tuple[Choice, ...] = ()
    if not shown:
        labels = {same(offer.label) for offer in offers(asked)}
        everywhere = choices.read(choices.within(tab.page.locator("body")), picture, answer)
        loose = tuple(one for one in everywhere if one.newest and same(one.text) in labels)
    return Turn(how, asked, shown, tuple(one for one in found if not one.newest), loose, pressed)

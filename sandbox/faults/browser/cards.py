"""Faults of tables on phones, and of the layout of the main controls."""

from __future__ import annotations

from sandbox.faults.fault import Expected, Fault, V

_NEEDS_SIGNOFF: Expected = ("UNKNOWN", "NEEDS_SIGNOFF")


def _cards(name: str, does: str, expected: Expected = V) -> Fault:
    return Fault(name, does, "page", "BB-04", expected, phase="bugbash")


def _layout(name: str, does: str) -> Fault:
    return Fault(name, does, "page", "BY-05", phase="bugbash")


FAULTS: tuple[Fault, ...] = (
    _cards("cards-none-on-phones", "tables become cards on tablets alone, not on a phone of 375 px"),
    _cards("cards-missing-at-767", "the border between cards and table is one px too low"),
    _cards("cards-still-at-768", "the border between cards and table is one px too high"),
    _cards("cards-labels-lost", "the cards' labels come from an attribute that nobody sets"),
    _cards("cards-too-wide", "a card is wider than a phone, so that the page scrolls sideways"),
    _cards("cards-and-table", "a list of cards is added for phones, and the table stays"),
    _cards("cards-drop-columns", "cards show no more than three values of a row"),
    _cards("cards-drop-rows", "no more than three rows become cards"),
    _cards("cards-small-print", "the text of cards is 10 px high"),
    _cards("cards-small-tools", "the buttons above a table are 17 px high on a phone"),
    _cards("cards-header-not-back", "the header that cards don't need stays away when the window is wide again"),
    _cards("cards-roles-implicit", "what is laid out as cards is a table by its elements alone", _NEEDS_SIGNOFF),
    _layout("layout-badge-over-send", "a badge lies over the send button in windows of about 1280 px"),
    _layout("layout-send-outside", "the send button is beyond the side of a screen of 375 px"),
    _layout("layout-notice-over-composer", "a notice at the foot of a screen of 320 px covers the composer"),
    _layout("layout-theme-over-new", "at 768 px the theme's button lies on that for a new conversation"),
    _layout("layout-new-gone", "a screen of 320 px has no button for a new conversation"),
    _layout("layout-send-untouchable", "in wide windows the send button lets clicks through"),
)

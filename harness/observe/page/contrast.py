"""The page in both themes, before and after questions: at rest, each control under the pointer, each in focus."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from harness.judge.page import paint
from harness.judge.page.contrast import AxeSaid, ContrastSeen
from harness.judge.page.finding import Spot
from harness.judge.page.paint import Edge, Icon, Text
from harness.observe.page import axe, colours, components, pixels, theme
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.page.axe import AxeResult
    from harness.judge.page.finding import Around, Picture
    from harness.observe.page.browser import Browser
    from harness.observe.page.colours import Reading
    from harness.observe.page.tab import Tab
    from harness.observe.page.theme import Scheme

NAME: Final = "AX-05"
RULE: Final = "color-contrast"
MOST: Final = 60  # controls visited in one state of the page
SHOWN: Final = 160  # characters of what axe says


@dataclass
class _Found:
    """What was read so far."""

    texts: list[Text] = field(default_factory=list[Text])
    edges: list[Edge] = field(default_factory=list[Edge])
    icons: list[Icon] = field(default_factory=list[Icon])
    axe: list[AxeSaid] = field(default_factory=list[AxeSaid])
    states: list[str] = field(default_factory=list[str])
    visits: int = 0
    missed: int = 0

    def record(self, around: Around) -> ContrastSeen:
        """Return it as the judge takes it."""
        return ContrastSeen(
            texts=tuple(self.texts),
            edges=tuple(self.edges),
            icons=tuple(self.icons),
            axe=tuple(self.axe),
            states=tuple(self.states),
            visits=self.visits,
            missed=self.missed,
            around=around,
        )


def see(browser: Browser) -> ContrastSeen:
    """Read all colours in all states; LookError where the page or its theme's control can't be used."""
    found = _Found()
    with browser.tab(NAME, State(scale=colours.SCALE, film=False, scripts=colours.SCRIPTS)) as tab:
        theme.switch(tab, "light")
        _ = components.landing(tab)
        components.whole(tab)
        _ = _look(tab, found, "light, nothing asked")
        _answered(tab, found, "light")
        components.refused(tab)
        _ = components.conversation(tab)
        components.whole(tab)
        _ = _look(tab, found, "light, an error")
        theme.switch(tab, "dark")
        colours.forget(tab)
        _ = _look(tab, found, "dark, an error")
        _answered(tab, found, "dark")
        if components.anew(tab):
            _ = components.landing(tab)
            _ = _look(tab, found, "dark, nothing asked")
        return found.record(tab.around())


def _answered(tab: Tab, found: _Found, scheme: Scheme) -> None:
    """Look at an answer with all kinds of blocks, and let axe look at it too."""
    _ = components.rich(tab)
    _ = components.conversation(tab)
    components.whole(tab)
    state = f"{scheme}, an answer"
    _by_axe(tab, found, state, _look(tab, found, state))


def _look(tab: Tab, found: _Found, state: str) -> Picture:
    """Read the page at rest, then with each control that is new under the pointer, then with each in focus."""
    theme.freeze(tab)
    tab.page.mouse.move(0, 0)
    picture = tab.picture(re.sub(r"\W+", "-", state), state)
    found.states.append(state)
    _take(tab, found, colours.read(tab, state, picture), picture)
    controls: Sequence[Mapping[str, Any]] = tab.run("() => window.__shapes.controls()")
    found.missed += max(0, len(controls) - MOST)
    for control in controls[:MOST]:
        if control["point"] is None:
            continue
        tab.page.mouse.move(*control["point"])
        _visit(tab, found, f"{state}, {_called(control)} under the pointer")
    tab.page.mouse.move(0, 0)
    for number, control in enumerate(controls[:MOST]):
        _ = tab.run("(number) => window.__shapes.focus(number)", number)
        _visit(tab, found, f"{state}, {_called(control)} in focus")
    _ = tab.run("() => window.__shapes.blur()")
    tab.settle()
    return picture


def _visit(tab: Tab, found: _Found, state: str) -> None:
    found.visits += 1
    _take(tab, found, colours.read(tab, state), None)


def _take(tab: Tab, found: _Found, reading: Reading, picture: Picture | None) -> None:
    """Keep what was read; where pixels have to tell, or something is too pale, of the state as it is now."""
    reading = replace(reading, texts=pixels.settle(tab, reading.texts))
    if picture is None and _notable(reading):
        state = (*reading.texts, *reading.edges, *reading.icons)[0].state
        picture = tab.picture(f"state-{len(tab.pictures)}", state)
        reading = colours.pictured(reading, picture)
    found.texts += reading.texts
    found.edges += reading.edges
    found.icons += reading.icons if picture is None else colours.drawings(tab, reading.icons, picture)


def _notable(reading: Reading) -> bool:
    return (
        any(paint.pale(text) or text.doubts for text in reading.texts)
        or any(paint.edge_ratio(edge) < paint.CONTROL for edge in reading.edges)
        or any((paint.icon_ratio(icon) or 0.0) < paint.CONTROL for icon in reading.icons)
    )


def _by_axe(tab: Tab, found: _Found, state: str, picture: Picture) -> None:
    """Add what axe says of the page at rest, with our own readings of the same places."""
    results = axe.run(tab, only=(RULE,))
    if not results:
        return
    wheres = [result.where for result in results]
    places: Sequence[Mapping[str, Any]] = tab.run("(wheres) => window.__shapes.texts(wheres)", wheres)
    texts: list[Text] = []
    for result, place in zip(results, places, strict=True):
        read = [colours.text_of(given, state, picture) for given in place["texts"]]
        doubt = (f"axe can't tell: {_flat(result)}",) if result.kind == "incomplete" else ()
        texts += [replace(text, doubts=(*text.doubts, *doubt)) for text in read]
    settled = iter(pixels.settle(tab, texts))
    for result, place in zip(results, places, strict=True):
        spot = Spot(result.where) if place["spot"] is None else spot_of(place["spot"], picture)
        own = tuple(next(settled) for _ in place["texts"])
        found.axe.append(AxeSaid(result.kind, spot, _flat(result), state, own))


def _flat(result: AxeResult) -> str:
    return " ".join(result.summary.split())[:SHOWN]


def _called(control: Mapping[str, Any]) -> str:
    spot = spot_of(control["spot"])
    return f"{spot.role} {spot.name!r}"

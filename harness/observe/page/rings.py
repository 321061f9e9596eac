"""Walk the page with the Tab key and measure what each stop shows: light, dark, and in forced colours.

A stop is first measured quickly, in the part of the window around it. Only one that shows too little so is measured
again with time for what scripts draw late, and over the whole window for what is drawn far away.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page import ring_pixels
from harness.judge.page.finding import joined
from harness.judge.page.ring_pixels import CONTRAST, NEAR_PX
from harness.judge.page.rings import RingsSeen, Stop
from harness.observe.page import landing, ring_shots, scripts, theme
from harness.observe.page.browser import State
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from harness.judge.page.finding import Around, Box, Picture
    from harness.judge.page.ring_pixels import Mask, Shots
    from harness.observe.page.browser import Browser, Scheme
    from harness.observe.page.ring_shots import Taken
    from harness.observe.page.tab import Tab

    Keep: TypeAlias = Callable[[Shots, Box], Picture]
    Part: TypeAlias = tuple[tuple[Stop, ...], tuple[str, ...], Around]

MOST: Final = 120  # stops: a page with more is walked as far
LATE_MS: Final = 250.0  # a ring that a script draws later than this is no answer to a key
PATIENT: Final = 6  # after so many stops in a row where waiting changed nothing, the page draws no late rings
ASIDE_PX: Final = 8.0  # where another stop has focus instead: its ring is none of this one's
ROWS: Final = "Month | Rent | Food\nMay | 900 | 310\nJune | 900 | 295\nJuly | 950 | 330\nAugust | 950 | 320"


def see(browser: Browser) -> RingsSeen:
    """Measure every stop of the landing page and of a conversation, light and dark; in forced colours, of the latter.

    LookError: the page, an answer or the dark theme can't be had.
    """
    parts = [_themed(browser, "light"), _themed(browser, "dark"), _forced(browser)]
    return RingsSeen(
        tuple(stop for part in parts for stop in part[0]),
        tuple(state for part in parts for state in part[1]),
        joined(*(part[2] for part in parts)),
    )


def stops(page: Page, state: str = "", *, keep: Keep | None = None, most: int = MOST) -> tuple[Stop, ...]:
    """Return every stop of the Tab key from the page's top to its end, measured, in order.

    `state` is noted with each. `keep` is given the shots of a stop that shows too little and the part of the window it
    lies in, and returns the picture that it kept of them. The page is left as it was, with nothing focused.
    """
    for script in ("reach.js", "rings.js"):
        page.evaluate(scripts.text(script))
    page.mouse.move(0, 0)  # what is hovered looks different
    return _Walk(page, state, keep).walk(most)


def _themed(browser: Browser, scheme: Scheme) -> Part:
    with browser.tab(f"AX-03-{scheme}", State(scheme=scheme, film=False)) as tab:
        if scheme == "dark":
            theme.switch(tab, "dark")
        states = (f"{scheme}, landing", f"{scheme}, conversation")
        landing.complete(tab)
        begun = _walked(tab, states[0])
        _converse(tab)
        return begun + _walked(tab, states[1]), states, tab.around()


def _forced(browser: Browser) -> Part:
    with browser.tab("AX-03-forced-colours", State(forced_colors=True, film=False)) as tab:
        state = "forced colours, conversation"
        _converse(tab)
        return _walked(tab, state), (state,), tab.around()


def _converse(tab: Tab) -> None:
    """Get a table with its toolbar, a rating and suggestions onto the page."""
    asked = tab.ask(tab.ui.prompts.table.format(rows=ROWS))
    if not asked.actions:
        _ = tab.ask(tab.ui.prompts.actions)


def _walked(tab: Tab, state: str) -> tuple[Stop, ...]:
    what = state.rpartition(", ")[2]
    _ = tab.picture(what, state)

    def keep(shots: Shots, crop: Box) -> Picture:
        return ring_shots.beside(tab, f"{what}-stop-{len(tab.pictures)}", state, shots, crop)

    return stops(tab.page, state, keep=keep)


@dataclass(slots=True)
class _Here:
    """Where the Tab key stands: what is known before a shot is taken. Boxes are in the window."""

    stop: Stop
    box: Box
    crop: Box | None  # what lies near it, as far as it is in the window
    foreign: bool


@dataclass(slots=True)
class _Walk:
    """One walk from before the page to its end."""

    page: Page
    state: str
    keep: Keep | None
    pressed: int = 0
    patience: int = PATIENT

    def walk(self, most: int) -> tuple[Stop, ...]:
        found: list[Stop] = []
        _ = ring_shots.call(self.page, "begin")
        try:
            for _ in range(most):
                self.page.keyboard.press("Tab")
                self.pressed += 1
                told: dict[str, Any] | None = ring_shots.call(self.page, "arrive")
                if told is None:
                    break
                if not told["again"]:
                    found.append(self._measured(self._here(told)))
        finally:
            with suppress(PlaywrightError):  # whatever broke the walk is told, not this
                _ = ring_shots.call(self.page, "end")
        return tuple(found)

    def _here(self, told: dict[str, Any]) -> _Here:
        x, y, width, height = told["box"]
        across, down = told["window"]
        seen = _inside((x, y, width, height), across, down) or (0.0, 0.0, 0.0, 0.0)
        around = (x - NEAR_PX, y - NEAR_PX, width + 2 * NEAR_PX, height + 2 * NEAR_PX)
        stop = Stop(
            spot_of(told["spot"]),
            self.state,
            ring_pixels.needed(seen[2], seen[3]),
            caret=told["caret"],
            covered=told["cover"],
            unseen=told["unseen"],
        )
        return _Here(stop, (x, y, width, height), _inside(around, across, down), told["foreign"])

    def _measured(self, here: _Here) -> Stop:
        if here.foreign:
            return replace(here.stop, trouble="it is in a frame of another origin")
        quick = None if here.crop is None else ring_shots.in_place(self.page, here.crop)
        if quick is not None:
            ring = ring_pixels.change(quick.shots, here.stop.needed)
            if ring.reached >= CONTRAST:
                return replace(here.stop, ring=ring)
        elif here.crop is not None:
            return self._by_tab(here)
        return self._carefully(here)

    def _carefully(self, here: _Here) -> Stop:
        """Measure once more, with time for late rings, over the whole window."""
        taken = ring_shots.in_place(self.page, wait_ms=LATE_MS if self.patience else 0.0)
        if taken is None:
            return self._by_tab(here)
        boxes = [here.box] if taken.bearer is None else [here.box, taken.bearer]
        twice = self._seen_twice(taken)
        where = ring_pixels.near(twice.shape, boxes)
        ring = ring_pixels.change(taken.shots, here.stop.needed, where & twice)
        elsewhere = ring_pixels.change(taken.shots, here.stop.needed, ~where & twice)
        self.patience = PATIENT if ring.reached >= CONTRAST else max(0, self.patience - 1)
        return self._kept(here, replace(here.stop, ring=ring, elsewhere=elsewhere.strong), taken)

    def _seen_twice(self, taken: Taken) -> Mask:
        """Return where a second look agrees; only beside what moves by itself, which agrees by chance now and then."""
        if not ring_pixels.restless(taken.shots):
            return ring_pixels.shown(taken.shots)
        again = ring_shots.in_place(self.page, wait_ms=LATE_MS if self.patience else 0.0)
        return ring_pixels.shown(taken.shots if again is None else again.shots)

    def _by_tab(self, here: _Here) -> Stop:
        """Measure with the Tab key alone; what the stop that has focus meanwhile shows is left out."""
        taken = ring_shots.by_tab(self.page, lambda: self._reached(here), LATE_MS)
        if taken is None:
            stop = replace(here.stop, trouble="without focus it is gone, or can't be given focus again")
        else:
            where = ring_pixels.near(taken.shots.focused.shape, [here.box], ASIDE_PX)
            if taken.other is not None:
                where &= ~ring_pixels.near(where.shape, [taken.other], ASIDE_PX)
            ring = ring_pixels.change(taken.shots, here.stop.needed, where)
            stop = self._kept(here, replace(here.stop, ring=ring), taken)
        if not ring_shots.call(self.page, "back", 0.0):
            _ = self._reached(here)
        return stop

    def _reached(self, here: _Here) -> bool:
        """Walk to a stop once more from before the page; tell whether it is the same one."""
        _ = ring_shots.call(self.page, "start")
        for _ in range(self.pressed):
            self.page.keyboard.press("Tab")
        told: dict[str, Any] | None = ring_shots.call(self.page, "stand")
        if told is None or told["spot"]["where"] != here.stop.spot.where:
            return False
        now = self._here(told)
        here.box, here.crop = now.box, now.crop
        return True

    def _kept(self, here: _Here, stop: Stop, taken: Taken) -> Stop:
        """Return the stop, with a picture if it shows too little."""
        if self.keep is None or here.crop is None or stop.ring.reached >= CONTRAST:
            return stop
        picture = self.keep(taken.shots, here.crop)
        x, y, width, height = here.box
        box = (x - here.crop[0], y - here.crop[1], width, height)
        return replace(stop, spot=replace(stop.spot, picture=picture.file, box=box))


def _inside(box: Box, across: float, down: float) -> Box | None:
    """Return the part of a box that lies in the window, in whole px; None where none does."""
    x, y, width, height = box
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(math.floor(across), math.ceil(x + width)), min(math.floor(down), math.ceil(y + height))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None

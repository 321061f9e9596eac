"""Shots of a stop of the Tab key with focus and without, and the picture that shows a person both.

Focus is taken away in place where that works. Where it does not (a menu closes, or focus can't be given back by
script), the Tab key takes it away and Shift+Tab brings it back, as people would.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from harness.judge.page import ring_pixels
from harness.judge.page.finding import Picture
from harness.judge.page.ring_pixels import Shots

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from harness.judge.page.finding import Box
    from harness.judge.page.ring_pixels import Pixels
    from harness.observe.page.tab import Tab

GAP_PX: Final = 8  # between the two halves of a picture
_BETWEEN: Final = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Taken:
    """Four shots, `bearer` (what around the stop is drawn otherwise without focus) and who had focus instead."""

    shots: Shots
    bearer: Box | None = None
    other: Box | None = None


def call(page: Page, name: str, argument: float | None = None) -> Any:
    """Run one of the functions of rings.js."""
    return page.evaluate(f"(argument) => window.__rings.{name}(argument)", argument)


def shot(page: Page, clip: Box | None = None) -> Pixels:
    """Return a shot of a part of the window, or of all of it; transitions are shown at their end."""
    if clip is None:
        taken = page.screenshot(animations="disabled", caret="hide", scale="css")
    else:
        x, y, width, height = clip
        taken = page.screenshot(
            clip={"x": x, "y": y, "width": width, "height": height}, animations="disabled", caret="hide", scale="css"
        )
    return np.asarray(Image.open(io.BytesIO(taken)).convert("RGB"))


def in_place(page: Page, clip: Box | None = None, wait_ms: float = 0.0) -> Taken | None:
    """Shoot the stop that has focus, taking focus away by script; it has focus again at the end.

    `wait_ms` is given to late rings before each shot. None: focus could not be taken away and given back.
    """
    if wait_ms:
        _ = call(page, "returned", wait_ms)
    focused = shot(page, clip)
    without: dict[str, Any] = call(page, "leave", wait_ms)
    left = shot(page, clip)
    if not call(page, "back", wait_ms) or not without["gone"]:
        return None
    bearer = _box(without["bearer"])
    if ring_pixels.same(focused, left):
        return Taken(Shots(focused, left, focused, left), bearer)
    again = shot(page, clip)
    _ = call(page, "leave", wait_ms)
    left_again = shot(page, clip)
    _ = call(page, "back", 0.0)
    return Taken(Shots(focused, left, again, left_again), bearer)


def by_tab(page: Page, reach: Callable[[], bool], wait_ms: float) -> Taken | None:
    """Shoot the whole window at the stop that `reach` goes to, taking focus away by the Tab key.

    None: it can't be reached, or not be come back to, or it is gone as soon as focus is.
    """
    if not reach():
        return None
    _ = call(page, "returned", wait_ms)
    focused = shot(page)
    without = _press(page, "Tab", "left", wait_ms)
    left = shot(page)
    if not without["there"] or not _press(page, "Shift+Tab", "returned", wait_ms):
        return None
    again = shot(page)
    _ = _press(page, "Tab", "left", wait_ms)
    return Taken(Shots(focused, left, again, shot(page)), _box(without["bearer"]), _box(without["other"]))


def beside(tab: Tab, what: str, state: str, shots: Shots, crop: Box) -> Picture:
    """Keep a picture of a part of the window: with focus on the left, without on the right."""
    left, top, width, height = (round(side) for side in crop)
    made = Image.new("RGB", (2 * width + GAP_PX, height), _BETWEEN)
    for at, pixels in ((0, shots.focused), (width + GAP_PX, shots.left)):
        made.paste(Image.fromarray(pixels).crop((left, top, left + width, top + height)), (at, 0))
    file = f"{tab.name}-{what}.png"
    tab.folder.mkdir(parents=True, exist_ok=True)
    made.save(tab.folder / file)
    picture = Picture(what, file, made.width, made.height, state)
    tab.pictures.append(picture)
    return picture


def _press(page: Page, key: str, then: str, wait_ms: float) -> Any:
    page.keyboard.press(key)
    return call(page, then, wait_ms)


def _box(given: Any) -> Box | None:
    if given is None:
        return None
    x, y, width, height = given
    return (float(x), float(y), float(width), float(height))

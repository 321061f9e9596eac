"""The page in light, in dark, loaded again, back in light; and fresh where the system prefers dark."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.judge.page import wcag
from harness.judge.page.dark import DarkSeen, Reloaded
from harness.judge.page.finding import joined
from harness.observe.page import colours, components, pixels, theme
from harness.observe.page.browser import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.page.finding import Picture
    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

NAME: Final = "BB-05"
_EVERY: Final = 4  # of a picture's pixels, each fourth both ways: the ground is most of them


def see(browser: Browser) -> DarkSeen:
    """Look at all components in both themes; LookError where the page or its theme's control can't be used."""
    with browser.tab(NAME, State(scale=colours.SCALE, scripts=(*colours.SCRIPTS, "first_paint.js"))) as tab:
        seen = _in_dark(tab, _in_light(tab))
        if seen.changed:
            seen = _back(tab, _again(tab, seen))
        seen = replace(seen, around=tab.around())
    if not seen.changed or not browser.target.ui.theme.follows_system:
        return seen
    with browser.tab(f"{NAME}-system", State(scheme="dark", film=False)) as tab:
        ground = _ground(tab, tab.picture("fresh", "dark by the system, nothing chosen"))
        return replace(seen, system=ground, around=joined(seen.around, tab.around()))


def _in_light(tab: Tab) -> DarkSeen:
    """Put the page into light, and ask what shows all components."""
    theme.freeze(tab)
    _ = theme.turn(tab, "light")
    parts = components.landing(tab)
    surfaces = colours.surfaces(tab, tab.picture("light-landing", "light, nothing asked"))
    components.refused(tab)
    _ = components.rich(tab)
    parts += components.conversation(tab)
    components.whole(tab)
    picture = tab.picture("light", "light")
    return DarkSeen(
        light=_ground(tab, picture),
        dark=0.0,
        in_light=(*surfaces, *colours.surfaces(tab, picture)),
        parts=tuple(dict.fromkeys(parts)),
        control_light=theme.control(tab),
    )


def _in_dark(tab: Tab, seen: DarkSeen) -> DarkSeen:
    _ = theme.turn(tab, "dark")
    picture = tab.picture("dark", "dark")
    told = theme.control(tab, picture)
    seen = replace(seen, dark=_ground(tab, picture), control_dark=told)
    if not seen.changed:
        return seen
    red, green, blue, alpha = tab.run("() => { window.__colours.begin(); return window.__colours.canvas(); }")
    return replace(_read(tab, seen, "dark", picture), canvas=(float(red), float(green), float(blue), float(alpha)))


def _again(tab: Tab, seen: DarkSeen) -> DarkSeen:
    """Load the page again: is it dark at once, and can what was there before any question be read?"""
    components.reload(tab)
    frames: Sequence[Sequence[float]] | None = tab.run(_FRAMES)
    first, now = (None, None) if frames is None else (_lightness(frames[0]), _lightness(frames[1]))
    theme.freeze(tab)
    _ = components.landing(tab)
    picture = tab.picture("dark-again", "dark, loaded again")
    ground = _ground(tab, picture)
    seen = replace(seen, reloaded=Reloaded(ground, first, now))
    return seen if seen.is_light(ground) else _read(tab, seen, "dark, nothing asked", picture)


def _back(tab: Tab, seen: DarkSeen) -> DarkSeen:
    return replace(seen, back=theme.turn(tab, "light"))


def _read(tab: Tab, seen: DarkSeen, state: str, picture: Picture) -> DarkSeen:
    """Add what is new on the page in dark."""
    found = colours.read(tab, state, picture)
    return replace(
        seen,
        in_dark=(*seen.in_dark, *colours.surfaces(tab, picture)),
        texts=(*seen.texts, *pixels.settle(tab, found.texts)),
        icons=(*seen.icons, *colours.drawings(tab, found.icons, picture)),
    )


def _ground(tab: Tab, picture: Picture) -> float:
    """Return the luminance of the ground in a picture."""
    return pixels.lightness(pixels.of(tab, picture)[::_EVERY, ::_EVERY]) or 0.0


def _lightness(colour: Sequence[Any]) -> float:
    return wcag.lightness((float(colour[0]), float(colour[1]), float(colour[2])))


_FRAMES: Final = """() => {
  window.__colours.begin();
  const { rgba, canvas } = window.__colours;
  const { frames, ground } = window.__firstPaint;
  const shown = (grounds) => grounds.map(rgba).find((colour) => colour[3] > 0) ?? canvas();
  return frames.length > 0 ? [shown(frames[0]), shown(ground())] : null;
}"""

"""The page's theme: which it is, what its control says, and switching it, proved by what is seen.

Whether a page is dark is read from its picture, not from a class or a colour scheme: a page may say one and show the
other.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Error as PlaywrightError

from harness.judge.page import wcag
from harness.judge.page.dark import Control
from harness.observe.page import scripts
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from harness.judge.page.finding import Picture
    from harness.observe.page.tab import Tab

Scheme = Literal["light", "dark"]

TRIES: Final = 3  # a control may go round light, dark and the system's
_EVERY: Final = 4  # of a picture's pixels, each fourth both ways: the ground is most of them


def freeze(tab: Tab) -> None:
    """Stop transitions and animations for good: a colour on its way is no colour of the theme."""
    _ = tab.run(scripts.text("freeze.js"))


def ground(tab: Tab) -> float:
    """Return the luminance (0 black, 1 white) of the page's ground: the median of the viewport's."""
    taken = tab.page.screenshot(animations="disabled", caret="hide", scale="css")
    pixels = np.asarray(Image.open(io.BytesIO(taken)).convert("RGB"))[::_EVERY, ::_EVERY]
    return float(np.median(wcag.luminance(pixels)))


def scheme(luminance: float) -> Scheme:
    """Return which theme a ground of this luminance is."""
    return "dark" if luminance < wcag.MIDDLE else "light"


def now(tab: Tab) -> Scheme:
    """Return which theme is seen."""
    return scheme(ground(tab))


def switch(tab: Tab, to: Scheme) -> None:
    """Put the page into a theme, where it is not yet; transitions are frozen before.

    LookError where the picture stays as it was: what comes next would look at the wrong theme.
    """
    freeze(tab)
    seen = turn(tab, to)
    if scheme(seen) != to:
        raise tab.trouble(f"the page in {to}", f"a ground of luminance {seen:.2f}", "ui.theme")


def turn(tab: Tab, to: Scheme) -> float:
    """Use the control until the page is seen in a theme, at most a few times; returns its ground's luminance then."""
    seen = ground(tab)
    for _ in range(TRIES):
        if scheme(seen) == to:
            break
        act(tab, to)
        seen = ground(tab)
    return seen


def act(tab: Tab, to: Scheme) -> None:
    """Use the control once, as people do, whatever comes of it; LookError where it can't be used."""
    theme = tab.ui.theme
    try:
        match theme.kind:
            case "system":
                tab.page.emulate_media(color_scheme=to)
            case "toggle":
                tab.find(theme.find).first.click()
            case "select":
                _choose(tab, theme.dark if to == "dark" else theme.light)
    except PlaywrightError as trouble:
        raise tab.trouble("the control of the theme", trouble, "ui.theme") from trouble
    tab.settle()


def control(tab: Tab, picture: Picture | None = None) -> Control | None:
    """Return what the control says; None where the theme is the system's alone, or no control is there."""
    if tab.ui.theme.kind == "system":
        return None
    found = tab.find(tab.ui.theme.find)
    if found.count() == 0:
        return None
    told: dict[str, Any] = found.first.evaluate(_TOLD)
    return Control(spot_of(told["spot"], picture), told["states"], told["chosen"])


def _choose(tab: Tab, name: str) -> None:
    """Choose an option by its value or its text; in a list that is not native, open it first."""
    listed = tab.find(tab.ui.theme.find).first
    at: int | None = listed.evaluate(_OPTION, name)
    if at is None:
        listed.click()
        tab.page.get_by_role("option", name=name).or_(tab.page.get_by_role("menuitemradio", name=name)).first.click()
    else:
        _ = listed.select_option(index=at)


_OPTION: Final = """(list, wanted) => {
  if (list.localName !== "select") return null;
  const same = (text) => text.trim().toLowerCase() === wanted.trim().toLowerCase();
  const at = [...list.options].findIndex((one) => same(one.value) || same(one.label));
  return at < 0 ? null : at;
}"""

_TOLD: Final = """(control) => {
  const states = {};
  for (const state of ["aria-pressed", "aria-checked", "aria-selected"]) {
    if (control.hasAttribute(state)) states[state] = control.getAttribute(state);
  }
  if (control.matches("input[type=checkbox], input[type=radio]")) states["aria-checked"] = String(control.checked);
  const inner = control.querySelector(":checked, [aria-checked=true], [aria-selected=true]");
  const named = inner?.label ?? inner?.getAttribute("aria-label") ?? inner?.labels?.[0]?.textContent;
  const chosen = named ?? inner?.textContent;
  return { spot: window.__look.spot(control), states, chosen: (chosen ?? control.value ?? "").trim() };
}"""

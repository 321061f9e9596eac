"""Running axe-core in every frame of a page, with nothing lost on the way back.

The package that brings axe-core puts it into the outermost frame alone and asks for violations alone. Here it runs in
each frame of the target's own hosts, arguments go as values, and what axe is not sure of comes back too.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.axe import FOREIGN, UNTESTED, AxeResult
from harness.observe.page import scripts, theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame

    from harness.observe.page.tab import Tab

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
PROBE_MS: Final = 1_000.0  # a frame that is closed to scripts never answers; evaluate alone would wait for ever
FRAME_MS: Final = 5_000
MEDIA_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run found, and how many rules had something to apply to."""

    results: tuple[AxeResult, ...]
    applied: int


def run(tab: Tab, *, only: tuple[str, ...] = (), without: tuple[str, ...] = (), within: str = "") -> Ran:
    """Run axe on the page as it is now, transitions ended.

    `only` are the rules to run, else all of WCAG 2.1 A and AA but those in `without`, and whether all frames were
    tested. `within` is the selector of a part of the page, cut to what lies outside of frames and shadow roots.
    LookError where axe can't run in the outermost frame.
    """
    theme.freeze(tab)
    try:
        foreign = tuple(_injected(tab, tab.page.main_frame))
        asked = {"within": within.partition(" >> ")[0], "options": _options(only, without)}
        told: dict[str, Any] = tab.run(scripts.text("axe_run.js"), asked)
    except PlaywrightError as trouble:
        raise tab.trouble("the results of axe-core", trouble, "ui.path") from trouble
    tab.versions = {**tab.versions, "axe-core": str(told["version"])}
    results = msgspec.convert(told["results"], tuple[AxeResult, ...])
    if only:
        return Ran(results, told["applied"])
    theirs = {one.where for one in foreign}
    own = tuple(one for one in results if one.rule != UNTESTED or one.where not in theirs)
    return Ran((*own, *foreign), told["applied"])


@cache
def _source() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def _injected(tab: Tab, frame: Frame) -> Iterator[AxeResult]:
    """Put axe into a frame and those in it; return the frames of other hosts, which are left alone."""
    if not frame.evaluate("() => Boolean(window.axe?.run)"):
        _ = frame.evaluate(_source())
    # frames tell each other their results; a blank frame's origin is none that axe would know as the same
    _ = frame.evaluate("() => window.axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] })")
    for child in frame.child_frames:
        with suppress(PlaywrightError):  # gone meanwhile, or closed to scripts: then axe says that it was not tested
            if host := _foreign(tab, child):
                yield _left_alone(child, host)
            else:
                _ = child.wait_for_function("() => true", timeout=PROBE_MS)
                yield from _injected(tab, child)


def _foreign(tab: Tab, frame: Frame) -> str:
    """Return whose a frame is, "" for the target's own."""
    at = urlsplit(frame.url)
    if at.scheme == "chrome-error":
        return "a page that did not load"
    own = {urlsplit(tab.url).hostname, *tab.ui.hosts}
    return (at.hostname or frame.url) if at.scheme in {"http", "https"} and at.hostname not in own else ""


def _left_alone(frame: Frame, host: str) -> AxeResult:
    spot: dict[str, Any] = frame.frame_element().evaluate("(frame) => window.__look.spot(frame)")
    told = {"rule": FOREIGN, "kind": "incomplete", "summary": host, "help": "All frames must be tested"}
    return msgspec.convert({**spot, **told}, AxeResult)


def _options(only: tuple[str, ...], without: tuple[str, ...]) -> dict[str, Any]:
    common: dict[str, Any] = {
        "resultTypes": ["violations", "incomplete"],  # all nodes of both; of the others one each
        "frameWaitTime": FRAME_MS,
        "preload": {"assets": ["media"], "timeout": MEDIA_MS},  # style sheets are read by rules that don't run here
    }
    if only:
        rules = [rule for rule in only if rule not in without]
        return {**common, "runOnly": {"type": "rule", "values": rules}}
    switched = {rule: {"enabled": False} for rule in without}
    return {
        **common,
        "runOnly": {"type": "tag", "values": list(TAGS)},
        "rules": {**switched, UNTESTED: {"enabled": True}},  # a best practice by its tags, so it has to be named
    }

"""The decision's page in a real Chromium: its first screen, both themes, a phone, and our own looks pointed at it.

How it is used with a keyboard, read aloud, enlarged and kept still: test_decision_page_used.
"""

from __future__ import annotations

import datetime
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from PIL import Image

from harness.judge.page import contrast as contrast_judge
from harness.judge.page import fitting as fitting_judge
from harness.judge.page import reflow as reflow_judge
from harness.judge.page import rings as rings_judge
from harness.judge.page import targets as targets_judge
from harness.judge.page.contrast import ContrastSeen
from harness.judge.page.finding import Excused
from harness.judge.page.rings import RingsSeen
from harness.judge.page.targets import TargetsSeen
from harness.observe.page import axe_core, colours, components, fitting, pixels, rings, targets
from harness.report.deciding.model import BrokenGlass
from harness.verdict import Outcome
from tests.pages.decided import COMMAND

if TYPE_CHECKING:
    from harness.observe.page.tab import Tab
    from harness.report.deciding.model import Decision
    from tests.pages.decided import Scheme, Shower

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = ((1280, 800), (375, 812))
EXCUSED = Excused("2026-01-01")
WANTED = {
    "what failed": "P2-SLO-01",
    "how much": "6.75% above 1.5 s, allowed up to 5% above 1.5 s",
    "how sure": "interval 6.04% to 7.52%, from 4,800 requests, chance of a false alarm at most 0.2%",
    "since when": "2026-11-24 20:30:00 UTC",
    "who": "L2, Grace Hopper",
    "what next": COMMAND,
}


def wide(tab: Tab) -> tuple[int, int]:
    """How wide the page is, and its window."""
    found: list[int] = tab.run("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return found[0], found[1]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_the_first_screen_of_a_no_go_tells_all_there_is_to_act_on(
    size: tuple[int, int], scheme: Scheme, show: Shower
) -> None:
    tab = show(size, scheme)
    assert tab.page.locator("h1").inner_text().startswith("NO GO")
    taken = Image.open(io.BytesIO(tab.page.screenshot(scale="css"))).convert("RGB")
    first = tab.page.locator(".told, .next")
    for asked, said in WANTED.items():
        box = first.get_by_text(said).first.bounding_box()
        assert box is not None, asked
        right, bottom = box["x"] + box["width"], box["y"] + box["height"]
        assert 0 <= box["x"] <= right <= size[0], (asked, box)
        assert 0 <= box["y"] <= bottom <= size[1], (asked, box)
        part = taken.crop((int(box["x"]), int(box["y"]), int(right), int(bottom)))
        assert len(cast("list[Any]", part.getcolors(1 << 24))) > 2, f"{asked} is not painted"
    assert wide(tab)[0] <= wide(tab)[1]
    assert tab.errors == []
    assert not tab.foreign


def test_a_promotion_without_go_stands_above_all(show: Shower, decided: Decision) -> None:
    now = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
    made = replace(decided, break_glass=(BrokenGlass("Lin", "users are down", now, now),))
    tab = show((375, 812), "light", made=made)
    banner, title = tab.page.locator(".glass").bounding_box(), tab.page.locator("h1").bounding_box()
    assert banner is not None
    assert title is not None
    assert banner["y"] + banner["height"] <= title["y"]
    assert "PROMOTED WITHOUT GO" in tab.page.locator(".glass").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_charts_and_pictures_are_drawn_in_the_themes_colours(scheme: Scheme, show: Shower) -> None:
    tab = show((1280, 800), scheme)
    told: dict[str, Any] = tab.run(
        """() => ({
          charts: [...document.querySelectorAll(".drawn")].map((one) => one.getBoundingClientRect().height),
          ink: getComputedStyle(document.querySelector(".drawn text")).fill,
          body: getComputedStyle(document.body).color,
          clipped: getComputedStyle(document.querySelector(".drawn g[clip-path]")).clipPath,
          picture: document.querySelector(".picture img").naturalWidth,
        })"""
    )
    assert len(told["charts"]) == 2
    assert min(told["charts"]) > 200
    assert told["ink"] == told["body"]
    assert told["clipped"] != "none"
    assert told["picture"] == 320


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_axe_finds_nothing(size: tuple[int, int], scheme: Scheme, show: Shower) -> None:
    ran = axe_core.run(show(size, scheme, opened=True), without=("color-contrast",))
    assert ran.applied >= 12
    assert ran.results == ()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_every_text_has_contrast(size: tuple[int, int], scheme: Scheme, show: Shower) -> None:
    tab = show(size, scheme, scale=colours.SCALE, opened=True)
    components.whole(tab)
    picture = tab.picture("whole", tab.state)
    reading = colours.read(tab, tab.state, picture)
    texts, icons = pixels.settle(tab, reading.texts), colours.drawings(tab, reading.icons, picture)
    seen = ContrastSeen(texts, reading.edges, icons, states=(tab.state,), around=tab.around())
    verdict = contrast_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert len(texts) > 12


def test_all_of_it_fits_into_320_px(show: Shower) -> None:
    tab = show((320, 256), "light", opened=True)
    fitted = fitting.fitted(tab, "narrow", "320 px", fitting.roomy(tab))
    assert fitted.seen.width == 320
    assert fitted.seen.things > 100
    assert fitting_judge.findings(fitted, reflow_judge.CRITERION) == ()


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_everything_to_press_is_large_enough(size: tuple[int, int], show: Shower) -> None:
    tab = show(size, "light")
    seen = TargetsSeen((targets._page(tab, "page", size[0]),), tab.around())
    verdict = targets_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_stop_of_the_tab_key_shows_its_focus(scheme: Scheme, show: Shower) -> None:
    tab = show((1280, 800), scheme)
    stops = rings.stops(tab.page, tab.state, most=12)
    verdict = rings_judge.judge(RingsSeen(stops, (tab.state,), tab.around()), EXCUSED)
    assert len(stops) >= 8
    assert verdict.outcome is Outcome.MET, verdict.because

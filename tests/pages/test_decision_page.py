"""The decision's page in a real Chromium: its first screen, both themes, a phone, and our own looks pointed at it."""

from __future__ import annotations

import datetime
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest
from PIL import Image

from harness.cli.decide import of_folder
from harness.judge.page import contrast as contrast_judge
from harness.judge.page import fitting as fitting_judge
from harness.judge.page import reflow as reflow_judge
from harness.judge.page import rings as rings_judge
from harness.judge.page import targets as targets_judge
from harness.judge.page.contrast import ContrastSeen
from harness.judge.page.finding import Excused
from harness.judge.page.rings import RingsSeen
from harness.judge.page.targets import TargetsSeen
from harness.observe.page import axe_core, colours, components, fitting, pixels, rings, scripts, targets
from harness.observe.page.tab import Tab
from harness.report.deciding.model import BrokenGlass, Waived
from harness.report.showing import page as paging
from harness.verdict import Outcome
from tests.gate.builder import build
from tests.gate.figures import both, calls, slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.observe.page.browser import Browser
    from harness.report.deciding.model import Decision

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = ((1280, 800), (375, 812))
SCRIPTS = ("reach.js", *targets.SCRIPTS, *colours.SCRIPTS)
EXCUSED = Excused("2026-01-01")
COMMAND = (
    "kubectl --context production-eu -n onesource annotate ingress/onesource-canary "
    "nginx.ingress.kubernetes.io/canary-weight=0 --overwrite"
)
WANTED = {
    "what failed": "P2-SLO-01",
    "how much": "6.75% above 1.5 s, allowed up to 5% above 1.5 s",
    "how sure": "interval 6.04% to 7.52%, from 4,800 requests, chance of a false alarm at most 0.2%",
    "since when": "2026-11-24 20:30:00 UTC",
    "who": "L2, Grace Hopper",
    "what next": COMMAND,
}


def no_go(folder: Path) -> Decision:
    """A rehearsal's NO_GO with a chart of each kind, a picture, a finding, an unknown line and a waived one."""
    pictures = {
        "pictures": [{"file": "a.png", "name": "landing", "state": "dark, 375 px", "width": 320, "height": 200}],
        "findings": [{"says": "the button is pale", "wanted": "4.5:1", "got": "2.1:1", "fix": "take a darker one"}],
    }
    made = build(
        folder,
        verdicts={
            "P2-SLO-01": ("VIOLATED", None, "P95 <= 1.5 s: 324 above 1.5 s in 4,800 requests", slow()),
            "P2-SLO-04": ("VIOLATED", None, "too many fail", {}),
            "P2-MON-01": ("MET", None, "not worse", both()),
            "P2-RTE-01": ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", pictures),
            "ES-01": ("MET", None, "each line names its level", calls("P2-SLO-01")),
        },
        rehearsal=True,
    )
    (made.path / "artifacts" / "page").mkdir()
    Image.new("RGB", (320, 200), (40, 90, 160)).save(made.path / "artifacts" / "page" / "a.png")
    found = of_folder(made.path, "canary")
    now = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
    waived = Waived("Kim", "known, see T-12", "VIOLATED", now, now + datetime.timedelta(hours=4), "ab" * 32)
    lines = tuple(
        replace(line, next=COMMAND)
        if line.id == "P2-SLO-01"
        else replace(line, waived=waived)
        if line.id == "P2-SLO-04"
        else line
        for line in found.lines
    )
    return replace(found, lines=lines, folder=str(made.path))


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Decision:
    return no_go(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def show(open_browser: Browser, decided: Decision, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """Opens the decision's page from its file, in a window and a theme, with the scripts of our looks."""
    chromium = open_browser._chromium
    assert chromium is not None
    contexts: list[Any] = []
    file = tmp_path / "verdict.html"

    def shown(
        size: tuple[int, int], scheme: Scheme, *, scale: float = 1.0, opened: bool = False, made: Decision = decided
    ) -> Tab:
        _ = file.write_bytes(paging.render(made, folder=Path(made.folder)).encode())
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, device_scale_factor=scale
        )
        contexts.append(context)
        for script in SCRIPTS:
            _ = context.add_init_script(scripts.text(script))
        page = context.new_page()
        tab = Tab(page, open_browser.target, "", tmp_path, "decision", f"{scheme}, {size[0]} px", {}, None, 0.0)
        tab.listen()
        _ = page.goto(file.as_uri())
        if opened:
            _ = tab.run("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        tab.settle()
        return tab

    yield shown
    for context in contexts:
        context.close()


def wide(tab: Tab) -> tuple[int, int]:
    """How wide the page is, and its window."""
    found: list[int] = tab.run("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return found[0], found[1]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_the_first_screen_of_a_no_go_tells_all_there_is_to_act_on(
    size: tuple[int, int], scheme: Scheme, show: Callable[..., Tab]
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


def test_a_promotion_without_go_stands_above_all(show: Callable[..., Tab], decided: Decision) -> None:
    now = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
    made = replace(decided, break_glass=(BrokenGlass("Lin", "users are down", now, now),))
    tab = show((375, 812), "light", made=made)
    banner, title = tab.page.locator(".glass").bounding_box(), tab.page.locator("h1").bounding_box()
    assert banner is not None
    assert title is not None
    assert banner["y"] + banner["height"] <= title["y"]
    assert "PROMOTED WITHOUT GO" in tab.page.locator(".glass").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_charts_and_pictures_are_drawn_in_the_themes_colours(scheme: Scheme, show: Callable[..., Tab]) -> None:
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
def test_axe_finds_nothing(size: tuple[int, int], scheme: Scheme, show: Callable[..., Tab]) -> None:
    ran = axe_core.run(show(size, scheme, opened=True), without=("color-contrast",))
    assert ran.applied >= 12
    assert ran.results == ()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_every_text_has_contrast(size: tuple[int, int], scheme: Scheme, show: Callable[..., Tab]) -> None:
    tab = show(size, scheme, scale=colours.SCALE, opened=True)
    components.whole(tab)
    picture = tab.picture("whole", tab.state)
    reading = colours.read(tab, tab.state, picture)
    texts, icons = pixels.settle(tab, reading.texts), colours.drawings(tab, reading.icons, picture)
    seen = ContrastSeen(texts, reading.edges, icons, states=(tab.state,), around=tab.around())
    verdict = contrast_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert len(texts) > 12


def test_all_of_it_fits_into_320_px(show: Callable[..., Tab]) -> None:
    tab = show((320, 256), "light", opened=True)
    fitted = fitting.fitted(tab, "narrow", "320 px", fitting.roomy(tab))
    assert fitted.seen.width == 320
    assert fitted.seen.things > 100
    assert fitting_judge.findings(fitted, reflow_judge.CRITERION) == ()


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_everything_to_press_is_large_enough(size: tuple[int, int], show: Callable[..., Tab]) -> None:
    tab = show(size, "light")
    seen = TargetsSeen((targets._page(tab, "page", size[0]),), tab.around())
    verdict = targets_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_stop_of_the_tab_key_shows_its_focus(scheme: Scheme, show: Callable[..., Tab]) -> None:
    tab = show((1280, 800), scheme)
    stops = rings.stops(tab.page, tab.state, most=12)
    verdict = rings_judge.judge(RingsSeen(stops, (tab.state,), tab.around()), EXCUSED)
    assert len(stops) >= 8
    assert verdict.outcome is Outcome.MET, verdict.because

"""Where the package that brings axe-core is silent or breaks, ours reports: its weaknesses, each on a page of its own.

That controls are hovered, focused and opened by themselves is shown against the real page, beside this.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.axe import FOREIGN, UNTESTED
from harness.observe.page import axe
from harness.observe.page.browser import DESKTOP, State
from tests.unit.observe.servers import serving

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab

AXE: Any = Axe
NAMELESS = "<button></button><img src='data:,'>"
CONTRAST = ("color-contrast",)


@contextmanager
def page(browser: Browser, body: str, style: str = "", state: State = DESKTOP) -> Generator[Tab]:
    html = (
        f"<!doctype html><html lang='en'><head><title>t</title><style>{style}</style></head>"
        f"<body><main><h1>t</h1><textarea aria-label='Question'></textarea>{body}</main></body></html>"
    )

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    def app() -> web.Application:
        made = web.Application()
        _ = made.router.add_get("/", answer)
        return made

    before = browser.url
    try:
        with serving(app) as url:
            browser.url = url
            with browser.tab("wrapper", state) as tab:
                yield tab
    finally:
        browser.url = before


def wrapped(tab: Tab) -> Any:
    """What the package itself gives back."""
    return AXE().run(tab.page).response


def ids(found: Any) -> set[str]:
    return {rule["id"] for rule in found}


def test_a_defect_in_a_frame_is_found_and_placed(browser: Browser) -> None:
    with page(browser, f'<iframe title="inner" srcdoc="{NAMELESS}"></iframe>') as tab:
        assert not {"button-name", "image-alt"} & ids(wrapped(tab)["violations"])
        found = {one.rule: one for one in axe.run(tab)}
        assert {"button-name", "image-alt"} <= set(found)
        assert found["button-name"].where == "iframe >> button"
        assert found["button-name"].box is not None
        assert UNTESTED not in found


def test_a_blank_frame_that_a_script_filled_is_examined_too(browser: Browser) -> None:
    fill = "document.querySelector('iframe').contentDocument.body.append(document.createElement('button'))"
    with page(browser, f'<iframe title="inner"></iframe><script>{fill}</script>') as tab:
        found = {one.rule for one in axe.run(tab)}
        assert "button-name" in found
        assert UNTESTED not in found


def test_a_frame_in_a_frame_is_examined_too(browser: Browser) -> None:
    inner = "<iframe title='b' srcdoc='<button></button>'></iframe>"
    with page(browser, f'<iframe title="a" srcdoc="{inner}"></iframe>') as tab:
        assert [one.where for one in axe.run(tab) if one.rule == "button-name"] == ["iframe >> iframe >> button"]


def test_a_frame_that_is_closed_to_scripts_is_told(browser: Browser) -> None:
    with page(browser, f'<iframe title="inner" sandbox srcdoc="{NAMELESS}"></iframe>') as tab:
        assert [one.where.endswith("iframe") for one in axe.run(tab) if one.rule == UNTESTED] == [True]


def test_a_frame_of_another_host_is_told_and_left_alone(browser: Browser) -> None:
    with page(browser, '<iframe title="inner" src="http://other.example/"></iframe>') as tab:
        found = [one.rule for one in axe.run(tab)]
        assert found.count(FOREIGN) == 1
        assert UNTESTED not in found


def test_a_defect_in_an_open_shadow_root_can_be_written_down(browser: Browser) -> None:
    script = "document.querySelector('x-card').attachShadow({mode: 'open'}).innerHTML = '<button></button>'"
    with page(browser, f"<x-card></x-card><script>{script}</script>") as tab:
        with pytest.raises(TypeError, match="expected str instance, list found"):
            _ = AXE().run(tab.page).generate_report()
        (found,) = [one for one in axe.run(tab) if one.rule == "button-name"]
        assert found.where.endswith("x-card >> button")
        assert (found.role, found.kind) == ("button", "violation")
        assert axe.closed(tab) == 0


def test_a_closed_shadow_root_is_at_least_counted(browser: Browser) -> None:
    script = "document.querySelector('x-card').attachShadow({mode: 'closed'}).innerHTML = '<button></button>'"
    with page(browser, f"<x-card></x-card><script>{script}</script>") as tab:
        found = wrapped(tab)
        assert "button-name" not in ids(found["violations"]) | ids(found["incomplete"])
        assert axe.closed(tab) == 1


def test_arguments_go_as_values(browser: Browser) -> None:
    with page(browser, "<button></button><div id='part'><img src='data:,'></div>") as tab:
        with pytest.raises(PlaywrightError, match="None is not defined"):
            _ = AXE().run(tab.page, context={"include": [["#part"]], "exclude": None})
        assert [one.rule for one in axe.run(tab, within="#part")] == ["image-alt"]
        assert [one.rule for one in axe.run(tab, without=("image-alt",))] == ["button-name"]
        assert [one.rule for one in axe.run(tab, only=("button-name",))] == ["button-name"]


def test_all_that_axe_is_not_sure_of_comes_back(browser: Browser) -> None:
    style = ".pale { color: #999; background: linear-gradient(#fff, #ccc); }"
    with page(browser, "<p class='pale'>one</p><p class='pale'>two</p>", style) as tab:
        found = wrapped(tab)
        assert "color-contrast" not in ids(found["violations"])
        assert [len(rule["nodes"]) for rule in found["incomplete"] if rule["id"] == "color-contrast"] == [1]
        assert [one.kind for one in axe.run(tab, only=CONTRAST)] == ["incomplete", "incomplete"]


def test_a_state_that_is_visited_is_examined_as_it_is(browser: Browser) -> None:
    style = "button { color: #222; background: #fff; } button:hover { color: #ddd; }"
    with page(browser, "<button>Go</button>", style) as tab:
        assert "color-contrast" not in ids(wrapped(tab)["violations"])
        tab.page.hover("button")
        assert [(one.rule, one.kind) for one in axe.run(tab, only=CONTRAST)] == [("color-contrast", "violation")]


def test_a_theme_that_the_system_chose_is_examined_as_it_is(browser: Browser) -> None:
    style = "@media (prefers-color-scheme: dark) { p { color: #333; background: #222; } }"
    with page(browser, "<p>text</p>", style) as tab:
        assert axe.run(tab, only=CONTRAST) == ()
    with page(browser, "<p>text</p>", style, State(scheme="dark")) as tab:
        assert [one.kind for one in axe.run(tab, only=CONTRAST)] == ["violation"]


def test_a_colour_on_its_way_is_not_taken_for_the_last(browser: Browser) -> None:
    style = "p { color: #ccc; background: #fff; transition: color 60s linear; } p.on { color: #000; }"
    with page(browser, "<p>text</p>", style) as tab:
        _ = tab.run("() => document.querySelector('p').classList.add('on')")
        assert "color-contrast" in ids(wrapped(tab)["violations"])
        assert axe.run(tab, only=CONTRAST) == ()

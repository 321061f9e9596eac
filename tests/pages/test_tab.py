"""The tab against the real page: asks as people do, keeps what went over the wire, takes pictures."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from harness.observe.page import chromium
from harness.observe.page.browser import PHONE
from harness.observe.page.tab import LookError
from tests.running import ROOT
from tests.unit.observe.servers import serving

if TYPE_CHECKING:
    from pathlib import Path

    from harness.observe.page.browser import Browser

ROWS = "a | b\n1 | =2+3\n<b>x</b> | ü"


def test_a_question_is_asked_as_people_do_and_its_answer_is_what_the_server_wrote(browser: Browser) -> None:
    with browser.tab("ask") as tab:
        asked = tab.ask(tab.ui.prompts.table.format(rows=ROWS))
        again = tab.ask(tab.ui.prompts.text)
        spot = tab.spot(tab.answer(), tab.picture("answer"))
        around = tab.around()
    assert asked.by == "click"
    assert [sent.status for sent in asked.sent] == [200]
    assert asked.blocks("table")[0]["rows"] == [["1", "=2+3"], ["<b>x</b>", "ü"]]
    assert asked.sent[0].session == ""
    assert again.sent[0].session == asked.document["meta"]["session_id"]
    assert (spot.role, spot.picture) == ("article", "ask-answer.png")
    assert (browser.folder / "ask-answer.png").is_file()
    assert around.errors == around.foreign == ()


def test_a_phone_is_as_wide_as_it_says(browser: Browser) -> None:
    with browser.tab("phone", PHONE) as tab:
        assert tab.run("() => [innerWidth, matchMedia('(pointer: coarse)').matches]") == [375, True]
        assert tab.picture("first").width == 375


def test_a_page_that_is_not_there_is_one_line(browser: Browser) -> None:
    browser.url, before = "http://127.0.0.1:1", browser.url
    try:
        with (
            pytest.raises(LookError, match=r"wanted the page with its composer, got: .*ui\.composer"),
            browser.tab("nowhere"),
        ):
            pass
    finally:
        browser.url = before


def test_a_film_is_made_of_what_was_shown(browser: Browser) -> None:
    with browser.tab("film") as tab:
        _ = tab.ask(tab.ui.prompts.text)
    (tab,) = browser.tabs
    assert tab.film is not None
    assert tab.film.webp().startswith(b"RIFF")


class HalfOpen:
    """A product whose answers come whole, and whose streams stay open for long after them."""

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_get("/", self.page)
        _ = app.router.add_post("/api/chat/ask", self.ask)
        return app

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def ask(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        _ = await response.prepare(request)
        await response.write(b'event: answer\ndata: {"blocks": [], "title": "half open"}\n\n')
        await asyncio.sleep(30)
        return response


PAGE = """<!doctype html><html lang="en"><title>t</title><main><div role="log" aria-busy="false"></div>
<form><input aria-label="Your question"><button>Send</button></form></main><script>
const log = document.querySelector("[role=log]");
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  log.setAttribute("aria-busy", "true");
  const response = await fetch("/api/chat/ask", { method: "POST", body: JSON.stringify({ question: "q" }) });
  const { value } = await response.body.getReader().read();
  log.append(Object.assign(document.createElement("article"), { textContent: new TextDecoder().decode(value) }));
  log.setAttribute("aria-busy", "false");
});
</script></html>"""


def test_a_stream_that_nobody_closes_is_read_as_far_as_it_came(browser: Browser) -> None:
    before = browser.url
    with serving(HalfOpen().app) as address:
        browser.url = address
        try:
            with browser.tab("half-open") as tab:
                asked = tab.ask("q")
        finally:
            browser.url = before
    assert asked.document["title"] == "half open"
    assert asked.took_s < 20


def test_an_animation_of_an_hour_holds_nobody_up(browser: Browser) -> None:
    with browser.tab("slow") as tab:
        tab.run("() => { document.body.animate([{ opacity: 0.9 }, { opacity: 1 }], 3_600_000); }")
        began = time.monotonic()
        tab.settle()
    assert time.monotonic() - began < 20


def test_a_browser_that_died_is_followed_by_another(browser: Browser, url: str, tmp_path: Path) -> None:
    """In a process of its own: a thread has room for one browser."""
    program = f"""
import os, signal, sys
import psutil
from pathlib import Path
from fixtures.page import Browsers
from harness.target import Environment, Target
browsers = Browsers(Target("pod", {{"staging": Environment(url={url!r})}}), Path({str(tmp_path)!r}), 0.0, False)
first = browsers.at({url!r})
assert browsers.at({url!r}) is first
for child in psutil.Process().children(recursive=True):
    if "chrom" in child.name():
        child.kill()
try:
    with first.tab("dead"):
        sys.exit("a dead browser opened a page")
except Exception as trouble:
    assert "closed" in str(trouble), trouble
second = browsers.at({url!r})
assert second is not first
with second.tab("alive") as tab:
    print(tab.around().errors)
browsers.close()
"""
    _ = browser
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "()\n"), done.stderr


def test_a_program_that_is_no_browser_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    _ = broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv(chromium.VARIABLE, str(broken))
    words = [sys.executable, "-m", "tests.pages.starting"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"Chromium: wanted {broken} to start, got: ")
    assert done.stdout.count("\n") == 1

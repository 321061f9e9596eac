"""The tab against the real page: asks as people do, keeps what went over the wire, takes pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.observe.page.browser import PHONE
from harness.observe.page.tab import LookError

if TYPE_CHECKING:
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

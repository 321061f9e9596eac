"""How long the page takes to put an answer on the screen: many answers in a row, timed by the page's own clock.

Nothing else runs meanwhile: no film, no pictures, no interception of requests, and the page stays in front, since a
hidden one draws no frames. Between conversations the same browser draws an empty page, which says how busy this machine
is. Only work within a quarter of a second of an answer's end is seen to belong to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.finding import NOWHERE
from harness.judge.page.rendering import LOOKS, Render, Renderings, busy, settled
from harness.observe.page import scripts
from harness.observe.page.browser import State
from harness.observe.page.tab import CLICK_WITHIN_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page

    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab
    from harness.ui import Prompts

NAME: Final = "PD-03"
TIMED: Final = State(film=False, scripts=("rendering.js",))
WARM_UP: Final = 3  # the first answers compile the page's scripts
TURNS: Final = 10  # of a conversation: a transcript that grows without end is another question
DRAWINGS: Final = 15  # of the empty page, before each conversation
MOST_LOST: Final = 5  # questions without a good answer; then there is no use in going on
ROWS: Final = "\n".join(
    [
        "City | Trips | Since | Share",
        *(f"City {number} | {40 + number} | {2009 + number} | {number} %" for number in range(12)),
    ]
)


def see(browser: Browser, *, p95_ms: float = 150.0) -> Renderings:
    """Ask until the judge's plan is settled, and time each answer; `p95_ms` is the limit that it is settled for.

    LookError where the page can't be asked, or shows nothing that could be timed.
    """
    renders: list[Render] = []
    machine: list[float] = []
    lost = 0
    with browser.tab(NAME, TIMED) as tab:
        empty = _empty_page(tab)
        questions = _questions(tab.ui.prompts)
        for number in range(WARM_UP + LOOKS[-1] + MOST_LOST + 1):
            if number % TURNS == 0:
                machine += _drawings(empty, tab)
                if busy(machine):
                    break
            if number and number % TURNS == 0:
                _begin_anew(tab)
            render = _timed(tab, questions[number % len(questions)])
            if render is None:
                lost += 1
            elif number >= WARM_UP:
                renders.append(render)
            if lost > MOST_LOST or settled([one.ms >= p95_ms for one in renders]):
                break
        picture = tab.picture("newest")
        spot = tab.spot(tab.answer(), picture) if tab.answers().count() else NOWHERE
        around = tab.around()
    return Renderings(tuple(renders), tuple(machine), lost, spot, around)


def _questions(prompts: Prompts) -> tuple[str, ...]:
    """Return what is asked, in turn: a text, a table, code, and what suggests actions."""
    return prompts.text, prompts.table.format(rows=ROWS), prompts.code, prompts.actions


def _empty_page(tab: Tab) -> Page:
    """Open a page with nothing on it but the means to time it."""
    page = tab.page.context.new_page()
    page.evaluate(scripts.text("rendering.js"))
    return page


def _drawings(empty: Page, tab: Tab) -> list[float]:
    """Time drawings of the empty page, then put the product's page in front again."""
    empty.bring_to_front()
    took: list[float] = empty.evaluate("(times) => window.__renders.draw(times)", DRAWINGS)
    tab.page.bring_to_front()
    tab.settle()
    return took


def _begin_anew(tab: Tab) -> None:
    """Begin a new conversation as people do; where the page has no way to, load it again."""
    newest = tab.answer().element_handle()
    try:
        tab.find(tab.ui.new).first.click(timeout=CLICK_WITHIN_MS)
        _ = tab.page.wait_for_function("(answer) => !answer.isConnected", arg=newest, timeout=CLICK_WITHIN_MS)
    except PlaywrightError:
        tab.open()
    tab.settle()


def _timed(tab: Tab, question: str) -> Render | None:
    """Ask a question and time its answer; None where it was not answered well."""
    transcript = tab.find(tab.ui.transcript)
    element = transcript.first.element_handle() if transcript.count() else None
    tab.run("([element, path]) => window.__renders.begin(element, path)", [element, tab.target.api.ask])
    asked = tab.ask(question)
    told: Mapping[str, Any] | None = tab.run("() => window.__renders.take()")
    if not asked.sent or asked.sent[-1].status != 200:
        return None
    if told is None:
        raise tab.trouble("an answer that is drawn below the transcript", "nothing new there", "ui.transcript")
    return Render(float(told["ms"]), tuple(float(ms) for ms in told["pieces"]), str(told["blame"]))

"""Keeping a question from the server for a moment: what does the page show while an answer is under way?"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from playwright.sync_api import Route

    from harness.observe.page.tab import Tab


@contextmanager
def holding(tab: Tab) -> Generator[Callable[[], int]]:
    """Hold every question that leaves the page until what is given is called; it returns how many it let go.

    After that, and at the end in any case, questions pass at once.
    """
    asks = re.compile(re.escape(tab.target.api.ask) + r"(?:\?|$)")
    held: list[Route] = []
    passing: list[bool] = []  # empty while questions are held

    def meet(route: Route) -> None:
        if passing:
            route.continue_()
        else:
            held.append(route)

    def let_go() -> int:
        passing.append(True)
        count = len(held)
        while held:
            held.pop(0).continue_()
        return count

    _ = tab.page.route(asks, meet)
    try:
        yield let_go
    finally:
        _ = let_go()
        tab.page.unroute(asks, meet)

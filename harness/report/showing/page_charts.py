"""The charts of a decision's lines as parts of its page: no style of their own, ids that occur once, and in words."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.showing.charts import svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.report.deciding.model import Judged

DRAWN: Final = frozenset({"series", "series_from", "series_marks", "arms"})  # as harness.judge.drawing writes them
MOST_BYTES: Final = 150_000  # of one chart; ours have a fifth of it
TAGS: Final = frozenset(
    {"svg", "title", "desc", "defs", "pattern", "clipPath", "rect", "line", "path", "circle", "text", "g"}
)
SIGNS: Final = {
    "over time": "Dots: single moments. Line: all until then, with its exact interval. Dashed: the limit. "
    "Hatched: says nothing.",
    "both arms": "Solid: the judged arm. Dashed: its reference. Bands: their bounds. Bar: the margin.",
}
_MARK: Final = re.compile(r'aria-labelledby="(c[0-9a-f]{8})-t ')
_SAID: Final = re.compile(r"<desc [^>]*>([^<]*)</desc>")
_TAG: Final = re.compile(r"<(\w+)")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its line, what is drawn, what its signs mean, all of it in words, and the SVG element itself."""

    line: str
    name: str
    signs: str
    said: str
    svg: str


def of(lines: Iterable[Judged]) -> tuple[Chart, ...]:
    """Return the charts that the lines' facts give, those of the worst outcome first."""
    found: list[Chart] = []
    for line in sorted(lines, key=lambda one: -one.outcome):
        for name, text in _drawn(line):
            own = inlined(text, len(found) + 1)
            if own:
                found.append(Chart(line.id, name, SIGNS.get(name, ""), _said(own), own))
    return tuple(found)


def inlined(text: str, number: int) -> str:
    """Return a chart's SVG as a part of a page; "" if it is not as our charts are.

    Its style goes, since it would hold for the whole page: the page's own style sheet draws it (`.drawn`). Its ids
    begin with `chart-NUMBER`.
    """
    mark = _MARK.search(text)
    if mark is None or len(text) > MOST_BYTES:
        return ""
    own = text.replace(f"<style>{svg.STYLE}</style>", "", 1).replace(f"{mark[1]}-", f"chart-{number}-")
    own = own.replace("<svg ", '<svg class="drawn" ', 1).strip()
    return own if set(_TAG.findall(own)) <= TAGS else ""


def _drawn(line: Judged) -> Iterator[tuple[str, str]]:
    """Give the charts of a line; facts are a test's, and what can't be drawn changes no decision and no page."""
    if DRAWN.isdisjoint(line.facts):
        return
    with suppress(Exception):
        from harness.report.showing import chart  # noqa: PLC0415  half a second: only where something is drawn

        yield from chart.of(f"{line.id} {line.says}", line.facts).items()


def _said(own: str) -> str:
    found = _SAID.search(own)
    return html.unescape(found[1]) if found else ""

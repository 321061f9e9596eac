"""Dashboards as documents: panels with the series of the last minutes, made anew each second."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SPAN_S = 180
EVERY_S = 1


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over time: its usual value, and by how much of it it moves."""

    panel: str
    usual: float
    moves: float


DASHBOARDS: Mapping[str, tuple[str, Mapping[str, Series]]] = {
    "latency": (
        "OneSource latency",
        {
            "p95_chat_s": Series("Chat, P95", 0.231, 0.05),
            "p95_enhanced_s": Series("Enhanced, P95", 0.245, 0.05),
        },
    ),
    "errors": (
        "OneSource errors",
        {
            "error_share": Series("5xx, share of requests", 0.0, 0.0),
            "repair_share": Series("Schema repairs, share of answers", 0.0004, 0.25),
        },
    ),
}
"""Figures of the healthy product, as it runs in the sandbox: these pages show that monitoring works, not how it is."""


def document(name: str, fed_s: float, *, empty: bool) -> dict[str, Any]:
    """Return a dashboard's document, last fed at `fed_s` (since 1970). KeyError for a name that there is none of."""
    title, held = DASHBOARDS[name]
    newest = int(fed_s)
    shown: Mapping[str, Series] = {} if empty else held
    points = {key: _points(one, newest) for key, one in shown.items()}
    panels = [
        {"title": one.panel, "series": [{"name": key, "points": points[key]}] if key in points else []}
        for key, one in held.items()
    ]
    at = datetime.datetime.fromtimestamp(newest, datetime.UTC).isoformat().replace("+00:00", "Z")
    latest = {key: some[-1][1] for key, some in points.items()}
    return {"timestamp": at, "title": title, "latest": latest, "panels": panels}


def _points(series: Series, newest: int) -> list[list[float]]:
    """Return [seconds, value] up to `newest`; the same second always has the same value."""
    instants = range(newest - SPAN_S + EVERY_S, newest + EVERY_S, EVERY_S)
    return [[at, round(series.usual * (1 + series.moves * math.sin(at / 7) * math.cos(at / 31)), 6)] for at in instants]

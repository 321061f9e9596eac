"""What a monitoring address carries: a location or a series in a document, a metric in a Prometheus text.

In a JSON document a name is a location with a number (or a table with one, or a list), or else the name of a series
with points `[[time, value], ...]` anywhere in it. In a Prometheus text it is a metric with a sample.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, cast

from harness.judge.monitors import Carried
from harness.observe.documents.figures import look_up
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLISECONDS: Final = 1e11  # a number above it counts milliseconds since 1970, not seconds
_SAMPLE: Final = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)(?:\s+(-?\d+))?\s*$", re.MULTILINE)


def in_document(document: dict[str, Any], name: str) -> Carried:
    """Return what stands at a location, or the newest point of the series of that name."""
    there, value = look_up(document, name)
    if there:
        got = _figure(value)
        return Carried(got) if got is not None else Carried(why=f"{_kind(value)} in place of a figure")
    found = list(_series(document, name))
    if not found:
        return Carried(why="neither a location nor a series of that name")
    newest = max((point for points in found for point in _points(points)), default=None)
    return Carried(newest[1], newest[0]) if newest else Carried(why="a series without a point that has a number")


def _figure(value: object) -> float | None:
    """Return a number, the first one in a table, or the length of a list (of alerts it may be 0); None for others."""
    if isinstance(value, dict):
        inner = (_figure(one) for one in cast("dict[str, object]", value).values())
        return next((got for got in inner if got is not None), None)
    return float(len(cast("list[object]", value))) if isinstance(value, list) else _number(value)


def _series(value: object, name: str) -> Iterator[list[object]]:
    """Find the points of every series of a name, at any depth."""
    if isinstance(value, dict):
        found = cast("dict[str, object]", value)
        points = found.get("points")
        if found.get("name") == name and isinstance(points, list):
            yield cast("list[object]", points)
        for inner in found.values():
            yield from _series(inner, name)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _series(inner, name)


def _points(points: list[object]) -> Iterator[tuple[float, float]]:
    for point in points:
        pair = cast("list[object]", point) if isinstance(point, list) else []
        if len(pair) == 2:
            at_s, value = instant(pair[0]), _number(pair[1])
            if at_s is not None and value is not None:
                yield at_s, value


def in_text(text: str, name: str) -> Carried:
    """Return the last sample of a metric in a Prometheus text; a HELP line is no sample, NaN no value."""
    found = [(value, at) for metric, value, at in _SAMPLE.findall(text) if metric == name]
    if not found:
        return Carried(why="no sample of that name")
    good = [(got, at) for value, at in found if (got := _float(value)) is not None]
    if not good:
        return Carried(why="none of its samples is a number")
    value, at = good[-1]
    return Carried(value, int(at) / 1000 if at else None)


def _float(text: str) -> float | None:
    try:
        return _number(float(text))
    except ValueError:
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def instant(value: object) -> float | None:
    """Return an instant in seconds of UTC: from a text with its zone, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return utc(value)
    got = _number(value)
    return None if got is None else got / 1000 if got > MILLISECONDS else got


def _kind(value: object) -> str:
    return {"NoneType": "null", "dict": "a table without a number"}.get(type(value).__name__, type(value).__name__)

"""One metrics document: each figure that is in it, or why it is not; never a zero in its place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import msgspec

from harness.evidence.counters import NoData, number
from harness.judge.said import COUNTED, FIGURES, Figure
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.observe.pods import Reply
    from harness.target import Documents

LONGEST_NAME = 120  # characters of an alert's name; of a longer text only the beginning is kept
SIGNED = frozenset({"delta_p95_ms"})  # a difference: below zero is a number like any other


@dataclass(frozen=True, slots=True)
class Document:
    """What one document said; `trouble` is why nothing of it counts, "" when it is a document.

    `alerts` are the names of those active, None with `no_alerts` when that can't be told. `stamp_s` (UTC) and
    `uptime_s` are None where the document does not say. `silent`: nobody answered at all.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])
    alerts: tuple[str, ...] | None = None
    no_alerts: str = ""
    stamp_s: float | None = None
    uptime_s: float | None = None
    trouble: str = ""
    silent: bool = False


def read(reply: Reply, places: Documents) -> Document:
    """Read a reply as a metrics document."""
    found = document_of(reply)
    if isinstance(found, str):
        return spoilt(found, silent=reply.status is None)
    alerts, no_alerts = _alerts(found, places.alerts)
    return Document(
        figures={name: _figure(found, name, getattr(places, name)) for name in FIGURES},
        alerts=alerts,
        no_alerts=no_alerts,
        stamp_s=_stamp(found, places.timestamp),
        uptime_s=_plain(found, places.uptime_s),
    )


def spoilt(why: str, *, silent: bool = False) -> Document:
    """Return the document of which nothing counts, for one reason."""
    return Document({name: Figure(None, why=why) for name in FIGURES}, no_alerts=why, trouble=why, silent=silent)


def look_up(document: Mapping[str, Any], place: str) -> tuple[bool, object]:
    """Return whether a dotted place is there, and what stands in it."""
    value: object = document
    for part in place.split("."):
        if not isinstance(value, dict) or part not in value:
            return False, None
        value = cast("dict[str, object]", value)[part]
    return True, value


def document_of(reply: Reply) -> dict[str, Any] | str:
    """Return the reply's JSON object, or in words what it is instead."""
    if reply.status is None:
        return reply.error
    if reply.status != 200:
        return f"HTTP {reply.status}"
    found = _as_object(reply.body, reply.content_type)
    if isinstance(found, str):
        return f"HTTP 200 with {found}"
    if found.get("error"):
        return 'HTTP 200 with {"error"}: the endpoint itself failed'
    return found


def _as_object(body: bytes, content_type: str) -> dict[str, Any] | str:
    """Return a body's JSON object, or in words what it is instead; never any of its text."""
    if "html" in content_type or body.lstrip()[:1] == b"<":
        return "HTML, a page in place of a document"
    if not body.strip():
        return "nothing in it"
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "NaN or Infinity in it, which is not JSON" if _only_not_finite(body) else "what is not JSON"
    if not isinstance(found, dict):
        return "JSON that is no object"
    return cast("dict[str, Any]", found)


def _only_not_finite(body: bytes) -> bool:
    """Tell whether the words NaN and Infinity are all that keeps it from being JSON."""
    seen: list[str] = []
    try:
        json.loads(body, parse_constant=seen.append)
    except (ValueError, RecursionError):
        return False
    return bool(seen)


def _first(document: Mapping[str, Any], places: tuple[str, ...]) -> tuple[str, object]:
    """Return the first place that is there, with what stands in it; "" for none."""
    for place in places:
        there, value = look_up(document, place)
        if there:
            return place, value
    return "", None


def _figure(document: Mapping[str, Any], name: str, places: tuple[str, ...]) -> Figure:
    place, value = _first(document, places)
    if not place:
        return Figure(None, why=f"missing, looked for {' and '.join(places) or 'nothing'}")
    if name in SIGNED and isinstance(value, int | float) and not isinstance(value, bool):
        size = number(abs(value))
        return Figure(None, place, size.why) if isinstance(size, NoData) else Figure(value, place)
    got = number(value)
    if isinstance(got, NoData):
        return Figure(None, place, got.why.removeprefix("the value is "))
    if name in COUNTED and got != int(got):
        return Figure(None, place, f"not a whole number: {got:g}")
    return Figure(got, place)


def _plain(document: Mapping[str, Any], places: tuple[str, ...]) -> float | None:
    got = number(_first(document, places)[1])
    return None if isinstance(got, NoData) else got


def _stamp(document: Mapping[str, Any], places: tuple[str, ...]) -> float | None:
    """Return the document's own time; a text without a zone is taken as UTC, a large number as milliseconds."""
    value = _first(document, places)[1]
    if isinstance(value, str):
        at = utc(value)
        return at if at is not None else utc(f"{value}+00:00")
    got = number(value)
    if isinstance(got, NoData):
        return None
    return got / 1000 if got > 1e11 else got


def _alerts(document: Mapping[str, Any], places: tuple[str, ...]) -> tuple[tuple[str, ...] | None, str]:
    place, value = _first(document, places)
    if not place:
        return None, f"missing, looked for {' and '.join(places) or 'nothing'}"
    if not isinstance(value, list):
        return None, f"{place}: wanted a list of names, got {'null' if value is None else type(value).__name__}"
    names: list[str] = []
    for one in cast("list[object]", value):
        name = cast("dict[str, object]", one).get("name") if isinstance(one, dict) else one
        if not isinstance(name, str) or not name:
            return None, f"{place}: wanted a list of names, got one that is no text"
        names.append(name[:LONGEST_NAME])
    return tuple(dict.fromkeys(names)), ""

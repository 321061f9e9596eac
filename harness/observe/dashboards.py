"""Read one dashboard's answer: what it lacks of what it must carry, and how old its data is."""

from __future__ import annotations

import datetime
import email.utils
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec

from harness.observe.carrying import in_document, in_text, instant
from harness.observe.documents.figures import look_up

if TYPE_CHECKING:
    from harness.target import Monitor

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells; `age_s` None where nothing in it says how old it is, `aged_by` says what does."""

    missing: tuple[str, ...] = ()
    age_s: float | None = None
    aged_by: str = ""
    trouble: str = ""


def read(monitor: Monitor, body: bytes, modified: str, now: datetime.datetime) -> Told:
    """Read an answer as its kind; `modified` is its Last-Modified header, `now` when it came, aware UTC time."""
    if monitor.kind == "json":
        return _document(monitor, body, now)
    text = body.decode("utf-8", errors="replace")
    if monitor.kind == "page" and not monitor.carries:
        return Told(trouble="the profile does not say what the page must carry; set carries")
    missing = tuple(name for name in monitor.carries if not _stands(monitor.kind, name, text))
    if monitor.kind == "text" and not monitor.carries and not re.search(r"^\s*[^#\s]", text, re.MULTILINE):
        missing = ("samples",)
    stamps = [when for found in RFC3339.findall(text) if (when := instant(found)) is not None]
    if stamps:
        return Told(missing, now.timestamp() - max(stamps), "the newest time in it")
    changed = _header(modified)
    if changed is not None:
        return Told(missing, (now - changed).total_seconds(), "Last-Modified")
    return Told(missing)


def _stands(kind: str, name: str, text: str) -> bool:
    """Tell whether a name stands in the text; in a Prometheus text as a sample, since a HELP line is no data."""
    return name in text if kind == "page" else in_text(text, name).value is not None


def _document(monitor: Monitor, body: bytes, now: datetime.datetime) -> Told:
    try:
        document: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Told(trouble="its answer is no JSON")
    if not isinstance(document, dict) or not document:
        return Told(("anything",) if not monitor.carries else monitor.carries)
    found = cast("dict[str, object]", document)
    if found.get("error"):
        return Told(trouble="it answers with an error instead of data")
    missing = tuple(name for name in monitor.carries if in_document(found, name).value is None)
    when = instant(look_up(found, monitor.timestamp)[1])
    if when is None:
        return Told(missing)
    return Told(missing, now.timestamp() - when, monitor.timestamp)


def _header(text: str) -> datetime.datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(datetime.UTC) if text else None
    except (ValueError, TypeError):
        return None

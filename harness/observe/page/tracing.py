"""A trace of a look, as Playwright records it: every action, the page before and after it, and what was on the wire.

What could let somebody in is taken out before a trace reaches the run's folder: headers, cookies and bodies of requests
and answers, except the styles, pictures and fonts that its pages are drawn with. A trace in which the value of one of
the browser's cookies stands all the same is not kept at all.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from playwright.sync_api import BrowserContext

DRAWN: Final = ("text/css", "image/", "font/")  # what pages are drawn with; the pages themselves are in the trace
NAMED: Final = ("_file", "_sha1")  # how an entry calls the file with its body
WIRE: Final = ".network"
OURS: Final = ".stacks"  # which of our own files called: other machines have none of them
TELLING: Final = 8  # characters: a shorter value stands in any text by chance


class Trace:
    """A recording of one context, from now on."""

    def __init__(self, context: BrowserContext) -> None:
        """Begin to record."""
        self._context = context
        _ = context.tracing.start(screenshots=True, snapshots=True)

    def keep(self, file: Path) -> bool:
        """End it and write it, cleaned; tell whether it was written. The context must still be open."""
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder) / "trace.zip"
            self._context.tracing.stop(path=raw)
            # only now: asking for them is an action, and the trace would hold what it gave
            cookies = [str(cookie.get("value", "")) for cookie in self._context.cookies()]
            cleaned = clean(raw.read_bytes(), cookies)
        if cleaned:
            file.parent.mkdir(parents=True, exist_ok=True)
            _ = file.write_bytes(cleaned)
        return bool(cleaned)


def clean(raw: bytes, secrets: Collection[str] = ()) -> bytes:
    """Return a trace without what could let somebody in; nothing if one of the secrets is in it all the same.

    zipfile.BadZipFile, msgspec.DecodeError or KeyError: it is no trace as this version of Playwright writes them.
    """
    telling = [secret.encode() for secret in secrets if len(secret) >= TELLING]
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
        wires = {name: _entries(given.read(name)) for name in given.namelist() if name.endswith(WIRE)}
        bodies = {body for entries in wires.values() for entry in entries for body in _bodies(entry)}
        shown = {body for entries in wires.values() for entry in entries if _draws(entry) for body in _bodies(entry)}
        for name in given.namelist():
            if name.endswith(OURS) or (name.rpartition("/")[2] in bodies - shown):
                continue
            entries = wires.get(name)
            content = given.read(name) if entries is None else b"".join(_line(_bare(entry)) for entry in entries)
            if any(secret in content for secret in telling):
                return b""
            kept.writestr(name, content)
    return made.getvalue()


def _entries(raw: bytes) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line, type=dict[str, Any]) for line in raw.split(b"\n") if line.strip()]


def _line(entry: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(entry) + b"\n"


def _bodies(entry: Mapping[str, Any]) -> set[str]:
    """Return the names, without their folder, of the files with what was sent and what came."""
    snapshot: dict[str, Any] = entry["snapshot"]
    holders = (_part(snapshot["response"], "content"), _part(snapshot["request"], "postData"))
    return {str(holder[key]).rpartition("/")[2] for holder in holders for key in NAMED if holder.get(key)}


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a part of a request or a response; empty where there is none."""
    return message.get(name) or {}


def _draws(entry: Mapping[str, Any]) -> bool:
    content = _part(entry["snapshot"]["response"], "content")
    return str(content.get("mimeType", "")).startswith(DRAWN)


def _bare(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without headers, cookies and bodies; one that draws the page still names its body."""
    snapshot: dict[str, Any] = entry["snapshot"]
    content = _part(snapshot["response"], "content")
    names: dict[str, Any] = {key: content[key] for key in NAMED if key in content} if _draws(entry) else {}
    sent: dict[str, Any] = snapshot["request"]
    came: dict[str, Any] = snapshot["response"]
    request = {key: value for key, value in sent.items() if key != "postData"}
    response = {
        **came,
        "content": {"size": content.get("size", -1), "mimeType": content.get("mimeType", ""), **names},
    }
    without: dict[str, Any] = {"headers": [], "cookies": []}
    return {**entry, "snapshot": {**snapshot, "request": request | without, "response": response | without}}

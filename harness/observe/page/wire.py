"""What a question's request carried and what came back, read from the browser's own traffic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.asked import Sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Request

    from harness.ui import Ui


def sent(request: Request, ui: Ui) -> Sent:
    """Return a question as it left the page, by the names that its body may have for text and conversation."""
    body = _object(request.post_data or "")
    response = _response(request)
    return Sent(_first(body, ui.question), _first(body, ui.session), 0 if response is None else response.status)


def _first(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(body[name]) for name in names if body.get(name)), "")


def document(request: Request, kept: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the answer's document, from plain JSON or from the event that holds it; {} where there is none.

    `kept` are the bodies that wire.js kept of this question; where the page does not use fetch, the protocol is asked.
    """
    text = kept[-1] if kept else _body(request)
    found = _object(text)
    for event in text.replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:"))
        told = _object(data)
        if "blocks" in told:
            found = told
    return found


def _body(request: Request) -> str:
    response = _response(request)
    try:
        return "" if response is None else _as_sent(response.body().decode("utf-8", "replace"))
    except PlaywrightError:
        return ""


def _as_sent(text: str) -> str:
    """Undo what the browser's protocol does to streams whose type names no charset: it reads them as Windows-1252."""
    try:
        return b"".join(_byte(letter) for letter in text).decode("utf-8")
    except UnicodeError:
        return text  # it was read rightly


def _byte(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")  # the five bytes that Windows-1252 leaves out


def _response(request: Request) -> Any:
    try:
        return request.response()
    except PlaywrightError:
        return None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}  # type: ignore[reportUnknownVariableType]

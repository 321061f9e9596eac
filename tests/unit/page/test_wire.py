"""What a question carried and what came back, whatever form the product gives both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.observe.page import wire
from harness.ui import Ui

if TYPE_CHECKING:
    from playwright.sync_api import Request

ANSWER = {"title": "Ünïted", "blocks": [{"type": "markdown", "content": "שלום 漢字 €"}]}
STREAM = f'event: delta\ndata: {{"text": "a"}}\n\nevent: answer\ndata: {json.dumps(ANSWER, ensure_ascii=False)}\n\n'


class Response:
    """What the browser's protocol says of a response."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self._body, self.status = body, status

    def body(self) -> bytes:
        return self._body


class Asked:
    """A request as far as it is read."""

    def __init__(self, post_data: str | None = None, response: Response | None = None) -> None:
        self.post_data, self._response = post_data, response

    def response(self) -> Response | None:
        return self._response


def request(*given: Any) -> Request:
    return cast("Request", Asked(*given))


@pytest.mark.parametrize("text", [json.dumps(ANSWER), STREAM, STREAM.replace("\n", "\r\n")])
def test_a_document_is_read_from_json_and_from_a_stream(text: str) -> None:
    assert wire.document(request(), ["an earlier one", text]) == ANSWER
    assert wire.document(request(None, Response(text.encode()))) == ANSWER


def letter(byte: int) -> str:
    """Windows-1252 as browsers read it: the five bytes that it leaves out are control characters."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def test_a_stream_that_the_protocol_read_as_windows_1252_is_put_right() -> None:
    misread = "".join(letter(byte) for byte in STREAM.encode())
    assert misread != STREAM
    assert wire.document(request(None, Response(misread.encode()))) == ANSWER


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", 'data: {"blocks"\n\n', "data: []\n\n"])
def test_what_is_no_answer_is_no_document(text: str) -> None:
    assert wire.document(request(), [text]) == {}
    assert wire.document(request(None, Response(text.encode()))) == {}
    assert wire.document(request()) == {}


@pytest.mark.parametrize(
    ("body", "question", "session"),
    [
        ('{"question": "a?", "session_id": "s"}', "a?", "s"),
        ('{"q": "a?", "chat": 7}', "a?", "7"),
        ('{"question": "a?", "session_id": null}', "a?", ""),
        ("no json", "", ""),
        (None, "", ""),
    ],
)
def test_a_question_is_read_by_the_profiles_names(body: str | None, question: str, session: str) -> None:
    ui = Ui(question=("question", "q"), session=("session_id", "chat"))
    got = wire.sent(request(body, Response(b"", 503)), ui)
    assert (got.question, got.session, got.status) == (question, session, 503)
    assert wire.sent(request(body), ui).status == 0

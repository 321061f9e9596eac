"""What a trace may not hold is taken out of it, and what it is looked at for stays."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import msgspec
import pytest

from harness.observe.page.tracing import clean
from harness.ui import Ui

SECRET = "c0ffee-c0ffee"
STYLE, PAGE, SENT = "resources/a1.css", "resources/b2.json", "resources/c3.json"


def entry(kind: str, body: str, *, sent: str = "", key: str = "_file") -> dict[str, Any]:
    headers = [{"name": "Authorization", "value": f"Bearer {SECRET}"}]
    request: dict[str, Any] = {"method": "POST", "url": "http://one/", "headers": headers, "cookies": [{"v": SECRET}]}
    if sent:
        request["postData"] = {"mimeType": "application/json", key: sent}
    content = {"size": 3, "mimeType": kind, key: body, "text": SECRET}
    response = {"status": 200, "headers": [{"name": "Set-Cookie", "value": SECRET}], "cookies": [], "content": content}
    return {"type": "resource-snapshot", "snapshot": {"request": request, "response": response, "time": 1.5}}


def trace(*entries: dict[str, Any], actions: str = "{}") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as held:
        held.writestr("trace.trace", actions)
        held.writestr("trace.network", b"\n".join(msgspec.json.encode(one) for one in entries) + b"\n")
        held.writestr("trace.stacks", "/home/somebody/x.py")
        for name, content in ((STYLE, "body {}"), (PAGE, SECRET), (SENT, SECRET), ("screencast/1.jpeg", "jpeg")):
            held.writestr(name, content)
    return made.getvalue()


def held(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as inside:
        return {name: inside.read(name) for name in inside.namelist()}


@pytest.mark.parametrize("key", ["_file", "_sha1"])
def test_headers_cookies_and_bodies_are_gone_and_what_draws_the_page_stays(key: str) -> None:
    style = entry("text/css; charset=utf-8", STYLE, key=key)
    answer = entry("application/json", PAGE, sent=SENT, key=key)
    kept = held(clean(trace(style, answer)))
    assert sorted(kept) == [STYLE, "screencast/1.jpeg", "trace.network", "trace.trace"]
    assert not any(SECRET.encode() in content for content in kept.values())
    drawn, told = (msgspec.json.decode(line)["snapshot"] for line in kept["trace.network"].splitlines())
    assert drawn["response"]["content"] == {"size": 3, "mimeType": "text/css; charset=utf-8", key: STYLE}
    assert (told["request"]["url"], told["response"]["status"], told["time"]) == ("http://one/", 200, 1.5)


def test_a_body_that_draws_the_page_somewhere_stays_whoever_else_names_it() -> None:
    kept = held(clean(trace(entry("application/json", STYLE), entry("image/svg+xml", STYLE))))
    assert STYLE in kept


def test_a_trace_in_which_a_cookie_stands_elsewhere_is_not_kept() -> None:
    leaky = trace(actions=f'{{"result": "{SECRET}"}}')
    assert clean(leaky, [SECRET]) == b""
    assert clean(leaky, ["c0ffee"]), "so short a value stands in any text by chance"
    assert clean(leaky, ["d0ffee-d0ffee"])


@pytest.mark.parametrize("raw", [b"", b"no archive"])
def test_what_is_no_trace_is_refused(raw: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        _ = clean(raw)


def test_a_page_behind_a_login_has_no_traces() -> None:
    assert msgspec.convert({"traces": True}, Ui).traces
    with pytest.raises(msgspec.ValidationError, match=r"ui\.traces: wanted a page that nobody is signed in to"):
        _ = msgspec.convert({"traces": True, "state_file": "ana.json"}, Ui)

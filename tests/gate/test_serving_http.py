"""`gate serve` on the wire: read-only, quiet about secrets, and no client can hold up another."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from harness.clock import SystemClock
from harness.report.serving import serving_http
from harness.report.serving.serving import Decisions
from harness.report.serving.serving_http import AT_ONCE, HEADERS, Server
from harness.report.serving.serving_pages import Site
from harness.report.signing import envelope, keyring, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.report.serving.serving_pages import Reply
    from tests.gate.conftest import Keys

HOST = "127.0.0.1"


class Broken:
    """A site that fails."""

    def reply(self, target: str) -> Reply:
        raise RuntimeError(f"hush {target}")


@dataclass
class Web:
    """A server that runs, and its log."""

    server: Server
    said: list[str] = field(default_factory=list[str])

    def ask(self, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(HOST, self.server.server_port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection((HOST, self.server.server_port), timeout=10)

    def send(self, raw: bytes) -> bytes:
        """Send bytes and return all that comes back, also where the rest of what was sent is not read."""
        came = b""
        with self.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(raw)
            while more := connection.recv(65_536):
                came += more
        return came

    def well(self) -> bool:
        """Tell whether a client is served."""
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def _running(site: Site) -> Iterator[Web]:
    said: list[str] = []
    with Server(HOST, 0, site, SystemClock(), said.append) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Web(server, said)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def web(tmp_path: Path, keys: Keys) -> Iterator[Web]:
    (tmp_path / "reports").mkdir()
    ring = keyring.of_keys([envelope.load_public(keys.public)])
    yield from _running(Site(Decisions(tmp_path / "reports", ring, verify.expected([]), SystemClock())))


@pytest.fixture
def broken() -> Iterator[Web]:
    yield from _running(cast("Site", Broken()))


def test_every_answer_carries_the_headers_that_keep_it_harmless(web: Web) -> None:
    for path in ("/", "/healthz", "/v1/decisions/canary", "/v1/decisions/moon", "/nothing"):
        _, headers, _ = web.ask("GET", path)
        assert {name: headers[name] for name in HEADERS} == dict(HEADERS)
        assert headers["Server"] == "gate"
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_a_head_is_a_get_without_its_body(web: Web) -> None:
    status, headers, body = web.ask("GET", "/v1/decisions/canary")
    again, same, nothing = web.ask("HEAD", "/v1/decisions/canary")
    assert (status, again, nothing) == (200, 200, b"")
    assert headers["Content-Length"] == same["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_can_be_done_but_reading(method: str, web: Web) -> None:
    status, headers, body = web.ask(method, "/v1/decisions/canary")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert json.loads(body) == {"error": "Method Not Allowed"}


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x00\xff\x01\r\n\r\n",
        b"GET <script>alert(1)</script> HTTP/1.1\r\n\r\n",
    ],
    ids=["line", "headers", "version", "tls", "markup"],
)
def test_what_is_too_long_or_no_request_is_refused_without_an_echo(raw: bytes, web: Web) -> None:
    said = web.send(raw)
    assert said.startswith((b"HTTP/1.0 4", b"HTTP/1.0 505"))
    assert b"<script" not in said
    assert b"xxxx" not in said
    assert web.ask("GET", "/healthz")[0] == 200


def test_a_failure_is_told_to_nobody_in_detail(broken: Web) -> None:
    status, _, body = broken.ask("GET", "/v1/decisions/canary?token=hush")
    assert (status, json.loads(body)) == (500, {"error": "Internal Server Error"})
    assert "hush" not in "".join(broken.said)
    assert any("failed: RuntimeError" in line for line in broken.said)


def test_the_log_says_what_was_answered_and_nothing_that_a_client_chose(web: Web) -> None:
    for path in ("/v1/decisions/canary?nonce=hush", "/hush", "/v1/decisions/hush", "/healthz?hush"):
        _ = web.ask("GET", path)
    assert "hush" not in "".join(web.said)
    assert any(line.endswith("200 /v1/decisions/canary") for line in web.said)


def _trickle(client: socket.socket) -> None:
    for _ in range(50):
        client.sendall(b"x")
        time.sleep(0.05)


def test_a_slow_client_is_cut_off_and_holds_up_nobody(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_http, "TIME_S", 0.4)
    with web.connect() as silent, web.connect() as trickling:
        trickling.sendall(b"GET / HT")
        began = time.monotonic()
        assert web.ask("GET", "/healthz")[0] == 200
        with pytest.raises(OSError, match=r"."):  # a byte now and then does not make its time longer
            _trickle(trickling)
        assert silent.recv(1) == b""
        assert time.monotonic() - began < 3.0


def test_the_client_that_is_too_many_is_turned_away_at_once(web: Web) -> None:
    idle = [web.connect() for _ in range(AT_ONCE)]
    try:
        with web.connect() as late:
            assert late.recv(100).startswith(b"HTTP/1.0 503")
    finally:
        for connection in idle:
            connection.close()
    deadline = time.monotonic() + 5
    while not web.well():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path, keys: Keys) -> None:
    words = ["serve", "--reports", str(tmp_path), "--key", str(keys.public), "--for", "production"]
    command = [sys.executable, "-c", "from harness.cli import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(f"serving {tmp_path} on http://127.0.0.1:")
            port = int(line.split("127.0.0.1:")[1].split("/")[0])
            connection = http.client.HTTPConnection(HOST, port, timeout=10)
            connection.request("GET", "/healthz")
            assert json.loads(connection.getresponse().read()) == {"ok": True}
            connection.close()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()

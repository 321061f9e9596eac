"""The web side of `gate serve`: GET and HEAD only, and a limit to what any client can cost."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import sys
import threading
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, cast

from harness.errors import UsageError
from harness.report import stamp
from harness.report.serving.serving_pages import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import WriteableBuffer

    from harness.clock import Clock
    from harness.report.serving.serving_pages import Reply, Site

TIME_S: Final = 10.0  # to send a request, and to take its answer
AT_ONCE: Final = 64
HEAD_BYTES: Final = 16_384  # of a request: its line and headers; a body is never read
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Connection": "close",
}
BUSY: Final = b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Within(io.RawIOBase):
    """What a client sends, for so long and no more than a request may have: a trickle does not hold on for ever."""

    def __init__(self, connection: socket.socket, clock: Clock) -> None:
        super().__init__()
        self._connection, self._clock = connection, clock
        self._until_s, self._left = clock.now() + TIME_S, HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        left_s = self._until_s - self._clock.now()
        if left_s <= 0:
            raise TimeoutError("the request took too long")
        if self._left <= 0:
            raise LineTooLong("request")
        self._connection.settimeout(left_s)
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count


class Handler(BaseHTTPRequestHandler):
    """One connection, one request."""

    default_request_version = "HTTP/1.0"
    timeout = TIME_S

    @property
    def _web(self) -> Server:
        return cast("Server", self.server)

    def setup(self) -> None:
        """Read through the limits."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Within(self.connection, self._web.clock))

    def handle_one_request(self) -> None:
        """Answer a first line that is too long, too; of headers the library does so."""
        try:
            super().handle_one_request()
        except LineTooLong:
            self.requestline = self.request_version = self.command = ""
            self._send(refused(HTTPStatus.REQUEST_URI_TOO_LONG))

    def do_GET(self) -> None:
        """Answer."""
        self._send(self._reply())

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._send(self._reply())

    def _reply(self) -> Reply:
        try:
            return self._web.site.reply(self.path)
        except Exception as trouble:  # noqa: BLE001  a client learns that it failed, never how
            self._web.note(f"failed: {type(trouble).__name__}")
            return refused(HTTPStatus.INTERNAL_SERVER_ERROR)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse as JSON, without the library's echo of what was sent; of a method nobody knows: that it may not be."""
        del message, explain
        self._send(refused(HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else code))

    def _send(self, reply: Reply) -> None:
        self.connection.settimeout(TIME_S)
        self.send_response(reply.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            _ = self.wfile.write(reply.body)
        self._web.note(f"{int(reply.status)} {reply.shown}")

    def version_string(self) -> str:
        """Name the program, not what it is made with."""
        return "gate"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: what was asked is noted when it is answered, without what a client put into the address."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Stay silent, too: the library would quote what was sent."""


class Server(ThreadingHTTPServer):
    """Serves a site until it is told to stop; at most AT_ONCE clients at the same time, each in its own thread."""

    request_queue_size = AT_ONCE

    def __init__(self, host: str, port: int, site: Site, clock: Clock, say: Callable[[str], None]) -> None:
        """Take the address (port 0: any that is free); UsageError if it can't be had. `say` takes lines of the log."""
        self.site, self.clock, self._say = site, clock, say
        self._free = threading.BoundedSemaphore(AT_ONCE)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), Handler)
        except OSError as trouble:
            said = trouble.strerror or type(trouble).__name__
            raise UsageError(f"--bind {host}:{port}: wanted an address of this machine, got {said}") from trouble

    @property
    def url(self) -> str:
        """The address as a browser takes it."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}/"

    def note(self, what: str) -> None:
        """Write a line of the log."""
        self._say(f"{stamp.rfc3339(self.clock.wall())} {what}")

    def server_bind(self) -> None:
        """Take the address without asking a name server who we are, as the library does, which can take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.socket.getsockname()[0]), int(self.socket.getsockname()[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread for a client, or turn it away at once."""
        if not self._free.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.settimeout(1.0)
                request.sendall(BUSY)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a client, then make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note what went wrong, by its kind only; a client that goes away is nothing to note."""
        del request, client_address
        kind, _, _ = sys.exc_info()
        if kind is not None and not issubclass(kind, OSError):
            self.note(f"failed: {kind.__name__}")

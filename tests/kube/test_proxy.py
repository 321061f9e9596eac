"""A pod's own HTTP server, asked through the API: what reaches it, what comes back, who may."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kube.backend import Answer, Backend

PODS = "/api/v1/namespaces/default/pods"


class Server:
    """A pod's HTTP server on a loopback address of its own, in a thread; it tells what it was asked."""

    def __init__(self, ip: str) -> None:
        """Prepare to listen at the address, port 8001."""
        self.ip = ip
        self.seen: list[web.Request] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    async def _start(self) -> None:
        app = web.Application()
        _ = app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.ip, 8001).start()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": "/figures?n=1"})
        if request.path == "/away":
            return web.Response(status=307, headers={"Location": "http://elsewhere.example/"})
        if request.path == "/broken":
            return web.json_response({"error": "out of order"}, status=502, headers={"X-Kind": "own"})
        if request.path == "/half":
            response = web.StreamResponse(headers={"Content-Length": "100"})
            _ = await response.prepare(request)
            await response.write(b"half")
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.json_response({"path": request.raw_path, "method": request.method})

    def __enter__(self) -> Server:
        """Listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        stopping = self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not stopping.cancelled()
        self._loop.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(_ip()) as running:
        yield running


def _ip() -> str:
    """Return a loopback address where port 8001 is free."""
    for last in range(2, 250):
        with socket.socket() as trial:
            try:
                trial.bind((f"127.61.9.{last}", 8001))
            except OSError:
                continue
            return f"127.61.9.{last}"
    raise AssertionError("no free loopback address")


def _pod(backend: Backend, ip: str, name: str = "one", namespace: str = "default") -> None:
    ports = [{"containerPort": 8001, "name": "http"}]
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "one:1", "ports": ports}]},
        "status": {"phase": "Running"} | ({"podIP": ip} if ip else {}),
    }
    backend.on_loop(lambda store: store.create("pods", pod))


def _get(backend: Backend, path: str, user: str = "reader", **headers: str) -> Answer:
    api = backend.api(user)
    try:
        return api.get(path, **headers)
    finally:
        api.close()


def test_path_and_query_reach_the_pod_as_they_were_sent(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    answer = _get(backend, f"{PODS}/one:8001/proxy/api/metrics/a%2Fb?watch=true&x=%C3%A4+b")
    assert (answer.status, answer.body) == (200, {"path": "/api/metrics/a%2Fb?watch=true&x=%C3%A4+b", "method": "GET"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_without_a_port_the_first_one_of_the_pod_is_asked(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    for name in ("one", "one:", "http:one:", "http:one:8001"):
        assert _get(backend, f"{PODS}/{name}/proxy/figures").status == 200


def test_status_body_and_headers_of_the_pod_are_passed_on(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    answer = _get(backend, f"{PODS}/one:8001/proxy/broken")
    assert (answer.status, answer.body, answer.headers["X-Kind"]) == (502, {"error": "out of order"}, "own")


def test_who_asks_the_api_is_not_told_to_the_pod(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    answer = _get(backend, f"{PODS}/one:8001/proxy/x", "admin", Impersonate_User="reader", Accept="text/plain")
    assert answer.status == 200
    headers = server.seen[-1].headers
    assert headers["Accept"] == "text/plain"
    assert headers["Host"] == f"{server.ip}:8001"
    assert not {"Authorization", "Impersonate-User"} & set(headers)


def test_a_redirect_is_handed_on_and_not_followed(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    moved = _get(backend, f"{PODS}/one:8001/proxy/moved")
    assert (moved.status, moved.headers["Location"]) == (302, f"{PODS}/one:8001/proxy/figures?n=1")
    away = _get(backend, f"{PODS}/one:8001/proxy/away")
    assert (away.status, away.headers["Location"]) == (307, "http://elsewhere.example/")
    assert len(server.seen) == 2


def test_a_proxy_without_a_path_leads_to_its_root(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    bare = _get(backend, f"{PODS}/one:8001/proxy?n=1")
    assert (bare.status, bare.headers["Location"]) == (301, f"{PODS}/one:8001/proxy/?n=1")
    assert _get(backend, f"{PODS}/one:8001/proxy/").body == {"path": "/", "method": "GET"}


def test_a_pod_that_does_not_listen_is_unavailable(backend: Backend) -> None:
    ip = _ip()
    _pod(backend, ip)
    answer = _get(backend, f"{PODS}/one:8001/proxy/figures")
    assert answer.status == 503
    assert answer.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"error trying to reach service: dial tcp {ip}:8001: connect: connection refused",
        "reason": "ServiceUnavailable",
        "code": 503,
    }


def test_a_pod_without_an_address_yet_is_a_bad_request(backend: Backend) -> None:
    _pod(backend, "")
    assert (_get(backend, f"{PODS}/one/proxy/").status, _get(backend, f"{PODS}/a:b:c/proxy/").status) == (400, 400)


def test_a_pod_that_is_not_there_is_not_found(backend: Backend) -> None:
    answer = _get(backend, f"{PODS}/none:8001/proxy/figures")
    assert (answer.status, answer.body["message"]) == (404, 'pods "none" not found')


def test_half_an_answer_breaks_the_connection(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    with pytest.raises(httpx.RemoteProtocolError):
        _ = _get(backend, f"{PODS}/one:8001/proxy/half")


def test_a_reader_may_ask_in_its_namespace_only_and_change_nothing(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    _pod(backend, server.ip, namespace="kube-system")
    for user in ("reader", "actor"):
        api = backend.api(user)
        assert api.get(f"{PODS}/one:8001/proxy/figures").status == 200
        foreign = api.get("/api/v1/namespaces/kube-system/pods/one:8001/proxy/figures")
        assert (foreign.status, foreign.body["message"]) == (
            403,
            f'pods "one:8001" is forbidden: User "{user}" cannot get resource "pods/proxy" '
            'in API group "" in the namespace "kube-system"',
        )
        refused = [api.call(method, f"{PODS}/one:8001/proxy/figures") for method in ("POST", "PUT", "PATCH", "DELETE")]
        assert [answer.status for answer in refused] == [403] * 4
        api.close()
    assert _get(backend, f"{PODS}/one:8001/proxy/figures", "traefik").status == 403


def test_nobody_changes_a_pod_through_the_proxy(backend: Backend, server: Server) -> None:
    _pod(backend, server.ip)
    api = backend.api("admin")
    methods = ("POST", "PUT", "PATCH", "DELETE")
    assert [api.call(method, f"{PODS}/one:8001/proxy/figures").status for method in methods] == [405] * 4
    head = api.client.head(f"{PODS}/one:8001/proxy/figures")
    assert (head.status_code, head.content) == (200, b"")
    api.close()
    assert [request.method for request in server.seen] == ["HEAD"]


def test_discovery_names_the_proxy_among_the_subresources(backend: Backend) -> None:
    listed = {row["name"]: row for row in _get(backend, "/api/v1").body["resources"]}
    assert listed["pods/proxy"] == {
        "name": "pods/proxy",
        "singularName": "",
        "namespaced": True,
        "kind": "PodProxyOptions",
        "verbs": ["create", "delete", "get", "patch", "update"],
    }
    assert json.dumps(listed["pods/log"]["verbs"]) == '["get"]'

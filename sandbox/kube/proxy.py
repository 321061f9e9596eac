"""Ask a pod's own HTTP server through the API, as `pods/NAME:PORT/proxy/PATH` does.

What the API server does is in k8s.io/apimachinery/pkg/util/proxy and in the pod registry's ResourceLocation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from sandbox.kube.reading import part, rows
from sandbox.kube.status import ApiError, bad_request

if TYPE_CHECKING:
    from sandbox.kube.store import Obj

WITHIN_S = 60.0  # the API server's own request timeout
CHUNK = 64 * 1024
# of one connection only, or about who asks the API: neither reaches the pod
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "host", "authorization", "content-length"}
)
_BACK = _HOP - {"content-length", "authorization", "host"}


@dataclass(frozen=True, slots=True)
class PodId:
    """The pod that `[SCHEME:]NAME[:PORT]` names; `port` is empty where the pod's first one is meant."""

    scheme: str
    name: str
    port: str


def pod_id(text: str) -> PodId:
    """Read `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`; 400 for anything else."""
    words = text.split(":")
    if len(words) == 1:
        words = ["", text, ""]
    elif len(words) == 2:
        words = ["", *words]
    if len(words) != 3 or not words[1] or words[0] not in {"", "http", "https"}:
        raise bad_request(f'invalid pod request "{text}"')
    return PodId(words[0] or "http", words[1], words[2])


def _address(pod: Obj, asked: PodId) -> str:
    """Return host:port of the pod; 400 while it has no address. Without any port it is HTTP's."""
    ip = part(pod, "status").get("podIP")
    if not ip:
        raise bad_request("address not allowed")
    ports = [str(row["containerPort"]) for one in rows(pod, "spec", "containers") for row in rows(one, "ports")[:1]]
    port = asked.port or (ports[0] if ports else "80" if asked.scheme == "http" else "443")
    return f"{ip}:{port}"


class Proxy:
    """Passes requests on to pods; one per API server."""

    def __init__(self) -> None:
        """Connect at the first request."""
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Drop the connections to pods."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def forward(self, request: web.Request, pod: Obj, asked: PodId, path: str) -> web.StreamResponse:
        """Pass a GET or HEAD on: status, headers and body of the pod's answer; 503 and 504 are ours.

        `path` is what follows `/proxy`, as it was sent; an empty one is sent back to ask for the root.
        """
        if not path:
            where = f"{request.rel_url.raw_path}/"
            query = request.rel_url.raw_query_string
            return web.Response(status=301, headers={"Location": f"{where}?{query}" if query else where})
        address = _address(pod, asked)
        query = request.rel_url.raw_query_string
        url = URL(f"{asked.scheme}://{address}{path}" + (f"?{query}" if query else ""), encoded=True)
        headers = [(name, value) for name, value in request.headers.items() if _passes(name)]
        headers.append(("X-Forwarded-Uri", request.rel_url.raw_path))
        try:
            asking = self._client().request(request.method, url, headers=headers, allow_redirects=False, ssl=False)
            async with asking as answer:
                return await _back(request, answer, path)
        except TimeoutError:
            raise _late() from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreached(error, address) from None

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                auto_decompress=False,  # bytes pass as they are
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=1),  # a pod that restarts keeps none open
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
                timeout=aiohttp.ClientTimeout(total=WITHIN_S),
            )
        return self._http


def _passes(name: str) -> bool:
    return name.lower() not in _HOP and not name.lower().startswith("impersonate-")


async def _back(request: web.Request, answer: aiohttp.ClientResponse, path: str) -> web.StreamResponse:
    """Write the pod's answer to whoever asked, piece by piece; a connection that breaks breaks theirs."""
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in _BACK:
            response.headers.add(name, value)
    if "Location" in response.headers:
        response.headers["Location"] = _relocated(response.headers["Location"], request, path)
    _ = await response.prepare(request)
    try:
        async for chunk in answer.content.iter_chunked(CHUNK):
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, TimeoutError, ConnectionError, asyncio.CancelledError):
        if request.transport is not None:  # half an answer must not look like a whole one
            request.transport.abort()
    return response


def _relocated(location: str, request: web.Request, path: str) -> str:
    """Return a redirect of the pod's as one under the same proxy; other hosts and relative paths stay."""
    if not location.startswith("/") or location.startswith("//"):
        return location
    return request.rel_url.raw_path.removesuffix(path) + location


def _unreached(error: Exception, address: str) -> ApiError:
    """503: no connection to the pod, worded as Go's dialer words it."""
    why = str(error)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ConnectionRefusedError):
        why = f"dial tcp {address}: connect: connection refused"
    elif isinstance(error, aiohttp.ServerDisconnectedError):
        why = "EOF"
    elif isinstance(error, aiohttp.ClientConnectorError):
        why = f"dial tcp {address}: {cause}"
    return ApiError(503, "ServiceUnavailable", f"error trying to reach service: {why}")


def _late() -> ApiError:
    """504: the pod did not answer in time."""
    message = "the server was unable to return a response in the time allotted, but may still be processing the request"
    return ApiError(504, "Timeout", message, {})

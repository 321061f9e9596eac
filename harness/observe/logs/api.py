"""The two questions to a Kubernetes API: which pods are there, and what does a container write."""

from __future__ import annotations

import importlib
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from harness.target import Environment

CONNECT_S = 5.0
LIST_S = 10.0

FAILURES = (aiohttp.ClientError, TimeoutError, OSError)


class RefusedError(Exception):
    """The API answered and has nothing to show: the status, and never a text that may carry more."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(f"HTTP {status}")
        self.status = status


class _Port(msgspec.Struct, rename="camel"):
    container_port: int = 0


class _Container(msgspec.Struct):
    name: str
    ports: list[_Port] = []


class _State(msgspec.Struct):
    running: dict[str, object] | None = None
    terminated: dict[str, object] | None = None


class _Status(msgspec.Struct, rename="camel"):
    name: str
    restart_count: int = 0
    ready: bool = False
    state: _State = msgspec.field(default_factory=_State)


class _Meta(msgspec.Struct, rename="camel"):
    name: str
    uid: str
    deletion_timestamp: str | None = None


class _Spec(msgspec.Struct):
    containers: list[_Container] = []


class _PodStatus(msgspec.Struct, rename="camel"):
    phase: str = ""
    container_statuses: list[_Status] = []


class _Pod(msgspec.Struct):
    metadata: _Meta
    spec: _Spec
    status: _PodStatus = msgspec.field(default_factory=_PodStatus)


class _Page(msgspec.Struct):
    items: list[_Pod]


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod as it is now: its instance (restart count), and whether that runs or has ended.

    `leaving`: its pod is being deleted, or has done its work for good; `ports` are those that the pod declares.
    """

    pod: str
    uid: str
    name: str
    instance: int
    running: bool
    ended: bool
    ready: bool = False
    leaving: bool = False
    ports: tuple[int, ...] = ()


class LogApi:
    """A client with the kubeconfig's own rules of address, certificates and credentials."""

    def __init__(self, environment: Environment) -> None:
        """Read the kubeconfig; what is wrong with it raises as the official client says it."""
        config: Any = importlib.import_module("kubernetes.config")
        client: Any = config.new_client_from_config(
            config_file=environment.kubeconfig or None, context=environment.context, persist_config=False
        )
        self._settings: Any = client.configuration
        self._base = f"/api/v1/namespaces/{environment.namespace}/pods"
        self._tls: ssl.SSLContext | bool = _tls(self._settings)

    async def __aenter__(self) -> LogApi:
        """Open the pool; a followed log keeps its connection for as long as it lasts."""
        self._session = aiohttp.ClientSession(
            str(self._settings.host),
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the pool."""
        await self._session.close()

    def _headers(self) -> dict[str, str]:
        """Return the credentials of the moment: the client refreshes them when they are asked for."""
        token = self._settings.auth_settings().get("BearerToken", {}).get("value")
        return {"Authorization": str(token)} if token else {}

    async def containers(self, selector: str) -> list[Container]:
        """Return the containers of the pods that a label selector picks."""
        timeout = aiohttp.ClientTimeout(total=LIST_S)
        async with self._session.get(
            self._base, params={"labelSelector": selector}, headers=self._headers(), timeout=timeout
        ) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise RefusedError(answer.status)
        try:
            page = msgspec.json.decode(body, type=_Page)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RefusedError(answer.status) from None
        return [_container(pod, spec) for pod in page.items for spec in pod.spec.containers]

    async def get(self, path: str, *, timeout_s: float, most: int) -> tuple[int, str, bytes]:
        """Return status, content type and at most `most` bytes of what the API says to a path below its pods."""
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with self._session.get(
            f"{self._base}/{path}", headers=self._headers(), timeout=timeout, allow_redirects=False
        ) as answer:
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) >= most:
                    break
            return answer.status, answer.content_type, bytes(body[:most])

    @asynccontextmanager
    async def log(
        self, of: Container, *, since: str = "", follow: bool = True, previous: bool = False
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Give the pieces of a container's log, each line with its time; RefusedError when there is none."""
        wanted = {"container": of.name, "timestamps": "true"}
        wanted |= {"follow": "true"} if follow else {}
        wanted |= {"previous": "true"} if previous else {}
        wanted |= {"sinceTime": since} if since else {}
        async with self._session.get(f"{self._base}/{of.pod}/log", params=wanted, headers=self._headers()) as answer:
            if answer.status != 200:
                raise RefusedError(answer.status)
            yield answer.content.iter_any()


def _container(pod: _Pod, spec: _Container) -> Container:
    name = spec.name
    found = next((status for status in pod.status.container_statuses if status.name == name), _Status(name))
    return Container(
        pod=pod.metadata.name,
        uid=pod.metadata.uid,
        name=name,
        instance=found.restart_count,
        running=found.state.running is not None,
        ended=found.state.terminated is not None,
        ready=found.ready,
        leaving=pod.metadata.deletion_timestamp is not None or pod.status.phase in {"Succeeded", "Failed"},
        ports=tuple(port.container_port for port in spec.ports),
    )


def _tls(settings: Any) -> ssl.SSLContext | bool:
    if not settings.verify_ssl:
        return False
    context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context

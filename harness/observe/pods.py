"""Ask each pod itself, through the Kubernetes API's proxy: behind one address every answer is another pod's."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.observe.asks import kind_of
from harness.observe.logs.api import FAILURES, LIST_S, LogApi, RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.observe.logs.api import Container
    from harness.target import Environment

T = TypeVar("T")

TIMEOUT_S = 5.0
AWAY_S = 1.0  # a timeout that goes off so much too late: this process did not run meanwhile
LARGEST = 1 << 20  # bytes of an answer; a longer one is no document


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status with a body, or None and the kind of failure in `error`.

    `asked` is false when the question never got to whom it was for (no rights, no API, no such pod), so that the
    failure says nothing about them.
    """

    status: int | None
    content_type: str
    body: bytes
    error: str = ""
    asked: bool = True


class PodHttp:
    """Asks paths of pods with a kubeconfig's own address, certificates and credentials."""

    def __init__(self, environment: Environment) -> None:
        """Read the kubeconfig; what is wrong with it raises as the official client says it."""
        self._api = LogApi(environment)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> PodHttp:
        """Open the connections."""
        _ = await self._open.enter_async_context(self._api)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._open.aclose()

    async def containers(self, selector: str) -> list[Container]:
        """Return the containers of the pods that a label selector picks; raises FAILURES or RefusedError."""
        return await _heard(lambda: self._api.containers(selector), LIST_S)

    async def ask(self, pod: str, port: int, path: str) -> Reply:
        """GET a path of a pod; whatever the target or the network does is in the reply."""
        where = f"{pod}:{port}/proxy/{path.lstrip('/')}"
        try:
            status, kind, body = await _heard(
                lambda: self._api.get(where, timeout_s=TIMEOUT_S, most=LARGEST + 1), TIMEOUT_S
            )
        except TimeoutError:
            return Reply(None, "", b"", f"timeout: no answer in {TIMEOUT_S:g} s")
        except (*FAILURES, ValueError) as trouble:
            return Reply(None, "", b"", f"the Kubernetes API: {kind_of(trouble)}", asked=False)
        if len(body) > LARGEST:
            return Reply(None, kind, b"", f"an answer of more than {LARGEST >> 20} MiB")
        return _of_the_api(status, body) or Reply(status, kind, body)


async def _heard(ask: Callable[[], Awaitable[T]], within_s: float) -> T:
    """Return an answer; one that was missed since this process was stopped meanwhile is asked for once more."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    try:
        return await ask()
    except TimeoutError:
        if clock.time() - began <= within_s + AWAY_S:
            raise
    return await ask()


class _Status(msgspec.Struct):
    kind: str
    api_version: str = msgspec.field(name="apiVersion", default="")
    message: str = ""


def _of_the_api(status: int, body: bytes) -> Reply | None:
    """Return what the API itself has to say in place of the pod; None when it is the pod that answered."""
    if status < 400:
        return None
    try:
        said = msgspec.json.decode(body, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if (said.kind, said.api_version) != ("Status", "v1"):
        return None
    if status < 500:
        why = {401: "no credentials", 403: "no right to pods/proxy", 404: "no such pod"}.get(status, "refused")
        return Reply(None, "", b"", f"the Kubernetes API: {why} (HTTP {status})", asked=False)
    # only words of ours: the message may carry addresses
    kinds = (
        ("refused", "refused"),
        ("timeout", "timeout"),
        ("deadline", "timeout"),
        ("reset", "reset"),
        ("EOF", "cut"),
    )
    kind = next((kind for word, kind in kinds if word in said.message), "unreachable")
    return Reply(None, "", b"", f"{kind} (the API's proxy answered HTTP {status})")


async def listed(pods: PodHttp, selector: str) -> tuple[list[Container], str]:
    """Return the containers, or none and why they could not be listed."""
    try:
        found = await pods.containers(selector)
    except RefusedError as trouble:
        return [], f"the pods can't be listed: {trouble}"
    except FAILURES as trouble:
        return [], f"the pods can't be listed: the Kubernetes API: {kind_of(trouble)}"
    return found, "" if found else f"no pod has the labels {selector}"


def one_each(containers: list[Container], port: int) -> list[Container]:
    """Return of each pod the container that declares the port; the first one where none does."""
    chosen: dict[str, Container] = {}
    for one in containers:
        there = chosen.get(one.uid)
        if there is None or (port in one.ports and port not in there.ports):
            chosen[one.uid] = one
    return list(chosen.values())
